"""Parts that another package announces work in every place where their like is named."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
NET = "outnet-1"
COMPLETED = {
    "analyze outn": NET,
    "list out": "outnet",
    "analyze --family out": "outnet",
    "budget --family henet/out": "henet/outnet",
    "analyze -f out": "outform",
    "lint -f out": "outform",
    "draw -f out": "outform",
    "emit --target out": "outlang",
    "emit --target outlang --option u": "upper=",
    "analyze --analysis out": "outstudy",
    "diff henet-r3 --convention out": "outcount",
    "lint --select out": "outlint",
    "lint --ignore OUT": "OUT101",
    "time --backend out": "outrun",
    "train --data out": "outdata",
    "evaluate w --data out": "outdata",
}
"""What a shell is given for a line whose last word is not yet whole."""
COMMANDS: dict[str, tuple[int, str]] = {
    "list": (0, NET),
    "list outnet": (0, NET),
    f"spec {NET}": (0, 'family = "outnet"'),
    "schema": (0, "outnet"),
    "analyze net.outsizes": (0, "net: 3x5x7 -> 3"),
    "lint net.outsizes --select outlint": (1, "it is an image"),
    "emit net.outsizes --target outlang": (0, "input\npool\n"),
    f"analyze {NET}": (0, "stage1"),
    "analyze --family outnet --channels 6,9": (0, "9x8x8"),
    f"analyze {NET} --format outform": (0, "outform of 1 tables"),
    f"analyze {NET} -o report.outform": (0, ""),
    f"draw {NET} --format outform": (0, f"outform of {NET}"),
    f"draw {NET} -o net.outform": (0, ""),
    f"emit {NET} --target outlang": (0, "stage1.conv\n"),
    f"emit {NET} --target outlang --option upper=true": (0, "STAGE1.CONV\n"),
    f"emit {NET} -o net.outlang": (0, ""),
    f"analyze {NET} --analysis outstudy": (0, "outstudy"),
    f"analyze {NET} --convention outcount": (0, "counted as outcount"),
    f"reconcile {NET}": (0, "outcount"),
    f"diff {NET} lenet5 --convention outcount": (0, "outcount"),
    f"lint {NET}": (1, "OUT101 error: images"),
    f"lint {NET} --select outlint": (1, "it is an image"),
    "lint --explain OUT101": (0, "Networks see."),
    f"time {NET} --backend outrun --runs 1 --passes 2": (0, "outrun: time of one image"),
    f"train {NET} --classes 2 --data outdata --epochs 1 -o run": (0, "outdata"),
    "evaluate run/weights.safetensors --data outdata": (0, "outdata"),
}
"""The exit code of each command, and a part of what it prints."""
ERRORS = {
    "list outnett": "outnet",
    "analyze none": "an image's sizes (.outsizes)",
    "analyze --format outforn": "outform",
    "draw -f outforn": "outform",
    "emit --target outlan": "outlang",
    "analyze --analysis outstud": "outstudy",
    "analyze --convention outcoun": "outcount",
    "lint --select outlin": "outlint",
    "time henet-r3 --backend outru": "outrun",
    "train --data outdat": "outdata",
}
"""What a message proposes for a name that is nearly right."""
VERBS = {
    "family": f"ha.build({NET!r}).family == 'outnet'",
    "importer": "ha.load('net.outsizes').graph.input_shape == (3, 5, 7)",
    "preset": f"{NET!r} in ha.presets()",
    "report form": f"rendered(ha.analyze({NET!r}), 'outform').startswith('outform of')",
    "drawing form": f"ha.draw({NET!r}, 'drawn.outform').render('outform').startswith(b'outform')",
    "target": f"ha.emit({NET!r}, 'outlang', upper=True).text.startswith('INPUT')",
    "analysis": f"ANALYSES['outstudy'](ha.build({NET!r})).layers == 8",
    "convention": f"ha.analyze({NET!r}, 'outcount').macs == 8 * 8 * 9 * 36",
    "lint": f"[f.rule.name for f in ha.lint({NET!r}, ['OUT']).diagnostics] == ['outlint']",
    "backend": f"ha.time({NET!r}, backend='outrun', runs=1, passes=2).backend == 'outrun'",
    "data set": "datasets.load('outdata').classes == ('dark', 'bright')",
}
"""What holds in Python."""
DRIVER = """
import io, json, os, sys
from contextlib import redirect_stdout
from cli.run import run
import henet_arch as ha
from henet_arch.analyzers import ANALYSES
from henet_arch.cli.app import app
from henet_arch.forms import rendered
from henet_arch.training import datasets

