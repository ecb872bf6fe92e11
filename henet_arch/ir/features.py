"""The maps of a network that detectors and segmenters build on: one for each stride.

Of each stride it is the last map that all later layers depend on, before the next reduction. What
the next unit begins with is not of it: the norm of a pre-activated unit, all that stands between
that norm and the reduction where it is pointwise, and the pointwise convolution that widens a map
for a depthwise one. Nor is a pointwise convolution that belongs to the classifier. These are the
maps of timm's `feature_info`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from fractions import Fraction

from ..support.errors import RuleError
from .dims import Dim, certainly_below, format_shape
from .graph import Graph, Node
from .layer import Layer
from .layers import (
    AdaptiveAvgPool2d,
    AdaptiveMaxPool2d,
    Add,
    AvgPool2d,
    BatchNorm2d,
    ChannelShuffle,
    Concat,
    Conv2d,
    Dropout,
    Elementwise,
    GlobalAvgPool2d,
    GlobalMaxPool2d,
    GroupNorm,
    LayerNorm,
    Multiply,
    PReLU,
    Scale,
)
from .output_stride import analyze

_NORMS = (BatchNorm2d, GroupNorm, LayerNorm, Scale)
_ACTIVATIONS = (Elementwise, PReLU)
_PASSING = (Dropout, ChannelShuffle, *_NORMS, *_ACTIVATIONS)
"""Layers that change a map's elements or their order, and make no new ones of them."""
_WHOLE = (GlobalAvgPool2d, GlobalMaxPool2d, AdaptiveAvgPool2d, AdaptiveMaxPool2d)
"""Pools whose output has one size, whatever the map's is."""


def features(graph: Graph, strides: Sequence[int] = ()) -> Graph:
    """The same network up to its feature maps, which are its outputs, the smallest stride first.

    Args:
        graph: Any network of maps.
        strides: The strides of the maps that it gives; where it is empty those that it gives
            already, or else those of all.

    Raises:
        RuleError: the network has no maps, or none at a stride.
    """
    if graph.gives_features and not strides:
        return graph
    maps = feature_maps(graph)
    if not maps:
        raise _without_maps(graph)
    if list(strides) != sorted(set(strides)):
        raise RuleError(
            f"strides {', '.join(map(str, strides))} are not in ascending order, each once",
            fix=f"{', '.join(map(str, sorted(set(strides))))}",
        )
    if missing := [stride for stride in strides if stride not in maps]:
        raise RuleError(
            f"network {graph.name!r} has no feature map at stride {missing[0]}",
            fix=f"strides that it has: {', '.join(map(str, maps))}",
        )
    outputs = tuple(node.name for stride, node in maps.items() if not strides or stride in strides)
    needed = needed_by(graph, outputs)
    nodes = tuple(node for node in graph if node.name in needed)
    return replace(graph, nodes=nodes, outputs=outputs, gives_features=True)


def feature_maps(graph: Graph) -> dict[int, Node]:
    """The last map of each stride, by stride, the smallest first; none where there are no maps."""
    strides = _strides(graph)
    needed = needed_by(graph, _main_outputs(graph))
    maps = [node for node in graph if node.name in needed and node.name in strides and node.inputs]
    if not maps:
        return {}
    most = max(strides[node.name] for node in maps)
    deepest = [node for node in maps if strides[node.name] == most][-1]
    before = needed_by(graph, (deepest.name,))
    groups: dict[int, list[Node]] = {}
    for node in _passed(graph, before):
        if node.inputs and node.name in strides:
            groups.setdefault(strides[node.name], []).append(node)
    result = {}
    for stride in sorted(groups):
        group = groups[stride]
        if stride == most:
            head = [node for node in graph if node.name in needed - before]
            group = _before_classifier(graph, group, head)
        else:
            group = _before_reduction(graph, group, before)
        if group:
            result[stride] = group[-1]
    return result


