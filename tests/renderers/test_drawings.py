"""The drawings: they show all of the network, their text stays text, and Graphviz reads them."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import graphviz
import pytest
from examples import examples
from golden import GOLDEN, drawn
from graphs import graphs, repeated_operands
from henet_arch.renderers import _captions, _colours, _figure_channels, _graphviz, png
from henet_arch.renderers.diagram.scene import Label
from henet_arch.renderers.diagram.sheet import scene
from henet_arch.renderers.diagram.xdot import xdot
from hostile_names import lists_of_names, renamed
from hypothesis import HealthCheck, given
from hypothesis import strategies as st
from strategies import networks, specs

import henet_arch as ha
from henet_arch.forms import DRAWINGS, Picture
from henet_arch.ir import layers
from henet_arch.ir.graph import GraphBuilder
from henet_arch.ir.layer import Layer
from henet_arch.results.report_table import View
from henet_arch.results.table import Terminal
from henet_arch.support.errors import DrawError, FileError, GraphvizError, UnknownNameError
from henet_arch.views.diagram import Box, Frame, diagram

DEPTHS = ("stages", "blocks", "layers")
SVG = "{http://www.w3.org/2000/svg}"


def _drawing(network: Any, **settings: Any) -> Picture:
    return Picture((ha.analyze(network),), **settings)


@st.composite
def _graphs(draw: st.DrawFn) -> ha.Graph:
    return draw(graphs() | st.builds(ha.build, specs() | networks()))


def _frames(frame: Frame) -> list[Frame]:
    inner = [_frames(child) for child in frame.children if isinstance(child, Frame)]
    return [frame, *(each for frames in inner for each in frames)]


@given(_graphs(), st.sampled_from(DEPTHS), st.booleans())
def test_every_layer_is_in_one_box_and_every_map_is_an_edge(
    graph: ha.Graph, depth: Any, fold: bool
) -> None:
    made = diagram(ha.analyze(graph), depth, fold=fold)
    drawn = [layer.node.name for box in made.boxes for layer in box.layers]
    assert sorted(drawn) == sorted(node.name for node in graph)
    keys = [box.key for box in made.boxes] + [frame.key for frame in _frames(made.whole)]
    assert len(set(keys)) == len(keys)
    of = {layer.node.name: box.key for box in made.boxes for layer in box.layers}
    edges = {(edge.source, edge.target): edge for edge in made.edges}
    for node in graph:
        for name, shape in zip(node.inputs, node.input_shapes, strict=True):
            if of[name] != of[node.name]:
                maps = [
                    m
                    for e in made.edges
                    for m in e.maps
                    if (e.source, e.target) == (of[name], of[node.name])
                ]
                assert any(shape in shapes for shapes in maps)
    wired = {(of[name], of[node.name]) for node in graph for name in node.inputs}
    assert {key for key, edge in edges.items() if key[0] != key[1]} <= wired
    boxes: list[Box | Frame] = [*made.boxes, *_frames(made.whole)]
    repeats = [each.repeat for each in boxes]
    assert fold or set(repeats) == {1}


@given(_graphs(), st.sampled_from(DEPTHS), st.booleans())
def test_an_operand_is_drawn_as_often_as_it_is_read(
    graph: ha.Graph, depth: Any, fold: bool
) -> None:
    made = diagram(ha.analyze(graph), depth, fold=fold)
    of = {layer.node.name: box.key for box in made.boxes for layer in box.layers}
    uses = Counter[tuple[str, str]]()
    for node in graph:
        for name, often in Counter(node.inputs).items():
            if of[name] != of[node.name]:
                pair = (of[name], of[node.name])
                uses[pair] = max(uses[pair], often)
    drawn = Counter((e.source, e.target) for e in made.edges if e.source != e.target)
    assert drawn.keys() == uses.keys()
    assert all(drawn[pair] >= uses[pair] for pair in uses)
    assert fold or drawn == uses


def test_every_form_draws_repeated_operands() -> None:
    drawing = _drawing(repeated_operands(), depth="layers", fold=False)
    assert drawing.render("mermaid").count(b"-->") == 12
    assert drawing.render("dot").count(b" -> ") == 12
    edges = ElementTree.fromstring(drawing.render("svg")).iterfind(f".//{SVG}g[@class='edge']")
    assert len(list(edges)) == 12
    folded = _drawing(repeated_operands())
    assert folded.render("mermaid").count(b"-.->") == 2
    assert folded.render("mermaid").count(b"-->") == 8


@given(_graphs())
def test_unfolded_layers_are_drawn_one_by_one(graph: ha.Graph) -> None:
    made = diagram(ha.analyze(graph), "layers", fold=False)
    order = {node.name: index for index, node in enumerate(graph)}
    for box in made.boxes:
        names = [layer.node.name for layer in box.layers]
        assert [order[n] for n in names] == list(range(order[names[0]], order[names[-1]] + 1))
        joined = [layer for layer in box.layers if layer is not box.part.main]
        assert all(layer.node.layer.in_place and layer.macs == 0 for layer in joined)
    order_drawn = [layer.node.name for box in made.boxes for layer in box.layers]
    assert order_drawn == list(order)


def test_what_folds_says_how_often() -> None:
    made = diagram(ha.analyze("henet-r3"))
    runs = [frame for frame in _frames(made.whole) if frame.repeat > 1]
    assert [(frame.part.name, frame.repeat) for frame in runs] == [
        (f"stage{number}.block1-3", 3) for number in (1, 2, 3)
    ]
    signs = [_captions.symbol(box.part) for box in runs[0].boxes()]
    assert signs == ["", "+", "C"]
    again = {edge.maps for edge in made.edges if edge.again and edge.target.startswith("n6")}
    assert again == {(((48, 31, 31),),)}
    deep = diagram(ha.analyze("densenet121"))
    assert [f.repeat for f in _frames(deep.whole) if f.repeat > 1] == [6, 12, 24, 16]


@pytest.mark.parametrize("depth", DEPTHS)
@pytest.mark.parametrize("preset", ["henet-r3", "shufflenet-r5", "googlenet-auxiliary", "resnet50"])
def test_bars_of_one_drawing_have_one_scale(preset: str, depth: Any) -> None:
    drawing = _drawing(preset, depth=depth)
    made, cost = drawing.diagrams[0], drawing.costs[0]
    shares = [drawing.share(box, cost) for box in made.boxes]
    assert max(shares) == 1
    assert sum(cost.of(box.layers) for box in made.boxes) == drawing.reports[0].macs


def test_two_networks_have_one_scale() -> None:
    drawing = ha.draw("henet-r3", compare="shufflenet-r5", color_by="params")
    small, large = drawing.costs
    shares = [
        drawing.share(box, cost)
        for made, cost in zip(drawing.diagrams, (small, large), strict=True)
        for box in made.boxes
    ]
    assert shares.count(1) == 1
    source = drawing.render("dot").decode()
    assert "cluster_anetwork" in source
    assert "cluster_bnetwork" in source
    assert drawing.name == "henet-r3-vs-shufflenet-r5"


@examples(25)
@given(_graphs(), st.sampled_from(DEPTHS), st.booleans(), st.sampled_from((None, "macs", "memory")))
def test_graphviz_draws_all_dot(graph: ha.Graph, depth: Any, fold: bool, cost: Any) -> None:
    drawing = _drawing(graph, depth=depth, fold=fold, color_by=cost)
    svg = ElementTree.fromstring(_graphviz.run(drawing.render("dot").decode(), "svg"))
    made, given = drawing.diagrams[0], len(graph.outputs)
    assert len(svg.findall(f".//{SVG}g[@class='node']")) == len(made.boxes) + given
    assert len(svg.findall(f".//{SVG}g[@class='edge']")) == len(made.edges) + given


@examples(25, suppress_health_check=[HealthCheck.too_slow])
@given(lists_of_names, st.sampled_from(DEPTHS))
def test_hostile_names_stay_text(names: list[str], depth: Any) -> None:
    drawing = _drawing(renamed(names), depth=depth)
    title = " ".join(names[0].split())
    shown = re.sub(
        "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]", "\ufffd", title
    )
    svg = ElementTree.fromstring(drawing.render("svg"))
    texts = ["".join(element.itertext()) for element in svg.iter(f"{SVG}text")]
    assert not shown or shown.replace("\xa0", " ").strip() in [
        text.replace("\xa0", " ").strip() for text in texts
    ]
    assert {element.tag.removeprefix(SVG) for element in svg.iter()} <= {
        "svg", "g", "title", "polygon", "path", "text", "rect",
    }  # fmt: skip
    data, scripts = _Page.read(drawing)
    assert data["root"]["title"] == shown
    assert scripts == _Page.read(_drawing("lenet5"))[1]
    assert json.loads(drawing.render("json"))["signature"] == "netron:attachment"
    mermaid = drawing.render("mermaid").decode()
    plain = re.sub(r'"[^"\n]*"', '""', mermaid)
    assert re.fullmatch(r"(?:[\w\s\[\]()\"|:#,.>-]|classDef|style)+", plain)
    assert all("<script" not in line for line in mermaid.splitlines())
    assert shown in drawing.render("text").decode()


class _Page(HTMLParser):
    """The page's tags, and the data inside it."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.inside = ""
        self.data = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.inside = "data" if dict(attrs).get("type") == "application/json" else tag

    def handle_endtag(self, tag: str) -> None:
        self.inside = ""

    def handle_data(self, data: str) -> None:
        if self.inside == "data":
            self.data += data

    @staticmethod
    def read(drawing: Picture) -> Any:
        page = _Page()
        page.feed(drawing.render("html").decode())
        page.close()
        return json.loads(page.data), page.tags.count("script")


