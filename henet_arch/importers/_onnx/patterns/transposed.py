"""Transposed convolutions with more rows and columns than ONNX Runtime takes as output padding."""

from __future__ import annotations

from ..network import Op
from ..rewriting import inner
from ..shapes.moves import pad_sides


def longer(op: Op) -> Op | None:
    """Zeros at the far edges of one without a bias, inside of one layer."""
    before = inner(op.value(0), "ConvTranspose") if op.kind == "Pad" and not op.domain else None
    if before is None or before.has(2) or op.has(2):
        return None
    (*others, (above, below), (left, right)) = pad_sides(op)
    if any(map(any, others)) or above or left or min(below, right) < 0:
        return None
    rows, columns = before.integers("output_padding") or (0, 0)
    attributes = {**before.attributes, "output_padding": (rows + below, columns + right)}
    return Op("ConvTranspose", before.inputs, op.outputs, op.place, attributes, "", op.version)


REWRITES = (longer,)
