"""Runs a `Program` with PyTorch's functions in float64, one map for each point of each step.

The emitted PyTorch module, which knows nothing of steps and planes, says what must come out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import prod
from typing import Any

import torch

import henet_arch as ha
from henet_arch.ir import layers
from henet_arch.ir.graph import Graph, Node
from henet_arch.lowering.elide_moves import elide_moves, is_pointwise
from henet_arch.lowering.fold import fold
from henet_arch.lowering.fuse import fuse
from henet_arch.lowering.program import ZERO, Epilogue, Plane, Program, Step
from henet_arch.lowering.prune import prune
from henet_arch.runtime.torch.scramble import scrambled
from henet_arch.runtime.torch.tensors import outputs_of

F = torch.nn.functional
Tensor = Any
Maps = dict[tuple[str, int], Tensor]


def passes(graph: Graph) -> dict[str, Program]:
    """The program after each pass, and where a pass is left out."""
    absorbed = elide_moves(graph)
    folded = fold(absorbed)
    fused = fuse(folded)
    return {
        "absorb": absorbed,
        "fold": folded,
        "fuse": fused,
        "prune": prune(fused),
        "fuse without fold": fuse(absorbed),
        "prune without both": prune(absorbed),
    }


@torch.no_grad()
def check(graph: Graph) -> None:
    """Every pass gives what the emitted module gives."""
    torch.manual_seed(0)
    module = scrambled(ha.to_torch(graph)).double()
    image = torch.randn(2, *graph.input_shape, dtype=torch.float64)
    expected = outputs_of(module(image))
    for name, program in passes(graph).items():
        found = run(program, module.state_dict(), image)
        assert len(found) == len(expected)
        for given, wanted, output in zip(found, expected, graph.outputs, strict=True):
            assert wanted.isfinite().all()
            given = given.reshape(wanted.shape)
            scale = 1e-9 * float(wanted.abs().max())
            told = f"after {name} the output {output} is another"
            torch.testing.assert_close(given, wanted, rtol=1e-9, atol=scale + 1e-12, msg=told)


def run(program: Program, state: Mapping[str, Tensor], image: Tensor) -> list[Tensor]:
    """The outputs of `program` as maps."""
    maps: Maps = {}
    for step in program.steps:
        y = _normed(step, state, _main(step, state, maps, image))
        y = y.reshape(len(image), step.channels, *step.size)
        maps[step.name, 0] = y
        for point, finish in enumerate(step.epilogues, 1):
            y = _finished(finish, y, maps)
            maps[step.name, point] = y
    return [gathered(value.planes, value.size, maps, image) for value in program.outputs]


def gathered(planes: Sequence[Plane], size: tuple[int, int], maps: Maps, image: Tensor) -> Tensor:
    """The map that is made of `planes`."""
    name, point, _ = planes[0]
    whole = maps.get((name, point))
    if whole is not None and list(planes) == [Plane(name, point, c) for c in range(whole.shape[1])]:
        return whole
    nothing = torch.zeros(len(image), *size, dtype=image.dtype)
    return torch.stack(
        [nothing if p == ZERO else maps[p.step, p.point][:, p.channel] for p in planes], 1
    )


def _main(step: Step, state: Mapping[str, Tensor], maps: Maps, image: Tensor) -> Tensor:
    node = step.node
    if not node.inputs:
        return image
    x = gathered(step.source.planes, step.source.size, maps, image)
    if is_pointwise(node.layer):  # what it does is its first finish
        return x
    shape = [int(size) for size in node.input_shapes[0]]
    assert prod(x.shape[1:]) == prod(shape)
    return _applied(node, state, x.reshape(len(x), *shape))


def _normed(step: Step, state: Mapping[str, Tensor], y: Tensor) -> Tensor:
    return y if step.norm is None else _applied(step.norm, state, y)


def _finished(finish: Epilogue, y: Tensor, maps: Maps) -> Tensor:
    match finish.node.layer:
        case layers.Elementwise() as function:
            return _function(function)(y)
        case layers.Add():
            others = [gathered(planes, y.shape[2:], maps, y) for planes in finish.operands]
            return sum(others, y)
    raise AssertionError(f"no step ends with {finish.node.layer.kind}")


def _function(layer: layers.Elementwise) -> Any:
    return getattr(torch.nn, layer.function.torch)(**layer.attributes())


def _applied(node: Node, state: Mapping[str, Tensor], x: Tensor) -> Tensor:
    def held(key: str) -> Tensor:
        return state.get(f"{node.name}.{key}")

    layer: Any = node.layer
    if layer.sides:
        above, below, left, right = layer.sides
        value = float("-inf") if isinstance(layer, layers.MaxPool2d) else 0.0
        x, layer = F.pad(x, (left, right, above, below), value=value), replace(layer, padding=0)
    match layer:
        case layers.Conv2d() as conv:
            slid = conv.stride, conv.padding, conv.dilation
            return F.conv2d(x, held("weight"), held("bias"), *slid, conv.groups)
        case layers.Linear():
            return F.linear(x, held("weight"), held("bias"))
        case layers.BatchNorm2d() as norm:
            moments = held("running_mean"), held("running_var")
            return F.batch_norm(x, *moments, held("weight"), held("bias"), eps=norm.eps)
        case layers.AvgPool2d() as pool:
            counted = pool.ceil_mode, pool.count_include_pad, pool.divisor_override
            return F.avg_pool2d(x, pool.kernel, pool.stride, pool.padding, *counted)
        case layers.MaxPool2d() as pool:
            window = pool.kernel, pool.stride, pool.padding
            return F.max_pool2d(x, *window, ceil_mode=pool.ceil_mode)
        case layers.GlobalAvgPool2d():
            return x.mean((2, 3), keepdim=True)
        case layers.Elementwise() as function:
            return _function(function)(x)
        case layers.Softmax():
            return F.softmax(x, 1)
        case layers.LocalResponseNorm() as norm:
            return F.local_response_norm(x, norm.size, norm.alpha, norm.beta, norm.k)
    raise AssertionError(f"no step computes {node.layer.kind}")