@pytest.mark.parametrize("form", sorted(DRAWINGS))
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_same_drawing_is_the_same_bytes(form: str, theme: Any) -> None:
    first, second = (_drawing("henet-r2", theme=theme).render(form) for _ in range(2))
    assert first == second
    assert len(first) > 500


@pytest.mark.parametrize("form", GOLDEN)
def test_drawings_are_as_they_were(form: str) -> None:
    assert drawn(form) == GOLDEN[form].read_bytes()


FILLS = [
    (name, fill)
    for name, theme in _colours.THEMES.items()
    for fill in (*theme.kinds.values(), *(_colours.tint(theme, step / 20) for step in range(21)))
]


@pytest.mark.parametrize(("theme", "fill"), FILLS)
def test_text_can_be_read_on_every_colour(theme: str, fill: str) -> None:
    assert _colours.contrast(_colours.on(fill), fill) >= 4.5
    colours = _colours.THEMES[theme]
    for ground in (colours.ground, *colours.frames):
        assert _colours.contrast(colours.text, ground) >= 7
        assert _colours.contrast(colours.faint, ground) >= 4.5


@pytest.mark.parametrize("theme", _colours.THEMES)
def test_costs_are_ordered_by_lightness_alone(theme: str) -> None:
    colours = _colours.THEMES[theme]
    steps = [_colours.contrast(_colours.tint(colours, n / 20), colours.ground) for n in range(21)]
    assert steps == sorted(steps)
    assert steps[-1] > 6 * steps[0]


