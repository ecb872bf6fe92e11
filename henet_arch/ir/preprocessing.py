"""What a network expects of its image: how bytes become the numbers that it takes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ..support.errors import PreprocessingError, look_up
from ..support.limits import LARGEST_IMAGE, MOST_IMAGE_CHANNELS
from .dims import format_shape
from .element_type import FLOAT32
from .graph import Graph

ORDERS: dict[str, int | None] = {"RGB": 3, "BGR": 3, "grey": 1, "other": None}
"""The channels of an image, and how many they are; `other` are those that no image file has."""
_USUAL = {1: "grey", 3: "RGB"}
BYTE = 1 / 255
"""The scale of bytes from 0 to 1."""
LUMA = (19595, 38470, 7471)
"""Red, green and blue in 65,536 parts of grey: ITU-R BT.601, as Pillow rounds it."""
_LEAST, _MOST = 1e-6, 1e6
"""Of numbers that normalise: far beyond use, and all that they make is finite in float32."""


@dataclass(frozen=True)
class Preprocessing:
    """How an image of bytes becomes a network's input. It is exactly this, in this order:

    1. Colours: a grey image for colours has its values three times, and a colour image for grey has
       `(19595 R + 38470 G + 7471 B + 32768) // 65536`.
    2. Size: with `resize` the image keeps its proportions and is as small as covers that height and
       width (the longer side is rounded down), and the middle of it is cut out (a half is rounded
       to the even pixel); without, it is stretched to the input's size. An element of the result
       has the mean of the pixels around its centre, which lose weight in a straight line with
       their distance, down to 0 at one pixel of the larger of the two images. Nothing is rounded.
    3. Numbers: `(value * scale - mean) / std`, by channel.
    4. Channels: as they are; grey is repeated for every channel of the input, and colours are
       averaged for an input of one.

    Attributes:
        mean: one number for each channel of the image, in the order of its channels.
        std: the same, above 0.
        channel_order: one of `ORDERS`: how mean, std and the input order the channels.
        scale: what bytes, 0 to 255, are multiplied by first: 1/255 for mean and std of 0 to 1.
        resize: the height and width that the image covers before its middle is cut out; None
            stretches it to the input.

    Raises:
        PreprocessingError: a value normalises nothing, or the numbers of channels differ.

    Source: torchvision's `Resize` with antialias, `CenterCrop` and `Normalize`, on floats.
    """

    mean: tuple[float, ...]
    std: tuple[float, ...]
    channel_order: str = "RGB"
    scale: float = 1.0
    resize: tuple[int, int] | None = None

    def __post_init__(self) -> None:
        wanted = look_up(self.channel_order, ORDERS, "channel order")
        for name, least in (("mean", -_MOST), ("std", _LEAST)):
            values = tuple(_number(name, each, least) for each in _listed(name, self))
            object.__setattr__(self, name, values)
        object.__setattr__(self, "scale", _number("scale", self.scale, _LEAST))
        if len(self.mean) > MOST_IMAGE_CHANNELS:
            raise PreprocessingError(
                f"images have at most {MOST_IMAGE_CHANNELS} channels, not {len(self.mean):,}"
            )
        if not len(self.mean) == len(self.std) == (wanted or len(self.mean)) > 0:
            raise PreprocessingError(
                f"{len(self.mean)} means and {len(self.std)} deviations are not those of "
                f"{self.channel_order} images",
                fix=f"{wanted or 'as many'} of each",
            )
        if self.resize is not None:
            object.__setattr__(self, "resize", _size(self.resize))

    @property
    def channels(self) -> int:
        """Channels of the image that the numbers are of."""
        return len(self.mean)

    def check(self, graph: Graph) -> None:
        """Refuse a network that takes no such image.

        Args:
            graph: The network.

        Raises:
            PreprocessingError: it has several inputs or one that is no image, or another number
                of channels, or is larger than what its image is cut from.
        """
        channels, *size = image_shape(graph)
        if channels != self.channels and 1 not in (channels, self.channels):
            raise PreprocessingError(
                f"the network takes {channels} channels, and {self.channel_order} images have "
                f"{self.channels}",
                fix=f"a mean and a deviation for each of {channels} channels",
            )
        if self.resize and any(a < b for a, b in zip(self.resize, size, strict=True)):
            raise PreprocessingError(
                f"an input of {format_shape(tuple(size))} cannot be cut from an image of "
                f"{format_shape(self.resize)}",
                why="images are brought to that size first",
                fix=f"resize to {format_shape(tuple(size))} or more",
            )

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON, which `from_dict` reads."""
        return {
            "channel_order": self.channel_order,
            "scale": self.scale,
            "mean": list(self.mean),
            "std": list(self.std),
            "resize": list(self.resize) if self.resize else None,
        }

    @classmethod
    def from_dict(cls, values: object) -> Preprocessing:
        """What `to_dict` made, checked.

        Args:
            values: An object with a key for each attribute.

        Raises:
            PreprocessingError: it is something else, or has a value that cannot be.
        """
        if not isinstance(values, Mapping) or values.keys() != _KEYS:
            raise PreprocessingError(
                f"{values!r:.99} is no preprocessing", fix=f"an object with {', '.join(_KEYS)}"
            )
        return cls(**values)

    @property
    def size(self) -> str:
        """How an image gets to the input's size, in words."""
        if self.resize is None:
            return "stretched to the input"
        return f"made to cover {format_shape(self.resize)}, and the middle cut out"

    @property
    def numbers(self) -> str:
        """What becomes of a byte, as a formula."""
        scaled = {1.0: "byte", BYTE: "byte / 255"}.get(self.scale, f"byte * {self.scale:.9g}")
        return f"({scaled} - mean) / std"

    def __str__(self) -> str:
        mean, std = (", ".join(f"{v:.6g}" for v in values) for values in (self.mean, self.std))
        return f"{self.channel_order}, {self.size}; {self.numbers} with mean {mean} and std {std}"


