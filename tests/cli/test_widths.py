"""No line of any command's result is wider than the terminal."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from cli.commands import commands
from cli.run import run
from rich.cells import cell_len

from henet_arch import analyzers, forms
from henet_arch.results.columns import FIELDS
from henet_arch.results.table import Result, Terminal
from henet_arch.results.text import text_of

WIDTHS = (40, 60, 80, 120)
NETWORKS = ("henet-r2", "googlenet")
"""A small one and a large one."""
DOCUMENTS = {"emit", "schema", "spec", "machine"}
"""They print files to keep, whose lines are as they are, or a sentence."""


def _of_a_network(source: str) -> Iterator[str]:
    yield f"analyze {source}"
    yield f"analyze {source} --depth stages"
    yield f"analyze {source} --depth layers --no-fold"
    yield from (f"analyze {source} --analysis {name}" for name in analyzers.ANALYSES)
    yield f"explain {source}"
    yield f"explain {source} stage1"
    yield f"explain {source} --target c"
    yield f"reconcile {source}"
    yield f"diff {source} resnet18 --depth layers"
    yield f"diff {source} resnet18"
    yield f"draw {source} --format text"
    yield f"draw {source} --format text --depth layers"
    yield f"lint {source}"


QUICK = [
    *(line for source in NETWORKS for line in _of_a_network(source)),
    "analyze henet-r2 --symbolic",
    f"analyze densenet121 --columns {','.join(FIELDS)} --depth layers",
    "analyze lenet5 --columns input,kernel,macs-share",
    "plan henet-r2",
    "plan --layers 5",
    "list",
    "list --examples",
    "lint --explain ALL",
    "budget lenet5 --classes 10/20",
    "budget henet-r2 --repeats 1..4 --check henet-r3",
    "reproduce",
    "reproduce resnet",
]
SLOW = [
    "verify henet-r2 --features-only",
    "time henet-r2 shufflenet-r2 --runs 2 --passes 1",
    "train henet-r2 --epochs 1",
    "evaluate henet-r2-digits/weights.safetensors",
]
"""These are run once, and their results shown in every width. The last tests what is trained."""


def _widest(text: str) -> int:
    return max(map(cell_len, text.splitlines()))


def test_every_command_is_here() -> None:
    tested = {line.split()[0] for line in (*QUICK, *SLOW)}
    assert tested | DOCUMENTS == set(commands())


@pytest.mark.parametrize("line", QUICK)
def test_no_line_is_wider_than_the_terminal(line: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for width in WIDTHS:
        monkeypatch.setenv("COLUMNS", str(width))
        outcome = run(*line.split())
        assert outcome.code in (0, 1), outcome.err
        assert 0 < _widest(outcome.out) <= width


@pytest.mark.slow
def test_no_line_of_what_takes_long_is_wider(monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[Result] = []
    rendered = forms.rendered

    def kept(result: Result, form: str, terminal: Terminal | None = None) -> str | bytes:
        shown.append(result)
        return rendered(result, form, terminal)

    monkeypatch.setattr(forms, "rendered", kept)
    monkeypatch.setenv("COLUMNS", "40")
    for line in SLOW:
        outcome = run(*line.split())
        assert outcome.code == 0, outcome.err
        assert _widest(outcome.out) <= 40
    assert len(shown) == len(SLOW)
    for result in shown:
        tables = result.tables()
        for width in WIDTHS:
            assert _widest(text_of(tables, Terminal(width))) <= width


def test_what_a_training_wrote_is_listed_in_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    outcome = run("train", "henet-r2", "--epochs", "1")
    said = outcome.err.partition("henet-r2-digits/ holds")[2]
    assert "weights.safetensors" in said
    assert _widest(said) <= 60


def test_what_is_left_out_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    text = " ".join(run("list", "vgg").out.split())
    assert "left out at width 40: input, classes, checked, reference; width 120 shows all" in text
    monkeypatch.setenv("COLUMNS", "120")
    assert "left out" not in run("list", "vgg").out