def test_contrast_is_what_the_standard_says() -> None:
    assert _colours.contrast("#000000", "#ffffff") == pytest.approx(21)
    assert _colours.contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)
    assert _colours.contrast("#0000ff", "#ffffff") == pytest.approx(8.59, abs=0.005)


@given(_graphs(), st.sampled_from(DEPTHS))
def test_trees_hold_every_figure(graph: ha.Graph, depth: Any) -> None:
    drawing = _drawing(graph, depth=depth, fold=False)
    lines = drawing.render("text").decode().splitlines()
    made, cost = drawing.diagrams[0], drawing.costs[0]
    numbers = [cost.of(box.layers) for box in made.boxes if cost.of(box.layers)]
    told = [
        int(word.replace(",", ""))
        for word in re.findall(r" ([\d,]+) *[█▏▎▍▌▋▊▉]*$", "\n".join(lines[1:]), re.M)
    ]
    for number in numbers:
        assert number in told


def test_trees_are_plain_where_the_terminal_is() -> None:
    plain = _drawing("henet-r3", terminal=Terminal(80, unicode=False)).render("text").decode()
    assert plain.isascii()
    assert "|-- stage1" in plain
    coloured = _drawing("henet-r3", terminal=Terminal(80, colour=True)).render("text").decode()
    assert "\x1b[" in coloured


