"""Every target keeps one contract: the options, bytes, names and endings of what it writes."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from cli.run import run
from henet_arch.emitters import Emitted, Target, chosen, configured, targets
from henet_arch.emitters.c import C
from henet_arch.emitters.caffe import Caffe
from henet_arch.emitters.onnx import Onnx
from henet_arch.emitters.torch import Torch
from outsider_target import Outsider

import henet_arch as ha
from henet_arch.ir.model import Model
from henet_arch.runtime.emission import emit
from henet_arch.support import plugins
from henet_arch.support.errors import EmitError, FileError, PluginError, UnknownNameError

SPEC = ha.Spec(name="a-net", channels=(4, 8), repeats=0, input=7)
NAMES = ("c", "c-training", "caffe", "onnx", "outsider", "torch")


@pytest.fixture(autouse=True)
def outsider(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A target of another package, announced by an entry point, and two modules without one."""
    monkeypatch.setitem(sys.modules, "number_target", SimpleNamespace(TARGET=int))
    points = [
        SimpleNamespace(name="outsider", module="outsider_target"),
        SimpleNamespace(name="nothing", module="examples"),
        SimpleNamespace(name="number", module="number_target"),
    ]
    monkeypatch.setattr(
        "importlib.metadata.entry_points",
        lambda group: points if group == "henet_arch.emitters" else [],
    )
    plugins.announced.cache_clear()
    yield
    plugins.announced.cache_clear()


def _model() -> Model:
    return Model(ha.build(SPEC), SPEC)


def _forms() -> list[Any]:
    """Every target as a file, and as a folder where it writes folders."""
    kinds: list[type[Target]] = [C, Caffe, Onnx, Outsider, Torch]
    forms = [(kind, folder) for kind in kinds for folder in {False, kind.writes_folders}]
    return [pytest.param(*form, id=f"{form[0].name}{'/' * form[1]}") for form in forms]


def test_every_file_of_the_folder_is_a_target_of_its_name() -> None:
    assert tuple(sorted(targets())) == NAMES
    assert set(targets()) == {*plugins.files("emitters"), "outsider"}
    for name, kind in targets().items():
        assert kind.name == name
        assert is_dataclass(kind)
        assert kind.__doc__
        assert kind.endings
        assert all(ending == ending.lower() and ending[0] == "." for ending in kind.endings)


@pytest.mark.parametrize(("kind", "folder"), _forms())
def test_the_same_model_gives_the_same_files_inside_of_one_folder(
    kind: type[Target], folder: bool, tmp_path: Path
) -> None:
    first, again = (emit(_model(), configured(kind, {"folder": folder})) for _ in range(2))
    assert dict(first) == dict(again)
    assert all(
        isinstance(content, bytes) and Path(name).name == name for name, content in first.items()
    )
    before = set(tmp_path.parent.iterdir())
    place = tmp_path / ("net" if folder else f"net{kind.endings[-1]}")
    first.save(place)
    assert set(tmp_path.parent.iterdir()) == before
    if folder:
        written = {p.name: p.read_bytes() for p in place.iterdir() if p.name[0] != "."}
        assert written == dict(first)
        first.save(place)  # what is ours is replaced
    else:
        assert place.read_bytes() == next(iter(first.values()))
        assert len(list(tmp_path.iterdir())) == len(first)


@pytest.mark.parametrize("name", NAMES)
def test_every_option_has_a_default_and_is_refused_elsewhere(name: str) -> None:
    kind = targets()[name]
    own = {field.name for field in fields(kind)}
    assert set(kind.options()) <= own
    assert all(facts["help"] for facts in kind.options().values())
    everywhere = {field.name for each in targets().values() for field in fields(each)}
    for foreign in (everywhere | {"nothing", "self", "__class__", "name", "endings"}) - own:
        with pytest.raises(UnknownNameError, match=f"unknown option of target {name} '{foreign}'"):
            ha.emit(_model(), name, **{foreign: 1})
    for option in own:
        with pytest.raises(EmitError, match=f"is no value of {option}") as error:
            ha.emit(_model(), name, **{option: object()})
        assert error.value.where == f"option {option} of target {name}"


