"""One network of other people against what PyTorch says of it."""

from __future__ import annotations

import time
import warnings
from collections.abc import Iterator
from math import prod
from typing import Any
from unittest.mock import patch

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode
from zoo_networks import Network, made

import henet_arch as ha
from henet_arch.importers._torch import export as exporting
from henet_arch.importers._torch.constants import folded, of_tensor
from henet_arch.importers._torch.costs import cost_of
from henet_arch.importers._torch.program import read_program
from henet_arch.ir.graph import Graph
from henet_arch.ir.layers import Opaque

TOLERANCE = 1e-5
"""How far an emitted network's outputs may be off, as a share of the largest."""
LARGEST = 100_000_000
"""Parameters of a network that is emitted: it is held several times in double precision."""
SMALL = 96
"""The largest height and width of images whose outputs are compared, where the network takes it."""


def checks(network: Network, *, emits: bool, largest: int | None = None) -> dict[str, Any]:
    """Its counts, and `wrong`: what differs from PyTorch's.

    Args:
        network: Which.
        emits: Whether its outputs are compared with those of the emitted module.
        largest: The most rows and columns of an image; None takes its own.
    """
    warnings.simplefilter("ignore")
    module, shape = _module(network, largest)
    with patch.object(exporting, "read_program", wraps=read_program) as exported:
        start = time.perf_counter()
        model = ha.load(module, shape)
        seconds = time.perf_counter() - start
    report = ha.analyze(model)
    layers = [node.layer for node in model.graph]
    opaque = [layer for layer in layers if isinstance(layer, Opaque)]
    unknown = sum(not layer.cost_known for layer in layers)
    flops, calls = _run(module, shape)
    own = sum(parameter.numel() for parameter in module.parameters())
    row: dict[str, Any] = {
        "layers": len(model.graph),
        "opaque": len(opaque),
        "operators": sorted({layer.operator for layer in opaque}),
        "unknown": unknown,
        "params": own,
        "unread": model.unread_params,
        "folded": own - model.unread_params - _held(model.graph),
        "macs": int(report.macs),
        "flops": flops,
        "exported": exported.called,
        "seconds": round(seconds, 2),
    }
    wrong = list(_wrong_shapes(model.graph, calls))
    if not unknown and 2 * report.macs != flops:
        row["aside"] = _macs_aside(module, shape, model.graph, calls)
        if 2 * (report.macs + row["aside"]) != flops:
            wrong.append(f"{2 * report.macs} FLOPs, and PyTorch counts {flops}")
    if emits and not opaque and own < LARGEST:
        row["off"] = _off(network, shape)
    return row | {"wrong": wrong}


def _module(network: Network, largest: int | None) -> tuple[nn.Module, tuple[int, int, int]]:
    """The network, on the meta device where its own code does not compute with values."""
    try:
        with torch.device("meta"):
            module, shape = made(network, largest)
        if not all(tensor.is_meta for tensor in module.state_dict().values()):
            raise RuntimeError("a tensor is made elsewhere")
        with torch.no_grad():
            module(torch.zeros(1, *shape, device="meta"))
    except Exception:
        return made(network, largest)
    return module, shape


def _held(graph: Graph) -> int:
    """Numbers in the weights of all layers, each once."""
    return sum(
        prod(map(int, shape))
        for node in graph
        if not node.shares
        for shape in node.layer.weights().values()
    )


def _macs_aside(
    module: nn.Module, shape: tuple[int, int, int], graph: Graph, calls: dict[str, Any]
) -> int:
    """Multiply-accumulates that PyTorch makes for every batch, and no layer.

    What depends on the network's own tensors alone is folded into weights, and what no output needs
    is left out.
    """
    trace = exporting.export(module, shape)
    known = {name: of_tensor(tensor) for name, tensor in trace.tensors.items()}
    held = {node.original or node.name for node in graph}
    macs = 0
    for operation in trace.operations:
        if all(name in known for name in operation.reads):
            macs += dict(cost_of(operation, known) or ()).get("mac", 0)
            known |= zip(operation.results, folded(operation, known), strict=True)
            held |= {frame.path for frame in operation.stack}
    parts = dict(module.named_modules())
    for name in calls.keys() - held:
        part = parts[name]
        if isinstance(part, nn.Conv2d | nn.Linear) and calls[name]:
            macs += prod(calls[name]) * part.weight[0].numel()
    return macs


