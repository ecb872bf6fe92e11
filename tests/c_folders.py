"""Folders of C as users get them, compiled and run."""

from __future__ import annotations

import subprocess
from pathlib import Path

from cli.run import run

import henet_arch as ha
from henet_arch.ir.graph import Graph


def folder_of(graph: Graph, tmp_path: Path, name: str = "c") -> Path:
    """The folder of a graph with random weights."""
    (tmp_path / name).mkdir(parents=True)
    for file, content in ha.emit(graph, "c", folder=True).items():
        (tmp_path / name / file).write_bytes(content)
    return tmp_path / name


def project(spec: ha.Spec, tmp_path: Path) -> Path:
    """The folder that `emit` writes for random weights, as a user would get it."""
    ha.save(spec.replace(name="net"), tmp_path / "net.toml")
    outcome = run("emit", str(tmp_path / "net.toml"), "--target", "c", "-o", str(tmp_path / "c"))
    assert outcome.code == 0, outcome.err
    return tmp_path / "c"


def built(folder: Path, compiler: str, *flags: str) -> None:
    """Compile the folder of a network `net` to its program, without make."""
    sources = [str(folder / name) for name in ("net.c", "net_weights.c", "main.c")]
    line = [compiler, "-std=gnu11", "-Wall", "-Wextra", "-Werror", *flags, *sources, "-lm"]
    ran = subprocess.run([*line, "-o", folder / "net"], capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr


def outputs(folder: Path, *before: str) -> list[float]:
    """What the folder's own program prints for its made-up image."""
    line = [*before, str(folder / "net"), "", "2"]
    ran = subprocess.run(line, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    return [float(word) for word in ran.stdout.split()]
