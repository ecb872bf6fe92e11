"""Holds one compiled step against PyTorch in double precision."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from ...ir.graph import Graph
from ...ir.model import Model
from ...ir.tensors import is_counter
from ..c.compiler import NATIVE, compiler
from ..torch.module import to_torch
from ..torch.scramble import scrambled
from ..torch.tensors import outputs_of
from ..verification import Check, Verification, titled
from .step import Step

TOLERANCE = 2e-5
"""Of the largest element: what rounding in single precision may change in a step."""
_TIMES = 8
"""How many times as far off as PyTorch in single precision a tensor may be, if that is more."""
_IMAGES = 16


@dataclass(frozen=True)
class Difference:
    """How far one tensor of a step is off."""

    kind: str
    """outputs, loss, gradients or statistics."""
    name: str
    off: float
    """The largest difference from double precision, as a share of the largest element."""
    usual: float
    """The same of PyTorch in single precision."""

    @property
    def most(self) -> float:
        """What rounding explains."""
        return max(TOLERANCE, _TIMES * self.usual)

    @property
    def holds(self) -> bool:
        return self.off <= self.most


def verify(model: Model) -> Verification:
    """Check one step on random weights and images, and one on the network's own weights.

    Raises:
        EmitError: the step has no such layer.
        CompileError: there is no compiler, or it fails.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        checks = [*_checks(differences(model.graph, _IMAGES))]
        if model.weights is not None:
            own = _checks(differences(model.graph, _IMAGES, module=to_torch(model)))
            checks += titled("with its weights", own)
    title = f"the compiled training step, by {compiler().title},"
    return Verification(model.graph.name, tuple(checks), ("PyTorch", "C"), title)


def _checks(found: list[Difference]) -> Iterator[Check]:
    for kind in dict.fromkeys(each.kind for each in found):
        own = [each for each in found if each.kind == kind]
        worst = max(own, key=lambda each: each.off / each.most)
        wrong = tuple(
            f"{each.name} is off by {each.off:.2g} of its size, and PyTorch in single "
            f"precision by {each.usual:.2g}"
            for each in own
            if not each.holds
        )
        name = f"{len(own):,} {kind}, worst: {worst.name}" if own[1:] else f"{kind}: {worst.name}"
        yield Check(name, f"at most {worst.most:.0e}", f"{worst.off:.1e}", wrong, not wrong)


def differences(
    graph: Graph,
    count: int,
    threads: int = 1,
    flags: tuple[str, ...] = NATIVE,
    module: nn.Module | None = None,
) -> list[Difference]:
    """How far outputs, loss, gradients and running statistics of one step are off.

    Gradients and statistics are held against PyTorch with the inputs of all functions and maximum
    pools set to those of the step: where one of them is within rounding of a kink, either slope is
    right, and what lies before it differs by far more than rounding.

    Args:
        graph: The network.
        count: Images of the batch.
        threads: Those of the step.
        flags: What the compiler is told of the machine.
        module: The emitted module with weights; random ones when None.
    """
    module = (module or scrambled(to_torch(graph))).train()
    images = torch.randn(count, *graph.input_shape)
    step = Step(graph, threads, flags, observed=True)
    usual, exact = copy.deepcopy(module), copy.deepcopy(module).double()
    state, parameters = module.state_dict(), dict(module.named_parameters())
    plain = [parameters[name].detach() for name in step.parameters]
    outputs = step.forward(images, plain, state)
    bends = step.observe(count)
    given = [torch.randn_like(output) / output.numel() for output in outputs]
    made = step.backward(count, step.batches, given, plain)
    gradients = {
        name: torch.zeros_like(state[name]) if gradient is None else gradient
        for name, gradient in zip(step.parameters, made, strict=True)
    }
    names = [name for name in step.running if not is_counter(name)]
    mine = _Side(outputs, gradients, {name: state[name] for name in names})
    masks = step.masks
    free = [_side(copy.deepcopy(m), images, given, {}, masks, graph) for m in (usual, exact)]
    held = [_side(m, images, given, bends, masks, graph) for m in (usual, exact)]
    labels = [torch.randint(output[0].numel(), (count,)) for output in outputs]
    losses = [{"cross-entropy": _loss(side.outputs, labels)} for side in (mine, *free)]
    return [
        *_compared("outputs", _named(mine.outputs), *(_named(side.outputs) for side in free)),
        *_compared("loss", *losses),
        *_compared("gradients", mine.gradients, *(side.gradients for side in held)),
        *_compared("statistics", mine.running, *(side.running for side in free)),
    ]