def _run(module: nn.Module, shape: tuple[int, int, int]) -> tuple[int, dict[str, Any]]:
    """PyTorch's count, and what each module gives at its only call; None if it has several."""
    outputs: dict[str, Any] = {}

    def note(name: str) -> Any:
        def hook(part: nn.Module, given: Any, output: Any) -> None:
            once = name not in outputs and isinstance(output, torch.Tensor)
            outputs[name] = tuple(output.shape) if once else None

        return hook

    hooks = [
        part.register_forward_hook(note(name))
        for name, part in module.named_modules()
        if name and not list(part.children()) and isinstance(part, _COMPARED)
    ]
    device = next(module.parameters()).device
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        module(torch.zeros(1, *shape, device=device))
    for hook in hooks:
        hook.remove()
    return counter.get_total_flops(), outputs


_COMPARED = (nn.Conv2d, nn.Linear, nn.BatchNorm2d, nn.MaxPool2d, nn.AvgPool2d, nn.ConvTranspose2d)


def _wrong_shapes(graph: Graph, outputs: dict[str, Any]) -> Iterator[str]:
    """Layers whose shape is another than that of the module that they come from.

    Channels may stand first or last, and places may be in a row.
    """
    shapes: dict[str, list[Any]] = {}
    for node in graph:
        shapes.setdefault(node.original or node.name, []).append(node.shape)
    for name, shape in outputs.items():
        if shape is not None and name in shapes and len(shapes[name]) == 1:
            (ours,) = shapes[name]
            whole = len(shape) == 4 and shape[0] == 1
            if prod(ours) != prod(shape) or (whole and sorted(ours) != sorted(shape[1:])):
                yield f"{name} gives {ours}, and in PyTorch {shape}"


def _off(network: Network, shape: tuple[int, int, int]) -> float | str:
    """How far the emitted module's outputs are off; in words, where there is none."""
    torch.manual_seed(0)
    module, _ = made(network)
    scramble(module)
    smaller = (shape[0], min(shape[1], SMALL), min(shape[2], SMALL))
    for size in (smaller, shape):
        try:
            return off(module, size)
        except Exception as error:
            problem = f"{type(error).__name__}: {error}".splitlines()[0]
    return problem[:200]


@torch.no_grad()
def off(module: nn.Module, shape: tuple[int, int, int]) -> float:
    """The largest difference of the emitted module's output from the module's own.

    Both in double precision, weights too, as a share of the largest element.
    """
    image = torch.randn(2, *shape).double()
    module = module.double()
    model = ha.load(module, shape)
    emitted = ha.to_torch(model).eval().double()
    weights = {name: torch.as_tensor(value) for name, value in (model.weights or {}).items()}
    emitted.load_state_dict(weights, strict=False)
    wanted, given = module(image), emitted(image)
    wanted, given = (v[0] if isinstance(v, tuple | list) else v for v in (wanted, given))
    largest = float(wanted.abs().max())
    return float((wanted - given).abs().max()) / largest if largest else 0.0


@torch.no_grad()
def scramble(module: nn.Module) -> None:
    """Signed weights, and statistics as after some training, so that every layer shows."""
    for part in module.modules():
        for name, tensor in (*part.named_parameters(recurse=False),):
            if tensor.dim() > 1:
                fan = prod(tensor.shape[1:])
                tensor.normal_(0, (2 / fan) ** 0.5)
            elif name == "weight":
                signs = torch.randint_like(tensor, 2).mul_(2).sub_(1)
                tensor.uniform_(0.5, 1.5).mul_(signs)
            else:
                tensor.normal_(0, 0.3)
        for name, buffer in part.named_buffers(recurse=False):
            if name == "running_mean":
                buffer.normal_()
            elif name == "running_var":
                buffer.uniform_(0.5, 2)
    module.eval()
