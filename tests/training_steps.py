"""One compiled training step of any network, held against PyTorch and run under sanitizers."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import torch
from hypothesis import assume
from hypothesis import strategies as st
from instruction_sets import SETS
from training_graphs import graphs

import henet_arch as ha
from henet_arch.ir.graph import Graph
from henet_arch.runtime.training.verification import differences
from henet_arch.support.errors import HenetArchError

MAIN = Path(__file__).parent / "runtime" / "training" / "step_main.c"
SANITIZED = ("-g", "-O0", "-fsanitize=address,undefined", "-fno-sanitize-recover=all")
BATCHES = (1, 3, 16, 127, 128)
Case = tuple[Graph, int, int, str]


def cases() -> st.SearchStrategy[Case]:
    """A network, a batch, a seed and what the compiler is told of the machine."""
    sets = st.sampled_from(sorted(SETS))
    return st.tuples(graphs(), st.sampled_from(BATCHES), st.integers(0, 99), sets)


def check(case: Case, folder: Path) -> None:
    """What the step computes, and that no sanitizer finds anything in it.

    Args:
        case: As `cases` draws it.
        folder: Where the program for the sanitizers is built.
    """
    graph, count, seed, name = case
    agrees(graph, count, seed, (*SETS[name], "-O0"))
    sums_of(str(program(graph, folder, "cc", *SANITIZED, *SETS[name])), "19", "2")


def agrees(graph: Graph, count: int, seed: int, flags: tuple[str, ...]) -> None:
    """A step on random weights and images is PyTorch's."""
    torch.manual_seed(seed)
    try:
        every = differences(graph, count, flags=flags)
    except HenetArchError:
        assume(count > 1)  # one image has no variance
        raise
    assume(max(each.usual for each in every) < 1e-4)  # else rounding decides
    assert not [each for each in every if not each.holds]


def program(graph: Graph, folder: Path, compiler: str, *flags: str) -> Path:
    """A program that runs a step on numbers of its own and prints sums."""
    ha.emit(graph, "c-training").save(folder / "net.c")
    name = graph.name.replace("-", "_")
    line = [
        compiler, "-std=gnu11", "-pthread", *flags, f"-DNET={name}", "-I", str(folder),
        "-o", str(folder / "step"), str(MAIN), "-lm",
    ]  # fmt: skip
    subprocess.run(line, check=True, capture_output=True)
    return folder / "step"


def sums_of(*command: str) -> list[float]:
    """What the program prints; all of it is finite and small."""
    quiet = {**os.environ, "ASAN_OPTIONS": "detect_leaks=0"}  # the program frees nothing
    ran = subprocess.run(command, check=True, capture_output=True, text=True, env=quiet)
    sums = [float(word) for word in ran.stdout.split()]
    assert all(abs(value) < 1e9 for value in sums)
    return sums