def usual_order(channels: int) -> str:
    """The order of so many channels, where nothing else is said."""
    return _USUAL.get(channels, "other")


def image_shape(graph: Graph) -> tuple[int, int, int]:
    """Channels, height and width of the one image that the network takes.

    Raises:
        PreprocessingError: it takes something else, or one that is larger than image files are.
    """
    inputs = [node for node in graph if not node.inputs]
    shape = inputs[0].shape
    fixed = len(shape) == 3 and all(isinstance(size, int) for size in shape)
    if len(inputs) != 1 or not fixed or inputs[0].element_type != FLOAT32:
        raise PreprocessingError(
            f"{graph.name} does not take one image, which could be preprocessed",
            fix="a network with one input, CxHxW of float32",
        )
    channels, height, width = map(int, shape)
    if max(channels, height, width) > LARGEST_IMAGE:
        raise PreprocessingError(
            f"an input of {format_shape(shape)} is larger than images are",
            why=f"the limit is {LARGEST_IMAGE:,} channels, and so many pixels a side",
        )
    return channels, height, width


def covering(size: tuple[int, int], resize: tuple[int, int]) -> tuple[int, int]:
    """The least height and width of the proportions of `size` that cover `resize`."""
    (height, width), (tall, wide) = size, resize
    if height * wide <= width * tall:
        return tall, width * tall // height
    return height * wide // width, wide


_KEYS = dict.fromkeys(("channel_order", "scale", "mean", "std", "resize")).keys()


def _listed(name: str, own: Preprocessing) -> Iterable[object]:
    values = getattr(own, name)
    if isinstance(values, str | bytes) or not isinstance(values, Iterable):
        raise PreprocessingError(f"{name} = {values!r:.99} is no list of numbers")
    return values


def _number(name: str, value: Any, least: float) -> float:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if is_number and least <= value <= _MOST:
        return float(value)
    raise PreprocessingError(
        f"{name} has {value!r:.99}, which is no number of {least:,g} to {_MOST:,.0f}",
        fix="a number above 0" if least > 0 else "a number within them",
    )


def _size(value: object) -> tuple[int, int]:
    if not isinstance(value, tuple | list) or len(value) != 2:
        raise PreprocessingError(f"resize = {value!r:.99} is no height and width")
    height, width = value
    for side in (height, width):
        if type(side) is not int or not 1 <= side <= LARGEST_IMAGE:
            raise PreprocessingError(
                f"resize has {side!r:.99}, which is not 1 to {LARGEST_IMAGE:,} pixels",
                fix="a height and a width, such as 256 and 256",
            )
    return height, width
