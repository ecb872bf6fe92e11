"""What happens to an element between its sum and its places in memory."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from ...ir.layers import Elementwise
from ...lowering.plan import Plan
from ...lowering.program import Epilogue, Plane, Step
from . import activations


class Act(NamedTuple):
    """One thing that is done to an element, as C of a `vector y` and of a `float y`.

    `@` is the place of the channel in memory, if the act needs one, and `#` what is added to it for
    a single element.
    """

    name: str
    """An identifier, the same for the same thing."""
    vector: str
    single: str
    definition: str = ""
    """The text of the function that it calls, if that is its own."""

    @property
    def is_placed(self) -> bool:
        return "@" in self.vector


_KEEP = Act("keep", "y = keep(y, kept + q + v * LANES);", "")
_STORE = Act("store", "store(ws + @ + to, y);", "ws[@#] = y;")
_PAIRS = {
    "add": ("y += {};",) * 2,
    "multiply": ("y *= {};",) * 2,
    "subtract": ("y -= {};",) * 2,
    "divide": ("y /= {};",) * 2,
    "maximum": ("y = greatest(y, {});", "y = greater(y, {});"),
    "minimum": ("y = -greatest(-y, -{});", "y = -greater(-y, -{});"),
    "prelu": ("y = relu(y) - {} * relu(-y);", "y = y <= 0 ? {} * y : y;"),
    "from": ("y = {} - y;",) * 2,
    "under": ("y = {} / y;",) * 2,
}
"""What is done with `y` and a further operand."""
_SWAPPED = {"subtract": "from", "divide": "under"}
"""The same where `y` is the second operand."""


class Finishing:
    """The acts that end a step, and for each channel the places that they need."""

    def __init__(self, plan: Plan, step: Step) -> None:
        self._acts = tuple(_acts(plan, step))
        self.places = _places(plan, step)

    @property
    def functions(self) -> dict[str, str]:
        """The text of each function that the acts call, by its name."""
        return {act.name: act.definition for act in self._acts if act.definition}

    @property
    def acts(self) -> tuple[str, ...]:
        """Their names."""
        return tuple(act.name for act in self._acts)

    @property
    def name(self) -> str:
        """One name for the same acts, whichever step they end."""
        return "_".join(self.acts)

    @property
    def every(self) -> int:
        """Places of one channel."""
        return len(self._placed)

    @property
    def stores(self) -> list[int]:
        """Which of the places are written."""
        return [index for index, act in enumerate(self._placed) if act is _STORE]

    def macro(self) -> str:
        """The acts on one vector of a sweep: channel `o` and vector `v` of the block."""
        lines = ["const int to = p + v * LANES;", "vector y = a##o##_##v;"]
        lines += self._lines([act.vector for act in self._acts], "ends[o")
        body = " \\\n".join(f"        {line}" for line in lines)
        return f"#define FINISH_{self.name}(o, v) \\\n    {{ \\\n{body} \\\n    }}\n"

    def on_one(self, ends: str, at: str = "") -> list[str]:
        """The acts on the single element `y` of channel `c`, `at` behind the places in `ends`."""
        lines = self._lines([act.single for act in self._acts], f"{ends}[c")
        return [line.replace("#", at) for line in lines if line]

    @property
    def _placed(self) -> list[Act]:
        return [act for act in self._acts if act.is_placed]

    def _lines(self, texts: list[str], place: str) -> Iterator[str]:
        index = 0
        for text in texts:
            yield text.replace("@", f"{place} * {self.every} + {index}]")
            index += "@" in text


def _acts(plan: Plan, step: Step) -> Iterator[Act]:
    stored = plan.program.stored[step.name]
    clean = any((step.name, point) in plan.layout.clean for point in stored)
    if clean:
        yield _KEEP
    if 0 in stored:
        yield _STORE
    for point, finish in enumerate(step.epilogues, 1):
        yield from _ending(finish)
        if clean and not finish.keeps_zero:
            yield _KEEP
        if point in stored:
            yield _STORE


def _ending(finish: Epilogue) -> Iterator[Act]:
    layer = finish.node.layer
    if isinstance(layer, Elementwise):
        name = activations.name(layer)
        single = f"y = single({name}(splat(y)));"
        yield Act(name, f"y = {name}(y);", single, activations.definition(layer))
        return
    name = _SWAPPED.get(layer.kind, layer.kind) if finish.swapped else layer.kind
    vector, single = _PAIRS[name]
    for spread in finish.spread:
        if spread:
            yield Act(f"{name}1", vector.format("splat(ws[@])"), single.format("ws[@]"))
        else:
            yield Act(name, vector.format("load(ws + @ + to)"), single.format("ws[@#]"))


def _places(plan: Plan, step: Step) -> list[list[int]]:
    """For each channel the offsets of what is stored and loaded, in the order of the acts."""
    stored = plan.program.stored[step.name]
    items = []
    for channel in range(step.channels):
        places = [plan.offset(Plane(step.name, 0, channel))] if 0 in stored else []
        for point, finish in enumerate(step.epilogues, 1):
            places += [plan.offset(operand[channel]) for operand in finish.operands]
            if point in stored:
                places.append(plan.offset(Plane(step.name, point, channel)))
        items.append(places)
    return items
