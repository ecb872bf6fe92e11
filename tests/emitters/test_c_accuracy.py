"""Functions of C are as near to the truth as the documents say, for all kinds of numbers."""

from __future__ import annotations

import platform
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from checkout import ROOT
from henet_arch.emitters.c import activations
from henet_arch.emitters.c.kernels import text

from henet_arch.ir.layers import Elementwise

pytestmark = pytest.mark.skipif(not shutil.which("cc"), reason="no C compiler")
COMPILERS = [name for name in ("gcc", "clang") if shutil.which(name)]
SETS = ["-march=native", "-DLANES=1"] + ["-march=x86-64"] * (platform.machine() == "x86_64")
TRUTH = {
    "elu": "y > 0 ? y : expm1(y)",
    "sigmoid": "y < 0 ? exp(y) / (1 + exp(y)) : 1 / (1 + exp(-y))",
    "silu": "y < 0 ? y * exp(y) / (1 + exp(y)) : y / (1 + exp(-y))",
    "gelu": "y / 2 * erfc(-y * 0.70710678118654752)",
    "gelu_tanh": "y / (1 + exp(-y * (1.5957691216057308 + 0.071354816272600249 * y * y)))",
    "tanh": "tanh(y)",
    "mish": "y > 40 ? y : y * tanh(log1p(exp(y)))",
    "exp": "exp(y)",
}
"""In double precision, by the C library: of a float they have many more digits than it."""
DRIVER = """
#if defined(__FMA__) || defined(__ARM_FEATURE_FMA)
#define FUSED 1
#else
#define FUSED 0
#endif

static double units(float mine, double truth)
{
    if (isnan(mine) || isnan(truth))
        return isnan(mine) && isnan(truth) ? 0 : INFINITY;
    if (isinf(mine) && fabs(truth) > 0x1.fffffep127)
        return signbit(mine) == signbit(truth) ? 0 : INFINITY;
    const int power = truth == 0 ? -149 : ilogb(truth) - 23;
    return fabs((double)mine - truth) / ldexp(1, power < -149 ? -149 : power > 104 ? 104 : power);
}

static double worst(vector (*function)(vector), double (*truth)(double), const float *y,
                    double most)
{
    float made[LANES];
    store(made, function(load(y)));
    for (int i = 0; i < LANES; i++)
        most = fmax(most, units(made[i], truth((double)y[i])));
    return most;
}

static double of_all(vector (*function)(vector), double (*truth)(double), uint32_t step)
{
    float y[LANES];
    double most = 0;
    int lane = 0;
    for (uint64_t word = 0; word < 0x100000000; word += step) {
        const uint32_t same = (uint32_t)word;
        memcpy(y + lane++, &same, sizeof same);
        if (lane == LANES)
            most = worst(function, truth, y, most), lane = 0;
    }
    for (double x = -24; x < 24; x += 48.0 / 600000) {
        y[lane++] = (float)x;
        if (lane == LANES)
            most = worst(function, truth, y, most), lane = 0;
    }
    for (int i = 0; i < LANES; i++)
        y[i] = i % 3 == 0 ? NAN : i % 3 == 1 ? INFINITY : -INFINITY;
    return worst(function, truth, y, most);
}
"""


def _program(step: int) -> str:
    """C that prints for each function how far it is off, in units of the last place."""
    lines = [f"#include <{name}.h>" for name in ("math", "stdint", "stdio", "string")]
    lines += [text("vectors.h"), text("exponential.h"), DRIVER]
    calls = ['    printf("fused %d\\n", FUSED);']
    for name, truth in TRUTH.items():
        own = activations.name(Elementwise(name))
        lines.append(f"static double truth_{name}(double y) {{ return {truth}; }}")
        lines.append(activations.definition(Elementwise(name)))
        calls.append(f'    printf("{name} %.3f\\n", of_all({own}, truth_{name}, {step}));')
    return "\n".join([*lines, "int main(void)\n{", *calls, "    return 0;\n}\n"])


def _bounds() -> dict[str, tuple[float, float]]:
    """What the document says, with one rounding of a product and a sum and with two."""
    document = (ROOT / "docs" / "c.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(\w+)` \| ([\d.]+) \| ([\d.]+) \|$", document, re.MULTILINE)
    return {name: (float(fused), float(apart)) for name, fused, apart in rows}


@pytest.mark.parametrize("compiler", COMPILERS)
@pytest.mark.parametrize("flags", SETS)
def test_functions_are_as_near_as_the_document_says(
    flags: str, compiler: str, tmp_path: Path
) -> None:
    (tmp_path / "units.c").write_text(_program(step=30_011))
    line = [compiler, "-std=gnu11", "-O2", "-ffp-contract=fast", flags, "units.c", "-o", "units"]
    subprocess.run([*line, "-lm"], cwd=tmp_path, check=True)
    said = subprocess.run([tmp_path / "units"], capture_output=True, text=True, check=True).stdout
    (_, fused), *rows = (row.split() for row in said.splitlines())
    bounds = _bounds()
    assert bounds.keys() == TRUTH.keys()
    for name, found in rows:
        assert float(found) <= bounds[name][1 - int(fused)], (name, found)
