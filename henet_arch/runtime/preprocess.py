"""Images of bytes as a network's input, as `henet_arch.ir.preprocessing` defines it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from ..ir.dims import Shape
from ..ir.model import Model
from ..ir.preprocessing import LUMA, Preprocessing, covering, usual_order
from ..support.errors import PreprocessingError, SourceError
from ..weights.pretrained import names_for

if TYPE_CHECKING:
    from numpy.typing import NDArray

_PIXELS = 32
"""Rows or columns of an image that are spread at once: most elements have nothing of them."""


def check_weights(model: Model, what: str) -> None:
    """Refuse a model without weights for what needs trained ones.

    Raises:
        SourceError: it has none.
    """
    if model.weights is None:
        raise SourceError(
            f"{what} needs trained weights, and {model.origin.title} has none",
            fix=_weights_for(model),
        )


def _weights_for(model: Model) -> str:
    """Where there are weights for a network."""
    known = names_for(model.graph)
    own = f"--weights {known[0]}, or " if known else ""
    return f"{own}the file weights.safetensors that henet-arch train leaves"


def preprocessing_of(model: Model) -> Preprocessing:
    """The model's preprocessing, checked against its input.

    Raises:
        SourceError: it has none.
        PreprocessingError: it does not fit.
    """
    if model.preprocessing is None:
        raise SourceError(
            f"{model.origin.title} does not say how its images were normalised",
            fix="weights that henet-arch train saved, or --preprocessing NAME",
        )
    model.preprocessing.check(model.graph)
    return model.preprocessing


def preprocess(
    images: NDArray[np.uint8], preprocessing: Preprocessing, input_shape: Shape
) -> NDArray[np.float32]:
    """The input for some images.

    Args:
        images: (N, H, W, 3) in RGB, (N, H, W, 1), or as many channels as the preprocessing has.
        preprocessing: What has been checked against the network.
        input_shape: (C, H, W).

    Returns:
        (N, C, H, W).

    Raises:
        PreprocessingError: the images have other channels.
    """
    channels, *size = map(int, input_shape)
    places = [
        _Place(whole, round((whole - part) / 2), part)
        for whole, part in zip(_whole(images.shape, preprocessing, size), size, strict=True)
    ]
    numbers = np.float32(preprocessing.scale) * _resized(images, preprocessing, places)
    numbers -= np.array(preprocessing.mean, np.float32)
    numbers /= np.array(preprocessing.std, np.float32)
    if channels != preprocessing.channels:
        numbers = numbers.mean(-1, keepdims=True).repeat(channels, -1)
    return np.ascontiguousarray(numbers.transpose(0, 3, 1, 2))


def stored(
    image: NDArray[np.uint8], channels: int, size: tuple[int, int], resize: tuple[int, int] | None
) -> NDArray[np.uint8]:
    """An image as a data set keeps it, in bytes: all that a crop of it may need.

    The middle of it, of the size of the input, is what `preprocess` makes of the image itself, but
    for rounding to bytes.

    Args:
        image: (H, W, 3) in RGB or (H, W, 1).
        channels: 3 for RGB or 1 for grey.
        size: Height and width of the input.
        resize: What the image covers, which is then the size of the result; None for the input's.
    """
    kept = _unchanged(channels, resize)
    places = [
        _Place(whole, round((whole - part) / 2) - round((all_ - part) / 2), all_)
        for whole, all_, part in zip(
            _whole((1, *image.shape), kept, size), resize or size, size, strict=True
        )
    ]
    values = _resized(image[None], kept, places)[0]
    result: NDArray[np.uint8] = np.rint(values).clip(0, 255).astype(np.uint8)
    return result


@lru_cache(maxsize=4)
def _unchanged(channels: int, resize: tuple[int, int] | None) -> Preprocessing:
    """What makes images larger or smaller, and leaves bytes as they are."""
    return Preprocessing((0.0,) * channels, (1.0,) * channels, usual_order(channels), resize=resize)


class _Place(NamedTuple):
    """What of one side of a resized image is kept: of `whole` elements, `kept` from `first` on."""

    whole: int
    first: int
    kept: int


def _whole(
    shape: tuple[int, ...], preprocessing: Preprocessing, size: Sequence[int]
) -> Sequence[int]:
    """The height and width that images (N, H, W, C) are brought to before they are cut."""
    _, height, width, _ = shape
    return covering((height, width), preprocessing.resize) if preprocessing.resize else size


def _resized(
    images: NDArray[np.uint8], preprocessing: Preprocessing, places: Sequence[_Place]
) -> NDArray[np.float32]:
    """The images (N, H, W, C) in the channels of the preprocessing, as large as `places` say."""
    count, height, width, _ = images.shape
    down, across = places
    if (height, width) == (down.whole, across.whole):
        rows, columns = (slice(p.first, p.first + p.kept) for p in places)
        return _coloured(images[:, rows, columns], preprocessing).astype(np.float32)
    by_row, by_column = _weights(height, down), _weights(width, across)
    rows_of = np.zeros((count, down.kept, width * preprocessing.channels), np.float32)
    for part, reached, weights in _parts(by_row):
        values = _coloured(images[:, part], preprocessing).astype(np.float32)
        rows_of[:, reached] += weights @ values.reshape(count, values.shape[1], -1)
    rows_of = rows_of.reshape(count, down.kept, width, -1)
    result = np.zeros((count, down.kept, across.kept, preprocessing.channels), np.float32)
    for part, reached, weights in _parts(by_column):
        result[:, :, reached] += weights @ rows_of[:, :, part]
    return result


def _parts(
    weights: NDArray[np.float32],
) -> Iterator[tuple[slice, slice, NDArray[np.float32]]]:
    """Some pixels after others: which, the elements that have some of them, and how much.

    Args:
        weights: (elements, pixels), of which each element has neighbours alone.
    """
    for start in range(0, weights.shape[1], _PIXELS):
        part = slice(start, start + _PIXELS)
        places = np.flatnonzero(weights[:, part].any(1))
        if len(places):
            reached = slice(int(places[0]), int(places[-1]) + 1)
            yield part, reached, weights[reached, part]


def _weights(size: int, place: _Place) -> NDArray[np.float32]:
    """How much of each of `size` pixels is in each of the elements that are kept."""
    step = size / place.whole
    centres = (np.arange(place.first, place.first + place.kept) + 0.5) * step
    distances = np.abs(np.arange(size) + 0.5 - centres[:, None]) / max(step, 1)
    weights: NDArray[np.float64] = np.maximum(1 - distances, 0)
    weights /= weights.sum(1, keepdims=True)
    return weights.astype(np.float32)


def _coloured(images: NDArray[np.uint8], preprocessing: Preprocessing) -> NDArray[Any]:
    """The images in the channels that the preprocessing is of."""
    have, want, order = images.shape[-1], preprocessing.channels, preprocessing.channel_order
    if have == want:
        return images[..., ::-1] if order == "BGR" else images
    if order != "other" and have == 1:
        return images.repeat(want, -1)
    if order != "other" and have == 3:
        parts: NDArray[np.int64] = (images * np.array(LUMA)).sum(-1, keepdims=True)
        return (parts + 2**15) >> 16
    raise PreprocessingError(
        f"the images have {have} channels, and the network is for {want} in {order} order"
    )
