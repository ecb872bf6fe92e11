"""Receptive fields against PyTorch's gradients, and by hand."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import suppress
from fractions import Fraction

import pytest
import sympy
from analyzers.functional import computed, depends
from analyzers.gradients import touched, traced
from examples import examples
from graphs import graphs
from hypothesis import assume, given
from hypothesis import strategies as st
from opaque import mixed
from resized import resized_graphs
from strategies import networks, specs

import henet_arch as ha
from henet_arch.analyzers import _lines as lines
from henet_arch.analyzers.receptive_field import Axis, Field, Pixels, Span, analyze
from henet_arch.forms import rendered
from henet_arch.ir.dims import Window
from henet_arch.ir.graph import Graph, GraphBuilder, Node
from henet_arch.ir.layer import Layer
from henet_arch.ir.layers import (
    Add,
    AvgPool2d,
    Concat,
    Conv2d,
    ConvTranspose2d,
    Crop2d,
    GlobalAvgPool2d,
    GroupNorm,
    Input,
    MaxPool2d,
    Multiply,
    Pad2d,
    Resize,
)
from henet_arch.support.errors import LimitError, ShapeError


def _conv(x: Node, kernel: int, stride: int = 1, padding: int = 0, dilation: int = 1) -> Conv2d:
    sizes, steps, pads, gaps = ((n, n) for n in (kernel, stride, padding, dilation))
    return Conv2d(int(x.channels), 2, sizes, steps, pads, gaps)


def _started(size: int = 12) -> tuple[GraphBuilder, Node]:
    builder = GraphBuilder("net", "test")
    return builder, builder.add("image", Input((2, size, size)))


def _last(builder: GraphBuilder) -> Field:
    return analyze(builder.finish()).by_layer[-1]


def _figures(axis: Axis) -> tuple[Pixels, Pixels, Pixels]:
    return axis.size, axis.stride, axis.offset


def _check(graph: Graph, names: list[str], place: tuple[float, float]) -> None:
    """The hull of the pixels that one element of each layer depends on."""
    fields = {field.name: field for field in analyze(graph).by_layer}
    image, values = traced(graph, names)
    for name, value in zip(names, values, strict=True):
        height, width = fields[name].axes
        row, column = (
            int(p * a.seen.elements) for p, a in zip(place, (height, width), strict=True)
        )
        element = value[:, :, row, column] if value.dim() == 4 else value
        found = touched(image, element).any(0)
        assert _span(found.any(1)) == height.seen.at(row), name
        assert _span(found.any(0)) == width.seen.at(column), name


def _span(seen: object) -> Span:
    places = [index for index, value in enumerate(seen) if value]  # type: ignore[arg-type, var-annotated]
    return (places[0], places[-1]) if places else (sys.maxsize, -1)


_PLACES = st.tuples(*[st.sampled_from((0, 0.5, 0.99))] * 2)


@examples(25)
@given(specs() | networks(), _PLACES, st.data())
def test_gradients_of_networks(
    spec: ha.Spec, place: tuple[float, float], data: st.DataObject
) -> None:
    graph = ha.build(spec)
    names = [node.name for node in graph if node.inputs and node.layer.kind != "softmax"]
    chosen = st.lists(st.sampled_from(names), min_size=1, max_size=4, unique=True)
    _check(graph, data.draw(chosen), place)


@examples(25)
@given(graphs(), _PLACES)
def test_gradients_of_any_wiring(graph: Graph, place: tuple[float, float]) -> None:
    _check(graph, [node.name for node in graph if node.inputs], place)


@examples(40)
@given(
    st.lists(
        st.tuples(
            st.integers(1, 3),
            st.integers(1, 3),
            st.integers(0, 1),
            st.integers(1, 2),
            st.booleans(),
        ),
        min_size=1,
        max_size=4,
    ),
    _PLACES,
)
def test_gradients_of_any_window(
    windows: list[tuple[int, int, int, int, bool]], place: tuple[float, float]
) -> None:
    builder, x = _started(30)
    for index, (kernel, stride, padding, dilation, pool) in enumerate(windows):
        layer: MaxPool2d | Conv2d = _conv(x, kernel, stride, min(padding, kernel - 1), dilation)
        if pool:
            pads = (min(padding, kernel // 2),) * 2
            layer = MaxPool2d((kernel, kernel), (stride, stride), pads, ceil_mode=stride <= kernel)
        try:
            x = builder.add(f"layer{index}", layer, [x])
        except ShapeError:
            break
    names = [name for name in (node.name for node in builder.finish()) if name != "image"]
    if names:
        _check(builder.finish(), names, place)


@examples(60)
@given(resized_graphs(), st.data())
def test_gradients_of_maps_that_are_resized(graph: Graph, data: st.DataObject) -> None:
    """Every element along both axes, where norms do not read all that there is."""
    fields = {field.name: field for field in analyze(graph).by_layer}
    node = data.draw(st.sampled_from(list(graph)))
    assume(not _is_constant(graph, node))
    values = computed(graph)
    height, width = fields[node.name].axes
    value = values[node.name]
    nothing = _span(())
    rows = [(value[:, :, row, :], height, width, 1, row) for row in range(height.seen.elements)]
    columns = [
        (value[:, :, :, column], width, height, 0, column) for column in range(width.seen.elements)
    ]
    for part, axis, across, other, place in [*rows, *columns]:
        seen = depends(values["image"], part).any(0).any(other)
        is_padding = set(across.seen.spans) == {nothing}
        assert _span(seen) == (nothing if is_padding else axis.seen.at(place)), (other, place)


def test_what_sees_nothing_along_an_axis_sees_nothing_at_all() -> None:
    """The one column that is left of the map is a padding's."""
    builder, x = _started(3)
    x = builder.add("conv", Conv2d(2, 4, (1, 1), (1, 1), (0, 1)), [x])
    builder.add("resize", Resize(None, (1, 1), "nearest"), [x])
    graph = builder.finish()
    height, width = analyze(graph).by_layer[-1].axes
    assert (height.seen.spans, width.seen.spans) == (((0, 0),), (_span(()),))
    values = computed(graph)
    assert not depends(values["image"], values["resize"]).any()


