"""The files for users' CI: the hook of pre-commit and the job of GitHub Actions."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from checkout import ROOT

WORKFLOW: dict[Any, Any] = yaml.safe_load(
    (ROOT / "docs" / "ci" / "henet-arch.yml").read_text("utf-8")
)
HOOKS = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text("utf-8"))
GOOD = "channels = [24, 48, 96]\nrepeats = 2\n"


def _run(command: list[str], **more: str) -> subprocess.CompletedProcess[str]:
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    environment = {**os.environ, "PATH": path, **more}
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def _git(*words: str) -> None:
    me = ["-c", "user.name=A", "-c", "user.email=a@example.org"]
    assert _run(["git", *me, *words]).returncode == 0


def _step(part: str) -> str:
    steps = WORKFLOW["jobs"]["network"]["steps"]
    return next(str(step["run"]) for step in steps if part in step.get("run", ""))


def test_the_job_lints_and_says_what_a_change_costs(tmp_path: Path) -> None:
    Path("nets").mkdir()
    Path("nets/net.toml").write_text(GOOD)
    _git("init", "-q")
    _git("add", ".")
    _git("commit", "-qm", "before")
    _git("update-ref", "refs/remotes/origin/main", "HEAD")
    Path("nets/net.toml").write_text(GOOD.replace("repeats = 2", "repeats = 3"))
    summary = tmp_path / "summary.md"
    given = {
        "NETWORK": "nets/net.toml",
        "GITHUB_BASE_REF": "main",
        "GITHUB_STEP_SUMMARY": str(summary),
    }
    for part in ("lint", "diff"):
        process = _run(["bash", "-eo", "pipefail", "-c", _step(part)], **given)
        assert process.returncode == 0, process.stderr
    findings = json.loads(Path("lint.sarif").read_text())
    results = findings["runs"][0]["results"]
    places = {r["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for r in results}
    assert places == {"nets/net.toml"}
    assert re.search(r"\| *params *\|", summary.read_text())


def test_the_job_counts_a_network_that_is_new(tmp_path: Path) -> None:
    _git("init", "-q")
    _git("commit", "-qm", "before", "--allow-empty")
    _git("update-ref", "refs/remotes/origin/main", "HEAD")
    Path("net.toml").write_text(GOOD)
    summary = tmp_path / "summary.md"
    given = {"NETWORK": "net.toml", "GITHUB_BASE_REF": "main", "GITHUB_STEP_SUMMARY": str(summary)}
    process = _run(["bash", "-eo", "pipefail", "-c", _step("diff")], **given)
    assert process.returncode == 0, process.stderr
    assert re.search(r"\| *\*{0,2}total", summary.read_text())


def test_the_hook_runs_each_file_by_itself() -> None:
    Path("good.toml").write_text(GOOD)
    Path("bad.toml").write_text("channels = [24, 50, 96]\n")
    (hook,) = HOOKS
    entry = [sys.executable, *hook["entry"].split()[1:]]
    process = _run([*entry, *hook["args"], "good.toml"])
    assert process.returncode == 0
    assert "0 errors" in process.stdout
    process = _run([*entry, "--ignore", "HA101", "--", "good.toml", "bad.toml"])
    assert process.returncode == 3
    assert "HA101" not in process.stdout
    assert re.findall(r"(?m)^(\w+\.toml):$", process.stdout) == ["good.toml", "bad.toml"]
    assert _run([*entry, "good.toml"]).returncode == 2


@pytest.mark.parametrize(
    ("path", "taken"),
    [
        ("nets/a.toml", True),
        ("src/net/small.yaml", True),
        ("models/x.onnx", True),
        ("pyproject.toml", False),
        ("nets/readme.md", False),
    ],
)
def test_the_hook_takes_networks_alone(path: str, taken: bool) -> None:
    assert bool(re.search(HOOKS[0]["files"], path)) == taken
