"""Which channels reach which, against PyTorch's gradients and the paper's argument."""

from __future__ import annotations

import pytest
import sympy
from analyzers.functional import computed, depends
from analyzers.gradients import touched, traced
from examples import examples
from graphs import graphs
from hypothesis import assume, given
from hypothesis import strategies as st
from opaque import mixed, opaque
from resized import resized_graphs
from strategies import networks, specs

import henet_arch as ha
from henet_arch.analyzers._matrix import Matrix, drawn
from henet_arch.analyzers._reach import Reach
from henet_arch.analyzers.mixing import Block, analyze, matrix
from henet_arch.forms import rendered
from henet_arch.ir.graph import Graph, GraphBuilder, Node
from henet_arch.ir.layer import Layer
from henet_arch.ir.layers import (
    Add,
    ChannelMean,
    ChannelShuffle,
    Concat,
    Conv2d,
    Dropout,
    Elementwise,
    Flatten,
    GlobalAvgPool2d,
    GroupNorm,
    Input,
    LayerNorm,
    Linear,
    Multiply,
    PadChannels,
    Scale,
    SliceChannels,
    Softmax,
)
from henet_arch.support.errors import GraphError, LimitError, ShapeError, UnknownNameError

_MOST_CHANNELS = 12
"""Output channels that are held against gradients, from the first on."""


def _check(graph: Graph, names: list[str]) -> None:
    """Channels of layers against those of the image."""
    image, values = traced(graph, names)
    for name, value in zip(names, values, strict=True):
        found = matrix(graph, name)
        assert (found.outputs, found.inputs) == (value.shape[1], image.shape[1])
        for channel in range(min(found.outputs, _MOST_CHANNELS)):
            row = found.row(channel)
            places = touched(image, value[:, channel]).flatten(1).any(1)
            assert row == sum(1 << index for index, place in enumerate(places) if place), name


@examples(20)
@given(graphs())
def test_gradients_of_any_wiring(graph: Graph) -> None:
    kinds = {node.layer.kind for node in graph}
    assume(not {"pad_channels", "local_response_norm"} <= kinds)  # zeros are normalised to zeros
    _check(graph, [node.name for node in graph if node.inputs])


@examples(8)
@given(specs() | networks(), st.data())
def test_gradients_of_networks(spec: ha.Spec, data: st.DataObject) -> None:
    assume(spec.classes > 1)  # a softmax of one number has no derivative
    graph = ha.build(spec)
    names = [node.name for node in graph if node.inputs]
    _check(graph, data.draw(st.lists(st.sampled_from(names), min_size=1, max_size=2, unique=True)))


@examples(60)
@given(resized_graphs(), st.data())
def test_gradients_of_slices_joins_norms_and_resized_maps(
    graph: Graph, data: st.DataObject
) -> None:
    norms = ("layer_norm", "group_norm")
    assume(not any(node.layer.kind in norms for node in graph))  # of one element it is constant
    node = data.draw(st.sampled_from(list(graph)))
    values = computed(graph)
    result = matrix(graph, node.name)
    for channel in range(int(node.channels)):
        places = depends(values["image"], values[node.name][:, channel]).flatten(1).any(1)
        row = sum(1 << index for index, place in enumerate(places) if place)
        # a channel that is padded or cut away is one that no place shows
        assert row == result.row(channel) or not row, node.name


@examples(5)
@given(specs(), st.data())
@pytest.mark.slow
def test_gradients_of_blocks(spec: ha.Spec, data: st.DataObject) -> None:
    """A block that reads one layer, cut out of its network."""
    graph = ha.build(spec)
    names = {block.name: _operands(graph, block.name) for block in analyze(graph).blocks}
    name = data.draw(st.sampled_from([name for name, reads in names.items() if len(reads) == 1]))
    builder = GraphBuilder("block", "test")
    (operand,) = names[name]
    made = {operand: builder.add("image", Input(graph[operand].shape))}
    for node in graph:
        if node.name.startswith(f"{name}."):
            made[node.name] = builder.add(node.name, node.layer, [made[n] for n in node.inputs])
    block = builder.finish()
    _check(block, [builder.last.name])
    assert matrix(graph, name, name).reached == matrix(block, name).reached


def _by_element(graph: Graph) -> dict[str, list[set[int]]]:
    """The image's channels that each channel depends on, from what it reads, one by one."""
    found: dict[str, list[set[int]]] = {}
    for node in graph:
        found[node.name] = []
        for channel in range(int(node.channels)):
            ranges = node.layer.reads(channel, node.input_shapes)
            reads = zip(node.inputs, ranges, strict=True)
            own = {channel} if not node.inputs else set()
            found[node.name].append(own.union(*(found[n][c] for n, r in reads for c in r)))
    return found