def _is_constant(graph: Graph, node: Node) -> bool:
    """Whether a norm over one element, or over what a norm gave, has no derivative."""
    names = {node.name}
    for each in reversed(graph.nodes):
        if each.name in names:
            names.update(each.inputs)
    return any(
        each.layer.kind in ("layer_norm", "group_norm") for each in graph if each.name in names
    )


def test_a_group_norm_and_a_spread_map_see_all_that_there_is() -> None:
    builder, x = _started(6)
    norm = builder.add("norm", GroupNorm(1, 2), [x])
    assert [axis.seen.spans for axis in _last(builder).axes] == [((0, 5),) * 6] * 2
    pooled = builder.add("pool", GlobalAvgPool2d(), [x])
    builder.add("scaled", Multiply(), [norm, pooled])
    field = _last(builder)
    assert [axis.seen.spans for axis in field.axes] == [((0, 5),) * 6] * 2
    assert field.shift == (0, 0)
    assert analyze(builder.finish()).misaligned == ()
    builder.add("gated", Multiply(), [x, pooled])
    assert [axis.seen.spans for axis in _last(builder).axes] == [((0, 5),) * 6] * 2


def test_strides_are_fractions_where_maps_grow() -> None:
    builder, x = _started(8)
    near = builder.add("near", Resize((2.0, 2.0)), [x])
    half = Fraction(1, 2)
    assert _figures(_last(builder).axes[0]) == (Fraction(3, 2), half, -half)
    linear = builder.add("linear", Resize((2.0, 2.0), mode="bilinear"), [x])
    assert _figures(_last(builder).axes[0]) == (Fraction(5, 2), half, -1)
    builder.add("join", Concat(), [near, linear])
    assert analyze(builder.finish()).misaligned == ()
    builder.add("up", ConvTranspose2d(2, 2, (2, 2), (2, 2)), [x])
    assert _figures(_last(builder).axes[0]) == (Fraction(3, 2), half, -half)
    builder.add("down", _conv(x, 2, 2), [near])
    assert _figures(_last(builder).axes[0]) == (2, 1, -half)
    data = analyze(builder.finish()).to_dict()["layers"]
    assert [layer["height_stride"] for layer in data] == [1, 0.5, 0.5, 0.5, 0.5, 1]
    assert "0.5" in rendered(analyze(builder.finish()), "table")


