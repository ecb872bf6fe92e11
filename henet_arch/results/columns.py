"""What the rows of a report can show: each column with its name, heading and value.

`DEFAULT` is the choice of tables for which nobody chose. A choice has a table's columns, and the
keys of the rows of CSV and JSON.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Literal, Protocol

from ..conventions.convention import Convention
from ..ir.dims import Dim, Shape, format_shape
from ..support.errors import UnknownNameError, look_up
from . import unknown
from .layer_report import LayerReport, Scope, plain_lists
from .table import Cell, Column, Share

Role = Literal["plain", "head", "total"]


class Whole(Protocol):
    """The network that rows are parts of."""

    @property
    def convention(self) -> Convention: ...
    @property
    def params(self) -> Dim: ...
    @property
    def macs(self) -> Dim: ...


@dataclass(frozen=True)
class Part:
    """What one row shows.

    Attributes:
        layers: All that it sums.
        whole: The network.
        repeat: How many equal parts `layers` are.
    """

    layers: Scope
    whole: Whole
    repeat: int = 1

    @cached_property
    def once(self) -> Scope:
        """The first of its equal parts."""
        return self._repetition(0)

    @cached_property
    def last(self) -> Scope:
        """The last one, which may read other sizes than the first."""
        return self._repetition(self.repeat - 1)

    def _repetition(self, index: int) -> Scope:
        layers = self.layers.layers
        count = len(layers) // self.repeat
        return Scope(self.layers.name, layers[index * count : (index + 1) * count])

    @property
    def layer(self) -> LayerReport | None:
        """The layer, where it is one."""
        layers = self.once.layers
        return layers[0] if len(layers) == 1 else None


_NUMBERS = Column("", number=True)


def _same(value: Any) -> Any:
    return value


@dataclass(frozen=True)
class Field:
    """One column that a report can have.

    Attributes:
        name: What the command line calls it.
        value: Of a row, for programs: a number, a word, a list, or None for what is unknown.
        note: What the heading means, for below the table.
        flat: `value` as a spreadsheet has it.
        cell: `value` as a table has it; by default as a spreadsheet.
        title: The heading, if it is not the name; `{unit}` is what the convention counts.
        key: In CSV and JSON, if it is not the name.
        on: The roles of the rows that have a value.
        look: The heading's column but for its title: alignment, and what leaves first.
    """

    name: str
    value: Callable[[Part], Any]
    note: str = ""
    flat: Callable[[Any], Any] = _same
    cell: Callable[[Part], Cell] | None = None
    title: str = ""
    key: str = ""
    on: tuple[Role, ...] = ("plain", "head", "total")
    look: Column = _NUMBERS
    tables_only: bool = False
    """Whether it says what tables do: programs have every block by itself."""
    by_image: bool = False
    """Whether each image of a batch adds to it."""
    images: int = 1
    """The images that it is of."""

    def column(self, whole: Whole) -> Column:
        """The table's column."""
        title = (self.title or self.name.replace("-", " ")).format(unit=whole.convention.unit)
        return replace(self.look, title=title)

    def shown(self, part: Part, role: Role) -> Cell:
        """The table's cell."""
        if role not in self.on:
            return None
        cell: Cell = self.cell(part) if self.cell else self.flat(self.value(part))
        return cell

    @property
    def word(self) -> str:
        """Its key in CSV and JSON."""
        return self.key or self.name.replace("-", "_")


def _macs(part: Part) -> Dim | None:
    return None if part.layers.unknown else part.layers.macs


def _macs_cell(part: Part) -> Cell:
    return unknown.cell(part.layers.macs, not part.layers.unknown)


def _share_of_macs(part: Part) -> Share | None:
    scope = part.layers
    return Share.of(scope.macs, part.whole.macs) if scope.macs or not scope.unknown else None


def _share_of_params(part: Part) -> Share | None:
    return Share.of(part.layers.params, part.whole.params)


def _number(share: Callable[[Part], Share | None]) -> Callable[[Part], float | None]:
    def number(part: Part) -> float | None:
        result = share(part)
        return result.part if result else None

    return number


def _kind(part: Part) -> str | None:
    return part.layer.node.layer.kind if part.layer else None


def _inputs(part: Part) -> Cell:
    """The inputs, and where repeats read others, those of the first and the last."""
    return " to ".join(dict.fromkeys(map(_counted, (part.once, part.last))))


def _counted(scope: Scope) -> str:
    """Each shape once, with how many inputs have it: `256x14x14, 32x14x14 (24)`."""
    counts = Counter(map(format_shape, scope.input_shapes))
    return ", ".join(f"{s} ({n})" if n > 1 else s for s, n in counts.items())


def _kernels(part: Part) -> Cell:
    return ", ".join(dict.fromkeys(map(format_shape, part.once.kernels)))


def _groups(part: Part) -> Cell:
    groups = part.once.groups
    return ", ".join(map(str, groups if set(groups) - {1} else groups[:1]))


def _groups_of_grouped(part: Part) -> Cell:
    return _groups(part) if set(part.once.groups) - {1} else ""


def _shapes(shapes: Iterable[Shape]) -> str:
    return " ".join(map(format_shape, shapes))


def _words(values: Iterable[Any]) -> str:
    return " ".join(map(str, values))