@st.composite
def _heads(draw: st.DrawFn) -> Graph:
    """Maps that are flattened, and what can follow a vector; blocks that begin anywhere there."""
    builder = GraphBuilder("head", "test")
    x = builder.add("image", Input((3, *draw(st.tuples(*[st.integers(1, 4)] * 2)))))
    groups = draw(st.sampled_from((1, 3)))
    x = builder.add("stem.conv", Conv2d(3, 6, (1, 1), groups=groups), [x])
    x = builder.add("head.flatten", Flatten(), [x])
    kinds = st.sampled_from(("relu", "dropout", "linear", "softmax", "flatten", "add"))
    for index, kind in enumerate(draw(st.lists(kinds, max_size=5))):
        width = int(x.channels)
        layer: Layer = {
            "relu": Elementwise("relu"),
            "dropout": Dropout(0.1),
            "linear": Linear(width, draw(st.integers(1, 9))),
            "softmax": Softmax(),
            "flatten": Flatten(),
            "add": Add(),
        }[kind]
        name = f"{draw(st.sampled_from(('head', f'tail{index}.block1')))}.{kind}{index}"
        x = builder.add(name, layer, [x, x] if kind == "add" else [x])
    return builder.finish()


@given(_heads() | graphs())
def test_channels_that_are_looked_at_together_read_the_same(graph: Graph) -> None:
    for name, channels in _by_element(graph).items():
        found = matrix(graph, name)
        assert found.outputs == len(channels)
        rows = [{i for i in range(found.inputs) if row >> i & 1} for row in found.rows]
        assert [rows[channel // found.each] for channel in range(found.outputs)] == channels
        assert found.reached == sum(map(len, channels))
        lines = drawn(found, 4, 4)
        plain = Matrix(tuple(map(found.row, range(found.outputs))), found.inputs)
        assert lines == drawn(plain, 4, 4)
        assert (plain.closed, plain.fewest) == (found.closed, found.fewest)


@examples(30)
@given(_heads())
def test_blocks_of_vectors_are_those_of_their_elements(graph: Graph) -> None:
    """As they are where no elements are looked at together."""
    found = analyze(graph).to_dict()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Reach, "_each", lambda self, node: 1)
        plain = analyze(graph)
    assert found == plain.to_dict()
    assert rendered(analyze(graph), "table") == rendered(plain, "table")


def test_a_large_image_takes_no_more_than_a_small_one() -> None:
    large, small = (analyze(ha.build(ha.Spec(input=size))) for size in (10**6 + 1, 63))
    assert [block.steps[-1].reads for block in large.blocks[:-1]] == [
        block.steps[-1].reads for block in small.blocks[:-1]
    ]
    assert large.blocks[-1].matrix == small.blocks[-1].matrix
    assert large.blocks[-1].steps[-1].reads > 10**9


def test_too_many_channels_are_refused() -> None:
    with pytest.raises(LimitError, match="1,000,000,000 channels are more than the 131,072"):
        analyze(ha.build(ha.Spec(classes=10**9)))
    wide = GraphBuilder("wide", "test")
    x = wide.add("image", Input((50_000, 1, 1)))
    wide.add("conv", Conv2d(50_000, 50_000, (1, 1)), [x])
    with pytest.raises(LimitError, match="more than 2,147,483,648 pairs of channels"):
        analyze(wide.finish())


def _operands(graph: Graph, scope: str) -> set[str]:
    inside = {node.name for node in graph if node.name.startswith(f"{scope}.")}
    return {name for node in graph if node.name in inside for name in node.inputs} - inside


def _stack(blocks: int, groups: tuple[int, int], shuffle: int = 0, width: int = 24) -> Graph:
    """Blocks of two group convolutions, with a shuffle between them or none."""
    builder = GraphBuilder("stack", "test")
    x = builder.add("image", Input((width, 5, 5)))
    for index in range(1, blocks + 1):
        x = _conv(builder, f"stage1.block{index}.conv1", x, groups[0])
        if shuffle:
            x = builder.add(f"stage1.block{index}.shuffle", ChannelShuffle(shuffle), [x])
        x = _conv(builder, f"stage1.block{index}.conv2", x, groups[1])
    return builder.finish()


def _conv(builder: GraphBuilder, name: str, x: Node, groups: int) -> Node:
    width = int(x.channels)
    return builder.add(name, Conv2d(width, width, (1, 1), groups=groups), [x])


def _first(graph: Graph) -> Block:
    return analyze(graph).blocks[0]


def test_figure_2a_two_equal_groups_never_mix() -> None:
    """One block's matrix is its own square: that is a proof for any number of them."""
    one = _first(_stack(1, (6, 6))).matrix
    assert one.closed
    assert one.then(one) == one
    assert (one.reached, one.pairs) == (24 * 4, 24 * 24)
    for blocks in (2, 3, 10):
        graph = _stack(blocks, (6, 6))
        assert matrix(graph, "stage1") == one
        assert analyze(graph).first is None
    assert "never mix all, however often they follow themselves" in rendered(
        analyze(graph), "table"
    )


def test_a_shuffle_in_as_many_groups_as_channels_or_in_one_changes_nothing() -> None:
    for shuffle in (1, 24):
        assert matrix(_stack(5, (6, 6), shuffle), "stage1") == matrix(_stack(1, (6, 6)), "stage1")


@pytest.mark.parametrize(
    ("m", "n"), [(3, 2), (4, 3), (6, 4), (8, 6), (12, 8), (2, 1), (5, 5), (7, 3), (16, 12)]
)
def test_figure_2b_m_groups_a_shuffle_and_n_groups_mix_in_one_block(m: int, n: int) -> None:
    """With m x n = C: each of n groups has one channel of each of m, with n inputs each."""
    block = _first(_stack(1, (m, n), shuffle=m, width=m * n))
    assert block.matrix.mixes
    assert (block.groups_met, len(block.groups)) == ((m, m) if n > 1 else (1, 1))
    assert (block.steps[-1].reads, block.steps[-1].each) == (m, n)


def test_without_the_shuffle_different_groups_do_not_mix_in_one_block() -> None:
    assert not _first(_stack(1, (6, 4))).matrix.mixes


@examples(10)
@given(specs(family="henet", groups="nearest-divisors", rectify="branch"))
def test_every_block_of_henet_mixes_all_that_it_reads(spec: ha.Spec) -> None:
    found = analyze(ha.build(spec))
    assert all(block.matrix.mixes for block in found.blocks)
    assert all(block.groups_met == len(block.groups) for block in found.blocks)
    assert found.first == "stem.conv"


def test_half_of_alexnet_never_meets_the_other_half() -> None:
    closed = [block.name for block in analyze(ha.build("alexnet")).blocks if block.matrix.closed]
    assert closed == ["stage4"]


def test_a_channel_that_comes_in_twice_counts_once() -> None:
    graph = ha.build("henet-r3")
    assert _operands(graph, "stage1.block2") == {"stage1.block1.concat", "stage1.block1.add"}
    assert matrix(graph, "stage1.block2", "stage1.block2").inputs == 48


def test_a_layer_against_the_image_its_stage_and_its_block() -> None:
    graph = ha.build("henet-r3")
    name = "stage2.block1.conv1"
    assert matrix(graph, name).inputs == 3
    assert matrix(graph, name, "stage2").inputs == 48
    assert matrix(graph, name, "stage2.block1").fewest == 6
    with pytest.raises(UnknownNameError, match="has no layer or block 'stage9'"):
        matrix(graph, "stage9")
    with pytest.raises(UnknownNameError, match=r"'stem.conv' is not in 'stage2'"):
        matrix(graph, "stem.conv", "stage2")


def test_zeros_depend_on_nothing() -> None:
    builder = GraphBuilder("net", "test")
    x = builder.add("image", Input((2, 3, 3)))
    x = builder.add("pad", PadChannels(1, 0), [x])
    x = builder.add("join", Concat(), [x, x])
    assert matrix(builder.finish(), "join").rows == (0, 1, 2, 0, 1, 2)
    assert analyze(builder.finish()).first is None
    assert matrix(builder.finish(), "join", "join").inputs == 2


def _shuffle_v2(groups: int) -> Graph:
    """ShuffleNetV2's block twice: half of the channels pass, half go through three convolutions."""
    builder = GraphBuilder("v2", "test")
    x = builder.add("image", Input((8, 5, 5)))
    for index in (1, 2):
        scope = f"stage1.block{index}"
        left = builder.add(f"{scope}.left", SliceChannels(0, 4), [x])
        right = builder.add(f"{scope}.right", SliceChannels(4, 8), [x])
        right = _conv(builder, f"{scope}.conv1", right, 1)
        right = _conv(builder, f"{scope}.depthwise", right, 4)
        right = _conv(builder, f"{scope}.conv2", right, 1)
        x = builder.add(f"{scope}.concat", Concat(), [left, right])
        x = builder.add(f"{scope}.shuffle", ChannelShuffle(groups), [x])
    return builder.finish()


def test_shufflenet_v2_hands_half_of_its_channels_on() -> None:
    """Each block gives four channels as they came, and four of the other half, shuffled."""
    block = _first(_shuffle_v2(2)).matrix
    passed, mixed_half = [1 << index for index in range(4)], 0b11110000
    assert block.rows == tuple(row for each in passed for row in (each, mixed_half))
    assert not block.mixes
    both = matrix(_shuffle_v2(2), "stage1", "stage1")
    assert both.reached > block.reached
    assert not both.closed
    without = matrix(_shuffle_v2(1), "stage1", "stage1")
    assert without == _first(_shuffle_v2(1)).matrix
    assert without.closed


def test_squeeze_and_excite_mixes_and_layer_scale_does_not() -> None:
    builder = GraphBuilder("se", "test")
    x = builder.add("image", Input((6, 5, 5)))
    scaled = builder.add("scale", Scale(6), [x])
    assert matrix(builder.finish(), "scale").rows == tuple(1 << index for index in range(6))
    y = builder.add("pool", GlobalAvgPool2d(), [scaled])
    y = builder.add("fc", Conv2d(6, 6, (1, 1)), [y])
    builder.add("gate", Multiply(), [scaled, y])
    assert matrix(builder.finish(), "gate").mixes
    assert analyze(builder.finish()).first == "fc"
    builder.add("one", Multiply(), [scaled, builder.add("mean", ChannelMean(), [x])])
    assert matrix(builder.finish(), "one").mixes
    builder.add("norm", GroupNorm(2, 6), [x])
    assert matrix(builder.finish(), "norm").rows == (0b111,) * 3 + (0b111000,) * 3
    builder.add("layer_norm", LayerNorm(6), [x])
    assert matrix(builder.finish(), "layer_norm").mixes


def test_blocks_with_an_opaque_layer_are_unknown_and_the_others_have_their_rows() -> None:
    result = analyze(mixed())
    assert [block.name for block in result.blocks] == ["stem", "head"]
    assert result.stopped == {
        "stage1.block1": "stage1.block1.sort",
        "stage1.block2": "stage1.block2.sort",
        "stage2": "stage2.matmul",
    }
    assert result.first == "stem.conv"
    rows = {row["block"]: row for row in result.records()}
    assert list(rows) == ["stem", "stage1.block1", "stage1.block2", "stage2", "head"]
    assert rows["stage2"]["stopped_by"] == "stage2.matmul"
    assert rows["stage2"]["mixes_all"] is None
    assert rows["head"]["mixes_all"] is True
    assert len({tuple(row) for row in map(tuple, result.records())}) == 1
    text = " ".join(str(rendered(result, "table")).split())
    assert "is hidden by stage1.block1.sort (aten.sort), stage1.block2.sort" in text
    assert matrix(mixed(), "stage1.block1.conv").mixes
    assert matrix(mixed(), "head", "head").mixes
    with pytest.raises(GraphError, match=r"what head\.fc depends on is unknown") as caught:
        matrix(mixed(), "head")
    assert caught.value.where == "stage2.matmul"


def test_a_way_around_an_opaque_layer_is_known() -> None:
    """A block whose last layer does not depend on it; and a vector of tokens behind it."""
    builder = GraphBuilder("around", "test")
    x = builder.add("image", Input((4, 5, 5)))
    y = builder.add("stage1.block1.conv", Conv2d(4, 4, (1, 1)), [x])
    tokens = opaque(builder, "stage1.block1.tokens", y, (9, 4), (), "aten.view")
    builder.add("stage1.block1.conv2", Conv2d(4, 4, (1, 1), groups=2), [y])
    vector = opaque(builder, "head.vector", tokens, (36,), (), "aten.view")
    builder.add("head.fc", Linear(36, 3), [builder.add("head.relu", Elementwise("relu"), [vector])])
    result = analyze(builder.finish())
    assert [block.name for block in result.blocks] == ["stage1.block1"]
    assert result.blocks[0].matrix.mixes


def test_the_picture() -> None:
    diagonal = Matrix(tuple(1 << index for index in range(4)), 4)
    assert drawn(diagonal, 4, 4) == ["█···", "·█··", "··█·", "···█"]
    assert drawn(diagonal, 2, 2) == ["▒·", "·▒"]
    assert drawn(diagonal, 4, 1) == ["░░░░"]
    assert drawn(Matrix((), 4), 4, 4) == []


def test_open_sizes_are_refused() -> None:
    builder = GraphBuilder("net", "test")
    builder.add("image", Input((sympy.Symbol("C", positive=True), 7, 7)))
    with pytest.raises(ShapeError, match="the size C is no number"):
        analyze(builder.finish())