def test_padding_and_cropping_move_the_place() -> None:
    builder, x = _started(8)
    padded = builder.add("pad", Pad2d((3, 1, 0, 0), "reflect"), [x])
    assert _figures(_last(builder).axes[0]) == (1, 1, -3)
    assert _last(builder).axes[0].seen.at(0) == (3, 3)
    builder.add("crop", Crop2d((3, 1, 0, 0)), [padded])
    assert _figures(_last(builder).axes[0]) == (1, 1, 0)
    assert analyze(builder.finish()).by_layer[-1].axes[0].seen.spans == tuple(
        (index, index) for index in range(8)
    )


def test_every_second_pixel_is_seen_by_steps_of_two() -> None:
    builder, x = _started(9)
    builder.add("fourth", Crop2d((1, 0, 0, 0), (2, 2)), [x])
    rows, columns = _last(builder).axes
    assert (_figures(rows), _figures(columns)) == ((1, 2, 1), (1, 2, 0))
    assert rows.seen.spans == tuple((place, place) for place in (1, 3, 5, 7))


def test_what_an_opaque_layer_hides_is_named() -> None:
    result = analyze(mixed())
    assert [field.name for field in result.by_layer] == ["image", "stem.conv", "stage1.block1.conv"]
    first = "stage1.block1.sort"
    assert result.stopped[first] == result.stopped["stage1.block1.add"] == first
    assert result.stopped["head.fc"] == "stage2.matmul"
    layers = {layer["layer"]: layer for layer in result.to_dict()["layers"]}
    assert layers["stage1.block1.add"]["height_size"] is None
    assert layers["stage1.block1.add"]["stopped_by"] == first
    assert layers["stem.conv"]["stopped_by"] is None
    assert len(result.records()) == len(result.graph)
    text = " ".join(str(rendered(result, "table")).split())
    assert "not known of 12 layers, at or after stage1.block1.sort (aten.sort), " in text
    assert "sees the whole image is not known" in text


def test_large_maps_that_are_resized_are_refused() -> None:
    builder, x = _started(40_000)
    builder.add("up", Resize((2.0, 2.0)), [x])
    with pytest.raises(LimitError, match="80,000 rows or columns are more than"):
        analyze(builder.finish())


def _brute_force(graph: Graph) -> dict[str, tuple[tuple[Span, ...], tuple[Span, ...]]]:
    """What each element sees along both axes, tap by tap."""
    seen: dict[str, tuple[tuple[Span, ...], tuple[Span, ...]]] = {}
    for node in graph:
        sizes = [int(size) for size in node.shape[1:]] if len(node.shape) == 3 else [1, 1]
        if not node.inputs:
            height, width = (tuple((pixel, pixel) for pixel in range(size)) for size in sizes)
            seen[node.name] = (height, width)
            continue
        axes = [
            [_taps(seen[name][axis], node.layer.window, axis, sizes[axis]) for name in node.inputs]
            for axis in (0, 1)
        ]
        rows, columns = (tuple(map(_hull, zip(*ways, strict=True))) for ways in axes)
        seen[node.name] = (rows, columns)
    return seen


def _taps(before: tuple[Span, ...], window: Window | None, axis: int, count: int) -> list[Span]:
    if window is None:
        return list(before) if len(before) == count else [_hull(before)]
    taps = [tap * window.dilation[axis] for tap in range(window.kernel[axis])]
    starts = [place * window.stride[axis] - window.sides(axis)[0] for place in range(count)]
    reads = [[before[s + tap] for tap in taps if 0 <= s + tap < len(before)] for s in starts]
    return [_hull(spans) for spans in reads]


def _hull(spans: Sequence[Span]) -> Span:
    inside = [span for span in spans if span[0] <= span[1]]
    if not inside:
        return sys.maxsize, -1
    return min(first for first, _ in inside), max(last for _, last in inside)


_AXIS = st.tuples(st.integers(1, 5), st.integers(1, 4), st.integers(0, 7), st.integers(1, 4))