def test_mermaid_says_what_is_too_large_for_it() -> None:
    large = ha.Spec(repeats=90, input=31)
    with pytest.raises(DrawError, match=r"edges in .* characters are more than Mermaid draws"):
        _drawing(large, depth="layers", fold=False).render("mermaid")
    assert _drawing(large, depth="layers").render("mermaid").startswith(b"flowchart TB\n")
    builder = ha.GraphBuilder("chain")
    node = builder.add("image", layers.Input((3, 8, 8)))
    for index in range(500):
        node = builder.add(f"c{index}", layers.Conv2d(3, 3, (1, 1)), node)
    with pytest.raises(DrawError, match="501 edges"):
        ha.draw(builder.finish(), depth="layers").render("mermaid")
    fenced = _drawing("henet-r3").render("markdown").decode()
    assert fenced == f"```mermaid\n{_drawing('henet-r3').render('mermaid').decode()}```\n"


def test_netron_gets_the_figures_of_every_layer() -> None:
    report = ha.analyze("henet-r3")
    attached = json.loads(Picture((report,)).render("json"))
    entries = {(e["kind"], e["target"], e["name"]): e["value"] for e in attached["metrics"]}
    assert len(entries) == len(attached["metrics"])
    for layer in report.layers:
        assert entries["node", layer.node.name, "parameters"] == layer.params
        assert entries["node", layer.node.name, "macs"] == layer.macs
    assert entries["model", "", "macs"] == report.macs
    with pytest.raises(DrawError, match="one network"):
        ha.draw("henet-r3", compare="henet-r2").render("json")


