"""Weights of a network with its channels in another order: the same outputs, or an error."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from all_graphs import all_graphs
from cli.run import run
from examples import examples
from hypothesis import given
from hypothesis import strategies as st
from lowering.functional import random_tensors
from oracle import outputs_of
from safetensors.torch import save_file
from torch import Tensor, nn
from weights.shuffled import CLASSES, REPEATS, SIZE, WIDTHS, Shuffled, drawn

import henet_arch as ha
from henet_arch.ir import layers
from henet_arch.ir.graph import Graph, GraphBuilder, Node
from henet_arch.ir.tensors import tensors_of
from henet_arch.support.errors import HenetArchError, LimitError, SourceError
from henet_arch.weights import channels
from henet_arch.weights.permutation import compute_the_same, recipes

SHAPE = (3, SIZE, SIZE)
SPEC = ha.Spec(
    family="shufflenet-v1", channels=WIDTHS, repeats=REPEATS, input=SHAPE, classes=CLASSES
)


@torch.no_grad()
def _outputs(model: ha.Model, images: Tensor) -> Tensor:
    return ha.to_torch(model).eval()(images)  # type: ignore[no-any-return]


@pytest.mark.parametrize("groups", [1, 2, 3])
def test_another_concatenation_and_another_shuffle(groups: int) -> None:
    widths = {1: WIDTHS, 2: (6, 16, 32), 3: WIDTHS}[groups]
    module = drawn(lambda: Shuffled(groups, widths))
    model = ha.with_weights(
        SPEC.replace(groups=groups, channels=widths), module, match_by="permutation"
    )
    images = torch.randn(3, *SHAPE)
    with torch.no_grad():
        wanted = module(images)
    assert wanted.abs().max() > 0.1
    torch.testing.assert_close(_outputs(model, images), wanted, rtol=1e-5, atol=1e-5)
    assert model.weights
    assert not model.weights["head.fc.bias"].any()


def test_a_permutation_on_the_command_line(monkeypatch: pytest.MonkeyPatch) -> None:
    ha.save(SPEC, "net.toml")
    line = "emit net.toml --weights weights.shuffled:build -o net.py"
    refused = run(*line.split())
    assert refused.code == 3
    assert "no name is the same" in refused.err
    assert "fix:   --match-by permutation" in refused.err
    assert not Path("net.py").exists()
    monkeypatch.setenv("COLUMNS", "200")
    outcome = run(*line.split(), "--match-by", "permutation")
    assert (outcome.code, outcome.out) == (0, "")
    assert "units.unit0.squeeze.weight" in outcome.err
    assert "in another order" in outcome.err
    assert "zeros" in outcome.err
    images = torch.randn(2, *SHAPE)
    with torch.no_grad():
        wanted = drawn(Shuffled)(images)
    torch.testing.assert_close(_outputs(ha.load("net.safetensors"), images), wanted)


def test_where_no_order_fits_the_layer_is_named() -> None:
    """Of 6 groups of 2 channels, the two shuffles bring different ones together."""
    widths = (6, 48, 96)
    module = drawn(lambda: Shuffled(6, widths))
    spec = SPEC.replace(groups=6, channels=widths)
    with pytest.raises(SourceError, match=r"they part at stage2\.block1\.conv1") as caught:
        ha.with_weights(spec, module, match_by="permutation")
    assert "is not Shuffled with its channels in another order" in caught.value.what
    assert "than what units.unit3.squeeze reads there" in caught.value.why


def test_where_the_layers_differ_both_are_named() -> None:
    module: Any = drawn(Shuffled)
    module.units[1].spatial = nn.Conv2d(6, 6, 5, 1, 2, groups=6, bias=False)
    with pytest.raises(SourceError, match=r"they part at stage1\.block1\.conv2") as caught:
        ha.with_weights(SPEC, module, match_by="permutation")
    assert "kernel 3x3" in caught.value.why
    assert "units.unit1.spatial is conv2d" in caught.value.why
    assert "kernel 5x5" in caught.value.why
    biased: Any = drawn(Shuffled)
    biased.begin[0] = nn.Conv2d(3, 6, 3, 2, 1)
    with pytest.raises(SourceError, match=r"part at stem\.conv") as caught:
        ha.with_weights(SPEC, biased, match_by="permutation")
    assert "it has no bias" in caught.value.why


def test_equal_names_do_not_hide_another_order() -> None:
    """The weights of the same spec in which a branch is joined the other way round."""
    graph = ha.build(SPEC)
    nodes = [
        node._replace(inputs=node.inputs[::-1], input_shapes=node.input_shapes[::-1])
        if node.layer.kind == "concat"
        else node
        for node in graph
    ]
    swapped = ha.load(replace(graph, nodes=tuple(nodes)))
    source = ha.with_weights(swapped, drawn(lambda: ha.to_torch(swapped)).state_dict())
    with pytest.raises(SourceError, match="its channels are in another order") as caught:
        ha.with_weights(SPEC, source)
    assert "--match-by permutation" in caught.value.fix
    model = ha.with_weights(SPEC, source, match_by="permutation")
    images = torch.randn(2, *SHAPE)
    torch.testing.assert_close(
        _outputs(model, images), _outputs(source, images), rtol=1e-4, atol=1e-4
    )
    assert ha.with_weights(swapped, source).weights


def test_what_cannot_be_matched_by_permutation(tmp_path: Path) -> None:
    module = drawn(lambda: ha.to_torch(SPEC))
    torch.save(module.state_dict(), "w.pt")
    save_file(module.state_dict(), "w.safetensors")
    for source in (module.state_dict(), "w.pt", "w.safetensors"):
        with pytest.raises(SourceError, match="does not say of what network"):
            ha.with_weights(SPEC, source, match_by="permutation")
    with pytest.raises(SourceError, match="has no weights"):
        ha.with_weights(SPEC, SPEC, match_by="permutation")  # type: ignore[arg-type]
    with pytest.raises(ha.HenetArchError, match="unknown way to match weights 'shape'"):
        ha.with_weights(SPEC, module, match_by="shape")


def test_too_many_channels(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(channels, "MOST_PLANES", 100)
    with pytest.raises(LimitError, match="more than 100 channels"):
        recipes(ha.build(SPEC), ha.build(SPEC))


@pytest.mark.parametrize(
    "name", ["henet-r2", "shufflenet-r3", "lenet5", "squeezenet1_1", "shufflenetv2-x050"]
)
def test_a_network_is_itself(name: str) -> None:
    graph = ha.build(name)
    assert all(recipe.is_plain for recipe in recipes(graph, graph).values())
    names = {node.name: node.name for node in graph}
    assert compute_the_same(graph, graph, names)


def _drawn(graph: Graph) -> dict[str, Tensor]:
    return {name: tensor.float() for name, tensor in random_tensors(graph).items()}


def _matched(theirs: Graph, ours: Graph, weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The weights of ours, made of theirs."""
    arrays = {name: tensor.numpy() for name, tensor in weights.items()}
    made = recipes(theirs, ours)
    return {name: torch.from_numpy(r.made(arrays.__getitem__)) for name, r in made.items()}


