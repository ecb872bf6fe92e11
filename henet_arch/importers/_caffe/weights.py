"""The weights of a graph from the blobs of a caffemodel."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import prod
from typing import TYPE_CHECKING, Any

from ...ir.dims import Shape, format_shape
from ...support.errors import FileError, nearest
from ...support.optional import need
from .assembly import Slot
from .build import Imported
from .caffemodel import Blob, Caffemodel

if TYPE_CHECKING:
    from numpy.typing import NDArray


class BlobWeights(Mapping[str, Any]):
    """Arrays by parameter name, each read when it is asked for."""

    def __init__(self, model: Caffemodel, slots: Mapping[str, Slot]) -> None:
        self._model = model
        self._slots = slots

    def __getitem__(self, name: str) -> NDArray[Any]:
        slot = self._slots[name]
        np = need("numpy", "weights")
        with np.errstate(all="ignore"):  # what overflows is refused below
            values = self._model.read(self._blob(slot)).astype(np.float32).reshape(slot.shape)
            if slot.divided_by is not None:
                values = self._divided(values, slot)
        if not np.isfinite(values).all():
            raise FileError(
                f"{name} has values that are no finite numbers", where=str(self._model.path)
            )
        return np.ascontiguousarray(values.T) if slot.transposed else values

    def __iter__(self) -> Iterator[str]:
        return iter(self._slots)

    def __len__(self) -> int:
        return len(self._slots)

    def _blob(self, slot: Slot) -> Blob:
        return self._model.layers[slot.layer][slot.number]

    def _divided(self, values: NDArray[Any], slot: Slot) -> NDArray[Any]:
        """Sums as means, by the number that Caffe keeps of them; 0 where there are none yet."""
        layer = self._model.layers[slot.layer]
        factor = float(self._model.read(layer[slot.divided_by or 0])[0])
        return values * 0 if factor == 0 else values / factor


def weights_of(imported: Imported, model: Caffemodel) -> BlobWeights:
    """The weights of a graph, whose places and shapes are checked.

    Raises:
        FileError: a layer has no blobs, too few, or of another shape.
    """
    for slot in (*imported.slots.values(), *imported.factors):
        _check(slot, model)
    return BlobWeights(model, imported.slots)


def fits(imported: Imported, model: Caffemodel) -> bool:
    """Whether all weights of a graph are there, with its shapes."""
    try:
        weights_of(imported, model)
    except FileError:
        return False
    return True


def _check(slot: Slot, model: Caffemodel) -> None:
    where = str(model.path)
    if slot.layer not in model.layers:
        raise FileError(
            f"layer {slot.layer[:99]!r} has no blobs there",
            where=where,
            fix=nearest(slot.layer, model.layers),
        )
    blobs = model.layers[slot.layer]
    if slot.number >= len(blobs):
        raise FileError(
            f"layer {slot.layer[:99]!r} has {len(blobs)} blobs there, and needs {slot.number + 1}",
            where=where,
            fix="the caffemodel that was trained with this prototxt",
        )
    blob = blobs[slot.number]
    if _plain(blob.shape) != _plain(slot.shape):
        raise FileError(
            f"blob {slot.number} of layer {slot.layer[:99]!r} is {format_shape(blob.shape) or '1'} "
            f"there, and {format_shape(slot.shape)} in the network",
            where=where,
            fix="the caffemodel that was trained with this prototxt",
        )
    if blob.count != prod(slot.shape):
        kind = "numbers in NVIDIA's own form" if blob.raw else f"{blob.count:,} numbers"
        raise FileError(
            f"blob {slot.number} of layer {slot.layer[:99]!r} has {kind}, and its shape has "
            f"{prod(slot.shape):,}",
            where=where,
        )


def _plain(shape: Shape) -> Shape:
    """Without the ones in front, with which Caffe once filled every shape to four sizes."""
    first = next((i for i, size in enumerate(shape) if size != 1), len(shape))
    return shape[first:]