def feature_strides(graph: Graph) -> tuple[int, ...]:
    """The strides of the outputs where these are feature maps; none where they are not."""
    if not graph.gives_features:
        return ()
    strides = _strides(graph)
    if lost := [name for name in graph.outputs if name not in strides]:
        raise RuleError(
            f"{lost[0]} is no feature map: {format_shape(graph[lost[0]].shape)}",
            where=f"network {graph.name!r}",
            why="a feature map has a height and a width that are the image's, divided",
            fix="a larger image, or a graph without gives_features",
        )
    return tuple(strides[name] for name in graph.outputs)


def feature_channels(graph: Graph) -> tuple[Dim, ...]:
    """The channels of the outputs where these are feature maps; none where they are not."""
    return tuple(graph[name].channels for name in graph.outputs) if graph.gives_features else ()


def smallest_image(graph: Graph) -> tuple[int, int]:
    """The smallest height and width at which the feature maps of a graph make sense.

    Every window fits, and the image is no smaller than the largest stride; but the network's own
    image is never too small.
    """
    stride = max(feature_strides(graph))
    own = graph.input_shape[1:]
    height, width = (min(int(own[axis]), max(stride, _fitting(graph, axis))) for axis in (0, 1))
    return height, width


def _fitting(graph: Graph, axis: int) -> int:
    """The smallest image along an axis at which every window has an output."""
    sizes = dict.fromkeys((node.name for node in graph), 1)
    for node in reversed(graph.nodes):
        window = node.layer.window
        size = sizes[node.name]
        if window:
            reach = window.dilation[axis] * (window.kernel[axis] - 1) + 1
            slack = window.stride[axis] - 1 if window.ceil_mode else 0
            size = (size - 1) * window.stride[axis] + reach - sum(window.sides(axis)) - slack
        for name in node.inputs:
            sizes[name] = max(sizes[name], size)
    return sizes[graph.nodes[0].name]


def _without_maps(graph: Graph) -> RuleError:
    opaque = next((node for node in graph if not node.layer.structure_known), None)
    return RuleError(
        f"network {graph.name!r} has no feature maps",
        where=opaque.name if opaque else "",
        why="what the operator does to a map's size is unknown"
        if opaque
        else "no layer gives a map with one stride along height and width",
        fix="a network of convolutions over an image",
    )


def _main_outputs(graph: Graph) -> tuple[str, ...]:
    """The outputs that say what the network is for: classifiers beside the first one do not."""
    return graph.outputs[:1] if len(graph.output_shape) != 3 else graph.outputs


def needed_by(graph: Graph, names: Iterable[str]) -> set[str]:
    """These layers and all that they depend on."""
    needed = set(names)
    for node in reversed(graph.nodes):
        if node.name in needed:
            needed.update(node.inputs)
    return needed


def _passed(graph: Graph, within: set[str]) -> list[Node]:
    """The layers through which every way to the last one of `within` leads, in order."""
    nodes = [node for node in graph if node.name in within]
    positions = {node.name: index for index, node in enumerate(nodes)}
    read = list(range(len(nodes)))
    for index, node in enumerate(nodes):
        for name in node.inputs:
            read[positions[name]] = index
    far = max((index for index, node in enumerate(nodes) if not node.inputs), default=0)
    result = []
    for index, node in enumerate(nodes):
        if far <= index:
            result.append(node)
        far = max(far, read[index])
    return result


def _strides(graph: Graph) -> dict[str, int]:
    """The stride of each map that has one along height and width, up to a pool of the whole."""
    windows = [n for n in graph if n.layer.window and max(n.layer.window.kernel) > 1]
    last = windows[-1] if windows else None
    is_map: set[str] = set()
    result = {}
    for node, stride in zip(graph, analyze(graph).by_layer, strict=True):
        if len(node.shape) != 3 or (node.inputs and is_map.isdisjoint(node.inputs)):
            continue
        if _is_whole(node) and (not isinstance(node.layer, AvgPool2d) or node is last):
            continue
        is_map.add(node.name)
        if stride and stride[0] == stride[1] and (whole := _whole(stride[0])):
            result[node.name] = whole
    return result


def _whole(stride: Dim | Fraction) -> int | None:
    if isinstance(stride, Fraction):
        return stride.numerator if stride.denominator == 1 else None
    return stride if isinstance(stride, int) else None


