"""What happens to an element between its sum and its places in memory."""

from __future__ import annotations

from collections.abc import Iterator

from ...lowering.plan import Plan
from ...lowering.program import Plane, Step

_ACTS = {"relu": "y = relu(y);", "relu6": "y = relu6(y);"}
_ON_ONE = {"relu": "y = y <= 0 ? 0 : y;", "relu6": "y = y <= 0 ? 0 : y > 6 ? 6 : y;"}


class Finishing:
    """The acts that end a step, and for each channel the places that they need."""

    def __init__(self, plan: Plan, step: Step) -> None:
        self.acts = tuple(_acts(plan, step))
        """Kinds of layers, `keep`, `load` and `store`."""
        self.places = _places(plan, step)
        self._moves = [act for act in self.acts if act in ("load", "store")]

    @property
    def name(self) -> str:
        """One name for the same acts, whichever step they end."""
        return "_".join(self.acts)

    @property
    def every(self) -> int:
        """Places of one channel."""
        return len(self._moves)

    @property
    def stores(self) -> list[int]:
        """Which of the places are written."""
        return [index for index, act in enumerate(self._moves) if act == "store"]

    def macro(self) -> str:
        """The acts on one vector of a sweep: channel `o` and vector `v` of the block."""
        lines = ["const int to = p + v * LANES;", "vector y = a##o##_##v;"]
        place = f"ws + ends[o * {self.every} + {{}}] + to"
        lines += self._lines(_ACTS, f"y += load({place});", f"store({place}, y);")
        body = " \\\n".join(f"        {line}" for line in lines)
        return f"#define FINISH_{self.name}(o, v) \\\n    {{ \\\n{body} \\\n    }}\n"

    def on_one(self, ends: str, at: str = "") -> list[str]:
        """The acts on the single element `y` of channel `c`, `at` behind the places in `ends`."""
        place = f"ws[{ends}[c * {self.every} + {{}}]{at}]"
        return list(self._lines(_ON_ONE, f"y += {place};", f"{place} = y;"))

    def _lines(self, acts: dict[str, str], load: str, store: str) -> Iterator[str]:
        places = iter(range(self.every))
        for act in self.acts:
            if act == "load":
                yield load.format(next(places))
            elif act == "store":
                yield store.format(next(places))
            elif act != "keep":
                yield acts[act]
            elif acts is _ACTS:
                yield "y = keep(y, kept + q + v * LANES);"


def _acts(plan: Plan, step: Step) -> Iterator[str]:
    stored = plan.program.stored[step.name]
    if any((step.name, point) in plan.layout.clean for point in stored):
        yield "keep"
    if 0 in stored:
        yield "store"
    for point, finish in enumerate(step.finishes, 1):
        if finish.node.layer.kind in _ACTS:
            yield finish.node.layer.kind
        yield from ("load" for _ in finish.operands)
        if point in stored:
            yield "store"


def _places(plan: Plan, step: Step) -> list[list[int]]:
    """For each channel the offsets of what is stored and loaded, in the order of the acts."""
    stored = plan.program.stored[step.name]
    found = []
    for channel in range(step.channels):
        places = [plan.offset(Plane(step.name, 0, channel))] if 0 in stored else []
        for point, finish in enumerate(step.finishes, 1):
            places += [plan.offset(operand[channel]) for operand in finish.operands]
            if point in stored:
                places.append(plan.offset(Plane(step.name, point, channel)))
        found.append(places)
    return found
