"""The C of a plan: vectors, tables, kernels, one function a step, and the one that runs them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from importlib.resources import files
from math import prod

from .. import __version__
from ..lowering.plan import Plan
from ..lowering.program import Value
from ..lowering.zeros import row_of
from ._c_steps import Kernels, function, reads

_TEXTS = files(__package__) / "_c"
ALIGNMENT = 64
"""Bytes at a multiple of which the maps begin."""


def source(made: Plan, name: str) -> str:
    """The C source of a plan, with the function `NAME_run(weights, input, output, workspace)`."""
    kernels = Kernels()
    names = _function_names(made)
    functions = [function(made, step, kernels, names[step.name]) for step in made.program.steps]
    run = _run(made, name, names, kernels)
    parts = [
        f"/* {name}: written by henet-arch {__version__}. */\n"
        "#include <math.h>\n#include <stddef.h>\n#include <stdint.h>\n#include <string.h>\n",
        text("vectors.h"),
        *(text(part) for part in _ORDER if part in kernels.parts and part not in _LATE),
        kernels.tables.text(),
        *_kernels(kernels),
        *functions,
        run,
    ]
    return "\n".join(parts)


_ORDER = ("moves.h", "pack.h", "mean.h", "winograd.h", "lanes.h", "sweeps.h", "largest.h")
_LATE = ("lanes.h", "sweeps.h", "largest.h")


def text(name: str) -> str:
    """One of the files of C in `_c`."""
    return (_TEXTS / name).read_text(encoding="utf-8")


_WIDEST = {32: 24, 16: 12}
"""Sums that registers can hold beside what they multiply, by the number of registers."""


def _width(size: int, registers: int) -> int:
    return max(1, min(8 if size < 3 else 4, _WIDEST[registers] // size))


def _kernels(kernels: Kernels) -> Iterator[str]:
    """Macros and functions that several steps share."""
    if "lanes.h" in kernels.parts:
        yield _columns(1) + _columns(4)
        yield text("lanes.h")
    if "sweeps.h" in kernels.parts or "largest.h" in kernels.parts:
        yield text("sweeps.h") + "".join(kernels.finishes.values())
    if any(not finish for _, finish in kernels.sweeps):
        yield "#define FINISH_(o, v) store(ws + ends[o] + p + v * LANES, a##o##_##v);\n"
        yield "static const float none[12] = {0};\n"
    if kernels.sweeps:
        yield from _sweeps(kernels)
    if kernels.largest:
        yield text("largest.h")
    for name in sorted(kernels.largest):
        yield _function(
            f"largest_{name}", [f"LARGEST(FINISH_{name})"], "(void)weights, (void)bias;"
        )
    if kernels.rows:
        yield text("rows.h")
    for name in sorted(kernels.rows):
        yield f"ROWS(rows_{name}, FINISH_{name})\n"


def _sweeps(kernels: Kernels) -> Iterator[str]:
    shapes = set()
    functions = []
    for size, finish in sorted(kernels.sweeps):
        many, few = _width(size, 32), _width(size, 16)
        shapes |= {(size, width) for start in (many, few) for width in _halved(start)}
        wide = [_sweep(size, width, finish) for width in _halved(many)]
        narrow = [_sweep(size, width, finish) for width in _halved(few)]
        body = ["int p = 0, q = 0;"]
        body += (
            wide if wide == narrow else ["#if REGISTERS == 32", *wide, "#else", *narrow, "#endif"]
        )
        body.append("(void)q, (void)kept;")
        functions.append(_function(f"sweep{size}_{finish}".rstrip("_"), body))
    for width in sorted(
        {width for _, width in shapes} - ({1, 4} if "lanes.h" in kernels.parts else set())
    ):
        yield _columns(width)
    for size, width in sorted(shapes):
        cells = " ".join(f"F({o}, {v})" for o in range(size) for v in range(width))
        yield f"#define GRID_{size}_{width}(F) {cells}\n"
    yield from functions


def _halved(width: int) -> list[int]:
    return [width] if width == 1 else [width, *_halved(width // 2)]


def _columns(width: int) -> str:
    return f"#define COLUMNS_{width}(F) {' '.join(f'F({v})' for v in range(width))}\n"


def _sweep(size: int, width: int, finish: str) -> str:
    return f"SWEEP(GRID_{size}_{width}, COLUMNS_{width}, {size}, {width}, FINISH_{finish})"


def _function(name: str, body: Sequence[str], unused: str = "") -> str:
    lines = [line if line.startswith("#") else f"    {line}" for line in body]
    if unused:
        lines.append(f"    {unused}")
    text = "\n".join(lines)
    return f"ALONE void {name}(SWEEP_ARGUMENTS)\n{{\n{text}\n}}\n"


def _function_names(made: Plan) -> dict[str, str]:
    names: dict[str, str] = {}
    for step in made.program.steps:
        word = f"do_{step.name.replace('.', '_')}"
        while word in names.values():
            word += "_"
        names[step.name] = word
    return names


def _run(made: Plan, name: str, names: dict[str, str], kernels: Kernels) -> str:
    lines = [
        "if (!weights || !input || !output || !workspace)",
        "    return 1;",
        f"const uintptr_t end = (uintptr_t)workspace + {ALIGNMENT - 1};",
        f"float *ws = (float *)(end - end % {ALIGNMENT});",
    ]
    if made.zeros.size:
        lines += [f"for (int i = 0; i < {made.zeros.size}; i++)", "    ws[i] = 0;"]
    at = 0
    for step in made.program.steps:
        first = {
            "input": f"input + {at}, ",
            "weights": f"weights + {made.weights[step.name]}, ",
        }.get(reads(made, step), "")
        lines.append(f"{names[step.name]}({first}ws);")
        at += 0 if step.node.inputs else step.channels * prod(step.size)
    at = 0
    for value in made.program.outputs:
        lines += _output(made, value, at, kernels)
        at += len(value.planes) * prod(value.size)
    lines.append("return 0;")
    body = "\n".join(f"    {line}" for line in lines)
    return (
        f"int {name}_run(const float *weights, const float *input, float *output, void *workspace);\n\n"
        f"int {name}_run(const float *weights, const float *input, float *output, void *workspace)\n"
        f"{{\n{body}\n}}\n"
    )


def _output(made: Plan, value: Value, at: int, kernels: Kernels) -> Iterator[str]:
    kernels.parts.add("moves.h")
    height, width = value.size
    table = kernels.tables.name([made.offset(plane) for plane in value.planes])
    row = row_of(made.layout, value.planes, width)
    yield f"for (int c = 0; c < {len(value.planes)}; c++)"
    yield (
        f"    copy_out(ws + {table}[c], output + {at} + {height * width} * c, {height}, {width}, {row});"
    )
