"""Completion: whatever has names completes them, as a shell asks for them."""

from __future__ import annotations

import io
import re
from contextlib import redirect_stdout

import pytest
import typer

from henet_arch.cli import completion
from henet_arch.cli.app import app

NAMED = {
    "FAMILY",
    "FORM",
    "KEY",
    "LAYER",
    "MEASURE",
    "NAME",
    "NAMES",
    "OTHER",
    "RULE",
    "RULES",
    "SOURCE",
}
"""What stands for a name where an option is shown."""
CASES = [
    ("analyze shuffle", "shufflenet-r2"),
    ("analyze --family dense", "densenet"),
    ("analyze --groups ", "nearest-divisors"),
    ("analyze --padding ", "odd-resolution"),
    ("analyze henet-r2 --set last", "last_width="),
    ("analyze mobilenet --set wi", "width="),
    ("analyze --family shufflenet --set ", "groups="),
    ("analyze --depth ", "layers"),
    ("analyze --convention p", "paper"),
    ("analyze --analysis ro", "roofline"),
    ("analyze --symbols C1,", "C1,H"),
    ("analyze --columns input,ker", "input,kernel"),
    ("analyze -f ", "parquet"),
    ("budget --maximize macs,", "macs,depth"),
    ("budget --minimize ", "params"),
    ("budget --at-most de", "depth="),
    ("budget --at-least ma", "macs="),
    ("budget --family henet/shuffle", "henet/shufflenet"),
    ("budget --check henet-r", "henet-r2"),
    ("diff henet-r3 --convention ", "exact"),
    ("diff henet-r3 sh", "shufflenet-r2"),
    ("draw --format me", "mermaid"),
    ("draw --theme ", "dark"),
    ("draw --figure ", "3c"),
    ("draw --color-by ", "macs"),
    ("draw --direction ", "right"),
    ("draw --compare len", "lenet5"),
    ("emit --target ", "c"),
    ("emit --option ", "init=kaiming"),
    ("emit -o net --option init=k", "init=kaiming"),
    ("evaluate w --data ", "svhn"),
    ("explain henet-r2 stage1.block2.c", "stage1.block2.conv1"),
    ("explain lenet5 stage2.c", "stage2.conv"),
    ("explain --target ", "c"),
    ("lint --select HA1", "HA101"),
    ("lint --ignore HA101,HA1", "HA101,HA102"),
    ("lint --explain ", "ALL"),
    ("lint -f s", "sarif"),
    ("list res", "resnet"),
    ("reproduce ", "shufflenet-v1"),
    ("spec -f ", "yaml"),
    ("time --backend eager-", "eager-folded"),
    ("time henet-r2 he", "henet-r3"),
    ("train --data ci", "cifar10"),
    ("train --schedule ", "paper"),
    ("train --device ", "auto"),
    ("train --curves ", "pdf"),
    ("verify --target ", "torch"),
]


def _completed(line: str, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What Bash is given for a line, whose last word is not yet whole."""
    words = f"henet-arch {line}"
    monkeypatch.setenv("_HENET_ARCH_COMPLETE", "complete_bash")
    monkeypatch.setenv("COMP_WORDS", words)
    monkeypatch.setenv("COMP_CWORD", str(len(words.split(" ")) - 1))
    monkeypatch.setattr("sys.argv", ["henet-arch"])
    out = io.StringIO()
    with redirect_stdout(out), pytest.raises(SystemExit):
        app(prog_name="henet-arch")
    return out.getvalue().split()


@pytest.mark.parametrize(("line", "expected"), CASES)
def test_names_complete(line: str, expected: str, monkeypatch: pytest.MonkeyPatch) -> None:
    found = _completed(line, monkeypatch)
    assert expected in found
    last = line.rpartition(" ")[2]
    assert all(name.startswith(last) for name in found)


def test_only_lint_completes_sarif(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "sarif" not in _completed("analyze -f ", monkeypatch)
    assert "sarif" in _completed("lint -f ", monkeypatch)


def test_what_is_wrong_completes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    for line in ("explain none.toml st", "analyze none --symbols C", "analyze none --set w"):
        assert _completed(line, monkeypatch) == []


def test_every_option_with_a_name_has_completion() -> None:
    """An option whose value is NAME, or names, and not a number, a size or a path."""
    commands = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    for command in commands.values():
        for option in command.params:
            word = option.metavar or ""
            if any(
                name in word
                for name in ("NAME", "RULE", "SOURCE", "FAMILY", "FORM", "MEASURE", "KEY", "LAYER")
            ):
                assert option._custom_shell_complete, f"{command.name} {option.name}"


LISTED = {
    ("analyze", "analysis"): completion.analyses,
    ("analyze", "columns"): completion.columns,
    ("analyze", "format"): completion.forms,
    ("lint", "format"): completion.forms_of_findings,
    ("draw", "form"): completion.drawing_forms,
    ("emit", "target"): completion.targets,
    ("verify", "target"): completion.verifiers,
    ("explain", "target"): completion.explained,
    ("time", "backend"): completion.backends,
}


@pytest.mark.parametrize(("command", "option"), LISTED)
def test_help_lists_all_names(command: str, option: str) -> None:
    """The texts are written by hand, as reading the folders would take long at every start."""
    commands = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    [named] = [parameter for parameter in commands[command].params if parameter.name == option]
    words = set(re.findall(r"[\w-]+", named.help or ""))
    assert set(LISTED[command, option]()) <= words
