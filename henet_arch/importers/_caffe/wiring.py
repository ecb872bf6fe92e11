"""Which layer gives what each layer reads, once in-place layers and labels are seen through."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import NamedTuple

from ...support.errors import FileError, nearest
from .layer_types import DATA, is_sink
from .message import place
from .network import InputEntry, LayerEntry, Network
from .rows import ROWS

_LABELLED = DATA - {"Input", "DummyData", "HDF5Data"}
"""Layers whose first blob is the image, and whose others are labels."""
_UNREAD = -1
"""What depends on labels, which nobody has when the network is used."""


class Gate(NamedTuple):
    """An input of the network: what gives it, and the blob's name."""

    entry: InputEntry | LayerEntry
    blob: str
    top: int

    @property
    def label(self) -> str:
        """What the input is called: as the layer that gives it alone, or else as the blob."""
        is_alone = isinstance(self.entry, LayerEntry) and len(self.entry.tops) == 1
        return (self.entry.name if is_alone else "") or self.blob


@dataclass(frozen=True)
class Step:
    """A layer that is built, with the values that it reads and gives by their numbers."""

    entry: LayerEntry
    reads: tuple[int, ...]
    gives: tuple[int, ...]


@dataclass
class Wiring:
    """The inputs and layers of a network; values are numbers from 0 on, in order."""

    gates: dict[int, Gate] = field(default_factory=dict)
    steps: list[Step] = field(default_factory=list)
    readers: Counter[int] = field(default_factory=Counter)
    silenced: set[int] = field(default_factory=set)

    @property
    def inputs(self) -> dict[int, Gate]:
        """The inputs that a layer reads, by their values."""
        return {value: gate for value, gate in self.gates.items() if self.readers[value]}

    def unread(self, step: Step) -> frozenset[str]:
        """The blobs of a layer that a Silence alone reads."""
        return frozenset(
            top
            for top, value in zip(step.entry.tops, step.gives, strict=True)
            if value in self.silenced and not self.readers[value]
        )

    @property
    def outputs(self) -> list[int]:
        """The values that nobody reads, the last one first: it is the network's main output."""
        unread = [
            value
            for step in self.steps
            for value in step.gives
            if not self.readers[value] and value not in self.silenced
        ]
        return unread[-1:] + unread[:-1]


def wire(network: Network) -> Wiring:
    """The values between the layers of a network.

    Layers that only measure, and what reads labels, are left out.

    Raises:
        FileError: a layer reads a blob that no layer before it gives, or gives one that another
            has given.
    """
    return _Wirer(network).wire()


class _Wirer:
    def __init__(self, network: Network) -> None:
        self._network = network
        self._wiring = Wiring()
        self._blobs: dict[str, int] = {}
        self._count = 0
        self._spare = {
            top: entry for entry in network.left_out if _is_source(entry) for top in entry.tops
        }

    def wire(self) -> Wiring:
        for entry in self._network.inputs:
            self._blobs[entry.name] = self._gate(Gate(entry, entry.name, 0))
        for layer in self._network.layers:
            self._layer(layer)
        return self._wiring

    def _layer(self, entry: LayerEntry) -> None:
        if _is_source(entry):
            self._source(entry)
            return
        reads = tuple(self._read(entry, blob) for blob in entry.bottoms)
        if entry.kind == "Silence":
            self._wiring.silenced.update(reads)
        if entry.kind in ROWS and not (entry.tops and entry.bottoms):
            what, missing = ("gives", "top") if entry.bottoms else ("reads", "bottom")
            raise FileError(f"it {what} no blob", where=entry.place, fix=f"a {missing}")
        if is_sink(entry.kind) or _UNREAD in reads or not entry.tops:
            self._blobs.update(dict.fromkeys(entry.tops, _UNREAD))
            return
        self._wiring.readers.update(set(reads))
        for top in entry.tops:
            self._check_top(entry, top)
        gives = tuple(self._value() for _ in entry.tops)
        self._blobs.update(zip(entry.tops, gives, strict=True))
        self._wiring.steps.append(Step(entry, reads, gives))

    def _source(self, entry: LayerEntry) -> None:
        """The blobs of a layer that reads none."""
        for index, top in enumerate(entry.tops):
            self._check_top(entry, top)
            is_label = index > 0 and entry.kind in _LABELLED
            self._blobs[top] = _UNREAD if is_label else self._gate(Gate(entry, top, index))

    def _gate(self, gate: Gate) -> int:
        value = self._value()
        self._wiring.gates[value] = gate
        return value

    def _value(self) -> int:
        self._count += 1
        return self._count - 1

    def _read(self, entry: LayerEntry, blob: str) -> int:
        if blob not in self._blobs and blob in self._spare:  # the only data are those to train with
            self._source(self._spare[blob])
        if blob not in self._blobs:
            raise FileError(
                f"blob {blob[:99]!r} is read before any layer gives it",
                where=entry.place,
                why=self._later(blob),
                fix=nearest(blob, self._blobs),
            )
        return self._blobs[blob]

    def _later(self, blob: str) -> str:
        for entry in self._network.layers:
            if blob in entry.tops:
                return f"{entry.title} gives it, {place(entry.line) or 'later'}"
        for entry in self._network.left_out:
            if blob in entry.tops:
                return f"{entry.title} gives it, which is not there in the phase TEST"
        return ""

    def _check_top(self, entry: LayerEntry, top: str) -> None:
        if entry.tops.count(top) > 1 or (top in self._blobs and top not in entry.bottoms):
            raise FileError(
                f"blob {top[:99]!r} is given twice",
                where=entry.place,
                why="only a layer that reads a blob may change it in place",
                fix="another name for the top",
            )


def _is_source(entry: LayerEntry) -> bool:
    """Whether the layer gives data; forks have more of them, and Python's."""
    return not entry.bottoms and (
        entry.kind in DATA or re.fullmatch(r"\w*Data|Python", entry.kind) is not None
    )
