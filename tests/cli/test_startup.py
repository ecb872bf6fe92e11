"""What starts, and what is not loaded for it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

_HEAVY = {"torch", "onnx", "sympy", "numpy", "rich", "networkx", "pydantic", "yaml", "graphviz"}


def _loaded(code: str) -> set[str]:
    script = f"import sys, json\n{code}\nprint('\\n' + json.dumps(sorted(sys.modules)))"
    ended = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True
    )
    return set(json.loads(ended.stdout.splitlines()[-1]))


def _commands(*lines: str) -> str:
    """What runs commands one after the other: what none of all loads, no single one loads."""
    return (
        "from henet_arch.cli import main\n"
        f"for line in {lines!r}:\n"
        "    sys.argv = ['henet-arch', *line.split()]\n"
        "    try: main()\n    except SystemExit as end: assert not end.code, line"
    )


def test_importing_the_package_loads_nothing_heavy() -> None:
    assert not _HEAVY & _loaded("import henet_arch; dir(henet_arch)")


def test_help_loads_nothing_heavy() -> None:
    assert not _HEAVY & _loaded(_commands("--help"))


def test_no_static_command_loads_torch_or_sympy() -> None:
    commands = (
        "analyze", "draw", "emit", "explain", "lint", "plan", "list", "reproduce", "spec",
    )  # fmt: skip
    assert not {"torch", "onnx", "sympy", "numpy"} & _loaded(_commands(*commands))


def test_no_analysis_loads_networkx_either() -> None:
    analyses = ("receptive-field", "critical-path", "mixing")
    loaded = _loaded(_commands(*(f"analyze --analysis {name}" for name in analyses)))
    assert not {"torch", "onnx", "sympy", "numpy", "networkx"} & loaded


def test_a_file_loads_what_reads_it_and_no_parser_of_other_formats(tmp_path: Path) -> None:
    path = tmp_path / "net.toml"
    path.write_text('family = "henet"\n')
    loaded = _loaded(f"import henet_arch as ha; ha.load({str(path)!r})")
    assert not [name for name in loaded if name.startswith("henet_arch.importers._")]


def test_shell_completion() -> None:
    script = subprocess.run(
        [sys.executable, "-m", "henet_arch", "--show-completion", "bash"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={"PATH": "/usr/bin:/bin", "_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1"},
    )
    assert "complete" in script.stdout


@pytest.mark.parametrize(
    ("words", "expected"),
    [("henet-arch analyze shuffle", "shufflenet-r2"), ("henet-arch analyze -f js", "json")],
)
def test_completion_knows_presets_and_forms(words: str, expected: str) -> None:
    code = (
        "import os, sys\n"
        "os.environ.update(_HENET_ARCH_COMPLETE='complete_bash',"
        f" COMP_WORDS={words!r}, COMP_CWORD={str(len(words.split()) - 1)!r})\n"
        "from henet_arch.cli.app import app\n"
        "sys.argv = ['henet-arch']\n"
        "app(prog_name='henet-arch')"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert expected in ended.stdout.split()
