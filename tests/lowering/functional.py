"""What a graph computes in double precision, layer by layer: the judge of all lowering."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from oracle import step_of

from henet_arch.ir.graph import Graph, Node
from henet_arch.ir.tensors import tensors_of

Tensor = Any


def random_tensors(graph: Graph, seed: int = 0) -> dict[str, Tensor]:
    """Signed weights of every layer, and variances above 0."""
    made = torch.Generator().manual_seed(seed)
    result = {}
    for name, shape in tensors_of(graph).items():
        value = torch.randn(shape, generator=made, dtype=torch.float64)
        result[name] = value.abs() + 0.5 if name.endswith("running_var") else value
    return result


@torch.no_grad()
def outputs(graph: Graph, tensors: Mapping[str, Tensor], *images: Tensor) -> list[Tensor]:
    """What the network gives for a batch of each input, in the images' precision."""
    inputs = iter(images)
    values: dict[str, Tensor] = {}
    for node in graph:
        given = [values[name] for name in node.inputs]
        values[node.name] = applied(node, tensors, *given) if given else next(inputs)
    return [values[name] for name in graph.outputs]


def applied(node: Node, tensors: Mapping[str, Tensor], *given: Tensor) -> Tensor:
    """What one layer makes of its inputs."""
    step = step_of(node.layer)
    if isinstance(step, torch.nn.Module):
        step.to(given[0].dtype).eval()
        names = {**node.layer.weights(), **node.layer.buffers()}
        state = {name: tensors[f"{node.owner}.{name}"] for name in names}
        step.load_state_dict(state, strict=False)
    return step(*given)