_BELOW: tuple[Role, ...] = ("plain",)
"""A stage's own rows say it."""
_PLACES: tuple[Role, ...] = ("plain", "head")
"""It has no total."""

FIELDS = {
    field.name: field
    for field in (
        Field("kind", _kind, on=_PLACES, look=Column("", rank=2)),
        Field("layers", lambda part: len(part.layers.layers)),
        Field(
            "input",
            lambda part: part.once.input_shapes,
            "input: what comes from outside the row",
            flat=_shapes,
            cell=_inputs,
            key="input_shapes",
            on=_PLACES,
            look=Column("", prose=True),
        ),
        Field(
            "output",
            lambda part: part.layers.shape,
            flat=format_shape,
            key="output_shape",
            on=_PLACES,
            look=Column("", whole=True, rank=2),
        ),
        Field(
            "width",
            lambda part: part.once.width,
            "C: width of the last convolution",
            title="C",
            on=_BELOW,
            look=Column("", number=True, rank=4),
        ),
        Field(
            "kernel",
            lambda part: part.once.kernels,
            "kernel: each size once",
            flat=_shapes,
            cell=_kernels,
            key="kernels",
            on=_BELOW,
            look=Column("", prose=True),
        ),
        Field(
            "stride",
            lambda part: part.once.stride,
            "S: largest stride",
            title="S",
            on=_BELOW,
            look=Column("", number=True, rank=4),
        ),
        Field(
            "groups",
            lambda part: part.once.groups,
            flat=_words,
            cell=_groups,
            on=_BELOW,
            look=Column("", prose=True, rank=5),
        ),
        Field(
            "repeats",
            lambda part: part.repeat if part.repeat > 1 else None,
            "x: repeats, summed in the row",
            title="x",
            on=_BELOW,
            look=Column("", number=True, rank=3),
            tables_only=True,
        ),
        Field("params", lambda part: part.layers.params, look=Column("", number=True, rank=1)),
        Field(
            "params-share",
            _number(_share_of_params),
            cell=_share_of_params,
            title="of params",
            look=Column("", share=True, wide=True),
        ),
        Field(
            "trainable",
            lambda part: part.layers.trainable,
            "trainable: parameters that training changes, as built",
            key="trainable_params",
        ),
        Field("macs", _macs, cell=_macs_cell, title="{unit}"),
        Field(
            "macs-share",
            _number(_share_of_macs),
            cell=_share_of_macs,
            title="of {unit}",
            look=Column("", share=True),
        ),
        Field(
            "activations",
            lambda part: part.layers.activations,
            look=Column("", number=True, wide=True),
        ),
        Field(
            "weight-bytes",
            lambda part: part.layers.weight_bytes,
            look=Column("", number=True, wide=True),
        ),
        Field(
            "live-bytes",
            lambda part: part.layers.live_bytes,
            "live bytes: the most activations held while one of its layers runs",
            key="live_activation_bytes",
            by_image=True,
        ),
        Field(
            "forward-bytes",
            lambda part: part.layers.forward_bytes,
            "forward bytes: all outputs, kept as training keeps them",
            by_image=True,
        ),
        Field(
            "backward-bytes",
            lambda part: part.layers.backward_bytes,
            "backward bytes: the gradients of these outputs, and none of the image",
            by_image=True,
        ),
    )
}
"""All columns by name, in the order of the help."""
DEFAULT = (
    FIELDS["output"],
    FIELDS["width"],
    FIELDS["stride"],
    replace(FIELDS["groups"], cell=_groups_of_grouped),
    FIELDS["repeats"],
    FIELDS["params"],
    FIELDS["macs"],
    FIELDS["macs-share"],
    FIELDS["activations"],
    FIELDS["weight-bytes"],
    FIELDS["params-share"],
)
"""Those of a table for which nobody chose, with groups where there are several."""


def fields(names: Sequence[str]) -> tuple[Field, ...]:
    """The columns of those names, in that order; the first stay longest in a narrow table.

    Raises:
        UnknownNameError: there is no such column, or one is there twice.
    """
    chosen = [look_up(name, FIELDS, "column") for name in names]
    if again := next((name for name in names if names.count(name) > 1), None):
        raise UnknownNameError(f"the column {again!r} is there twice", fix="each column once")
    return tuple(
        replace(field, look=replace(field.look, wide=False, rank=rank))
        for rank, field in enumerate(chosen, start=1)
    )


def of_batch(chosen: Iterable[Field], images: int) -> tuple[Field, ...]:
    """The same columns for a batch: what each image adds to is as many times as much."""
    if images == 1:
        return tuple(chosen)

    def times(field: Field) -> Field:
        return replace(
            field,
            images=images,
            value=lambda part: images * field.value(part),
            note=f"{field.note}, of {images:,} images",
        )

    return tuple(times(field) if field.by_image else field for field in chosen)


def values(chosen: Sequence[Field], scope: Scope, whole: Whole) -> dict[str, Any]:
    """One row of JSON: the name and the chosen columns."""
    part = Part(scope, whole)
    return {"name": scope.name, **{field.word: plain_lists(field.value(part)) for field in chosen}}


def record(chosen: Sequence[Field], scope: Scope, whole: Whole) -> dict[str, Any]:
    """The same as one flat row."""
    part = Part(scope, whole)
    return {"name": scope.name, **{field.word: field.flat(field.value(part)) for field in chosen}}
