"""The shapes of a network's inputs: from its file, or as they are asked for."""

from __future__ import annotations

from collections.abc import Mapping

from ...ir.dims import Shape, format_shape
from ...ir.graph import SOURCE, Decision
from ...support.errors import InputShapeError, nearest
from ...support.limits import LARGEST
from ..importer import InputShape
from .message import Message, place
from .network import LayerEntry, dims_of
from .wiring import Gate

_USUAL = (3, 224, 224)
"""An image where the file says nothing."""


def input_shapes(gates: Mapping[int, Gate], wanted: InputShape | None) -> dict[int, Shape]:
    """The shape of each input by its value, without the batch.

    Args:
        gates: The inputs in order.
        wanted: What replaces the file's sizes: by the blobs' names, or of the first input alone.

    Raises:
        InputShapeError: the file leaves a size open and none is given, or a name is wrong.
        FileError: a size is no number.
    """
    by_name = _by_name(gates, wanted)
    shapes: dict[int, Shape] = {}
    open_: list[str] = []
    advice: list[str] = []
    for value, gate in gates.items():
        own = _own(gate)
        shape = _fitted(by_name[gate.blob], own, gate) if gate.blob in by_name else own
        if shape and all(1 <= size <= LARGEST for size in shape):
            shapes[value] = shape
        else:
            open_.append(_described(gate, shape))
            advice.append(_advice(shape))
    if open_:
        several = len(gates) > 1
        raise InputShapeError(
            f"the file leaves open {'inputs' if len(open_) > 1 else 'the input'} "
            + ", ".join(open_),
            fix=f"--input {advice[0]}{', or input_shape={...} by name' if several else ''}",
        )
    return shapes


def _by_name(gates: Mapping[int, Gate], wanted: InputShape | None) -> Mapping[str, Shape]:
    names = [gate.blob for gate in gates.values()]
    if wanted is None:
        return {}
    if not isinstance(wanted, Mapping):
        return {names[0]: tuple(wanted)}
    for name in wanted:
        if name not in names:
            raise InputShapeError(
                f"the network has no input {name!r:.99}", fix=nearest(name, names)
            )
    return {name: tuple(shape) for name, shape in wanted.items()}


def _fitted(shape: Shape, own: Shape | None, gate: Gate) -> Shape:
    """The shape that is asked for; of two sizes, with the channels that the file has."""
    if len(shape) != 2 or (own and len(own) != 3):
        return shape
    if not own or own[0] < 1:
        raise InputShapeError(
            f"input {gate.blob[:99]!r} has channels that the file does not say",
            fix=f"--input {format_shape((_USUAL[0], *shape))}",
        )
    return (own[0], *shape)


def _advice(own: Shape | None) -> str:
    """The file's own sizes, and usual ones for those that it leaves open."""
    usual = _USUAL if own is None or len(own) == len(_USUAL) else (1,) * len(own)
    pairs = zip(own or usual, usual, strict=True)
    return format_shape(tuple(size if 1 <= size <= LARGEST else other for size, other in pairs))


def _described(gate: Gate, shape: Shape | None) -> str:
    sizes = format_shape(tuple(size if size > 0 else "?" for size in shape)) if shape else "?"
    line = place(gate.entry.line)
    return f"{gate.blob[:99]!r} ({sizes}{', ' if line else ''}{line})"


def _own(gate: Gate) -> Shape | None:
    """The shape that the file says; None where it says none."""
    if not isinstance(gate.entry, LayerEntry):
        dims = gate.entry.dims
    else:
        dims = _dims_of_layer(gate.entry, gate.top)
    return None if dims is None else dims[1:] or (1,)


def _dims_of_layer(entry: LayerEntry, top: int) -> Shape | None:
    """The sizes of what a layer gives, the batch first."""
    settings = entry.settings
    if entry.kind == "Input":
        return _nth(list(map(dims_of, settings.message("input_param").messages("shape"))), top)
    if entry.kind == "DummyData":
        return _dummy(settings.message("dummy_data_param"), top)
    if entry.kind == "MemoryData":
        sizes = settings.message("memory_data_param")
        return tuple(sizes.whole(name, 0) for name in ("batch_size", "channels", "height", "width"))
    if top == 0:
        return _image(settings)
    return None


def _nth(items: list[Shape], top: int) -> Shape | None:
    """One for all, or one for each."""
    if len(items) == 1:
        return items[0]
    return items[top] if top < len(items) else None


def _dummy(sizes: Message, top: int) -> Shape | None:
    if shape := _nth(list(map(dims_of, sizes.messages("shape"))), top):
        return shape
    each = [sizes.wholes(name) for name in ("num", "channels", "height", "width")]
    if not all(each):
        return None
    return tuple(numbers[top] if top < len(numbers) else numbers[0] for numbers in each)


def _image(settings: Message) -> Shape | None:
    """What a layer gives that reads images: as large as they are cropped or scaled."""
    transform = settings.message("transform_param")
    images = settings.message("image_data_param")
    resized = transform.message("resize_param")
    crop = transform.whole("crop_size", 0)
    for owner in ("data_param", "image_data_param", "window_data_param"):
        crop = crop or settings.message(owner).whole("crop_size", 0)
    sizes = (
        (crop, crop),
        (transform.whole("crop_h", 0), transform.whole("crop_w", 0)),
        (images.whole("new_height", 0), images.whole("new_width", 0)),
        (resized.whole("height", 0), resized.whole("width", 0)),
    )
    is_grey = transform.flag("force_gray", False) or not images.flag("is_color", True)
    found = next((pair for pair in sizes if all(pair)), None)
    return (1, 1 if is_grey else 3, *found) if found else None


def input_decision(gate: Gate, file: str) -> Decision:
    """Why an input is as it is."""
    entry = gate.entry
    if not isinstance(entry, LayerEntry):
        return Decision(SOURCE, f"input {gate.blob[:99]!r}", _source(file, entry.line))
    reason = entry.title
    if entry.kind not in ("Input", "DummyData", "MemoryData"):
        reason += ", images of 3 channels unless it says otherwise"
    return Decision(SOURCE, reason, _source(file, entry.line))


def _source(file: str, line: int) -> str:
    return f"{file}:{line}" if line else file
