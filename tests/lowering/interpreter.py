"""Runs a `Program` with PyTorch's functions in float64, one map for each point of each step.

The emitted PyTorch module, which knows nothing of steps and planes, says what must come out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod
from typing import Any

import torch
from lowering.functional import applied

import henet_arch as ha
from henet_arch.ir import layers
from henet_arch.ir.graph import Graph
from henet_arch.lowering.elide_moves import elide_moves
from henet_arch.lowering.fold import fold
from henet_arch.lowering.fuse import fuse
from henet_arch.lowering.pointwise import is_pointwise_step
from henet_arch.lowering.program import WEIGHT, ZERO, Epilogue, Plane, Program, Step
from henet_arch.lowering.prune import prune
from henet_arch.lowering.sampling import picked
from henet_arch.lowering.scale_weights import scale_weights
from henet_arch.lowering.transposed import padding
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
        "scale weights": scale_weights(fused),
        "fuse without fold": fuse(absorbed),
        "prune without both": prune(absorbed),
    }


@torch.no_grad()
def check(graph: Graph) -> None:
    """Every pass gives what the emitted module gives."""
    torch.manual_seed(0)
    module = scrambled(ha.to_torch(graph)).double()
    image = torch.randn(2, *graph.input_shape, dtype=torch.float64)
    check_against(graph, module.state_dict(), image, outputs_of(module(image)))


def check_against(graph: Graph, state: Mapping[str, Tensor], image: Tensor, expected: Any) -> None:
    """Every pass gives the `expected` outputs."""
    for name, program in passes(graph).items():
        found = run(program, state, image)
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
    if step.is_input:
        return image
    if step.part == WEIGHT:
        return state[f"{node.owner}.weight"].expand(len(image), -1)
    x = gathered(step.source.planes, step.source.size, maps, image)
    if step.factors:
        x = x * gathered(step.factors.planes, (1, 1), maps, image)
    if step.part == "flat":
        return x.flatten(1)
    if step.part:
        return _copied(step, x)
    if is_pointwise_step(step):  # what it does is its first finish
        return x
    if isinstance(node.layer, layers.ConvTranspose2d):
        return _convolved(step, node.layer, state, x)
    shape = [int(size) for size in node.input_shapes[0]]
    assert prod(x.shape[1:]) == prod(shape)
    return applied(node, state, x.reshape(len(x), *shape))


def _copied(step: Step, x: Tensor) -> Tensor:
    """Rows and columns that are copies of others, or zeros."""
    rows, columns = (torch.tensor(picked(step, axis)) for axis in (0, 1))
    copy = x[:, :, rows.clamp(0)][..., columns.clamp(0)]
    return copy * (rows[:, None] >= 0) * (columns >= 0)


def _convolved(step: Step, layer: Any, state: Mapping[str, Tensor], x: Tensor) -> Tensor:
    """A transposed convolution as a plain one of its spread map."""
    above, below, left, right = padding(layer)
    weight = state[f"{step.node.owner}.weight"].unflatten(0, (layer.groups, -1))
    weight = weight.transpose(1, 2).flatten(0, 1).flip(2, 3)
    y = F.pad(x, (left, right, above, below))
    bias = state.get(f"{step.node.owner}.bias")
    return F.conv2d(y, weight, bias, 1, 0, layer.dilation, layer.groups)


def _normed(step: Step, state: Mapping[str, Tensor], y: Tensor) -> Tensor:
    for norm in step.norms:
        y = applied(norm, state, y.reshape(len(y), *norm.input_shapes[0]))
    return y


def _finished(finish: Epilogue, y: Tensor, maps: Maps) -> Tensor:
    layer = finish.node.layer
    sizes = [(1, 1) if one else y.shape[2:] for one in finish.spread]
    others = [gathered(p, s, maps, y) for p, s in zip(finish.operands, sizes, strict=True)]
    if isinstance(layer, layers.PReLU):
        return torch.where(y <= 0, others[0] * y, y)
    if finish.swapped and len(others) == 1:
        return applied(finish.node, {}, others[0], y)
    return applied(finish.node, {}, y, *others)
