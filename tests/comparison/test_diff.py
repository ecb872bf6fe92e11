"""A difference adds up, is empty for equal networks, and finds what was changed as just that."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from examples import examples
from graphs import graphs
from hypothesis import given
from hypothesis import strategies as st
from strategies import networks, specs

import henet_arch as ha
from henet_arch.comparison import alignment
from henet_arch.comparison.diff import Diff
from henet_arch.comparison.matching import Match
from henet_arch.comparison.parts import Part
from henet_arch.comparison.view import View
from henet_arch.conventions.lookup import conventions
from henet_arch.forms import rendered
from henet_arch.ir import layers
from henet_arch.ir.graph import Graph, GraphBuilder, Node
from henet_arch.ir.layer import Layer
from henet_arch.spec.presets import presets
from henet_arch.support.errors import CompareError, FileError

COSTS = ("params", "macs", "activations", "weight_bytes")
ANY = specs() | networks() | graphs()


def _paired(diff: Diff) -> set[tuple[str | None, str | None]]:
    return {_names(layer) for layer in diff.layers}


def _names(match: Match) -> tuple[str | None, str | None]:
    return (match.a.name if match.a else None, match.b.name if match.b else None)


def _figures(report: ha.Report) -> dict[str, int]:
    totals = report.totals()
    return {name: totals[name] for name in COSTS}


@examples(40)
@given(ANY, ANY)
def test_a_and_the_differences_are_b(a: Any, b: Any) -> None:
    first, second = ha.analyze(a), ha.analyze(b)
    data = json.loads(rendered(ha.diff(first, second), "json"))
    for name in COSTS:
        total = data["totals"][name]
        assert (total["a"], total["b"]) == (_figures(first)[name], _figures(second)[name])
        for parts in (data["stages"], data["layers"]):
            assert sum(part[name]["difference"] for part in parts) == total["difference"]
        for index, stage in enumerate(data["stages"]):
            inside = [layer[name] for layer in data["layers"] if layer["stage"] == index]
            for key in ("a", "b", "difference"):
                assert sum(figures[key] for figures in inside) == stage[name][key]
    by_layer = {
        side: {layer[side]: layer for layer in data["layers"] if layer[side]} for side in "ab"
    }
    for side, report in (("a", first), ("b", second)):
        assert list(by_layer[side]) == [layer.node.name for layer in report.layers]
        for layer in report.layers:
            for name in COSTS:
                assert by_layer[side][layer.node.name][name][side] == getattr(layer, name)


@examples(40)
@given(ANY, ANY)
def test_the_other_way_round_is_the_mirror_image(a: Any, b: Any) -> None:
    there, back = ha.diff(a, b), ha.diff(b, a)
    assert _paired(there) == {(b, a) for a, b in _paired(back)}
    for name, delta in there.totals.items():
        assert delta.difference == -back.totals[name].difference
    statuses = {_names(layer): layer.status for layer in back.layers}
    mirrored = {"only-a": "only-b", "only-b": "only-a"}
    for layer in there.layers:
        status = statuses[_names(layer)[::-1]]
        assert layer.status == mirrored.get(status, status)


@examples(40)
@given(ANY)
def test_a_network_has_no_difference_to_itself(network: Any) -> None:
    diff = ha.diff(network, network)
    assert diff.equal
    assert {layer.status for layer in diff.layers} == {"equal"}
    (table,) = diff.tables()
    assert "are equal" in table.title
    assert not table.rows


def test_no_preset_has_a_difference_to_itself() -> None:
    for name, spec in presets().items():
        report = ha.analyze(spec)
        assert str(ha.diff(report, report)).startswith(f"{name} and {name} are equal: ")


def _rebuilt(graph: Graph, rename: Callable[[str], str], after: str = "", scope: str = "") -> Graph:
    """The graph with other names and, after the layer `after`, a block in between."""
    builder = GraphBuilder(graph.name, graph.family)
    known: dict[str, Node] = {}
    for node in graph:
        inputs = [known[name] for name in node.inputs]
        known[node.name] = builder.add(rename(node.name), node.layer, inputs)
        if node.name == after:
            channels = int(node.channels)
            conv = layers.Conv2d(channels, channels, (5, 5), padding=(2, 2), groups=channels)
            made = builder.add(f"{scope}.wide", conv, [known[after]])
            known[after] = builder.add(f"{scope}.squashed", layers.Elementwise("tanh"), [made])
    return builder.finish([known[name] for name in graph.outputs])


def _blocks(graph: Graph) -> list[str]:
    return [b.name for b in ha.analyze(graph).blocks() if b.name.startswith("stage")]


@examples(25)
@given(specs(), st.data())
def test_a_renamed_block_is_found_as_just_that(spec: ha.Spec, data: st.DataObject) -> None:
    graph = ha.build(spec)
    blocks = _blocks(graph)
    block = data.draw(st.sampled_from(blocks))
    other = f"{block.rpartition('.')[0]}.unit"
    renamed = _rebuilt(graph, lambda name: name.replace(f"{block}.", f"{other}."))
    diff = ha.diff(graph, renamed)
    for layer in diff.layers:
        a, b = _names(layer)
        assert a
        inside = a.startswith(f"{block}.")
        assert b == (a.replace(block, other) if inside else a)
        assert layer.status == ("renamed" if inside else "equal")
        assert not layer.changes
    (row,) = [r for r in View(diff).tables()[-1].rows if "->" in str(r.cells[0])]
    assert str(row.cells[0]).split() == [block.rpartition(".")[2], "->", "unit"]
    assert row.cells[2:] == ("renamed", "0", "0", "0")


@examples(25)
@given(specs(), st.data())
def test_a_new_block_is_found_as_just_that(spec: ha.Spec, data: st.DataObject) -> None:
    graph = ha.build(spec)
    block = data.draw(st.sampled_from(_blocks(graph)))
    after = [node.name for node in graph if node.name.startswith(f"{block}.")][-1]
    scope = f"{block.rpartition('.')[0]}.fresh"
    diff = ha.diff(graph, _rebuilt(graph, str, after, scope))
    for layer in diff.layers:
        a, b = _names(layer)
        if b and b.startswith(scope):
            assert layer.status == "only-b"
            continue
        assert a == b
        assert a
        reads = after in graph[a].inputs
        assert list(layer.changes) == (["inputs"] if reads else [])
        assert layer.status == ("changed" if reads else "equal")
    texts = [row.cells[2] for row in View(diff).tables()[-1].rows]
    assert texts.count("only in B: 2 layers") == 1


def test_a_block_in_front_shifts_no_other() -> None:
    graph = ha.build(ha.Spec(repeats=9))

    def shifted(name: str) -> str:
        stage, *rest = name.split(".")
        if stage != "stage2" or not rest[0].startswith("block"):
            return name
        return ".".join([stage, f"block{int(rest[0][5:]) + 1}", *rest[1:]])

    diff = ha.diff(graph, _rebuilt(graph, shifted, "stage1.down.relu", "stage2.block1"))
    assert {b for a, b in _paired(diff) if not a} == {
        "stage2.block1.wide", "stage2.block1.squashed",
    }  # fmt: skip
    assert all(b == shifted(a) for a, b in _paired(diff) if a)
    rows = [[str(cell) for cell in row.cells[:3]] for row in View(diff).tables()[-1].rows]
    assert ["  block2-9 -> block3-10", "8", "renamed"] in rows


def test_what_changed_is_told_by_layer() -> None:
    diff = ha.diff("henet-r3", ha.preset("henet-r3").replace(groups=4))
    changed = {layer.sides[0].name: layer.changes for layer in diff.layers if layer.changes}
    assert changed["stage1.block1.conv1"] == {"groups": (6, 4)}
    assert {key for changes in changed.values() for key in changes} == {"groups"}
    for depth in ("stages", "blocks", "layers"):
        text = str(rendered(View(diff, depth), "markdown"))
        assert ("conv1 groups 6 -> 4; shuffle groups 6 -> 4" in text) == (depth == "blocks")
        assert ("block1-3" in text) == (depth != "stages")
        assert ("conv1 | 3 | groups 6 -\\> 4 |" in text.replace("->", "-\\>")) == (
            depth == "layers"
        )


def test_networks_of_other_families_are_matched_as_people_would() -> None:
    deeper = _paired(ha.diff("resnet18", "resnet34"))
    assert all(a == b or a is None for a, b in deeper)
    other = ha.diff("henet-r3", "shufflenet-r3")
    blocks = {_names(block) for stage in other.stages for block in stage.parts}
    assert {(f"stage{s}.block{b}",) * 2 for s in (1, 2, 3) for b in (1, 2, 3)} < blocks
    assert (None, "stage2.down") in blocks
    assert ("stage2.down", None) in blocks
    assert ("stage4.down", None) in blocks


def test_another_output_is_a_difference() -> None:
    graph = ha.build("henet-r3")
    builder = GraphBuilder(graph.name, graph.family)
    for node in graph:
        builder.add(node.name, node.layer, [builder[name] for name in node.inputs])
    other = builder.finish([builder["head.fc"], builder["stage4.down.relu"]])
    diff = ha.diff(graph, other)
    assert not diff.equal
    (table,) = diff.tables()
    assert "B gives head.fc, stage4.down.relu" in table.notes


def test_a_layer_that_is_counted_otherwise_is_a_difference() -> None:
    report = ha.analyze("henet-r3", "paper")
    plain = _rebuilt(report.graph, str)  # without what the paper's table prints
    diff = ha.diff(report, plain)
    changed = [layer.sides[0].name for layer in diff.layers if layer.status == "changed"]
    assert changed == [f"stage{stage}.block1.conv1" for stage in (1, 2, 3)]
    assert "conv1 counted otherwise" in str(diff)


def _flat(layer: Callable[[int], Layer], count: int) -> Graph:
    builder = GraphBuilder("flat")
    builder.add("image", layers.Input((8, 9, 9)))
    for index in range(count):
        builder.add(f"layer{index}", layer(index), [builder.last])
    return builder.finish()


def test_flat_networks_are_matched_by_layer() -> None:
    def conv(width: int) -> Layer:
        return layers.Conv2d(8, 8, (width, 1), padding=(width // 2, 0))

    a = _flat(lambda index: conv(2 * index + 1), 40)
    b = _flat(lambda index: layers.Elementwise("relu") if index == 0 else conv(2 * index - 1), 41)
    assert _paired(ha.diff(a, b)) == {
        ("image", "image"), (None, "layer0"), *((f"layer{i}", f"layer{i + 1}") for i in range(40)),
    }  # fmt: skip


PARTS = st.builds(
    lambda label, features: Part(f"{label}{features}", label, (), (), frozenset(features)),
    st.sampled_from(("a1", "a2", "b1", "c")),
    st.sets(st.integers(0, 5), min_size=1, max_size=4),
)
FEW, MANY = st.lists(PARTS, max_size=5), st.lists(PARTS, max_size=12)


@given(FEW, FEW)
def test_no_alignment_is_worth_more(a: list[Part], b: list[Part]) -> None:
    found = alignment.align(a, b)
    _is_alignment(found, a, b)
    _is_mirrored(found, alignment.align(b, a))
    if a and b:
        worths = alignment._worths(a, b)
        places = ({id(part): place for place, part in enumerate(parts)} for parts in (a, b))
        first, second = places
        worth = sum(worths[first[id(x)]][second[id(y)]] for x, y in found if x and y)
        assert worth == max(
            sum(worths[i][j] for i, j in zip(some, others, strict=True))
            for count in range(min(len(a), len(b)) + 1)
            for some in combinations(range(len(a)), count)
            for others in combinations(range(len(b)), count)
        )


@given(MANY, MANY)
def test_long_sequences_are_cut(a: list[Part], b: list[Part]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(alignment, "MOST_CELLS", 9)
        patch.setattr(alignment, "PIECE_CELLS", 4)
        found = alignment.align(a, b)
        _is_alignment(found, a, b)
        _is_mirrored(found, alignment.align(b, a))


def _is_alignment(found: alignment.Pairs, a: list[Part], b: list[Part]) -> None:
    assert [x for x, _ in found if x] == a
    assert [y for _, y in found if y] == b


def _is_mirrored(found: alignment.Pairs, back: alignment.Pairs) -> None:
    assert [(x, y) for x, y in found if x and y] == [(y, x) for x, y in back if x and y]


def test_what_both_share_by_definition(tmp_path: Path) -> None:
    exact, paper = ha.analyze("henet-r3"), ha.analyze("henet-r4", "paper")
    with pytest.raises(CompareError, match="henet-r4 is counted as paper, henet-r3 as exact"):
        ha.diff(exact, paper)
    with pytest.raises(CompareError, match="henet-r4 is counted as paper, not as exact"):
        ha.diff("henet-r3", paper, "exact")
    assert ha.diff("henet-r3", paper).a.convention.name == "paper"
    assert ha.diff("henet-r3", "henet-r4").a.convention.name == "exact"
    assert ha.diff("henet-r3", "henet-r4", "torch").to_dict()["unit"] == "FLOPs"
    with pytest.raises(CompareError, match="sizes that are open"):
        ha.diff(_open(), "henet-r3")


def _open() -> Graph:
    from sympy import Symbol

    builder = GraphBuilder("open")
    builder.add("image", layers.Input((Symbol("C", positive=True, integer=True), 5, 5)))
    return builder.finish()


SAVED = ha.analyze("shufflenet-r2").to_dict()


def _saved(data: Any, folder: Path) -> Path:
    path = folder / "report.json"
    path.write_text(data if isinstance(data, str) else json.dumps(data))
    return path


@examples(25)
@given(specs() | networks(), st.sampled_from(list(conventions())))
def test_a_saved_report_is_as_good_as_its_network(
    tmp_path_factory: pytest.TempPathFactory, spec: ha.Spec, convention: str
) -> None:
    report = ha.analyze(spec, convention)
    path = _saved(rendered(report, "json"), tmp_path_factory.mktemp("saved"))
    assert ha.diff(path, report).equal
    assert ha.diff(str(path), "henet-r2").to_dict() == ha.diff(report, "henet-r2").to_dict()


def _changed(*path: str | int, to: Any) -> Any:
    """The saved report with another value at `path`; without one for `...`."""
    data = json.loads(json.dumps(SAVED))
    place = data
    for key in path[:-1]:
        place = place[key]
    if to is ...:
        del place[path[-1]]
    else:
        place[path[-1]] = to
    return data


_UNKNOWN = [{"name": "input", "operator": "If", "output_shape": [1]}]
HOSTILE = [
    (_changed("schema", to=3), "schema 3 is none of the known ones, 1, 2", ""),
    (_changed("schema", to=[1] * 999), "is none of the known ones", ""),
    (_changed("layers", to=[]), "not a report", "layers"),
    (_changed("layers", to=...), "a report without layers", ""),
    (_changed("totals", to=...), "not a report: Field required", "totals"),
    (_changed("stages", 1, "params", to=7), "params is 7, but the layers have ", "stages.1"),
    (_changed("blocks", 2, "layers", to=10**6), "but 84 are left", "blocks.2"),
    (_changed("blocks", 2, "output_shape", to=[7]), "its last layer makes", "blocks.2"),
    (_changed("more", to=1), "not a report: Extra inputs", "more"),
    (_changed("name", to="\x1b[31m"), "not a report", "name"),
    (_changed("name", to="a" * 99), "not a report", "name"),
    (_changed("convention", to="papr"), "unknown counting convention 'papr'", "convention"),
    (_changed("layers", 3, "params", to=True), "not a report", "layers.3.params"),
    (_changed("layers", 3, "params", to="7"), "not a report", "layers.3.params"),
    (_changed("layers", 3, "params", to=-1), "not a report", "layers.3.params"),
    (_changed("layers", 3, "params", to=10**99), "not a report", "layers.3.params"),
    (_changed("layers", 3, "params", to=7), "params is ", "totals.params"),
    (_changed("layers", 3, "macs", to=7), "macs is ", "totals.macs"),
    (_changed("layers", 3, "ops", to={"mac": 7}), "operations are not the sum", "totals.ops"),
    (_changed("layers", 3, "live_activation_bytes", to=10**9), "is ", "totals.peak"),
    (_changed("totals", "peak_activation_layer", to="x"), "reached at", "totals.peak"),
    (_changed("layers", 3, "name", to="a b"), "'a b' is not a layer name", "layers.3"),
    (_changed("layers", 3, "name", to="input"), "two layers are named 'input'", "layers.3"),
    (_changed("layers", 3, "kind", to="x\ny"), "not a report", "layers.3.kind"),
    (_changed("layers", 3, "inputs", to=["nowhere"]), "no layer before it", "layers.3"),
    (_changed("layers", 3, "input_shapes", to=[[1]]), "other input shapes", "layers.3"),
    (_changed("layers", 3, "output_shape", to=[0]), "not a report", "layers.3.output_shape"),
    (_changed("layers", 3, "attributes", to={"p": "x\ny"}), "not a report", "layers.3.attributes"),
    (_changed("layers", 3, "attributes", to={"p": float("nan")}), "NaN is no JSON", ""),
    (_changed("layers", 3, "macs", to=None), "are not those without macs", "unknown"),
    (_changed("stages", 1, "unknown_layers", to=1), "but 0 have no macs", "stages.1"),
    (_changed("unknown", to=_UNKNOWN), "are not those without macs", "unknown"),
    (_changed("outputs", 0, "name", to="x"), "no layer 'x' makes 10", "outputs.0"),
    (_changed("outputs", to=SAVED["outputs"] * 2), "stands there twice", "outputs"),
    (_changed("input_shape", to=[3, 3, 3]), "input_shape is 3x3x3", "input_shape"),
    (_changed("output_shape", to=[11]), "output_shape is 11", "output_shape"),
    (json.dumps(SAVED)[:-9], "not valid JSON", ""),
    ('{"schema": 1, "schema": 1}', "key 'schema' stands there twice", ""),
    ('{"schema": ' + "[" * 100_000, "nested too deeply", ""),
    ('{"schema": ' + "9" * 5000 + "}", "a number of thousands of digits", ""),
    ("", "is empty", ""),
]


@pytest.mark.parametrize(("data", "what", "place"), HOSTILE)
def test_a_report_that_is_not_sound_is_refused(
    data: Any, what: str, place: str, tmp_path: Path
) -> None:
    path = _saved(data, tmp_path)
    with pytest.raises(FileError) as caught:
        ha.diff("henet-r2", path)
    error = caught.value
    assert what in error.what
    assert error.where.startswith(f"{path}, {place}" if place else str(path))
    assert len(str(error)) < 900
    assert str(error).replace("\n", "").isprintable()


def _places(value: Any) -> Iterator[tuple[str | int, ...]]:
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, inner in items:
        yield (key,)
        if isinstance(inner, dict | list):
            yield from ((key, *rest) for rest in _places(inner))


JSON = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.just(...)


@examples(80)
@given(
    st.sampled_from(list(_places(SAVED))), JSON | st.lists(JSON) | st.dictionaries(st.text(), JSON)
)
def test_any_fault_is_refused_or_does_no_harm(
    tmp_path_factory: pytest.TempPathFactory, place: tuple[str | int, ...], value: Any
) -> None:
    if isinstance(value, list | dict):
        value = json.loads(json.dumps(value, default=str))
    path = _saved(_changed(*place, to=value), tmp_path_factory.mktemp("fault"))
    try:
        diff = ha.diff(path, "shufflenet-r2")
    except ha.HenetArchError:
        return
    assert str(diff).replace("\n", "").isprintable()
    rendered(diff, "json")


def test_a_report_of_the_first_version_is_still_read(tmp_path: Path) -> None:
    """It had no stages and no blocks."""
    first = {k: v for k, v in SAVED.items() if k not in ("stages", "blocks")} | {"schema": 1}
    assert ha.diff(_saved(first, tmp_path), _saved(SAVED, tmp_path)).equal


def test_a_spec_in_json_is_still_a_spec(tmp_path: Path) -> None:
    path = tmp_path / "net.json"
    ha.save(ha.preset("henet-r2"), path)
    assert ha.diff(path, "henet-r2").equal


@examples(15)
@given(ANY, ANY, st.sampled_from(("stages", "blocks", "layers")))
def test_tables_add_up_and_every_form_holds(a: Any, b: Any, depth: str) -> None:
    diff = ha.diff(a, b)
    view = View(diff, depth)  # type: ignore[arg-type]
    for table in view.tables()[1:]:
        if table.title == "what changed, B - A":
            _adds_up([row.cells for row in table.rows], diff)
    assert str(diff) == repr(diff) == str(rendered(diff, "table")).rstrip("\n")
    parts = json.loads(rendered(view, "json"))[depth]
    assert len(rendered(view, "csv").splitlines()) == len(parts) + 1
    assert sum(part["params"]["difference"] for part in parts) == diff.totals["params"].difference
    assert str(rendered(view, "markdown")).startswith("### ")


def _adds_up(rows: list[Any], diff: Diff) -> None:
    """The stages to the totals, and the blocks of each stage that is a heading to its own."""
    for column, name in ((3, "params"), (4, "macs"), (5, "activations")):
        sums: list[tuple[int, list[int]]] = []
        for cells in rows:
            label, number = str(cells[0]), int(str(cells[column]).replace(",", ""))
            if not label.startswith(" "):
                sums.append((number, []))
            elif not label.startswith("    "):
                sums[-1][1].append(number)
        assert sum(stage for stage, _ in sums) == diff.totals[name].difference
        assert all(stage == sum(blocks) for stage, blocks in sums if blocks)


def test_a_saved_report_and_a_network_of_its_input(tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    path.write_text(
        json.dumps(ha.analyze(ha.preset("henet-r2").replace(input=(3, 63, 63))).to_dict())
    )
    for shape in ((3, 63, 63), (63, 63)):
        assert not ha.diff(path, "henet-r2", input_shape=shape).to_dict()["totals"]["macs"][
            "difference"
        ]
    with pytest.raises(CompareError, match="is of an image of 3x63x63, and another is given"):
        ha.diff(path, "henet-r2", input_shape=(3, 31, 31))
