"""Drafts as a graph: named, without what no output needs, weights shared."""

from __future__ import annotations

import re
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import replace
from math import prod
from typing import NamedTuple, TypeVar

from ...ir.element_type import ELEMENT_TYPES, FLOAT32
from ...ir.foreign_names import network_name
from ...ir.graph import Graph, GraphBuilder, Node
from ...ir.layers import Opaque
from ...ir.scope import leaf
from .constants import Constant, of_tensor
from .scopes import names
from .trace import Tensor, Trace
from .values import Draft

T = TypeVar("T")


class Network(NamedTuple):
    """The layers of a module, and what computes their weights."""

    graph: Graph
    weights: Mapping[str, Constant]
    """By parameter name."""
    unread_params: int
    """Numbers in parameters of the module that no layer reads."""
    frozen: frozenset[str]
    """The names of the weights that no training changes."""
    tied: frozenset[str]
    """The names of the weights that are parameters of the module as earlier ones are."""
    constants: frozenset[str]
    """The names of the weights that hold no parameter of the module."""


def finished(trace: Trace, inputs: Sequence[Draft], outputs: Sequence[Draft]) -> Network:
    """The graph, and its weights by parameter name."""
    drafts = _ordered(inputs, outputs)
    held = _choose_tensors(trace, drafts)
    builder = GraphBuilder(network_name(trace.name))
    nodes: dict[Draft, Node] = {}
    owners: dict[Hashable, str] = {}
    weights: dict[str, Constant] = {}
    for draft, (name, original) in zip(drafts, names(drafts), strict=True):
        key = _sharing(draft)
        shares = owners.setdefault(key, name) if key else name
        nodes[draft] = builder.add(
            name,
            draft.layer,
            [nodes[item] for item in draft.inputs],
            draft.operation.source if draft.operation else (),
            element_type=ELEMENT_TYPES.get(draft.type, FLOAT32),
            original=original[:1000],
            shares=shares if shares != name else "",
        )
        if shares == name:
            weights |= {f"{name}.{key}": value for key, value in draft.weights.items()}
    graph = builder.finish([nodes[draft] for draft in outputs])
    unread = (tensor for name, tensor in trace.tensors.items() if name not in held)
    count = sum(prod(map(int, tensor.shape)) for tensor in unread if tensor.is_parameter)
    constants = frozenset(name for name, value in weights.items() if not _parameters(value, trace))
    frozen = frozenset(
        name
        for name, value in weights.items()
        if all(tensor.is_frozen for tensor in _parameters(value, trace))
    )
    return Network(graph, weights, count, frozen, _tied(weights, trace), constants)


def _tied(weights: Mapping[str, Constant], trace: Trace) -> frozenset[str]:
    """The weights that hold parameters, all numbers of them, which an earlier weight holds."""
    seen: set[frozenset[str]] = set()
    tied = set()
    for name, weight in weights.items():
        sources = frozenset(s for s in weight.sources if trace.tensors[s].is_parameter)
        numbers = sum(prod(map(int, trace.tensors[source].shape)) for source in sources)
        if not sources or numbers != weight.elements:
            continue
        if sources in seen:
            tied.add(name)
        seen.add(sources)
    return frozenset(tied)


def _parameters(weight: Constant, trace: Trace) -> list[Tensor]:
    """Those of the module that a weight is made of."""
    sources = [trace.tensors[source] for source in weight.sources]
    return [tensor for tensor in sources if tensor.is_parameter]


def _ordered(inputs: Sequence[Draft], outputs: Sequence[Draft]) -> list[Draft]:
    """All that the outputs need, in the order of the code; all inputs come first."""
    needed = set(outputs)
    stack = list(outputs)
    while stack:
        more = [draft for draft in stack.pop().inputs if draft not in needed]
        needed.update(more)
        stack += more
    later = sorted(needed - set(inputs), key=lambda draft: draft.serial)
    return [*inputs, *later]


def _sharing(draft: Draft) -> Hashable:
    """The same for layers that hold the same weights; None for those that hold none."""
    if not draft.weights:
        return None
    keys = tuple((name, constant.key) for name, constant in draft.weights.items())
    shapes = tuple((draft.layer.weights() | draft.layer.buffers()).items())
    return (draft.layer.kind, keys, shapes)


def _choose_tensors(trace: Trace, drafts: Sequence[Draft]) -> set[str]:
    """Give each parameter that only opaque layers read to the first of them.

    Returns:
        The parameters that layers have now.
    """
    held = {
        source
        for draft in drafts
        for constant in draft.weights.values()
        for source in constant.sources
    }
    for draft in drafts:
        if not isinstance(draft.layer, Opaque):
            continue
        tensors: dict[str, Constant] = {}
        for source in dict.fromkeys(
            s for constant in draft.reads for s in sorted(constant.sources)
        ):
            if trace.tensors[source].is_parameter and source not in held:
                held.add(source)
                tensors[_free(leaf(source), tensors)] = of_tensor(trace.tensors[source])
        if tensors:
            shapes = tuple((name, value.shape or (1,)) for name, value in tensors.items())
            draft.layer = replace(draft.layer, tensors=shapes)
            draft.weights = tensors
    return held


def _free(name: str, taken: Mapping[str, T]) -> str:
    name = re.sub(r"\W", "_", name, flags=re.ASCII)
    if not name.isidentifier():  # it is empty, or the number of a list's parameter
        name = f"tensor{name}"
    number = 1
    free = name
    while free in taken:
        number += 1
        free = f"{name}_{number}"
    return free
