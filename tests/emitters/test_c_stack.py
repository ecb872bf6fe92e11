"""What a network needs of the stack is what its header says, however large it is."""

from __future__ import annotations

import platform
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from every_kind import L
from henet_arch.emitters.c import functions
from henet_arch.emitters.c.kernels import Kernels, Swept
from henet_arch.emitters.c.source import STACK, source

from henet_arch.ir.graph import Graph, GraphBuilder
from henet_arch.ir.layer import Layer
from henet_arch.lowering.plan import plan

pytestmark = pytest.mark.skipif(not shutil.which("gcc"), reason="no gcc, which counts the stack")
LIBRARY = 512
"""Bytes for what the C library's functions need."""
WIDEST = "-march=x86-64-v4" if platform.machine() == "x86_64" else "-march=native"
KERNEL = (
    "(sweep|single|double|strips)[0-9]|(largest|rows|normal|centred|turned)_|product[0-9]"
    "|lanes|tiles_in"
)


def _stack(code: str, folder: Path, *flags: str) -> int:
    """Bytes of the deepest calls: the run, a step, its kernel, and a part that that calls."""
    (folder / "net.c").write_text(code)
    line = ["gcc", "-std=gnu11", "-ffp-contract=fast", *flags, "-fstack-usage", "-c", "net.c"]
    subprocess.run(line, cwd=folder, check=True, capture_output=True)
    frames = {"run": 0, "step": 0, "kernel": 0, "part": 0}
    for row in (folder / "net.su").read_text().splitlines():
        place, size, kind = row.split("\t")
        assert kind in ("static", "dynamic,bounded")
        level = _level(place.split(":")[-1])
        frames[level] = max(frames[level], int(size))
    return sum(frames.values()) + LIBRARY


def _level(name: str) -> str:
    if name == "net_run":
        return "run"
    if name.startswith("do_"):
        return "step"
    return "kernel" if re.match(KERNEL, name) else "part"


def _one(layer: Layer, *shape: int) -> Graph:
    builder = GraphBuilder("net")
    builder.add("layer", layer, [builder.add("image", L.Input(shape))])
    return builder.finish()


def _deep() -> Graph:
    """Hundreds of steps, which a compiler may make one function of."""
    builder = GraphBuilder("net")
    x = builder.add("image", L.Input((3, 6, 6)))
    for index in range(100):
        x = builder.add(f"conv{index}", L.Conv2d(3, 3, 3), [x])
        x = builder.add(f"act{index}", L.Elementwise("softplus"), [x])
        x = builder.add(f"pool{index}", L.AdaptiveAvgPool2d(6), [x])
    return builder.finish()


HOSTILE = {
    "taps": _one(L.Conv2d(8192, 1, 16), 8192, 16, 17),
    "packed taps": _one(L.Conv2d(8192, 6, 16, 2), 8192, 18, 18),
    "window": _one(L.MaxPool2d(300, 1), 1, 301, 301),
    "packed window": _one(L.AvgPool2d(300, 2), 1, 302, 302),
    "uneven window": _one(L.AvgPool2d(300, 7, 0, True), 1, 302, 302),
    "places": _one(L.Softmax(), 9000, 1, 1),
    "squares": _one(L.LocalResponseNorm(8001), 9000, 1, 1),
    "outputs": _one(L.Conv2d(1, 9000, 1), 1, 1, 1),
    "inputs": _one(L.Linear(30_000, 100), 30_000),
    "channels": _one(L.LayerNorm(30_000), 30_000, 1, 2),
    "groups": _one(L.GroupNorm(3, 30_000), 30_000, 1, 2),
    "width": _one(L.Resize(2.0, mode="bicubic"), 1, 1, 30_000),
    "winograd": _one(L.Conv2d(4096, 6, 3, padding=1), 4096, 4, 300),
    "depth": _deep(),
}


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.slow
def test_the_stack_does_not_grow_with_the_network(name: str, tmp_path: Path) -> None:
    assert _stack(source(plan(HOSTILE[name]), "net"), tmp_path, "-O1", "-march=native") <= STACK


@pytest.mark.slow
def test_the_largest_kernels(tmp_path: Path) -> None:
    """Blocks of most sums, beside totals in double precision, ended by the longest functions."""
    kernels = Kernels()
    for function in ("gelu", "gelu_tanh", "mish"):
        builder = GraphBuilder("net")
        x = builder.add("conv", L.Conv2d(2, 6, 1), [builder.add("image", L.Input((2, 9, 9)))])
        builder.add("act", L.Elementwise(function), [x])
        lowered = plan(builder.finish())
        for step in lowered.program.steps:
            functions.function(lowered, step, kernels, "do")
    kernels.need("totals.h")
    for sweep in list(kernels._sweeps):
        kernels._sweeps |= {Swept(size, sweep.finish, "DOUBLE") for size in (3, 6)}
    includes = "".join(f"#include <{name}.h>\n" for name in ("math", "stddef", "stdint", "string"))
    code = "\n".join((includes, *kernels.texts()))
    code = code.replace("#define ALONE static", "#define ALONE")  # nothing calls them here
    assert STACK / 4 <= _stack(code, tmp_path, "-O3", WIDEST) <= STACK
