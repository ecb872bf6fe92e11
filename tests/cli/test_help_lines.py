"""Every line of help is a whole sentence that says what the option does, and fits."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
import typer
from cli.run import run
from henet_arch.emitters import targets

from henet_arch.cli.app import app
from henet_arch.cli.emit import _described

COMMANDS: dict[str, Any] = typer.main.get_command(app).commands  # type: ignore[attr-defined]
VERBS = {
    "Check", "Choose", "Classify", "Compare", "Count", "Crop", "Divide", "Draw", "End", "Exit",
    "Explain", "Find", "Fit", "Give", "Go", "Group", "Hide", "Hold", "Keep", "Leave", "Let", "List",
    "Look", "Make", "Measure", "Mix", "Name", "Pad", "Pass", "Plan", "Print", "Read", "Refuse",
    "Repeat", "Replace", "Run", "Save", "Say", "Search", "Set", "Show", "Spread", "Start", "Study",
    "Subtract", "Sum", "Take", "Test", "Time", "Tint", "Train", "Try", "Turn", "Use", "Write",
    "Change",
}  # fmt: skip
"""What an option can tell a command to do."""
MOST = 240
"""Characters of a help that is read at a glance: six lines beside the options' names."""


def _helps() -> Iterator[Any]:
    for command in COMMANDS.values():
        for parameter in command.params:
            named = f"{command.name} {parameter.opts[0]}"
            yield pytest.param(parameter.help or "", id=named)


@pytest.mark.parametrize("text", list(_helps()))
def test_it_is_a_sentence_that_tells_what_to_do(text: str) -> None:
    assert text.endswith(".")
    assert text.split()[0] in VERBS
    assert "..." not in text.replace("1..5", "")
    assert "  " not in text
    assert len(text) <= MOST


@pytest.mark.parametrize("name", COMMANDS)
def test_a_verb_is_told_in_one_line_of_the_list(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The list cuts what does not fit into 80 columns."""
    monkeypatch.setenv("COLUMNS", "80")
    [line] = re.findall(rf"^  {name} +(.*)$", run("--help").out, re.MULTILINE)
    assert line.endswith(".")
    assert not line.endswith("...")
    told = COMMANDS[name].help.split("\n\n")[0]
    assert line == " ".join(told.split())


@pytest.mark.parametrize("width", [60, 80])
@pytest.mark.parametrize("name", COMMANDS)
def test_help_is_no_wider_than_the_terminal(
    name: str, width: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    assert max(map(len, run(name, "--help").out.splitlines())) <= width


def test_options_of_targets_are_sentences_too() -> None:
    texts = [_described(o) for t in targets().values() for o in t.options().values()]
    assert len(texts) > 5
    for text in texts:
        assert text[0].isupper()
        assert text.endswith(".")
        assert not text.endswith("..")
