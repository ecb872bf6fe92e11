"""What happens to an element between its sum and its places in memory."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from ...ir.layer import Layer
from ...ir.layers import Elementwise
from ...lowering.plan import Plan
from ...lowering.program import Plane, Step


class Text(NamedTuple):
    """A function with its parameters as C."""

    name: str
    """An identifier, the same for the same function with the same parameters."""
    vector: str
    """Of a `vector y`."""
    single: str
    """Of a `float y`."""


def as_c(layer: Layer) -> Text:
    """The function of an `Elementwise`."""
    if not isinstance(layer, Elementwise):
        raise TypeError(f"{layer.kind} is no function of each element")
    parameters = {name: f"(float){value!r}" for name, value in layer.attributes().items()}
    name = "_".join((layer.kind, *(repr(value).translate(_WORD) for value in layer.settings)))
    function = layer.function
    return Text(name, function.vector.format(**parameters), function.c.format(**parameters))


_WORD = str.maketrans({".": "p", "-": "m", "+": None})
"""From the characters of a number to those of an identifier."""


class Finishing:
    """The acts that end a step, and for each channel the places that they need."""

    def __init__(self, plan: Plan, step: Step) -> None:
        layers = [finish.node.layer for finish in step.epilogues]
        functions = [as_c(layer) for layer in layers if isinstance(layer, Elementwise)]
        self._vector = {text.name: f"y = {text.vector};" for text in functions}
        self._single = {text.name: f"y = {text.single};" for text in functions}
        self.acts = tuple(_acts(plan, step))
        """Functions, `keep`, `load` and `store`."""
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
        lines += self._lines(self._vector, f"y += load({place});", f"store({place}, y);")
        body = " \\\n".join(f"        {line}" for line in lines)
        return f"#define FINISH_{self.name}(o, v) \\\n    {{ \\\n{body} \\\n    }}\n"

    def on_one(self, ends: str, at: str = "") -> list[str]:
        """The acts on the single element `y` of channel `c`, `at` behind the places in `ends`."""
        place = f"ws[{ends}[c * {self.every} + {{}}]{at}]"
        return list(self._lines(self._single, f"y += {place};", f"{place} = y;"))

    def _lines(self, acts: dict[str, str], load: str, store: str) -> Iterator[str]:
        places = iter(range(self.every))
        for act in self.acts:
            if act == "load":
                yield load.format(next(places))
            elif act == "store":
                yield store.format(next(places))
            elif act != "keep":
                yield acts[act]
            elif acts is self._vector:
                yield "y = keep(y, kept + q + v * LANES);"


def _acts(plan: Plan, step: Step) -> Iterator[str]:
    stored = plan.program.stored[step.name]
    clean = any((step.name, point) in plan.layout.clean for point in stored)
    if clean:
        yield "keep"
    if 0 in stored:
        yield "store"
    for point, finish in enumerate(step.epilogues, 1):
        layer = finish.node.layer
        if isinstance(layer, Elementwise):
            yield as_c(layer).name
            if clean and not layer.function.keeps_zero:
                yield "keep"
        yield from ("load" for _ in finish.operands)
        if point in stored:
            yield "store"


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
