"""What the compiler is told of the machine, by the name of the vectors that it gives."""

from __future__ import annotations

import platform
from pathlib import Path

SETS: dict[str, tuple[str, ...]] = {
    "plain": ("-DLANES=1",),
    "own": ("-march=native",),
    "wide": ("-march=native", "-DLANES=16", "-Wno-psabi"),
}
"""Those that this machine can run, each with the compiler's flags for it.

The wide ones are those of AVX-512, which other machines make of two or four of their own.
"""


def _can(*flags: str) -> bool:
    try:
        return {*flags} <= {*Path("/proc/cpuinfo").read_text().split()}
    except OSError:
        return False


if platform.machine() == "x86_64":
    SETS["sse"] = ("-march=x86-64",)
    SETS |= {"avx2": ("-march=x86-64-v3",)} if _can("avx2", "fma", "bmi2", "movbe") else {}
    SETS |= {"avx512": ("-march=x86-64-v4",)} if _can("avx512f", "avx512vl", "avx512bw") else {}