@pytest.mark.parametrize("name", ["henet-r3", "henet-imagenet-191", "shufflenet-r2"])
def test_channels_mix_as_pytorch_mixes_them(name: str) -> None:
    torch = pytest.importorskip("torch")
    found = _figure_channels.mixing(ha.build(name))
    first, second = (
        torch.nn.Conv2d(
            *(node.layer.attributes()[key] for key in ("in_channels", "out_channels")),
            1,
            groups=node.layer.attributes()["groups"],
        )
        for node in (found.first, found.second)
    )
    shuffle = torch.nn.ChannelShuffle(found.shuffle.layer.attributes()["groups"])
    image = torch.ones(1, first.in_channels, 1, 1)
    jacobian = torch.autograd.functional.jacobian(lambda x: second(shuffle(first(x))), image)
    reached = jacobian[0, :, 0, 0, 0, :, 0, 0] != 0
    size = first.in_channels // first.groups
    for channel, origins in enumerate(found.origins()):
        assert origins == {int(i) // size for i in reached[channel].nonzero()}
    assert all(len(origins) == first.groups for origins in found.origins()) == name.startswith(
        "henet"
    )


@pytest.mark.parametrize("figure", ["1", "2b", "3c", None])
@pytest.mark.parametrize("preset", ["henet-r3", "shufflenet-r5"])
def test_figures_of_the_paper(preset: str, figure: Any) -> None:
    svg = ElementTree.fromstring(ha.draw(preset, figure=figure).render("figure"))
    text = " ".join("".join(element.itertext()) for element in svg.iter(f"{SVG}text"))
    wanted = {
        "1": ("(a) HENet", "(b) MobileNet", "(c) ShuffleNet", "3x3 DWConv", "channel shuffle"),
        "2b": ("GConv1, m = ", "Conv2, n = ", "input, 24 channels"),
        "3c": ("H1", "H2", "H3", "X0", "+"),
    }
    for each in wanted if figure is None else (figure,):
        assert all(word in text for word in wanted[each])
    if figure != "3c":
        assert "6 groups" in text or preset != "henet-r3"


def test_figures_of_networks_that_have_none() -> None:
    with pytest.raises(DrawError, match="no channel shuffle between two convolutions"):
        ha.draw("vgg16", figure="2b").render("figure")
    with pytest.raises(DrawError, match="no skips around its blocks"):
        ha.draw("vgg16", figure="3c").render("figure")


def test_what_is_written_is_whole(tmp_path: Path) -> None:
    ha.draw("henet-r3", tmp_path / "net.SVG")
    ElementTree.parse(tmp_path / "net.SVG")
    ha.draw("henet-r3", tmp_path / "a-figure.svg", figure="2b")
    assert b"GConv1" in (tmp_path / "a-figure.svg").read_bytes()
    with pytest.raises(
        UnknownNameError, match=r"no form of drawings has the ending '\.gif'"
    ) as error:
        ha.draw("henet-r3", tmp_path / "net.gif")
    assert all(form in error.value.fix for form in DRAWINGS)
    with pytest.raises(FileError, match="cannot write"):
        ha.draw("henet-r3", tmp_path / "no" / "net.svg")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a-figure.svg", "net.SVG"]


def test_without_graphviz(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    drawing = _drawing("henet-r3")
    monkeypatch.setenv("PATH", "")
    with pytest.raises(GraphvizError, match="the program neato") as error:
        drawing.save(tmp_path / "net.png")
    assert "apt install graphviz" in error.value.fix
    assert not list(tmp_path.iterdir())
    assert drawing._repr_svg_().startswith("<?xml")
    for form in ("svg", "html", "mermaid", "markdown", "text", "json", "dot"):
        assert form in error.value.fix
        assert drawing.render(form)


def test_dot_that_fails_is_told() -> None:
    with pytest.raises(GraphvizError, match=r"dot cannot make svg: .*syntax error"):
        _graphviz.run("digraph {", "svg")


def test_times_are_measured_layer_by_layer() -> None:
    pytest.importorskip("torch")
    spec = ha.Spec(channels=(4, 8), repeats=1, input=7)
    drawing = ha.draw(spec, color_by="time")
    cost = drawing.costs[0]
    alone = [cost.of([layer]) for layer in drawing.reports[0].layers]
    assert cost.of(drawing.reports[0].layers) == pytest.approx(sum(alone))
    assert all(cost.of([layer]) > 0 for layer in drawing.reports[0].layers[1:])
    assert "µs" in drawing.render("text").decode()
    assert drawing.render("dot").count(b"\xc2\xb5s") > 5


@pytest.mark.parametrize("depth", DEPTHS)
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_large_networks_fold_to_the_size_of_small_ones(depth: Any, theme: Any) -> None:
    small, large = (
        _drawing(ha.Spec(repeats=repeats, name="net"), depth=depth, theme=theme)
        .render("dot")
        .decode()
        for repeats in (20, 60)
    )
    assert len(small.splitlines()) == len(large.splitlines())
    assert isinstance(graphviz.pipe("dot", "canon", large.encode()), bytes)


def test_boxes_and_frames_are_what_they_say() -> None:
    made = diagram(ha.analyze("shufflenet-r5"), "layers")
    kinds = {type(child) for child in made.whole.children}
    assert kinds == {Box, Frame}
    shuffles = [b for b in made.boxes if b.part.main.node.layer.kind == "channel_shuffle"]
    assert {_captions.box_caption(box).lines for box in shuffles} == {("3 groups",)}


def test_every_output_is_drawn() -> None:
    drawing = _drawing(ha.preset("resnet50").replace(features_only=True), depth="stages")
    given = [shape for _, shape in drawing.diagrams[0].outputs]
    maps = [(64, 112, 112), (256, 56, 56), (512, 28, 28), (1024, 14, 14), (2048, 7, 7)]
    assert given == maps
    for form, count in (("dot", 2), ("mermaid", 1)):
        source = drawing.render(form).decode()
        assert all(source.count(f"networkout{number}") == count for number in range(1, 5))


def test_sums_say_of_how_many() -> None:
    assert b"4,197,648 MACs in 3<" in _drawing("henet-r3").render("dot")
    memory = _drawing("henet-r3", color_by="memory")
    assert b" in 3<" not in memory.render("dot")
    assert memory.most == memory.reports[0].memory.peak_bytes
    assert b" in 3<" not in _drawing("henet-r3", fold=False).render("dot")


@pytest.mark.parametrize("form", ["dot", "mermaid"])
def test_the_first_network_stands_on_the_left(form: str) -> None:
    """Mermaid, and Graphviz from left to right, put what comes last in the file first."""
    drawing = ha.draw("henet-r2", compare="shufflenet-r2", direction="right")
    source = drawing.render(form).decode()
    assert source.index("shufflenet-r2") < source.index("henet-r2")
    down = ha.draw("henet-r2", compare="shufflenet-r2").render("dot").decode()
    assert down.index("henet-r2") < down.index("shufflenet-r2")


@pytest.mark.parametrize(
    "settings",
    [{"depth": "deep"}, {"color_by": "x"}, {"theme": "x"}, {"direction": "left"}, {"figure": "9"}],
)
def test_settings_are_checked_at_once(settings: Any) -> None:
    with pytest.raises(UnknownNameError, match=f"unknown {next(iter(settings))}"):
        ha.draw("henet-r2", **settings)


def test_pictures_are_never_made_smaller_than_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    drawing = _drawing("henet-r2", depth="layers")
    picture = drawing.render("png")
    width = int.from_bytes(picture[16:20], "big")
    assert width > 1000
    monkeypatch.setattr(png, "_LARGEST", width - 1)
    with pytest.raises(DrawError, match="larger than"):
        drawing.render("png")


def test_figures_are_of_one_network() -> None:
    with pytest.raises(DrawError, match="of one network"):
        ha.draw("henet-r2", compare="henet-r3", figure="2b").render("figure")


def test_a_pdf_is_dated_the_same_always() -> None:
    assert b"/CreationDate (D:20000101000000" in _drawing("henet-r2").render("pdf")


def test_dark_and_tinted_mermaid() -> None:
    plain, dark, tinted = (
        _drawing("henet-r3", **settings).render("mermaid").decode()
        for settings in ({}, {"theme": "dark"}, {"color_by": "macs"})
    )
    assert dark.startswith('%%{init: {"theme": "dark"}}%%\nflowchart TB\n')
    assert "style" not in plain
    assert "fill:#0b3c71,color:#ffffff" in tinted
    assert '(("#43;"))' in plain


def test_the_legend_ends_at_the_largest_cost() -> None:
    assert b"MACs: 0" in _drawing("henet-r3", color_by="macs").render("dot")
    assert b">4,197,648 MACs</FONT></TD></TR>" in _drawing("henet-r3", color_by="macs").render(
        "dot"
    )


def _three_blocks(*kinds: list[Layer], skips: tuple[int, ...] = (1, 2, 3)) -> ha.Graph:
    """Blocks of the given layers, each added to what it reads; or to the image where told."""
    builder = GraphBuilder("blocks")
    x = image = builder.add("image", layers.Input((12, 5, 5)))
    for number, kind in enumerate(kinds, start=1):
        read = x
        for index, layer in enumerate(kind):
            x = builder.add(f"stage.block{number}.layer{index}", layer, [x])
        x = builder.add(
            f"stage.block{number}.add", layers.Add(), [x, read if number in skips else image]
        )
    return builder.finish()


CONV = layers.Conv2d(12, 12, (1, 1))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (layers.ChannelShuffle(2), layers.ChannelShuffle(3)),
        (layers.Dropout(0.0), layers.Dropout(0.5)),
        (layers.LocalResponseNorm(3), layers.LocalResponseNorm(5)),
        (CONV, replace(CONV, bias=False)),
        (CONV, replace(CONV, groups=2)),
        (CONV, replace(CONV, kernel=(3, 3), padding=(1, 1))),
    ],
)
def test_what_differs_is_not_folded(one: Layer, other: Layer) -> None:
    for kinds, repeats in (
        ([[one]] * 3, [3]),
        ([[one], [one], [other]], [2]),
        ([[one], [other]], []),
    ):
        report = ha.analyze(_three_blocks(*kinds))
        frames = _frames(diagram(report).whole)
        assert [frame.repeat for frame in frames if frame.repeat > 1] == repeats
        (table,) = View(report).tables()
        assert [row.cells[5] for row in table.rows if row.cells[5]] == repeats


