"""Operators that no other kind describes."""

from __future__ import annotations

from ...support.errors import LayerError, ShapeError, nearest
from ..dims import Cost, Shape, Shapes, Tensors, Word, format_shape
from ..layer import NO_OPS, Layer, Ops, kind


@kind("opaque")
class Opaque(Layer):
    """An operator that is known by its name and its shapes, and perhaps its cost, alone.

    What depends on what inside is unknown: analyses that need it say which layer stops them.
    """

    operator: Word
    """What its format calls it: `aten.roll`, `NonMaxSuppression`."""
    input_shapes: Shapes
    output_shape: Shape
    """What it gives for exactly these inputs."""
    tensors: Tensors = ()
    """Names and shapes of its weights."""
    cost: Cost = None
    """Elementary operations and their numbers; () for none at all, None where they are unknown."""
    arity = (1, None)
    rare = ("tensors",)
    structure_known = False

    def check(self) -> None:
        for name, _ in self.cost or ():
            if name not in Ops._fields:
                raise LayerError(
                    f"{name!r:.99} is no elementary operation", fix=nearest(name, Ops._fields)
                )
        for what, pairs in (("tensors", self.tensors), ("operations", self.cost or ())):
            names = [name for name, _ in pairs]
            if len(set(names)) < len(names):
                raise LayerError(f"two {what} of one name: {', '.join(names):.99}")

    def infer(self, *inputs: Shape) -> Shape:
        if inputs != self.input_shapes:
            seen, met = (
                ", ".join(map(format_shape, shapes)) for shapes in (self.input_shapes, inputs)
            )
            raise ShapeError(
                f"what {self.operator} gives for {met} is unknown",
                why=f"it is known for {seen} alone",
                fix="import the network again at that size: --input",
            )
        return self.output_shape

    def weights(self) -> dict[str, Shape]:
        return dict(self.tensors)

    def ops(self, inputs: tuple[Shape, ...], output: Shape) -> Ops:
        return Ops(**dict(self.cost)) if self.cost else NO_OPS

    @property
    def keeps_sign(self) -> bool:
        return False

    @property
    def cost_known(self) -> bool:
        return self.cost is not None