def _is_whole(node: Node) -> bool:
    """Whether it is a pool, or the weights of a fully connected layer, over the whole map."""
    layer = node.layer
    if isinstance(layer, AvgPool2d):
        return isinstance(layer.simplest(node.input_shapes), GlobalAvgPool2d)
    if isinstance(layer, Conv2d):
        sides = zip(node.input_shapes[0][1:], layer.kernel, strict=True)
        is_window = layer.stride == (1, 1) != layer.kernel and not any(layer.padding)
        return is_window and all(certainly_below(side, kernel + 1) for side, kernel in sides)
    return isinstance(layer, _WHOLE)


def _before_reduction(graph: Graph, group: list[Node], within: set[str]) -> list[Node]:
    """The maps of a stride without those that the reducing unit begins with."""
    group = _without_dropout(group)
    tail = _tail(group)
    readers = [node for node in graph.readers[group[-1].name] if node.name in within]
    for index, node in enumerate(tail):
        is_opening = isinstance(node.layer, _NORMS) and not isinstance(
            _source(graph, node).layer, Conv2d
        )
        widens = (
            _is_pointwise(node.layer)
            and not any(_is_pointwise(later.layer) for later in tail[index + 1 :])
            and all(_is_depthwise(reader.layer) for reader in readers)
            and not _is_separable(graph, node)
        )
        if is_opening or widens:
            return group[: len(group) - len(tail) + index]
    return group


def _before_classifier(graph: Graph, group: list[Node], head: Sequence[Node]) -> list[Node]:
    """The maps of the largest stride without those of a classifier over their mean."""
    group = _without_dropout(group)
    if not any(map(_is_whole, head)):
        return group
    tail = _tail(group)
    convs = [index for index, node in enumerate(tail) if _is_pointwise(node.layer)]
    if not convs:
        return group
    weighted = [n for n in head if n.layer.weights() and not isinstance(n.layer, _NORMS)]
    is_classifier = not weighted
    if is_classifier or (len(weighted) == 1 and _widens_unit(graph, tail[convs[-1]])):
        return _without_dropout(group[: len(group) - len(tail) + convs[-1]])
    return group


def _widens_unit(graph: Graph, node: Node) -> bool:
    """Whether a pointwise convolution widens what a unit has made, and is no part of it."""
    source = _source(graph, node).layer
    if not (_is_pointwise(source) or isinstance(source, Add | Concat)):
        return False
    return not certainly_below(node.channels - node.input_shapes[0][0], 0)


def _without_dropout(group: list[Node]) -> list[Node]:
    end = len(group)
    while end > 1 and isinstance(group[end - 1].layer, Dropout):
        end -= 1
    return group[:end]


def _tail(group: Sequence[Node]) -> Sequence[Node]:
    """The last layers that look at single pixels."""
    start = len(group)
    while start and (
        isinstance(group[start - 1].layer, (Dropout, *_NORMS, *_ACTIVATIONS))
        or _is_pointwise(group[start - 1].layer)
    ):
        start -= 1
    return group[start:]


def _source(graph: Graph, node: Node) -> Node:
    """The layer that makes the map which `node` reads, by way of such as only change it."""
    node = graph[node.inputs[0]]
    while node.inputs and isinstance(node.layer, _PASSING):
        node = graph[node.inputs[0]]
    return node


def _is_separable(graph: Graph, node: Node) -> bool:
    """Whether a pointwise convolution is the second half of a separable one."""
    source = _source(graph, node)
    while isinstance(source.layer, Multiply):  # squeeze and excite: a map by a factor for each
        source = _source(graph, source)
    layer = source.layer
    return isinstance(layer, Conv2d) and layer.groups != 1 and layer.kernel != (1, 1)


def _is_pointwise(layer: Layer) -> bool:
    return isinstance(layer, Conv2d) and layer.kernel == layer.stride == (1, 1)


def _is_depthwise(layer: Layer) -> bool:
    return isinstance(layer, Conv2d) and layer.groups != 1 and layer.groups == layer.in_channels