def test_other_wiring_is_not_folded() -> None:
    same = _three_blocks([CONV], [CONV], [CONV])
    odd = _three_blocks([CONV], [CONV], [CONV], skips=(1, 3))
    repeats = [
        [frame.repeat for frame in _frames(diagram(ha.analyze(graph)).whole) if frame.repeat > 1]
        for graph in (same, odd)
    ]
    assert repeats == [[3], [2]]


def test_open_sizes_are_refused() -> None:
    sympy = pytest.importorskip("sympy")
    builder = GraphBuilder("open")
    size = sympy.Symbol("H", integer=True, positive=True)
    x = builder.add("image", layers.Input((3, size, size)))
    builder.add("relu", layers.Elementwise("relu"), [x])
    with pytest.raises(DrawError, match="sizes that are open"):
        ha.draw(builder.finish())


@pytest.mark.parametrize("form", ["svg", "dot", "html", "png"])
def test_only_the_form_figure_draws_figures(form: str, tmp_path: Path) -> None:
    drawing = ha.draw("henet-r2", figure="2b")
    with pytest.raises(DrawError, match=f"the form {form} does not draw Figure 2b"):
        drawing.render(form)
    drawing.save(tmp_path / "a.svg")
    assert "Figure 2 (b)" in (tmp_path / "a.svg").read_text()
    assert "Figure 2 (b)" in drawing._repr_svg_()
    with pytest.raises(DrawError, match="the form pdf does not draw"):
        drawing.save(tmp_path / "a.pdf")