def completed(line):
    words = f"henet-arch {line}"
    count = str(len(words.split(" ")) - 1)
    os.environ.update(_HENET_ARCH_COMPLETE="complete_bash", COMP_WORDS=words, COMP_CWORD=count)
    sys.argv, out = ["henet-arch"], io.StringIO()
    try:
        with redirect_stdout(out):
            app(prog_name="henet-arch")
    except SystemExit:
        pass
    finally:
        del os.environ["_HENET_ARCH_COMPLETE"]
    return out.getvalue().split()

def held(statement):
    try:
        return repr(eval(statement))
    except Exception as error:
        return repr(error)

asked = json.load(sys.stdin)
print(json.dumps({
    "completed": {line: completed(line) for line in asked["completed"]},
    "commands": {line: run(*line.split()) for line in asked["commands"]},
    "verbs": {statement: held(statement) for statement in asked["verbs"]},
}))
"""


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Any]:
    """What one process says, in which the other package is installed."""
    site, work = tmp_path_factory.mktemp("site"), tmp_path_factory.mktemp("work")
    shutil.copytree(HERE / "outsider", site / "outsider")
    information = site / "outsider-1.0.dist-info"
    information.mkdir()
    (information / "METADATA").write_text("Metadata-Version: 2.1\nName: outsider\nVersion: 1.0\n")
    shutil.move(site / "outsider" / "entry_points.txt", information)
    (work / "net.outsizes").write_text("3x5x7")
    asked = {
        "completed": list(COMPLETED),
        "commands": [*COMMANDS, *ERRORS],
        "verbs": list(VERBS.values()),
    }
    process = subprocess.run(
        [sys.executable, "-c", DRIVER],
        input=json.dumps(asked),
        env={**os.environ, "PYTHONPATH": f"{site}{os.pathsep}{HERE}"},
        cwd=work,
        capture_output=True,
        text=True,
        check=False,
    )
    assert process.returncode == 0, process.stderr
    said: dict[str, Any] = json.loads(process.stdout.splitlines()[-1])
    said["files"] = {path.name: path.read_text() for path in work.glob("*.out[fl]*")}
    return said


@pytest.mark.parametrize("line", COMPLETED)
def test_its_names_complete(answers: Mapping[str, Any], line: str) -> None:
    assert COMPLETED[line] in answers["completed"][line]


@pytest.mark.parametrize("line", COMMANDS)
def test_commands_use_it(answers: Mapping[str, Any], line: str) -> None:
    code, out, err = answers["commands"][line]
    assert code == COMMANDS[line][0], err
    assert COMMANDS[line][1] in out, err


@pytest.mark.parametrize("line", ERRORS)
def test_messages_propose_it(answers: Mapping[str, Any], line: str) -> None:
    code, _, err = answers["commands"][line]
    assert code in (2, 3)
    proposal = rf"(did you mean|a file with) .*{re.escape(ERRORS[line])}"
    assert re.search(proposal, " ".join(err.split()))


@pytest.mark.parametrize("name", VERBS)
def test_python_uses_it(answers: Mapping[str, Any], name: str) -> None:
    assert answers["verbs"][VERBS[name]] == "True"


def test_the_endings_of_its_files_are_its_own(answers: Mapping[str, Any]) -> None:
    assert answers["files"] == {
        "report.outform": "outform of 1 tables\n",
        "net.outform": f"outform of {NET}\n",
        "drawn.outform": f"outform of {NET}\n",
        "net.outlang": answers["commands"][f"emit {NET} --target outlang"][1],
    }