@pytest.mark.parametrize("form", ["file", "folder"])
def test_names_outside_of_the_folder_are_refused(
    form: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for prefix in ("../", "/tmp/", "a/", "..\\", "./"):
        monkeypatch.setattr(Outsider, "prefix", prefix)
        with pytest.raises(PluginError, match="which is no name of a file"):
            ha.emit(_model(), "outsider", folder=form == "folder")
    wrong: tuple[Any, ...] = ({}, {"": b""}, {"..": b""}, {"a": "text"})
    for files in wrong:
        with pytest.raises(PluginError):
            Emitted(Torch(), files)


def test_what_is_emitted_is_text_and_a_mapping() -> None:
    emitted = ha.emit(SPEC)
    assert list(emitted) == ["a_net.py"]
    assert emitted.text.encode() == emitted.content == emitted["a_net.py"]
    assert str(emitted) == emitted.text
    assert repr(emitted) == "<Emitted torch: a_net.py>"
    several = ha.emit(_model(), "outsider")
    assert str(several) == f"net.layers: {len(several['net.layers'])} bytes\nnet.more: 1 bytes"
    with pytest.raises(EmitError, match=r"outsider writes 2 files: net\.layers, net\.more"):
        several.text  # noqa: B018
    with pytest.raises(EmitError, match="a is no text"):
        Emitted(Torch(), {"a": b"\xff"}).text  # noqa: B018


def test_a_target_can_be_given_with_its_options() -> None:
    assert ha.emit(SPEC, Torch(init="kaiming")) == ha.emit(SPEC, init="kaiming")
    assert ha.emit(SPEC, Torch(), init="kaiming") == ha.emit(SPEC, init="kaiming")
    assert ha.emit(SPEC, "c", init=None) == ha.emit(ha.build(SPEC), C())


def test_options_are_checked_against_their_types_and_choices() -> None:
    assert Outsider(width=3).width == 3
    for wrong in ({"width": "3"}, {"width": True}, {"upper": 1}, {"marks": 3}):
        with pytest.raises(EmitError, match=f"is no value of {next(iter(wrong))}"):
            Outsider(**wrong)
    with pytest.raises(UnknownNameError, match="unknown marks 'das'") as error:
        Outsider(marks="das")
    assert error.value.fix == "did you mean dash?"


def test_a_file_is_not_written_to_a_name_of_another_target(tmp_path: Path) -> None:
    with pytest.raises(EmitError, match=r"torch does not write '\.c'"):
        ha.emit(SPEC).save(tmp_path / "net.c")
    with pytest.raises(FileError):
        ha.emit(SPEC).save(tmp_path / "none" / "net.py")
    assert not list(tmp_path.iterdir())
    with pytest.raises(EmitError, match="target torch writes one file, and no folder"):
        ha.emit(SPEC, folder=True)
    with pytest.raises(EmitError, match="init has no effect: a file of C is without weights"):
        ha.emit(SPEC, "c", init="kaiming")


def test_weights_of_a_model_are_written_and_missing_ones_are_drawn() -> None:
    pytest.importorskip("torch")
    np = pytest.importorskip("numpy")
    drawn = ha.emit(_model(), "c", folder=True)
    assert b"Its weights are random (seed 0)" in drawn["README.md"]
    shapes = {f"{n.name}.{k}": s for n in ha.build(SPEC) for k, s in
              (n.layer.weights() | n.layer.buffers()).items()}  # fmt: skip
    ones = {name: np.ones(shape, np.float32) for name, shape in shapes.items()}
    model = Model(ha.build(SPEC), SPEC, ones, trained_on="digits")
    given = ha.emit(model, "c", folder=True)
    assert b"Trained on digits." in given["README.md"]
    assert given["a_net_weights.c"] != drawn["a_net_weights.c"]
    with pytest.raises(EmitError, match="init has no effect: the model has weights"):
        ha.emit(model, "c", folder=True, init="kaiming")
    with pytest.raises(EmitError, match="a-net has no weights"):
        C(folder=True).emit(_model())


@pytest.mark.parametrize(
    ("output", "name", "expected"),
    [
        (None, None, (Torch, False)),
        (None, "c", (C, False)),
        ("net.py", None, (Torch, False)),
        ("net.C", None, (C, False)),
        ("net.onnx", None, (Onnx, False)),
        ("net.lay", None, (Outsider, False)),
        ("net.layers", "outsider", (Outsider, False)),
        ("net.PROTOTXT", None, (Caffe, False)),
        ("net", "caffe", (Caffe, True)),
        ("net", None, (C, True)),
        ("net", "outsider", (Outsider, True)),
        ("net", "torch", (Torch, False)),
        ("there", "c", (C, True)),
        ("file", "torch", (Torch, False)),
    ],
)
def test_the_output_chooses_the_target(
    output: str | None, name: str | None, expected: tuple[type[Target], bool]
) -> None:
    Path("there").mkdir()
    Path("file").touch()
    assert chosen(Path(output) if output else None, name) == expected


@pytest.mark.parametrize(
    ("output", "name", "what"),
    [
        ("net.txt", None, "no target writes '.txt'"),
        ("net.py", "c", "c does not write '.py'"),
        ("net.c", "outsider", "outsider does not write '.c'"),
        ("file", None, "no target writes a file without an ending"),
        ("file", "c", "c does not write a file without an ending"),
    ],
)
def test_other_endings_are_refused_with_those_that_there_are(
    output: str, name: str | None, what: str
) -> None:
    Path("file").touch()
    with pytest.raises(UnknownNameError) as error:
        chosen(Path(output), name)
    assert error.value.what == what
    every = (
        ".c for c, .c for c-training, .prototxt for caffe, .onnx for onnx, .py for torch, "
        ".layers for outsider, .lay for outsider, or a folder for c, c-training, caffe, outsider"
    )
    own = {
        None: every,
        "torch": ".py for torch",
        "c": ".c for c, or a folder for c",
        "outsider": ".layers for outsider, .lay for outsider, or a folder for outsider",
    }
    assert error.value.fix == own.get(name, error.value.fix)
    assert name is None or all(part.endswith(name) for part in error.value.fix.split(", "))


def test_a_module_without_a_target_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UnknownNameError, match="unknown target 'nothing'"):
        ha.emit(SPEC, "nothing")
    with pytest.raises(PluginError, match="the TARGET of number is no subclass of Target"):
        ha.emit(SPEC, "number")
    for kind in (Target, Torch):  # without emit; of another name
        monkeypatch.setitem(sys.modules, "number_target", SimpleNamespace(TARGET=kind))
        with pytest.raises(PluginError, match="the TARGET of number is no subclass of Target"):
            ha.emit(SPEC, "number")
        assert "number" not in targets()


