"""Layers of ours, collected one by one from those of a file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from ...ir.dims import Shape, format_shape
from ...ir.graph import SOURCE, Decision
from ...ir.layer import Layer, Ops
from ...ir.layers import Opaque
from ...support.errors import FileError, HenetArchError, ShapeError
from .message import Message
from .network import LayerEntry


class Slot(NamedTuple):
    """What a blob of a caffemodel holds."""

    layer: str
    """The layer in the file that has it."""
    number: int
    """Which of the layer's blobs it is."""
    tensor: str
    """Which tensor of our layer it becomes; "" for a number that only divides others."""
    shape: Shape
    """Of the blob."""
    transposed: bool = False
    """Whether the tensor is the blob's transpose."""
    divided_by: int | None = None
    """The blob whose one number it is divided by."""


class Value(NamedTuple):
    """What a layer gives."""

    part: int
    """The layer's number among the parts."""
    shape: Shape


class Part(NamedTuple):
    """One layer of ours."""

    label: str
    """What its name is made of."""
    original: str
    """The layer's name in the file; "" for one that only goes with another."""
    layer: Layer
    inputs: tuple[int, ...]
    because: tuple[Decision, ...]
    slots: tuple[Slot, ...]
    shared: tuple[str, ...]
    """The names by which its parameters are shared."""


@dataclass
class Assembly:
    """The parts so far, each with its shape inferred."""

    file: str
    """The file's name, as reasons have it."""
    blobs: dict[str, list[Shape]] = field(default_factory=dict)
    """The shapes of the blobs that a caffemodel has for each layer, where there is one."""
    parts: list[Part] = field(default_factory=list)
    shapes: list[Shape] = field(default_factory=list)

    def add(self, part: Part) -> Value:
        """Enter a part.

        Raises:
            ShapeError: it does not fit what it reads.
        """
        shape = part.layer.infer(*(self.shapes[number] for number in part.inputs))
        self.parts.append(part)
        self.shapes.append(shape)
        return Value(len(self.parts) - 1, shape)

    def decision(self, entry: LayerEntry) -> Decision:
        """Why a layer is there: the file has it."""
        source = f"{self.file}:{entry.line}" if entry.line else self.file
        return Decision(SOURCE, entry.title, source)


@dataclass(frozen=True)
class At:
    """A layer of the file as it is built: what it reads, and where its parts go."""

    entry: LayerEntry
    inputs: tuple[Value, ...]
    assembly: Assembly
    sources: tuple[LayerEntry, ...] = ()
    """Layers before it that it takes in, as a scale does the batch norm's."""
    notes: tuple[str, ...] = ()
    """What was taken for granted."""
    unread: frozenset[str] = frozenset()
    """What it gives and nobody needs, since a Silence alone reads it."""

    @property
    def x(self) -> Value:
        """What it reads first.

        Raises:
            FileError: it reads nothing.
        """
        if not self.inputs:
            raise FileError("it reads no blob", why="there is no bottom")
        return self.inputs[0]

    @property
    def channels(self) -> int:
        """Those of what it reads first."""
        return int(self.x.shape[0])

    def settings(self, name: str, fields: Sequence[str]) -> Message:
        """The layer's own settings, in which nothing stands that looks like a slip.

        Args:
            name: Their name in the layer, such as `pooling_param`.
            fields: The names of all that they can hold.

        Raises:
            FileError: a name is nearly one of `fields`.
        """
        message = self.entry.settings.message(name)
        message.check(fields, NEAR_SETTING)
        return message

    def one_bottom(self) -> None:
        """Refuse a layer that reads several blobs.

        Raises:
            FileError: it does.
        """
        if len(self.inputs) > 1:
            raise FileError(f"it reads {len(self.inputs)} blobs and takes one")

    def add(
        self,
        layer: Layer,
        *inputs: Value,
        suffix: str = "",
        slots: Sequence[Slot] = (),
        entry: LayerEntry | None = None,
        blob: str = "",
    ) -> Value:
        """Enter a layer of ours.

        Args:
            layer: What it does.
            inputs: What it reads; by default what the file's layer reads.
            suffix: What is added to its name where it is not the main part.
            slots: The blobs that its tensors come from.
            entry: The layer whose name it has; by default this one.
            blob: What it gives, where it is called so and not as the layer.
        """
        named = entry or self.entry
        label = blob or named.name or named.kind.lower()
        because = [self.assembly.decision(source) for source in (*self.sources, self.entry)]
        inherited = [name for source in self.sources for name in source.parameters]
        notes = [Decision("assumption", note, because[-1].source) for note in self.notes]
        return self.assembly.add(
            Part(
                f"{label}_{suffix}" if suffix else label,
                "" if suffix else blob or named.name,
                layer,
                tuple(value.part for value in inputs or self.inputs),
                (*because, *notes),
                tuple(slots),
                () if suffix else (*inherited, *self.entry.parameters),
            )
        )

    def slot(self, index: int, tensor: str, shape: Shape, entry: LayerEntry | None = None) -> Slot:
        """The blob `index` of this layer, or of `entry`, as a tensor of ours."""
        return Slot((entry or self.entry).name, index, tensor, shape)

    def opaque(
        self,
        shape: Shape,
        cost: Ops | None,
        *inputs: Value,
        suffix: str = "",
        tensors: Sequence[tuple[str, Shape]] = (),
    ) -> Value:
        """Enter a layer of which only the output's shape and perhaps the cost are known.

        Args:
            shape: The output's.
            cost: The elementary operations; None where they are unknown.
            inputs: What it reads; by default what the file's layer reads.
            suffix: What is added to its name and the operator's.
            tensors: Names and shapes of its blobs, in order; by default those of the caffemodel.
        """
        read = inputs or self.inputs
        known = self.assembly.blobs.get(self.entry.name, []) if not suffix else []
        held = list(tensors) or [(f"blob{i}", blob) for i, blob in enumerate(known) if all(blob)]
        operator = f"{self.entry.kind[:_LONGEST_TYPE]}{'.' if suffix else ''}{suffix}"
        layer = Opaque(
            "".join(c if c.isprintable() else "?" for c in operator) or "?",
            tuple(value.shape for value in read),
            shape,
            tuple(held),
            None if cost is None else tuple((k, int(n)) for k, n in cost.to_dict().items()),
        )
        slots = [self.slot(i, name, blob) for i, (name, blob) in enumerate(held)]
        return self.add(layer, *read, suffix=suffix, slots=slots)


NEAR_SETTING = 0.66
"""How alike two names of settings are, where one is taken for a slip of the other."""
_LONGEST_TYPE = 60
"""Characters of an unknown layer's type that are kept."""


def located(error: HenetArchError, at: At) -> HenetArchError:
    """The error with the layer and line at which it happened."""
    shapes = ", ".join(format_shape(value.shape) for value in at.inputs)
    read = f", input {shapes}" if shapes and isinstance(error, ShapeError) else ""
    error.where = error.where if error.where.startswith("line ") else f"{at.entry.place}{read}"
    return error