@st.composite
def _rearranged(draw: st.DrawFn, graph: Graph) -> Graph:
    """The graph under other names, with some channels and operands in another order."""
    builder = GraphBuilder("rearranged")
    nodes: dict[str, Node] = {}
    for index, node in enumerate(graph):
        inputs = [nodes[name] for name in node.inputs]
        if len(inputs) > 1 and draw(st.booleans()):
            inputs.reverse()
        shares = nodes[node.shares].name if node.shares else ""
        kept = builder.add(f"layer{index}", node.layer, inputs, shares=shares)
        is_free = isinstance(node.layer, layers.Conv2d | layers.ConvTranspose2d)
        if is_free and not node.shares and kept.channels > 1 and draw(st.booleans()):
            kept = builder.add(f"shuffle{index}", layers.ChannelShuffle(2), [kept])
        nodes[node.name] = kept
    return builder.finish([nodes[name] for name in graph.outputs])


@examples(60)
@given(st.data())
def test_matched_weights_give_the_same(data: st.DataObject) -> None:
    ours = data.draw(all_graphs())
    try:
        theirs = data.draw(_rearranged(ours))
    except HenetArchError:  # operands that do not fit in another order
        return
    weights = _drawn(theirs)
    try:
        mine = _matched(theirs, ours, weights)
    except SourceError:
        return
    assert {name: tuple(tensor.shape) for name, tensor in mine.items()} == tensors_of(ours)
    images = [torch.randn(2, *map(int, node.shape)) for node in ours if not node.inputs]
    wanted = outputs_of(theirs, weights, *images)
    for one, other in zip(outputs_of(ours, mine, *images), wanted, strict=True):
        finite = torch.isfinite(other)
        torch.testing.assert_close(one[finite], other[finite], rtol=1e-3, atol=1e-3)