@dataclass(frozen=True)
class _Side:
    """What comes of a step."""

    outputs: tuple[Tensor, ...]
    gradients: Mapping[str, Tensor]
    running: Mapping[str, Tensor]


def _named(outputs: tuple[Tensor, ...]) -> dict[str, Tensor]:
    return {f"output {index}": output for index, output in enumerate(outputs)}


def _loss(outputs: tuple[Tensor, ...], labels: list[Tensor]) -> Tensor:
    """Of all outputs, as a training step has it: in the precision of the outputs."""
    pairs = zip(outputs, labels, strict=True)
    return sum(
        (nn.functional.cross_entropy(output.flatten(1), label) for output, label in pairs),
        torch.zeros(()),
    )


def _side(
    module: nn.Module,
    images: Tensor,
    given: list[Tensor],
    bends: Mapping[str, Tensor],
    masks: Mapping[str, Tensor],
    graph: Graph,
) -> _Side:
    """One step of PyTorch, where layers in `bends` read what is given there."""
    kind = next(module.parameters()).dtype
    modules = dict(module.named_modules())
    for name, value in bends.items():
        if name in modules:
            sides = graph[name].layer.sides
            modules[name].register_forward_pre_hook(_replaced(value.to(kind), sides))
    for name, mask in masks.items():
        modules[name].register_forward_hook(_dropped(mask.to(kind)))
    outputs = outputs_of(module(images.to(kind)))
    torch.autograd.backward(outputs, [each.to(kind) for each in given])
    gradients = {
        name: parameter.grad if parameter.grad is not None else torch.zeros_like(parameter)
        for name, parameter in module.named_parameters()
    }
    return _Side(tuple(o.detach() for o in outputs), gradients, module.state_dict())


def _replaced(value: Tensor, sides: Any) -> Callable[..., Any]:
    """Gives a layer the values of the step, through which gradients go as before."""

    def hook(_: nn.Module, inputs: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        x, inside = inputs[0], value.reshape(len(value), *inputs[0].shape[1:2], *value.shape[2:])
        if sides is not None:
            above, below, left, right = sides
            inside = nn.functional.pad(inside, (left, right, above, below))
            around = torch.isinf(x)
            return (torch.where(around, x, x + (inside - x).detach()),)
        return (x + (inside.reshape(x.shape) - x).detach(),)

    return hook


def _dropped(mask: Tensor) -> Callable[..., Tensor]:
    return lambda _, inputs, output: inputs[0] * mask


def _compared(
    kind: str,
    mine: Mapping[str, Tensor],
    usual: Mapping[str, Tensor],
    exact: Mapping[str, Tensor],
) -> Iterator[Difference]:
    for name, value in mine.items():
        wanted = exact[name].double()
        largest = float(wanted.abs().max())
        least = _scale(name, exact)
        scale = max(largest, least) or 1.0
        off, theirs = (
            float((each.double() - wanted).abs().max()) / scale for each in (value, usual[name])
        )
        yield Difference(kind, name, off, theirs)


def _scale(name: str, exact: Mapping[str, Tensor]) -> float:
    """What a tensor is measured by besides itself.

    The gradient of a bias before a batch norm is 0, and so is the mean of what a norm gave: what is
    computed is what rounding leaves. A bias is measured by the layer's weight, a mean by the
    deviation.
    """
    if name.endswith("running_mean"):
        return float(exact[name.removesuffix("mean") + "var"].double().max().sqrt())
    weight = exact.get(name.removesuffix("bias") + "weight")
    is_bias = name.endswith("bias") and weight is not None
    return float(weight.double().abs().max()) if is_bias and weight is not None else 0.0
