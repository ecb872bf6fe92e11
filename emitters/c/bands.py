"""Two steps that take turns: a function that has each make some rows after the other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ...lowering.bands import Band
from ...lowering.plan import Plan
from .functions import reads
from .kernels import Kernels
from .lines import block, call, joined
from .step import StepWriter


def bands(plan: Plan, band: Band, kernels: Kernels, names: Mapping[str, str]) -> str:
    """The function `NAME_bands`, which takes the weights and the workspace."""
    kernels.need("moves.h", "bands.h")
    first, second = band.first, band.second
    height = second.size[0]
    head = f"for (int top = 0; top < {height}; top += {band.rows})"
    body = joined(block(head, _turn(StepWriter(plan, first, kernels), plan, band, names)))
    title = f"/* {first.name} and {second.name} by turns, {band.rows} rows at a time. */"
    name = bands_name(names, band)
    return f"{title}\nstatic void {name}(const float *weights, float *ws)\n{{\n{body}\n}}\n"


def bands_name(names: Mapping[str, str], band: Band) -> str:
    """The function's name."""
    return f"{names[band.second.name]}_bands"


def _turn(w: StepWriter, plan: Plan, band: Band, names: Mapping[str, str]) -> Iterator[str]:
    down, height = band.loop.rows, band.second.size[0]
    lying = plan.layout.points[band.first.name, band.first.last]
    ends, every = f"{w.ends} + {w.finishing.stores[-1]}", w.finishing.every
    moved = down.stride * band.rows * w.row, band.kept * w.row
    yield f"const int left = {height} - top, rows = left < {band.rows} ? left : {band.rows};"
    yield f"const int start = {down.stride} * top - {down.padding};"
    yield f"const int from = top ? start + {band.kept} : 0;"
    yield f"const int below = start + {down.stride} * (rows - 1) + {down.kernel};"
    yield f"const int end = below < {band.first.size[0]} ? below : {band.first.size[0]};"
    if band.kept or down.padding:
        yield call(
            "keep_rows", "ws", ends, every, band.first.channels, "top", down.padding * w.row, *moved
        )
    yield _call(plan, band.first.name, names, "from", "end - from", "from - start")
    if (band.first.name, band.first.last) in plan.layout.clean:
        yield call(
            "clear", "ws", ends, every, band.first.channels, f"(end - start) * {w.row}",
            lying.plane, lying.lead,
        )  # fmt: skip
    yield _call(plan, band.second.name, names, "top", "rows")


def _call(plan: Plan, step: str, names: Mapping[str, str], *given: str) -> str:
    read = reads(plan, plan.program.steps[plan.program.order[step]])
    weights = [f"{read} + {plan.weights[step]}"] if read else []
    return call(names[step], *weights, "ws", *given)
