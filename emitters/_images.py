"""What emitted PyTorch says of images and classes: constants, and a function `preprocess`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ..ir.classes import class_names
from ..ir.dims import format_shape
from ..ir.model import Model
from ..ir.preprocessing import BYTE, LUMA, Preprocessing, image_shape
from ._python import Call, docstring, layout, string

NAMES = ("CLASSES", "MEAN", "SCALE", "STD")
"""Constants that no class of an emitted file is called."""
_RESAMPLED = '''

def _resampled(size: int, whole: int, part: int) -> Tensor:
    """How much of each of `size` pixels is in each of the middle `part` of `whole`."""
    step, first = size / whole, round((whole - part) / 2)
    centres = (torch.arange(first, first + part, dtype=torch.float64) + 0.5) * step
    distances = (torch.arange(size) + 0.5 - centres[:, None]).abs()
    weights = (1 - distances / max(step, 1)).clamp_min(0)
    return (weights / weights.sum(1, keepdim=True)).float()
'''


def image_rows(model: Model) -> list[str]:
    """What follows the classes of a file: none where nothing is known of images and classes.

    Raises:
        PreprocessingError: what is known does not fit the network.
    """
    rows: list[str] = []
    if names := class_names(model):
        values = [("", string(name)) for name in names]
        listed = Call("", values, spread=not all(map(str.isascii, names)))
        rows += ["", *layout("CLASSES = ", listed, 0)]
        rows += docstring(["What the outputs stand for, in order."])
    if model.preprocessing:
        rows += _preprocess(model.preprocessing, image_shape(model.graph), model)
    return ["", *rows] if rows else []


def _preprocess(own: Preprocessing, shape: tuple[int, int, int], model: Model) -> Iterator[str]:
    own.check(model.graph)
    yield ""
    yield from _numbers("MEAN", own.mean)
    yield from _numbers("STD", own.std)
    yield f"SCALE = {'1 / 255' if own.scale == BYTE else repr(own.scale)}"
    yield from docstring([f"Of each channel, {own.channel_order}, once bytes are scaled."])
    yield from _RESAMPLED.rstrip("\n").splitlines()
    yield from ("", "", "def preprocess(image: Tensor) -> Tensor:")
    yield from docstring(_described(own, shape), 1)
    yield from (f"    {line}" for line in _body(own, shape))


def _numbers(name: str, values: tuple[float, ...]) -> list[str]:
    if len(values) == 1:
        return [f"{name} = ({values[0]!r},)"]
    return layout(f"{name} = ", Call("", [("", repr(value)) for value in values]), 0)


def _described(own: Preprocessing, shape: tuple[int, int, int]) -> Iterator[str]:
    channels = "3 channels, RGB, or 1, grey"
    if own.channel_order == "other":
        channels = f"{own.channels} channels, in the order of MEAN"
    yield f"Images of bytes as the network takes them: (N, {', '.join(map(str, shape))})."
    yield ""
    yield f"`image` is uint8, (C, H, W) or (N, C, H, W), of {channels}."
    size = format_shape(shape[1:])
    if own.resize:
        yield (
            f"It is resized so that it just covers {format_shape(own.resize)}, and the middle "
            f"{size} is cut out."
        )
    else:
        yield f"It is stretched to {size}."


def _body(own: Preprocessing, shape: tuple[int, int, int]) -> Iterator[str]:
    channels, height, width = shape
    yield "if image.dtype != torch.uint8:"
    yield '    raise TypeError(f"the image has {image.dtype}, and bytes are needed")'
    yield "x = image if image.dim() == 4 else image[None]"
    yield from _coloured(own)
    yield "height, width = x.shape[2:]"
    whole = ("whole_height", "whole_width") if own.resize else (str(height), str(width))
    if own.resize:
        yield from _covering(*own.resize)
    for side, name, all_, part in zip(
        ("down", "across"), ("height", "width"), whole, (height, width), strict=True
    ):
        yield f"{side} = _resampled({name}, {all_}, {part}).to(x.device)"
    yield "x = down @ x.float() @ across.T"
    yield "mean, std = (torch.tensor(v, device=x.device)[:, None, None] for v in (MEAN, STD))"
    yield "x = (x * SCALE - mean) / std"
    if channels == own.channels:
        yield "return x"
    elif own.channels == 1:
        yield f"return x.repeat(1, {channels}, 1, 1)"
    else:
        yield "return x.mean(1, keepdim=True)"


def _coloured(own: Preprocessing) -> Iterator[str]:
    """The image in the channels of MEAN and STD."""
    if own.channel_order == "other":
        yield f"if x.shape[1] != {own.channels}:"
        yield f'    raise ValueError("the image needs {own.channels} channels")'
    elif own.channels == 1:
        red, green, blue = LUMA
        yield "if x.shape[1] == 3:"
        yield "    red, green, blue = x.int().unbind(1)"
        yield f"    grey = {red} * red + {green} * green + {blue} * blue"
        yield "    x = ((grey + 32768) >> 16)[:, None]"
    else:
        yield "x = x.expand(-1, 3, -1, -1)"
        if own.channel_order == "BGR":
            yield "x = x.flip(1)"


def _covering(tall: int, wide: int) -> Iterable[str]:
    return (
        f"whole_height, whole_width = {tall}, width * {tall} // height",
        f"if height * {wide} > width * {tall}:",
        f"    whole_height, whole_width = height * {wide} // width, {wide}",
    )