CHAINS: dict[str, list[Any]] = {
    "grouped": [layers.Conv2d(4, 8, (3, 3)), layers.Conv2d(8, 8, (1, 1), groups=2)],
    "transposed": [layers.ConvTranspose2d(4, 8, (3, 3), groups=2),
                   layers.ConvTranspose2d(8, 6, (3, 3))],
    "norms": [layers.Conv2d(4, 8, (3, 3)), layers.GroupNorm(2, 8), layers.LayerNorm(8),
              layers.Softmax(), layers.PReLU(8), layers.PReLU(1), layers.Scale(8)],
    "vector": [layers.Conv2d(4, 6, (3, 3)), layers.BatchNorm2d(6), layers.Flatten(),
               layers.Linear(24, 9), layers.BatchNorm1d(9), layers.Linear(9, 2)],
    "spread": [layers.Conv2d(4, 16, (3, 3)), layers.PixelShuffle(2), layers.Conv2d(4, 3, (1, 1))],
    "pixels": [layers.Conv2d(4, 8, (3, 3)), layers.PixelUnshuffle(2), layers.Conv2d(32, 4, (1, 1))],
    "neighbours": [layers.Conv2d(4, 8, (3, 3)), layers.LocalResponseNorm(3),
                   layers.Conv2d(8, 4, (1, 1))],
}  # fmt: skip


@pytest.mark.parametrize("name", CHAINS)
def test_kinds_of_layers_in_another_order(name: str) -> None:
    """A shuffle behind the first layer, and the same weights but for the order of its channels."""

    def graph(*first: Any) -> Graph:
        builder = GraphBuilder(f"chain{len(first)}")
        node = builder.add("image", layers.Input((4, 4, 4)))
        for index, layer in enumerate((CHAINS[name][0], *first, *CHAINS[name][1:])):
            last = len(first) and index == 1
            node = builder.add("mix" if last else f"layer{index - (index > 1) * len(first)}",
                               layer, [node])  # fmt: skip
        if name == "norms":  # which end in an order that nothing may read
            builder.add("all", layers.ChannelMean(), [node])
        return builder.finish()

    theirs, ours = graph(layers.ChannelShuffle(2)), graph()
    weights = _drawn(theirs)
    mine = _matched(theirs, ours, weights)
    assert any(not torch.equal(mine[key], weights[key]) for key in mine)
    image = torch.randn(2, 4, 4, 4)
    wanted, given_ = outputs_of(theirs, weights, image), outputs_of(ours, mine, image)
    torch.testing.assert_close(given_, wanted, rtol=1e-4, atol=1e-4)


def _applied_twice(groups: int) -> Graph:
    """A layer on a map, and on the same with its channels shuffled."""
    builder = GraphBuilder(f"twice{groups}")
    image = builder.add("image", layers.Input((3, 5, 5)))
    x = builder.add("first", layers.Conv2d(3, 8, (1, 1)), image)
    other = builder.add("shuffle", layers.ChannelShuffle(groups), x)
    layer = layers.Conv2d(8, 4, (3, 3))
    one = builder.add("one", layer, x)
    two = builder.add("two", layer, other, shares="one")
    builder.add("add", layers.Add(), [one, two])
    return builder.finish()


def test_shared_weights_read_in_one_order() -> None:
    theirs, ours = _applied_twice(2), _applied_twice(4)
    weights = _drawn(theirs)
    mine = _matched(theirs, ours, weights)
    image = torch.randn(2, 3, 5, 5)
    torch.testing.assert_close(outputs_of(ours, mine, image), outputs_of(theirs, weights, image))
    with pytest.raises(SourceError, match=r"no order of channels fits|part at"):
        recipes(theirs, _applied_twice(8))  # which is no shuffle at all


def test_what_is_unknown_keeps_its_places() -> None:
    def graph(*mixed: Any) -> Graph:
        builder = GraphBuilder("unknown")
        node = builder.add("image", layers.Input((3, 4, 4)))
        node = builder.add("conv", layers.Conv2d(3, 4, (1, 1)), [node])
        for layer in mixed:
            node = builder.add("mix", layer, [node])
        opaque = layers.Opaque("odd", ((4, 4, 4),), (4, 4, 4), tensors=(("table", (5, 2)),))
        builder.add("odd", opaque, [node])
        return builder.finish()

    made = recipes(graph(layers.ChannelShuffle(2)), graph())
    (piece,) = made["conv.weight"].pieces
    assert (piece.ours, piece.theirs) == ((0, 1, 2, 3), (0, 2, 1, 3))
    assert made["odd.table"].is_plain


def _joined(layer: Any, *, swapped: bool) -> Graph:
    """What a rectified and a plain map make together."""
    builder = GraphBuilder("joined")
    image = builder.add("image", layers.Input((3, 4, 4)))
    one = builder.add("one", layers.Conv2d(3, 4, (1, 1)), image)
    one = builder.add("relu", layers.Elementwise("relu"), one)
    two = builder.add("two", layers.Conv2d(3, 4, (1, 1)), image)
    builder.add("join", layer, [two, one] if swapped else [one, two])
    return builder.finish()


