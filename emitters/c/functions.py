"""Each step of a plan as one function of C, with all its sizes as numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from ...ir.dims import format_shape
from ...lowering.blocking import weight_count
from ...lowering.plan import Plan
from ...lowering.program import Step
from ...lowering.select_kernels import SINGLE
from . import copies, elements, norms, single, window_loops
from .kernels import Kernels
from .lines import call, joined
from .matrix import matrix
from .step import StepWriter
from .strips import strips
from .winograd import winograd
from .winograd_matrix import winograd_matrix

_BODIES: dict[str, Callable[[StepWriter], Iterator[str]]] = {
    "copy": single.copy,
    "mean": single.mean,
    "lanes": single.lanes,
    "direct": window_loops.direct,
    "depthwise": window_loops.direct,
    "strips": strips,
    "largest": window_loops.largest,
    "matrix": matrix,
    "winograd": winograd,
    "winograd_matrix": winograd_matrix,
    **elements.KERNELS,
    **copies.KERNELS,
    **norms.KERNELS,
}


def names(plan: Plan, network: str) -> dict[str, str]:
    """The name of each step's function; dots become underscores, and no two are alike."""
    taken, result = {f"{network}_run"}, {}
    for step in plan.program.steps:
        word = f"do_{step.name.replace('.', '_')}"
        while word in taken:
            word += "_"
        taken.add(word)
        result[step.name] = word
    return result


def function(plan: Plan, step: Step, kernels: Kernels, name: str) -> str:
    """The step as a function `name`, which takes what `reads` says and the workspace."""
    writer = StepWriter(plan, step, kernels)
    body = joined(_ordered(writer))
    read = reads(plan, step)
    given = [f"const float *{read}"] * bool(read) + ["float *ws", *_TURNS[writer.turn]]
    head = f"static void {name}({', '.join(given)})"
    return f"/* {_described(plan, step)} */\n{head}\n{{\n{body}\n}}\n"


_TURNS = {"": (), "first": ("int top", "int rows", "int held"), "second": ("int top", "int rows")}
"""What a step is given where it takes turns: the first row that it makes, how many, and for the map
that is held some rows of, where they go."""


def reads(plan: Plan, step: Step) -> str:
    """What a step reads beside its maps: the caller's `input`, its `weights`, or nothing."""
    if step.is_input:
        return "input"
    return "weights" if weight_count(step, plan.choices[step.name]) else ""


def _described(plan: Plan, step: Step) -> str:
    """One line: what the step computes, and with which kernel."""
    named = [step.name, *(norm.name for norm in step.norms)]
    named += [finish.node.name for finish in step.epilogues]
    result = format_shape((step.channels, *step.size))
    return f"{', '.join(dict.fromkeys(named))}: {result}, {plan.choices[step.name].kernel}"


def _ordered(w: StepWriter) -> list[str]:
    """The step, and the zeros around what it makes: before it where it writes single elements."""
    body, clears = list(_BODIES[w.kernel](w)), list(_clears(w))
    return [*clears, *body] if w.kernel in SINGLE else [*body, *clears]


def _clears(w: StepWriter) -> Iterator[str]:
    """Zeros around what was stored, where a window will read them."""
    points = w.plan.program.stored[w.step.name]
    if w.turn == "first":
        return
    for point, place in zip(points, w.finishing.stores, strict=True):
        lying = w.plan.layout.points[w.step.name, point]
        first = 0 if w.kernel in SINGLE else lying.length
        room = lying.plane > w.step.size[0] * w.step.size[1] or lying.lead
        if w.kernel in SINGLE and (w.step.name, point) in w.plan.buffers.shared:
            continue  # the zeros around the map whose place it takes are untouched
        if room and (w.step.name, point) in w.plan.layout.clean:
            w.kernels.need("moves.h")
            ends = f"{w.ends} + {place}"
            channels, every = w.step.channels, w.finishing.every
            yield call("clear", "ws", ends, every, channels, first, lying.plane, lying.lead)
