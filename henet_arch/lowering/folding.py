"""Batch norms and scales folded into the layers before them: the network, and its numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import takewhile

import numpy as np
from numpy.typing import NDArray

from ..ir.graph import Graph, Node
from ..ir.layer import Layer
from ..ir.layers import BatchNorm1d, BatchNorm2d, Conv2d, ConvTranspose2d, Linear, Scale
from ..ir.model import Model
from ..ir.tensors import held_by, tensors_of
from ..ir.transform import with_layers
from ..support.errors import EmitError
from .elide_moves import elide_moves
from .fold import fold

Array = NDArray[np.float64]


def folded(model: Model) -> Model:
    """The model for inference, without the batch norms and scales that fold.

    Its other layers keep their names; weights that layers share stay as they are.

    Raises:
        EmitError: it has a layer that no kind describes, or whose size is a symbol.
    """
    norms = _norms(model.graph)
    graph = _without(model.graph, norms)
    weights = None if model.weights is None else _Folded(model, graph, norms)
    return replace(model, graph=graph, weights=weights)


def factor_and_shift(
    norm: Node, channels: int, tensors: Mapping[str, NDArray[np.floating]]
) -> tuple[Array, Array]:
    """What a batch norm or a scale does to each channel."""
    numbers = {
        name: np.asarray(tensors[f"{norm.owner}.{name}"], np.float64) for name in held_by(norm)
    }
    factor = numbers.get("weight", np.ones(channels))
    shift = numbers.get("bias", np.zeros(channels))
    if isinstance(norm.layer, BatchNorm2d | BatchNorm1d):
        factor = factor / np.sqrt(numbers["running_var"] + norm.layer.eps)
        shift = shift - numbers["running_mean"] * factor
    return factor, shift


def refusal(
    node: Node, norms: tuple[Node, ...], tensors: Mapping[str, NDArray[np.floating]]
) -> EmitError:
    """Why the numbers of a layer are not finite in single precision, with what is folded in."""
    for norm in (node, *norms):
        if not isinstance(norm.layer, BatchNorm2d | BatchNorm1d):
            continue
        variance = float(np.min(tensors[f"{norm.owner}.running_var"]))
        if not variance + norm.layer.eps > 0:
            return EmitError(
                f"a running variance of {norm.name} is {variance:g}",
                where=norm.name,
                why="the square root of a variance is divided by, so none is below 0",
                fix="the weights as the training left them",
            )
    return EmitError(
        f"the weights of {node.name} are not finite in single precision",
        where=node.name,
        why=f"a float holds at most {np.finfo(np.float32).max:.3g}"
        + "".join(f", and {norm.name} is folded in" for norm in norms),
        fix="weights that are smaller, such as those of another training",
    )


def _norms(graph: Graph) -> dict[str, tuple[Node, ...]]:
    """The norms that fold into each layer, by its name."""
    uses = Counter(node.owner for node in graph)
    result = {}
    for step in fold(elide_moves(graph)).steps:
        own = tuple(takewhile(lambda norm: uses[norm.name] == 1, step.norms))
        if own and uses[step.node.name] == 1:  # no other layer needs the weights as they are
            result[step.node.name] = own
    return result


def _without(graph: Graph, norms: Mapping[str, tuple[Node, ...]]) -> Graph:
    graph = with_layers(graph, {name: _with_all(graph[name].layer) for name in norms})
    dropped = {norm.name for own in norms.values() for norm in own}
    same: dict[str, str] = {}
    nodes = []
    for node in graph:
        inputs = tuple(same.get(name, name) for name in node.inputs)
        if node.name in dropped:
            same[node.name] = inputs[0]
        else:
            nodes.append(node._replace(inputs=inputs))
    outputs = tuple(same.get(name, name) for name in graph.outputs)
    return replace(graph, nodes=tuple(nodes), outputs=outputs)


def _with_all(layer: Layer) -> Layer:
    """The layer with a factor and a shift of its own for each channel."""
    if isinstance(layer, Conv2d | ConvTranspose2d | Linear):
        return replace(layer, bias=True)
    if isinstance(layer, Scale):
        return replace(layer, weight=True, bias=True)
    if isinstance(layer, BatchNorm2d | BatchNorm1d):
        return replace(layer, affine=True)
    raise TypeError(f"nothing folds into {layer.kind}")


class _Folded(Mapping[str, NDArray[np.floating]]):
    """The weights of a folded graph, each computed in double precision when it is asked for."""

    def __init__(self, model: Model, graph: Graph, norms: Mapping[str, tuple[Node, ...]]) -> None:
        self._held: Mapping[str, NDArray[np.floating]] = model.weights or {}
        self._names = tensors_of(graph)
        self._changed = {
            f"{name}.{key}": (model.graph[name], key, own)
            for name, own in norms.items()
            for key in ("weight", "bias")
        }

    def __getitem__(self, name: str) -> NDArray[np.floating]:
        if name not in self._changed:
            return self._held[name]
        node, key, norms = self._changed[name]
        own = "float64" if node.element_type.name == "float64" else "float32"
        with np.errstate(all="ignore"):  # what they warn of is refused
            values = _folded(node, key, norms, self._held).astype(own)
        if not np.isfinite(values).all():
            raise refusal(node, norms, self._held)
        return values

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


def _folded(
    node: Node, key: str, norms: tuple[Node, ...], tensors: Mapping[str, NDArray[np.floating]]
) -> Array:
    """The weight or the bias of a layer with norms folded in."""
    layer, channels = node.layer, int(node.channels)
    held = f"{node.name}.{key}"
    if key in layer.weights():
        values: Array = np.asarray(tensors[held], np.float64)
    else:
        values = np.zeros(channels) if key == "bias" else np.ones(channels)
    for norm in norms:
        factor, shift = factor_and_shift(norm, channels, tensors)
        if key == "bias":
            values = values * factor + shift
        elif isinstance(layer, ConvTranspose2d):
            values = _by_group(values, factor, int(layer.groups))
        else:
            values = values * factor.reshape(-1, *[1] * (values.ndim - 1))
    return values


def _by_group(weight: Array, factor: Array, groups: int) -> Array:
    """A transposed convolution's weight, whose outputs are counted in each group."""
    parts = weight.reshape(groups, -1, *weight.shape[1:])
    return (parts * factor.reshape(groups, 1, -1, 1, 1)).reshape(weight.shape)
