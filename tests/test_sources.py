"""Every command and every public verb with every kind of network: what works, and what does not.

A row is a command line or a verb, a column a kind of source. `REFUSED` has what does not, and why.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from cli.run import run

import henet_arch as ha
from henet_arch.cli.app import _COMMANDS
from henet_arch.ir import layers
from henet_arch.ir.graph import GraphBuilder

pytest.importorskip("torch")
pytest.importorskip("lightning")
pytest.importorskip("safetensors")
pytestmark = pytest.mark.filterwarnings("ignore")

SPEC = ha.Spec(name="tiny", channels=(4, 8), repeats=1, input=(1, 7, 7), classes=10)


def _graph() -> ha.Graph:
    """A network that no family builds."""
    builder = GraphBuilder("handmade")
    image = builder.add("image", layers.Input((1, 8, 8)))
    conv = builder.add("stem.conv", layers.Conv2d(1, 4, (3, 3)), [image])
    norm = builder.add("stem.norm", layers.BatchNorm2d(4), [conv])
    relu = builder.add("stem.relu", layers.Elementwise("relu"), [norm])
    flat = builder.add("head.flatten", layers.Flatten(), [relu])
    builder.add("head.classes", layers.Linear(144, 10), [flat])
    return builder.finish()


@dataclass(frozen=True)
class Sources:
    """One network of each kind, as text where the command line takes it."""

    files: dict[str, str]
    objects: dict[str, Any]


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Sources:
    from henet_arch.runtime.torch.weights import save_weights

    folder = tmp_path_factory.mktemp("sources")
    training = {"data": "digits", "pixels": {"mean": [78.0], "std": [96.0]}}
    graph = _graph()
    (folder / "net.json").write_text(ha.to_json(graph))
    ha.save(SPEC, folder / "net.toml")
    for name, source in (("of_spec", SPEC), ("of_graph", graph)):
        model = ha.load(source)
        save_weights(folder / f"{name}.safetensors", ha.to_torch(model), model, training)
    files = {
        "preset": "henet-r2",
        "spec file": str(folder / "net.toml"),
        "graph file": str(folder / "net.json"),
        "weights of a spec": str(folder / "of_spec.safetensors"),
        "weights of a graph": str(folder / "of_graph.safetensors"),
    }
    objects = {"Spec": SPEC, "Graph": graph, "Model": ha.load(graph)}
    return Sources(files, objects)


FILES = ("preset", "spec file", "graph file", "weights of a spec", "weights of a graph")
OBJECTS = ("Spec", "Graph", "Model")
GRAPHS = ("graph file", "weights of a graph", "Graph", "Model")
UNTRAINED = ("preset", "spec file", "graph file", "Spec", "Graph", "Model")

NO_SPEC = "needs a spec, and .* has none"
NO_WEIGHTS = "an (evaluation|image) needs trained weights, and .* has none"
REFUSED = {
    "plan {}": dict.fromkeys(GRAPHS, NO_SPEC),
    "budget {} --classes 9/10": dict.fromkeys(GRAPHS, NO_SPEC),
    "spec {}": dict.fromkeys(GRAPHS, NO_SPEC),
    "evaluate {}": dict.fromkeys(UNTRAINED, NO_WEIGHTS),
    "budget": dict.fromkeys(GRAPHS, NO_SPEC),
    "classify": dict.fromkeys(UNTRAINED, NO_WEIGHTS),
    "evaluate": dict.fromkeys(UNTRAINED, NO_WEIGHTS),
    "plan": dict.fromkeys(GRAPHS, NO_SPEC),
}
"""What a kind of source cannot answer, and what it says."""

LINES = (
    "analyze {}",
    "analyze {} --symbolic",
    "analyze {} --analysis receptive-field",
    "explain {}",
    "explain {} --target c",
    "reconcile {}",
    "diff {} {}",
    "diff henet-r2 {}",
    "plan {}",
    "plan {} --layers 2",
    "budget {} --classes 9/10",
    "budget --classes 10/100 --channels 24,48,96,192 --check {}",
    "draw {} --format text",
    "draw {} --compare {} --format mermaid",
    "emit {}",
    "emit {} --target c",
    "emit {} --output folder",
    "lint {}",
    "lint {} --format sarif",
    "verify {}",
    "time {} --runs 1 --passes 1",
    "train {} --epochs 1 --batch 720 --output run",
    "evaluate {}",
    "spec {}",
)
OTHERS = {"machine", "list", "schema", "reproduce"}
"""Commands that take no network."""
CHECKED = {"budget": 1, "lint": 1}
"""The exit codes of commands that hold a network against something: 0 or this one."""


def test_every_command_is_in_the_table() -> None:
    assert {line.split()[0] for line in LINES} | OTHERS == _COMMANDS.keys()


def _pairs(rows: Iterable[str], kinds: Iterable[str]) -> list[Any]:
    """Every row with every kind; what takes seconds is slow."""
    return [
        pytest.param(
            row, kind, id=f"{row} | {kind}", marks=[pytest.mark.slow] * ((row, kind) in SLOW)
        )
        for row in rows
        for kind in kinds
    ]


SLOW = {("train {} --epochs 1 --batch 720 --output run", "preset"), ("train", "preset")}


@pytest.mark.parametrize(("line", "kind"), _pairs(LINES, FILES))
def test_every_command_takes_every_source(line: str, kind: str, sources: Sources) -> None:
    outcome = run(*line.replace("{}", sources.files[kind]).split())
    if message := REFUSED.get(line, {}).get(kind):
        assert (outcome.code, outcome.out) == (3, "")
        assert re.search(message, outcome.err)
        assert "fix:" in outcome.err
    else:
        assert outcome.code in (0, CHECKED.get(line.split()[0], 0)), outcome.err
        assert not outcome.err.startswith("error"), outcome.err


def _image(folder: Path) -> Path:
    path = folder / "image.pgm"
    path.write_bytes(b"P5 2 2 255\n" + bytes(range(4)))
    return path


VERBS: dict[str, Callable[[Any, Path], object]] = {
    "analyze": lambda source, _: ha.analyze(source),
    "budget": lambda source, _: ha.budget(source, keys={"classes": [9, 10]}),
    "build": lambda source, _: ha.build(source),
    "classify": lambda source, folder: ha.classify(source, _image(folder)),
    "diff": lambda source, _: ha.diff(source, "henet-r2"),
    "draw": lambda source, folder: ha.draw(source, folder / "net.json"),
    "emit": lambda source, _: ha.emit(source),
    "evaluate": lambda source, _: ha.evaluate(source),
    "explain": lambda source, _: ha.explain(source),
    "features": lambda source, _: ha.features(source),
    "formula": lambda source, _: ha.formula(source),
    "lint": lambda source, _: ha.lint(source),
    "load": lambda source, _: ha.load(source),
    "plan": lambda source, _: ha.plan(source),
    "reconcile": lambda source, _: ha.reconcile(source),
    "time": lambda source, _: ha.time(source, runs=1, passes=1),
    "to_torch": lambda source, _: ha.to_torch(source),
    "train": lambda source, folder: ha.train(source, folder / "run", epochs=1, batch=720),
    "verify": lambda source, _: ha.verify(source),
    "with_images": lambda source, _: ha.with_images(source, "unit"),
    "with_weights": lambda source, _: ha.with_weights(source, ha.to_torch(source).state_dict()),
}
OTHER_NAMES = {"from_json", "preset", "presets", "save", "to_json"}
"""Public functions that take no network of any kind: a text, a name, one spec or one graph."""


def test_every_verb_is_in_the_table() -> None:
    functions = {name for name in ha._MODULES if name[0].islower()}
    assert VERBS.keys() | OTHER_NAMES == functions


@pytest.mark.parametrize(("verb", "kind"), _pairs(VERBS, (*FILES, *OBJECTS)))
def test_every_verb_takes_every_source(
    verb: str, kind: str, sources: Sources, tmp_path: Path
) -> None:
    source = {**sources.files, **sources.objects}[kind]
    if message := REFUSED.get(verb, {}).get(kind):
        with pytest.raises(ha.HenetArchError, match=message) as caught:
            VERBS[verb](source, tmp_path)
        assert caught.value.fix
    else:
        assert VERBS[verb](source, tmp_path) is not None


SHOWN = ("diff", "evaluate", "explain", "lint", "plan", "reconcile", "time", "train", "verify")


@pytest.mark.parametrize("verb", SHOWN)
def test_results_print_and_show_themselves_in_jupyter(
    verb: str, sources: Sources, tmp_path: Path
) -> None:
    result: Any = VERBS[verb](sources.files["weights of a spec"], tmp_path)
    first = next(table for table in result.tables() if table.title)
    assert str(result).startswith(first.title)
    assert "<table" in result._repr_html_()


@pytest.mark.parametrize("kind", GRAPHS[:2])
@pytest.mark.parametrize("option", ["--channels 8,16", "--set width=2", "--softmax"])
def test_options_that_change_a_spec_are_refused_by_name(
    option: str, kind: str, sources: Sources
) -> None:
    source = sources.files[kind]
    outcome = run("analyze", source, *option.split())
    assert outcome.code == 2
    shown = " ".join(outcome.err.replace("│", "").split())
    assert f"{option.split()[0]} changes a spec, and" in shown
    assert "is no spec" in shown


def test_any_network_is_taken_for_another_image(sources: Sources, tmp_path: Path) -> None:
    (tmp_path / "resnet.json").write_text(ha.to_json(ha.build("resnet20")))
    totals = []
    for source in ("resnet20", "resnet.json"):
        outcome = run("analyze", source, "--input", "1x40x24", "--format", "json")
        if source == "resnet.json":
            assert outcome.code == 3
            assert "3 input channels, but meets 1" in outcome.err
        outcome = run("analyze", source, "--input", "40x24", "--format", "json")
        totals.append(json.loads(outcome.out)["totals"])
    assert totals[0] == totals[1]
    outcome = run("analyze", sources.files["graph file"], "--input", "9")
    assert outcome.code == 3
    assert "144" in outcome.err
    assert "head.classes" in outcome.err


def test_a_graph_from_training_to_c(sources: Sources, tmp_path: Path) -> None:
    """The file that the user has, all the way: trained, tested, and in C with its weights."""
    trained = run("train", sources.files["graph file"], "--epochs", "3", "--output", "run")
    assert trained.code == 0, trained.err
    weights = "run/weights.safetensors"
    assert ha.load(weights).graph == _graph()
    tested = run("evaluate", weights)
    assert tested.code == 0, tested.err
    assert "360 test images" in tested.out
    for line in (f"emit {weights} -o own", f"emit net.json --weights {weights} -o given"):
        Path("net.json").write_text(ha.to_json(_graph()))
        assert run(*line.split()).code == 0
    own, given = (Path(folder, "handmade_weights.c") for folder in ("own", "given"))
    assert own.read_text() == given.read_text()
    assert "Trained on digits." in Path("own/README.md").read_text()


def test_names_that_are_no_network() -> None:
    for name in ("henet-r9", "none.json", "none.xyz"):
        with pytest.raises(ha.HenetArchError) as caught:
            ha.load(name)
        assert "cannot read 'none.json'" in str(caught.value) or (
            "a preset" in str(caught.value) and ".safetensors" in caught.value.fix
        )
    with pytest.raises(ha.HenetArchError, match="3 names no network"):
        ha.load(3)  # type: ignore[arg-type]


def test_what_no_rule_made_says_so(sources: Sources) -> None:
    assert "no rules made this network" in run("explain", sources.files["graph file"]).out
    assert (
        "(4*H - 8)*(W - 2) = 144"
        in run("analyze", sources.files["weights of a graph"], "--symbolic").out
    )


def test_findings_are_in_the_file_of_the_graph(sources: Sources) -> None:
    outcome = run("lint", sources.files["graph file"], "--format", "sarif")
    results = json.loads(outcome.out)["runs"][0]["results"]
    places = [result["locations"][0]["physicalLocation"] for result in results]
    assert places
    assert {place["region"]["startLine"] for place in places} == {1}
    assert all(place["artifactLocation"]["uri"].endswith("net.json") for place in places)


def test_a_graph_of_an_older_version(tmp_path: Path) -> None:
    text = ha.to_json(_graph()).replace('"family": null', '"family": "none"')
    assert '"none"' in text
    (tmp_path / "net.json").write_text(text)
    assert ha.load(tmp_path / "net.json").graph == _graph()
