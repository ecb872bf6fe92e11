"""What the compiler is told of the machine, by the name of the vectors that it gives."""

from __future__ import annotations

import platform

SETS: dict[str, tuple[str, ...]] = {
    "plain": ("-DLANES=1",),
    "own": ("-march=native",),
    "wide": ("-march=native", "-DLANES=16", "-Wno-psabi"),
}
"""The wide ones are those of AVX-512, which other machines make of two or four of their own."""
if platform.machine() == "x86_64":
    SETS["sse"] = ("-march=x86-64",)