def test_the_command_line_takes_the_options_of_every_target(tmp_path: Path) -> None:
    words = ("--option", "marks=star", "--option", "width=5", "--option", "upper=true")
    assert run("emit", "lenet5", *words, "-o", "net.lay") == (0, "", "wrote net.lay, net.more\n")
    assert (tmp_path / "net.lay").read_text().splitlines()[:2] == ["* INP", "* STA"]
    assert (tmp_path / "net.more").read_bytes() == b"\xff"
    help = run("emit", "--help").out
    assert "outsider: marks=..." in help
    assert "What comes before a name. Choose dash or star" in " ".join(help.split())


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("--option width=3", "unknown option of target torch 'width'; known names: init"),
        ("-o net.c --option width=3", "unknown option of target c 'width'; known names: init"),
        ("-o net.c --option folder=true", "unknown option of target c 'folder'"),
        ("-o net.lay --option width=x", "'x' is no value of width; it must be a whole number"),
        ("-o net.lay --option upper=2", "'2' is no value of upper"),
        ("-o net.lay --option marks=x", "unknown marks 'x'; known names: dash, star"),
        ("-o net.lay --option marks", "'marks' is not NAME=VALUE"),
        ("-o net.c --option init=kaiming", "init has no effect: a file of C is without weights"),
        ("--target c --weights w", "without weights; --output FOLDER has them"),
        ("--target caffe --weights w", "without weights; --output FILE has them beside it"),
        ("-o net.c --target c-training --weights w", "a file of c-training is without weights"),
        ("-o net.lay --tune", "--tune changes nothing here: a file has no weights"),
    ],
)
def test_the_command_line_refuses_options_by_name(line: str, said: str, tmp_path: Path) -> None:
    outcome = run("emit", "lenet5", *line.split())
    assert (outcome.code, outcome.out) == (2, "")
    assert said in " ".join(outcome.err.split())
    assert not list(tmp_path.iterdir())


def test_several_files_are_not_sent_to_standard_output() -> None:
    outcome = run("emit", "lenet5", "--target", "outsider")
    assert (outcome.code, outcome.out) == (3, "")
    assert "outsider writes 2 files" in outcome.err
    assert "--output PATH" in outcome.err


def test_a_target_that_no_runner_knows_has_nothing_to_tune(tmp_path: Path) -> None:
    outcome = run("emit", "lenet5", "--target", "outsider", "--tune", "-o", "net")
    assert outcome.code == 3
    assert "target outsider has nothing to tune" in outcome.err
    assert not list(tmp_path.iterdir())
