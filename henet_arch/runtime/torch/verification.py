"""Holds the emitted PyTorch module against the graph that it was emitted from."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode
from torch.utils.flop_counter import FlopCounterMode

from ...analyzers.report import analyze
from ...emitters import torch as emitter
from ...emitters._rows import EXPRESSIONS, calls
from ...ir.dims import Shape, format_shape
from ...ir.graph import Graph
from ...ir.tensors import tensors_of
from ...support.optional import first_line
from ..verification import Check, Verification
from .module import from_source
from .tensors import outputs_of, shapes_of


def verify(graph: Graph, source: str | None = None) -> Verification:
    """Check the module that `source` defines: by default, what is emitted for `graph`.

    Raises:
        EmitError: the graph cannot be emitted.
    """
    if source is None:
        source = emitter.source(graph)
    random = torch.get_rng_state()
    torch.manual_seed(0)
    module = from_source(source)
    try:
        checks = (*_tensors(graph, module), *_forward(graph, module), *_backward(graph, module))
    except RuntimeError as error:  # PyTorch's own, where shapes do not fit
        failed = Check("forward pass", "runs", "fails", (first_line(error),))
        checks = (*_tensors(graph, module), failed)
    finally:
        torch.set_rng_state(random)
    return Verification(graph.name, checks)


def _tensors(graph: Graph, module: nn.Module) -> Iterator[Check]:
    expected, result = tensors_of(graph), shapes_of(module.state_dict())
    params = sum(parameter.numel() for parameter in module.parameters())
    yield Check("parameters", f"{analyze(graph).params:,}", f"{params:,}")
    missing = [f"{key} is missing" for key in expected.keys() - result.keys()]
    extra = [f"{key} is not in the graph" for key in result.keys() - expected.keys()]
    wrong = sorted([*missing, *extra])
    yield Check("state-dict keys", f"{len(expected):,}", f"{len(result):,}", tuple(wrong))
    both = [key for key in expected if key in result]
    wanted, given = ({key: of[key] for key in both} for of in (expected, result))
    yield compared_shapes("tensor shapes", wanted, given)


def compared_shapes(name: str, expected: dict[str, Shape], result: dict[str, Shape]) -> Check:
    wrong = [
        f"{key} is {format_shape(result[key]) if key in result else 'not run'}, "
        f"and not {format_shape(shape)}"
        for key, shape in expected.items()
        if result.get(key) != shape
    ]
    equal = len(expected) - len(wrong)
    return Check(name, f"{len(expected):,}", f"{equal:,}", tuple(wrong))


def _forward(graph: Graph, module: nn.Module) -> Iterator[Check]:
    module.eval()
    images = _images(graph, 1)
    recorder = _Recorder(graph, module)
    with recorder, torch.no_grad():
        output = module(*images.values())
    ran = recorder.ran()
    expected = {node.name: node.shape for node in graph if node.inputs}
    yield compared_shapes(
        "layer output shapes", expected, {n: _shape(run.output) for n, run in ran.items()}
    )
    yield _wiring(graph, {**images, **{n: run.output for n, run in ran.items()}}, ran)
    given = ", ".join(format_shape(_shape(tensor)) for tensor in outputs_of(output))
    yield Check(
        "output", ", ".join(format_shape(graph[name].shape) for name in graph.outputs), given
    )
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        module(*images.values())
    flops = counter.get_total_flops()
    yield Check("FLOPs, forward", f"{2 * analyze(graph).macs:,}", f"{flops:,}")


def _images(graph: Graph, count: int) -> dict[str, Tensor]:
    """Random values for each input of the network."""
    return {node.name: torch.randn(count, *node.shape) for node in graph if not node.inputs}


def _wiring(graph: Graph, result: dict[str, Tensor], ran: dict[str, _Run]) -> Check:
    """Every layer that ran has read the very tensors that the graph says."""
    wrong = []
    nodes = [node for node in graph if node.name in ran]
    for node in nodes:
        read, wanted = ran[node.name].inputs, [result.get(name) for name in node.inputs]
        if len(read) != len(wanted) or any(a is not b for a, b in zip(read, wanted, strict=True)):
            wrong.append(f"{node.name} does not read {', '.join(node.inputs)}")
    return Check("wiring", f"{len(nodes):,}", f"{len(nodes) - len(wrong):,}", tuple(wrong))


def _shape(tensor: Tensor) -> Shape:
    """Without the batch."""
    return tuple(tensor.shape[1:])


def _backward(graph: Graph, module: nn.Module) -> Iterator[Check]:
    module.train()
    outputs = outputs_of(module(*_images(graph, 2).values()))
    learned = [output.square().mean() for output in outputs if output.requires_grad]
    if learned:  # what depends on no weights has no gradients
        torch.autograd.backward(learned)
    finite = all(bool(torch.isfinite(output).all()) for output in outputs)
    yield Check("one pass in training", "finite", "finite" if finite else "not finite")
    gradients = {name: parameter.grad for name, parameter in module.named_parameters()}
    wrong = [f"{n} has a gradient that is not finite" for n, g in gradients.items() if _is_bad(g)]
    counted = sum(not _is_bad(gradient) for gradient in gradients.values())
    yield Check("gradients, finite", f"{len(gradients):,}", f"{counted:,}", tuple(wrong))


def _is_bad(gradient: Tensor | None) -> bool:
    """A layer that the output does not depend on has no gradient, rightly."""
    return gradient is not None and not bool(torch.isfinite(gradient).all())


@dataclass(frozen=True)
class _Run:
    """What a layer read and made."""

    inputs: tuple[Tensor, ...]
    output: Tensor


class _Recorder(TorchFunctionMode):
    """Notes what every module that is a layer reads and makes, and what runs between them."""

    def __init__(self, graph: Graph, module: nn.Module) -> None:
        super().__init__()
        modules = dict(module.named_modules())
        self.expressions = [node for node in graph if node.layer.kind in EXPRESSIONS]
        self.modules = [node for node in graph if node.owner in modules]
        self.seen: dict[str, list[_Run]] = {}
        """The runs of each module, of which there are several where layers share it."""
        self.between: list[_Run] = []
        self.padded: dict[int, tuple[Tensor, Tensor]] = {}
        """Maps with zeros around them, by identity, and the maps inside."""
        self.inside = 0
        for name in dict.fromkeys(node.owner for node in self.modules):
            modules[name].register_forward_pre_hook(self._enter)
            modules[name].register_forward_hook(self._leave(name))

    def _unpadded(self, value: Any) -> Any:
        return self.padded.get(id(value), (value, value))[1]

    def _enter(self, layer: nn.Module, inputs: Any) -> None:
        self.inside += 1

    def _leave(self, name: str) -> Callable[[nn.Module, Any, Tensor], None]:
        def note(layer: nn.Module, inputs: Any, output: Tensor) -> None:
            self.inside -= 1
            self.seen.setdefault(name, []).append(_Run(tuple(map(self._unpadded, inputs)), output))

        return note

    def __torch_function__(
        self, func: Any, types: Any, args: Any = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        output = func(*args, **(kwargs or {}))
        if not self.inside and func is nn.functional.pad:
            self.padded[id(output)] = (output, args[0])
        elif not self.inside and isinstance(output, Tensor):
            listed = args[0] if isinstance(args[0], list) else args
            self.between.append(_Run(tuple(t for t in listed if isinstance(t, Tensor)), output))
        return output

    def ran(self) -> dict[str, _Run]:
        """By layer; those without a module are taken in the order in which they ran."""
        runs = {name: iter(runs) for name, runs in self.seen.items()}
        ran = ((node.name, next(runs.get(node.owner, iter(())), None)) for node in self.modules)
        result = {name: run for name, run in ran if run}
        left = iter(self.between)
        for node in self.expressions:
            if run := _joined(list(islice(left, calls(node)))):
                result[node.name] = run
        return result


def _joined(runs: list[_Run]) -> _Run | None:
    """Several functions as one: `a + b + c` reads three tensors and makes one."""
    outputs = [run.output for run in runs]
    inputs = (t for run in runs for t in run.inputs if all(t is not output for output in outputs))
    return _Run(tuple(inputs), outputs[-1]) if runs else None
