"""The fastest multiply-adds of one core."""

from __future__ import annotations

import ctypes

from ...emitters.c.kernels import text
from ..c.compiler import NATIVE
from .probe import probe

CHAINS = 12
"""Independent sums, more than the core's multipliers keep under way."""

_SOURCE = """
{vectors}
double peak(const float *x, float *y, int count)
{{
    vector {sums};
    const vector b = splat(x[0]), c = splat(x[1]);
    struct timespec from, to;
    timespec_get(&from, TIME_UTC);
    for (int i = 0; i < count; i++) {{
        {steps}
    }}
    timespec_get(&to, TIME_UTC);
    store(y, {total});
    return 2.0 * LANES * {chains} * count / ns(from, to);
}}
"""


def peak(flags: tuple[str, ...] = NATIVE, rounds: int = 20, count: int = 1_000_000) -> float:
    """GFLOP/s, a multiply-add being two: products in registers, the best of `rounds`.

    Raises:
        CompileError: there is no compiler, or it fails.
    """
    names = [f"a{i}" for i in range(CHAINS)]
    source = _SOURCE.format(
        vectors=text("vectors.h"),
        sums=", ".join(f"{name} = splat(x[{i + 2}])" for i, name in enumerate(names)),
        steps=" ".join(f"{name} = {name} * b + c;" for name in names),
        total=" + ".join(names),
        chains=CHAINS,
    )
    run = probe(source, flags).peak
    run.restype = ctypes.c_double
    given = (ctypes.c_float * 32)(*[0.5] * 32)
    best: float = max(run(given, (ctypes.c_float * 16)(), count) for _ in range(rounds))
    return best
