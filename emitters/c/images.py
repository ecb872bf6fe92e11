"""The function of a folder of C that turns an image into the network's input."""

from __future__ import annotations

from collections.abc import Iterator
from textwrap import fill

from ...ir.model import Model
from ...ir.preprocessing import LUMA, Preprocessing, image_shape
from ...support.limits import LARGEST_IMAGE
from .kernels import filled
from .lines import block, joined


def image_parts(model: Model, name: str) -> dict[str, str]:
    """The function, its declaration and its words in the README; empty where nothing is known.

    Raises:
        PreprocessingError: what is known does not fit the network.
    """
    own = model.preprocessing
    if own is None:
        fields = (*_TEXTS, "object", "source", "command")
        return {f"image_{field}": "" for field in fields}
    own.check(model.graph)
    values = _values(own, image_shape(model.graph), name)
    reads = own.channel_order != "other"
    return {
        **{f"image_{part}": filled(file, values) for part, file in _TEXTS.items()},
        "image_object": f" {name}_images.o",
        "image_source": f" {name}_images.c",
        "image_command": f"./{name} a.ppm b.pgm             # what is on images\n" if reads else "",
    }


_TEXTS = {"code": "images.c", "header": "images.h", "readme": "images.md"}


def _values(own: Preprocessing, shape: tuple[int, int, int], name: str) -> dict[str, object]:
    channels, height, width = shape
    is_other = own.channel_order == "other"
    colours = "3 bytes for red, green and blue, or 1 for grey"
    return {
        "name": name,
        "macro": name.upper(),
        "channels": channels,
        "height": height,
        "width": width,
        "largest": LARGEST_IMAGE,
        "colours": own.channels,
        "mean": ", ".join(map(repr, own.mean)),
        "std": ", ".join(map(repr, own.std)),
        "scale": repr(own.scale),
        "value": joined(_value(own)),
        "stored": joined(_stored(own, channels)),
        "whole": joined(_whole(own)),
        "half": _HALF if own.resize else "",
        "how": fill(f"/* An image to the network's input: {own}.", 104, subsequent_indent="   "),
        "size": own.size,
        "order": own.channel_order,
        "numbers": own.numbers,
        "files": "" if is_other else _FILES,
        "bytes": f"{own.channels} bytes" if is_other else colours,
        "refused": "channels != COLOURS" if is_other else "channels != 1 && channels != 3",
    }


_FILES = """ The program reads PGM and PPM; other files become one by
`magick a.jpg a.ppm` or `ffmpeg -i a.jpg a.ppm`."""
_HALF = """\
/* Half of it, and of two such numbers the even one. */
static int half(int size)
{
    return size / 2 + (size % 4 == 3);
}

"""


def _value(own: Preprocessing) -> Iterator[str]:
    if own.channel_order == "other":
        yield "(void)channels;"
        yield "return pixel[c];"
    elif own.channels == 1:
        red, green, blue = LUMA
        yield "if (channels == 1)"
        yield "    return pixel[c];"
        yield f"return ({red} * pixel[0] + {green} * pixel[1] + {blue} * pixel[2] + 32768) / 65536;"
    else:
        yield f"return pixel[channels == 1 ? 0 : {'2 - c' if own.channel_order == 'BGR' else 'c'}];"


def _stored(own: Preprocessing, channels: int) -> Iterator[str]:
    if channels == own.channels:
        yield "for (int c = 0; c < COLOURS; c++)"
        yield "    input[c * PLANE] = (float)sums[c];"
    elif own.channels == 1:
        yield f"for (int c = 0; c < {channels}; c++)"
        yield "    input[c * PLANE] = (float)sums[0];"
    else:
        yield "for (int c = 1; c < COLOURS; c++)"
        yield "    sums[0] += sums[c];"
        yield "input[0] = (float)(sums[0] / COLOURS);"


def _whole(own: Preprocessing) -> Iterator[str]:
    if own.resize is None:
        yield "const int tall = HEIGHT, wide = WIDTH, top = 0, left = 0;"
        return
    tall, wide = own.resize
    yield f"int tall = {tall}, wide = width * {tall} / height;"
    yield from block(
        f"if (height * {wide} > width * {tall})",
        [f"tall = height * {wide} / width;", f"wide = {wide};"],
    )
    yield "const int top = half(tall - HEIGHT), left = half(wide - WIDTH);"