@st.composite
def _irregular(draw: st.DrawFn) -> Graph:
    """Windows with any kernel, stride, padding and dilation, and branches that join."""
    builder, x = _started(draw(st.integers(1, 40)))
    nodes = [x]
    for index in range(draw(st.integers(1, 6))):
        x = draw(st.sampled_from(nodes))
        alike = [node for node in nodes if node.shape == x.shape]
        kernel, stride, padding, dilation = zip(draw(_AXIS), draw(_AXIS), strict=True)
        layer: Layer = Conv2d(int(x.channels), 2, kernel, stride, padding, dilation)
        inputs = [x]
        if len(alike) > 1 and draw(st.booleans()):
            layer, inputs = Add(), draw(st.lists(st.sampled_from(alike), min_size=2, max_size=3))
        elif draw(st.integers(0, 9)) == 0:
            layer = GlobalAvgPool2d()
        with suppress(ShapeError):
            nodes.append(builder.add(f"layer{index}", layer, inputs))
    return builder.finish()


@examples(150)
@given(_irregular() | graphs())
def test_every_element_of_any_window_against_brute_force(graph: Graph) -> None:
    expected = _brute_force(graph)
    for field in analyze(graph).by_layer:
        assert tuple(axis.seen.spans for axis in field.axes) == expected[field.name]


@given(
    st.lists(
        st.tuples(st.integers(0, 12), st.integers(1, 6), st.integers(-9, 9), st.integers(-3, 3)),
        max_size=4,
    ),
    _AXIS,
    st.integers(0, 5),
)
def test_lines_are_the_values_that_they_stand_for(
    parts: list[tuple[int, int, int, int]], sizes: tuple[int, int, int, int], count: int
) -> None:
    functions = [(lines.Line(start, start + length, *rest),) for start, length, *rest in parts]
    joined = lines.least_of(functions) if functions else ()
    inside = range(-60, 60)
    plain = {
        index: min(values)
        for index in inside
        if (values := [v for v in (lines.at(each, index) for each in functions) if v is not None])
    }
    assert {index: lines.at(joined, index) for index in inside} == {
        index: plain.get(index) for index in inside
    }
    taps, stride, offset, step = sizes
    spread = lines.least_of_taps(joined, taps, step)
    shrunk = lines.sampled(spread, stride, -offset, count)
    for index in range(-3, 9):
        start = index * stride - offset
        reads = [plain[start + tap * step] for tap in range(taps) if start + tap * step in plain]
        expected = min(reads, default=None) if 0 <= index < count else None
        assert lines.at(shrunk, index) == expected


@pytest.mark.parametrize("windows", [1, 300])
def test_a_large_image_takes_no_more_than_a_small_one(windows: int) -> None:
    """Lines, not pixels: so many of them that a run over pixels would take hours."""
    builder, x = _started(10**12)
    for index in range(windows):
        x = builder.add(f"conv{index}", _conv(x, 3, 1 + (index % 30 == 0), 1), [x])
    builder.add("pool", GlobalAvgPool2d(), [x])
    found = analyze(builder.finish()).by_layer[-1]
    assert found.pixels == 10**24
    assert all(len(field.axes[0].seen.first) < 9 for field in analyze(builder.finish()).by_layer)


@pytest.mark.parametrize(
    ("sizes", "middle"),
    [((3, 1, 10**12, 1), (5, 7)), ((3, 10**12, 1, 1), (0, 1)), ((3, 1, 10**12, 10**12), (6, 6))],
)
def test_vast_windows_are_arithmetic(sizes: tuple[int, int, int, int], middle: Span) -> None:
    builder, x = _started()
    kernel, stride, padding, dilation = sizes
    x = builder.add("conv", _conv(x, kernel, stride, padding, dilation), [x])
    axis = _last(builder).axes[0]
    assert axis.seen.at(axis.seen.elements // 2) == middle


def test_borders_that_are_too_irregular_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines, "MOST", 100)
    builder, x = _started(500)
    builder.add("conv", _conv(x, 301, 1, 300, 2), [x])
    with pytest.raises(LimitError, match="in more than 100 different ways"):
        analyze(builder.finish())


