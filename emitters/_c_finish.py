"""What happens to an element between its sum and its places in memory, as C."""

from __future__ import annotations

from collections.abc import Iterator

from ..lowering.plan import Plan
from ..lowering.program import Plane, Step

_ACTS = {"relu": "y = relu(y);", "relu6": "y = relu6(y);"}
_ACTS_ON_ONE = {"relu": "y = y <= 0 ? 0 : y;", "relu6": "y = y <= 0 ? 0 : y > 6 ? 6 : y;"}


class Finishing:
    """The acts that end a step, and for each channel the places that they need."""

    def __init__(self, plan: Plan, step: Step) -> None:
        self.acts = tuple(_acts(plan, step))
        """Kinds of layers, `load` and `store`."""
        self.places = _places(plan, step)

    @property
    def name(self) -> str:
        """One name for the same acts, whichever step they end."""
        return "_".join(self.acts)

    @property
    def every(self) -> int:
        """Places of one channel."""
        return sum(act in ("load", "store") for act in self.acts)

    def stores(self) -> list[int]:
        """Which of the places are written."""
        moves = [act for act in self.acts if act in ("load", "store")]
        return [index for index, act in enumerate(moves) if act == "store"]

    def macro(self) -> str:
        """The acts for one vector of a sweep, `o` being its channel and `v` its place in the block."""
        lines = [
            "const int to = p + v * LANES;",
            "vector y = keep(a##o##_##v, kept + q + v * LANES);",
        ]
        lines += self._lines(_ACTS, "ws + ends[o * {every} + {index}] + to")
        body = " \\\n".join(f"        {line}" for line in lines)
        return f"#define FINISH_{self.name}(o, v) \\\n    {{ \\\n{body} \\\n    }}\n"

    def on_one(self, indent: str) -> str:
        """The acts for the single element `y` of channel `c`."""
        lines = []
        for line in self._lines(_ACTS_ON_ONE, "ws[ends[c * {every} + {index}]]", one=True):
            lines.append(indent + line)
        return "\n".join(lines)

    def _lines(self, acts: dict[str, str], place: str, *, one: bool = False) -> Iterator[str]:
        index = 0
        for act in self.acts:
            if act in acts:
                yield acts[act]
                continue
            at = place.format(every=self.every, index=index)
            index += 1
            if act == "load":
                yield f"y += {at};" if one else f"y += load({at});"
            else:
                yield f"{at} = y;" if one else f"store({at}, y);"


def _acts(plan: Plan, step: Step) -> Iterator[str]:
    stored = plan.program.stored[step.name]
    if 0 in stored:
        yield "store"
    for number, finish in enumerate(step.finishes, 1):
        if finish.operands or finish.node.layer.kind not in _ACTS:
            yield from ("load" for _ in finish.operands)
        else:
            yield finish.node.layer.kind
        if number in stored:
            yield "store"


def _places(plan: Plan, step: Step) -> list[list[int]]:
    """For each channel the offsets of what is stored and loaded, in the order of the acts."""
    stored = plan.program.stored[step.name]
    found = []
    for channel in range(step.channels):
        places = [plan.offset(Plane(step.name, 0, channel))] if 0 in stored else []
        for number, finish in enumerate(step.finishes, 1):
            places += [plan.offset(operand[channel]) for operand in finish.operands]
            if number in stored:
                places.append(plan.offset(Plane(step.name, number, channel)))
        found.append(places)
    return found