@pytest.mark.parametrize("layer", [layers.Add(), layers.Multiply(), layers.Maximum()])
def test_operands_change_places_where_they_can(layer: Any) -> None:
    made = recipes(_joined(layer, swapped=True), _joined(layer, swapped=False))
    assert all(recipe.is_plain for recipe in made.values())


@pytest.mark.parametrize("layer", [layers.Subtract(), layers.Divide()])
def test_operands_keep_their_places_where_they_must(layer: Any) -> None:
    assert recipes(_joined(layer, swapped=True), _joined(layer, swapped=True))
    with pytest.raises(SourceError, match="they part at join"):
        recipes(_joined(layer, swapped=True), _joined(layer, swapped=False))


def _halves(*, swapped: bool) -> Graph:
    """The upper and the lower half of an image, each with weights of its own."""
    builder = GraphBuilder("halves")
    flat = builder.add("flat", layers.Flatten(), builder.add("image", layers.Input((1, 2, 2))))
    bounds = ((2, 4), (0, 2)) if swapped else ((0, 2), (2, 4))
    parts = [builder.add(f"half{start}", layers.SliceChannels(start, end), flat)
             for start, end in bounds]  # fmt: skip
    scores = [builder.add(f"score{i}", layers.Linear(2, 1), part) for i, part in enumerate(parts)]
    builder.add("both", layers.Concat(), scores)
    return builder.finish()


def test_pixels_are_no_channels_that_change_places() -> None:
    assert recipes(_halves(swapped=True), _halves(swapped=True))
    with pytest.raises(SourceError, match="they part at"):
        recipes(_halves(swapped=True), _halves(swapped=False))


def _two_slopes(*, shared: bool) -> Graph:
    """Two halves of a map, each with a slope of its own, or with one for both."""
    builder = GraphBuilder("slopes")
    image = builder.add("image", layers.Input((4, 3, 3)))
    parts = [builder.add(f"part{i}", layers.SliceChannels(i, i + 2), image) for i in (0, 2)]
    if shared:
        builder.add("slope", layers.PReLU(1), builder.add("both", layers.Concat(), parts))
    else:
        slopes = [builder.add(f"{p.name}_slope", layers.PReLU(1), p) for p in parts]
        builder.add("both", layers.Concat(), slopes)
    return builder.finish()


def test_one_number_is_not_made_of_two() -> None:
    made = recipes(_two_slopes(shared=True), _two_slopes(shared=False))
    assert {recipe.sources for recipe in made.values()} == {("slope.weight",)}
    with pytest.raises(SourceError, match="they part at slope") as caught:
        recipes(_two_slopes(shared=False), _two_slopes(shared=True))
    assert "would be those of part0_slope and part2_slope" in caught.value.why


class Branches(nn.Module):
    """Two branches, joined in one order or the other; parameters have the same names in both."""

    def __init__(self, turned: bool) -> None:
        super().__init__()
        self.turned = turned
        self.left, self.right = nn.Conv2d(1, 4, 3, padding=1), nn.Conv2d(1, 4, 1)
        self.fc = nn.Linear(8 * 25, 3)

    def forward(self, x: Tensor) -> Tensor:
        parts = [self.left(x), self.right(x)]
        scores: Tensor = self.fc(torch.cat(parts[::-1] if self.turned else parts, 1).flatten(1))
        return scores


@pytest.mark.parametrize("by", ["module", "onnx"])
def test_a_module_whose_names_fit_and_whose_channels_do_not(by: str, tmp_path: Path) -> None:
    theirs, ours = Branches(turned=False), ha.load(Branches(turned=True), (1, 5, 5))
    source: Any = theirs
    if by == "onnx":
        pytest.importorskip("onnx")
        source = tmp_path / "theirs.onnx"
        ha.emit(ha.load(theirs, (1, 5, 5)), "onnx").save(source)
    with pytest.raises(SourceError, match="its channels are in another order"):
        ha.with_weights(ours, source)
    model = ha.with_weights(ours, source, "permutation")
    image = torch.randn(2, 1, 5, 5)
    torch.testing.assert_close(
        ha.to_torch(model).eval()(image), theirs(image), rtol=1e-4, atol=1e-4
    )
    same = ha.with_weights(ha.load(Branches(turned=False), (1, 5, 5)), source)
    torch.testing.assert_close(ha.to_torch(same).eval()(image), theirs(image), rtol=1e-4, atol=1e-4)
