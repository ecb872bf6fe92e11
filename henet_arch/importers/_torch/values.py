"""Layers that are not named yet, and the forms in which operators see what they give.

PyTorch views one map in many shapes: with the channels last, as a row of places, as a vector. A
`Value` is a map with the order and grouping of its axes, so that such views are no layers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import count
from math import prod

from ...ir.dims import Shape
from ...ir.layer import Layer
from .constants import Constant
from .trace import Batch, Operation, Sizes

Axes = tuple[tuple[int, ...], ...]
"""For each axis of a view the axes of the map that it runs through, the slowest first."""


@dataclass(eq=False)
class Draft:
    """A layer before it has a name."""

    layer: Layer
    inputs: tuple[Draft, ...]
    shape: Shape
    type: str
    operation: Operation | None
    """None for an input."""
    weights: Mapping[str, Constant] = field(default_factory=dict)
    reads: tuple[Constant, ...] = ()
    """What an opaque layer reads besides; its tensors are chosen when all layers are there."""
    name: str = ""
    """The name of an input."""
    serial: int = field(default_factory=count().__next__)
    """A layer has a greater one than those that it reads."""


@dataclass(frozen=True)
class Value:
    """What a layer gives, as the operators after it see it."""

    draft: Draft
    axes: Axes
    sizes: Sizes
    """With the number of images, as PyTorch has it."""
    by: Operation | None = None
    """The operation that sees it so."""

    @property
    def shape(self) -> Shape:
        """For one image, as the operators see it."""
        return per_image(self.sizes)

    @property
    def is_regular(self) -> bool:
        """Whether the first axis is the images, and no other has to do with them."""
        return is_regular(self.sizes)

    @property
    def is_plain(self) -> bool:
        """Whether it is seen as the layer gives it."""
        return self.axes == plain(len(self.draft.shape))

    def axis_of(self, dim: int) -> int | None:
        """The axis of the map that an axis of PyTorch's view is, if it is one alone."""
        dim = dim % len(self.sizes) - 1
        if not self.is_regular or dim < 0 or len(self.axes[dim]) != 1:
            return None
        return self.axes[dim][0]


def plain(rank: int) -> Axes:
    """The axes of a map that is seen as it is."""
    return tuple((axis,) for axis in range(rank))


def per_image(sizes: Sizes) -> Shape:
    """The sizes of what one image has; a single number is a vector of one, and so is nothing."""
    shape = tuple(
        size.times if isinstance(size, Batch) else size for size in sizes if size != Batch(1)
    )
    return shape if shape and all(shape) else (1,)


def is_regular(sizes: Sizes) -> bool:
    """Whether the first axis is the images, and no other has to do with them."""
    return bool(sizes[:1] == (Batch(1),)) and not any(isinstance(s, Batch) for s in sizes[1:])


def viewed(draft: Draft, axes: Axes) -> Shape:
    """The shape of a map that is seen so."""
    return tuple(prod(draft.shape[axis] for axis in group) for group in axes)


def regrouped(value: Value, shape: Shape) -> Axes | None:
    """The axes of the same elements in the same order in another shape, if it splits no axis."""
    atoms = [axis for group in value.axes for axis in group]
    missing = [a for a, size in enumerate(value.draft.shape) if size == 1 and a not in atoms]
    atoms += missing
    groups: list[tuple[int, ...]] = []
    for size in shape:
        group: list[int] = []
        while prod(value.draft.shape[a] for a in group) != size:
            if not atoms or prod(value.draft.shape[a] for a in group) > size:
                return None
            group.append(atoms.pop(0))
        if size == 1 and atoms and value.draft.shape[atoms[0]] == 1:
            group.append(atoms.pop(0))
        groups.append(tuple(group))
    if any(value.draft.shape[axis] != 1 for axis in atoms):
        return None
    if groups and atoms:
        groups[-1] = (*groups[-1], *atoms)
    return _tidy(tuple(groups), value.draft.shape)


def _tidy(groups: Axes, shape: Shape) -> Axes:
    """Axes of size 1 where they stand in the map, if all axes then stand as they do there."""
    if len(groups) == len(shape) and all(
        prod(shape[a] for a in group) == shape[axis] for axis, group in enumerate(groups)
    ):
        order = [a for group in groups for a in group if shape[a] != 1]
        if order == sorted(order):
            return plain(len(shape))
    return groups


def permuted(value: Value, order: list[int]) -> Axes | None:
    """The axes in another order, where the images stay first."""
    rank = len(value.sizes)
    order = [dim % rank for dim in order]
    if not value.is_regular or order[0] != 0:
        return None
    return _tidy(tuple(value.axes[dim - 1] for dim in order[1:]), value.draft.shape)
