"""Several layers of a file that are one of ours: a batch norm, a shuffle, a gate."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass

from ...ir.dims import Shape, format_shape
from ...ir.layer import Layer
from ...ir.layers import Add, ChannelShuffle, Multiply
from ...support.errors import FileError, ShapeError
from .assembly import At, Value
from .network import LayerEntry
from .pointwise import batch_norm_and_scale
from .shapes import order_of, reshaped
from .wiring import Step, Wiring


@dataclass(frozen=True)
class Pattern:
    """Layers that become one, each of which only the next one reads.

    Attributes:
        parts: All but the last layer.
        row: Builds the whole where the last one stands; None where the shapes do not allow it. Its
            `At` reads what the parts read, and its sources are the parts.
    """

    parts: tuple[Step, ...]
    row: Callable[[At], Value | None]

    def inputs(self, last: Step, values: Mapping[int, Value]) -> tuple[Value, ...]:
        """What the whole reads: what the first part does, in the place of what the parts give."""
        inside = {number for part in self.parts for number in part.gives}
        first = self.parts[0].reads[0]
        return tuple(values[first if number in inside else number] for number in last.reads)


def patterns(wiring: Wiring) -> dict[Step, Pattern]:
    """The patterns of a network by their last layer; no layer is part of two."""
    chains = _Chains(wiring)
    result: dict[Step, Pattern] = {}
    taken: set[Step] = set()
    for step in wiring.steps:
        pattern = next(
            filter(None, (look(step, chains) for look in (_norm, _shuffle, _gate))), None
        )
        if pattern and taken.isdisjoint(pattern.parts):
            result[step] = pattern
            taken.update((*pattern.parts, step))
    return result


class _Chains:
    """Which layer gives a value that one layer alone reads."""

    def __init__(self, wiring: Wiring) -> None:
        self._readers = wiring.readers
        self._givers = {number: step for step in wiring.steps for number in step.gives}

    def before(self, step: Step, index: int, *kinds: str) -> Step | None:
        """The layer of such a type whose only value `step` reads as its input `index`."""
        number = step.reads[index]
        giver = self._givers.get(number)
        alone = self._readers[number] == 1 and step.reads.count(number) == 1
        fits = giver and alone and len(giver.reads) == len(giver.gives) == 1
        return giver if giver and fits and giver.entry.kind in kinds else None


def _norm(step: Step, chains: _Chains) -> Pattern | None:
    """A BatchNorm, and the Scale with a factor and a shift for each channel that reads it."""
    if step.entry.kind != "Scale" or len(step.reads) != 1:
        return None
    settings = step.entry.settings.message("scale_param")
    is_usual = (
        settings.flag("bias_term", False)
        and settings.whole("axis", 1) == 1
        and settings.whole("num_axes", 1) == 1
    )
    norm = chains.before(step, 0, "BatchNorm")
    return Pattern((norm,), batch_norm_and_scale) if norm and is_usual else None


def _shuffle(step: Step, chains: _Chains) -> Pattern | None:
    """A Reshape to groups, a Permute of them with what they hold, and a Reshape back."""
    if step.entry.kind != "Reshape" or len(step.reads) != 1:
        return None
    turn = chains.before(step, 0, "Permute")
    split = chains.before(turn, 0, "Reshape") if turn else None
    return Pattern((split, turn), _shuffled) if split and turn else None


def _shuffled(at: At) -> Value | None:
    with suppress(FileError, ShapeError):  # which the layers raise by themselves
        if groups := _groups(at):
            return at.add(ChannelShuffle(groups))
    return None


def _groups(at: At) -> int:
    """Those of the shuffle that three layers are; 0 where they are none."""
    split, turn, merge = (entry.settings for entry in (*at.sources, at.entry))
    whole: Shape = (1, *at.x.shape)
    table = reshaped(split.message("reshape_param"), whole)
    order = order_of(turn.message("permute_param"), len(table))
    if len(whole) != 4 or order != [0, 2, 1, *range(3, len(table))]:
        return 0
    turned = tuple(table[axis] for axis in order)
    back = reshaped(merge.message("reshape_param"), turned)
    return int(table[1]) if back == whole and table[1] * table[2] == whole[1] else 0


_GATES: dict[str, tuple[str, Layer]] = {
    "Scale": ("scale_param", Multiply()),
    "Bias": ("bias_param", Add()),
}


def _gate(step: Step, chains: _Chains) -> Pattern | None:
    """A map of one place for each channel as a vector, by which the channels of another go."""
    if step.entry.kind not in _GATES or len(step.reads) != 2:
        return None
    name, layer = _GATES[step.entry.kind]
    settings = step.entry.settings.message(name)
    flat = chains.before(step, 1, "Flatten", "Reshape")
    if not flat or settings.whole("axis", 1) != 0 or settings.flag("bias_term", False):
        return None
    return Pattern((flat,), lambda at: _gated(at, layer))


def _gated(at: At, layer: Layer) -> Value | None:
    x, gate = (value.shape for value in at.inputs)
    if len(x) != 3 or len(gate) != 3 or gate[1:] != (1, 1) or not _flattens(at.sources[0], gate):
        return None
    if x[0] != gate[0]:
        raise ShapeError(f"{format_shape(gate)} does not go by channel with {format_shape(x)}")
    return at.add(layer)


def _flattens(entry: LayerEntry, shape: Shape) -> bool:
    """Whether it makes a vector of all elements."""
    if entry.kind == "Reshape":
        with suppress(FileError, ShapeError):
            return reshaped(entry.settings.message("reshape_param"), (1, *shape)) == (1, shape[0])
        return False
    settings = entry.settings.message("flatten_param")
    return settings.whole("axis", 1) == 1 and settings.whole("end_axis", -1) == -1