def test_sizes_strides_and_offsets_by_hand() -> None:
    builder, x = _started()
    x = builder.add("conv1", _conv(x, 3, 2, 1), [x])
    assert _figures(_last(builder).axes[0]) == (3, 2, -1)
    x = builder.add("conv2", _conv(x, 3, 1, 1, 1), [x])
    assert _figures(_last(builder).axes[0]) == (7, 2, -3)
    builder.add("conv3", _conv(x, 2, 1, 0, 3), [x])
    assert _figures(_last(builder).axes[0]) == (13, 2, -3)
    assert _last(builder).axes[0].seen.spans == ((0, 9), (0, 11), (1, 11))


def test_the_hull_of_branches() -> None:
    builder, x = _started()
    wide = builder.add("wide", _conv(x, 5, 1, 2), [x])
    narrow = builder.add("narrow", _conv(x, 1), [x])
    builder.add("join", Concat(), [narrow, wide])
    field = _last(builder)
    assert _figures(field.axes[0]) == (5, 1, -2)
    assert field.shift == (0, 0)


def test_branches_that_are_centred_on_different_pixels() -> None:
    builder, x = _started(11)
    corner = builder.add("corner", _conv(x, 1, 2), [x])
    window = builder.add("window", AvgPool2d((2, 3), (2, 2), (1, 1)), [x])
    assert window.shape == corner.shape
    join = builder.add("join", Add(), [corner, window])
    found = analyze(builder.finish())
    assert [field.name for field in found.misaligned] == ["join"]
    assert found.by_layer[-1].shift == (0.5, 0)
    assert _figures(found.by_layer[-1].axes[0]) == (2, 2, -1)
    assert "join" in rendered(found, "table")
    assert "0.5x0" in rendered(found, "table")
    assert join.shape == (2, 6, 6)


def test_branches_of_different_strides_drift_apart() -> None:
    builder, x = _started(5)
    slow = builder.add("slow", _conv(x, 4), [x])
    fast = builder.add("fast", _conv(x, 2, 3), [x])
    builder.add("join", Add(), [slow, fast])
    field = _last(builder)
    assert field.shift == (1, 1)
    assert field.axes[0].seen.spans == ((0, 3), (1, 4))


def test_a_pooled_map_is_seen_whole() -> None:
    builder, x = _started()
    x = builder.add("conv", _conv(x, 3, 3), [x])
    builder.add("pool", GlobalAvgPool2d(), [x])
    field = _last(builder)
    assert (field.axes[0].size, field.axes[0].seen.spans, field.pixels) == (12, ((0, 11),), 144)


def test_an_element_in_the_padding_sees_nothing() -> None:
    builder, x = _started(3)
    builder.add("conv", _conv(x, 1, 9, 3), [x])
    field = _last(builder)
    assert field.pixels == 0
    assert field.record()["height_first"] is None


def test_the_paper_network_sees_the_whole_image_from_stage_2_on() -> None:
    found = analyze(ha.build("henet-r3"))
    assert found.first_whole == "stage3.block1.conv2"
    assert found.misaligned == ()
    first = found.by_layer[1]
    assert (first.name, first.pixels) == ("stem.conv", 9)


def test_open_sizes_are_refused() -> None:
    builder = GraphBuilder("net", "test")
    builder.add("image", Input((3, sympy.Symbol("H", positive=True), 7)))
    with pytest.raises(ShapeError, match="the size H is no number"):
        analyze(builder.finish())


def test_each_layer_sees_its_own_image() -> None:
    """A small image and a large one are no shares of one another, and no places of one another."""
    builder = ha.GraphBuilder("two")
    left, right = (builder.add(n, Input((3, s, s))) for n, s in (("left", 8), ("right", 32)))
    a = builder.add("a", Conv2d(3, 8, (3, 3), padding=(1, 1)), left)
    b = builder.add("b", Conv2d(3, 8, (4, 4), (4, 4)), right)
    both = builder.add("both", Concat(), [a, b])
    builder.add("pool", GlobalAvgPool2d(), b)
    result = analyze(builder.finish(both))
    assert result.first_whole == "pool"
    assert not result.misaligned
    assert [result.image(field) for field in result.by_layer] == [64, 1024, 64, 1024, None, 1024]
