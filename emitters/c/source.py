"""The C of a plan: what its steps share, one function for each, and the one that runs them."""

from __future__ import annotations

from collections.abc import Iterator

from ...ir.element_type import FLOAT32
from ...lowering.plan import Plan
from ...lowering.program import Value
from ...lowering.zeros import row_of
from ...support.version import __version__
from . import functions
from .bands import bands, bands_name
from .kernels import Kernels
from .lines import call, joined

ALIGNMENT = 64
"""Bytes at a multiple of which the maps begin."""
STACK = 16_384
"""Bytes of the stack that a run needs at most, compiled with optimization.

It does not grow with the network: arrays of its sizes are in the workspace. Most is what wide
vectors need that find no register, 14 KB with those of AVX-512 and 5 KB with those of AVX2.
"""
_INCLUDES = "".join(f"#include <{name}.h>\n" for name in ("math", "stddef", "stdint", "string"))


_HOW = """   Compile it by cc -std=gnu11 -O3 -ffp-contract=fast -march=native, and link -lm."""


def source(plan: Plan, name: str) -> str:
    """The file that defines `NAME_run(weights, input, output, workspace)`."""
    kernels, names = Kernels(), functions.names(plan, name)
    steps = [functions.function(plan, s, kernels, names[s.name]) for s in plan.program.steps]
    steps += [bands(plan, band, kernels, names) for band in plan.layout.bands]
    run = _run(plan, name, names, kernels)
    title = f"/* {name}: written by henet-arch {__version__}.\n\n{_HOW} */\n"
    return "\n".join((title + _INCLUDES, *kernels.texts(), *steps, run))


def workspace_bytes(plan: Plan) -> int:
    """Bytes that the caller gives, with room to begin at a multiple of 64."""
    return plan.size * FLOAT32.bytes + ALIGNMENT


def _run(plan: Plan, name: str, names: dict[str, str], kernels: Kernels) -> str:
    signature = (
        f"int {name}_run(const float *weights, const float *input, float *output, void *workspace)"
    )
    body = joined(
        [
            "if (!weights || !input || !output || !workspace)",
            "    return 1;",
            f"const uintptr_t end = (uintptr_t)workspace + {ALIGNMENT - 1};",
            f"float *ws = (float *)(end - end % {ALIGNMENT});",
            *_calls(plan, names),
            *_outputs(plan, kernels),
            "return 0;",
        ]
    )
    return f"{signature};\n\n{signature}\n{{\n{body}\n}}\n"


def _calls(plan: Plan, names: dict[str, str]) -> Iterator[str]:
    if plan.zeros.size:
        yield f"for (int i = 0; i < {plan.zeros.size}; i++)"
        yield "    ws[i] = 0;"
    by_turns = {band.second.name: band for band in plan.layout.bands}
    firsts = {band.first.name for band in plan.layout.bands}
    for step in plan.program.steps:
        if step.name in firsts:
            continue
        if step.name in by_turns:
            yield call(bands_name(names, by_turns[step.name]), "weights", "ws")
            continue
        read = functions.reads(plan, step)
        offsets = plan.program.input_offsets if read == "input" else plan.weights
        offset = offsets[step.name]
        yield call(names[step.name], *([f"{read} + {offset}"] if read else []), "ws")


def _outputs(plan: Plan, kernels: Kernels) -> Iterator[str]:
    kernels.need("moves.h")
    at = 0
    for value in plan.program.outputs:
        yield from _output(plan, value, at, kernels)
        at += value.elements


def _output(plan: Plan, value: Value, at: int, kernels: Kernels) -> Iterator[str]:
    height, width = value.size
    table = kernels.tables.name([plan.offset(plane) for plane in value.planes])
    row = row_of(plan.layout, value.planes, width)
    to = f"output + {at} + {height * width} * c"
    yield f"for (int c = 0; c < {len(value.planes)}; c++)"
    yield "    " + call("copy_out", f"ws + {table}[c]", to, height, width, row)