def test_wide_inputs_fit_on_the_sheet() -> None:
    builder = GraphBuilder("wide")
    x = builder.add("image", layers.Input((96, 5, 5)))
    x = builder.add("conv1", layers.Conv2d(96, 24, (1, 1), groups=4), [x])
    x = builder.add("shuffle", layers.ChannelShuffle(4), [x])
    builder.add("conv2", layers.Conv2d(24, 24, (1, 1), groups=6), [x])
    svg = ElementTree.fromstring(ha.draw(builder.finish(), figure="2b").render("figure"))
    width = float(svg.attrib["viewBox"].split()[2])
    rects = [rect for rect in svg.iter(f"{SVG}rect") if "x" in rect.attrib]
    assert max(float(rect.attrib["x"]) + float(rect.attrib["width"]) for rect in rects) <= width


def _strangers() -> ha.Graph:
    builder = ha.GraphBuilder("strangers")
    image = builder.add("image", layers.Input((4, 8, 8)))
    half = builder.add("half", layers.SliceChannels(0, 2), image)
    gate = builder.add("gate", layers.ChannelMean(), half)
    node = builder.add("product", layers.Multiply(), [half, gate])
    node = builder.add("up", layers.Resize((2.0, 2.0)), node)
    node = builder.add("wide", layers.Resize(size=(7, 9), mode="bilinear"), node)
    shape = (2, 7, 9)
    node = builder.add("free", layers.Opaque("aten.roll", (shape,), shape, cost=()), node)
    node = builder.add("odd", layers.Opaque("<b>&|Loop", (shape,), shape), node)
    node = builder.add("deconv", layers.ConvTranspose2d(2, 2, (2, 2), (2, 2)), node)
    node = builder.add("norm", layers.LayerNorm(2), node)
    return builder.finish(node)


def test_what_strangers_networks_have_is_drawn_in_words_and_signs() -> None:
    drawing = ha.draw(_strangers(), depth="layers")
    tree = drawing.render("text").decode()
    for words in (
        "channels, 0 to 1", "mean of channels", "\N{MULTIPLICATION SIGN}", "up x2",
        "resize to 7 x 9, bilinear", "aten.roll", "<b>&|Loop, cost unknown",
        "2x2 transposed conv, stride 2", "LN",
    ):  # fmt: skip
        assert words in tree


def test_opaque_layers_look_distinct() -> None:
    drawing = ha.draw(_strangers(), depth="layers")
    dot, mermaid = (drawing.render(form).decode() for form in ("dot", "mermaid"))
    assert dot.count("rounded,filled,dashed") == 2
    assert mermaid.count("stroke-dasharray") == 2
    assert "<b>&|" not in mermaid
    plain = ha.draw("henet-r2", depth="layers").render("dot").decode()
    assert "rounded,filled,dashed" not in plain


@pytest.mark.parametrize("operator", ["my\\op", "tail\\", '\\"quoted\\"', "a\\N", "ü\\\\ü"])
def test_graphviz_writes_the_texts_of_the_picture(operator: str) -> None:
    """What makes PDF and PNG is a quoted string in a quoted string."""
    builder = GraphBuilder("words")
    node = builder.add("image", layers.Input((3, 8, 8)))
    opaque = layers.Opaque(operator, ((3, 8, 8),), (30, 8, 8))
    builder.add("s.c", layers.Conv2d(30, 4, (3, 3)), builder.add("s.o", opaque, node))
    own, _ = scene(ha.draw(builder.finish()))
    made = ElementTree.fromstring(_graphviz.run(xdot(own), "svg", engine="neato"))
    texts = [element.text for element in made.iter("{http://www.w3.org/2000/svg}text")]
    written = [
        shape.text for group in own.groups for shape in group.shapes if isinstance(shape, Label)
    ]
    assert any(operator in text for text in written)
    assert [(text or "").replace("\N{SET MINUS}", "\\") for text in texts] == written
