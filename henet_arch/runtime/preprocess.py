"""Images of bytes as a network's input, as `henet_arch.ir.preprocessing` defines it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..ir.dims import Shape
from ..ir.model import Model
from ..ir.preprocessing import LUMA, Preprocessing, covering
from ..support.errors import PreprocessingError, SourceError

if TYPE_CHECKING:
    from numpy.typing import NDArray

_ROWS = 256
"""Rows of an image that are turned into floats at once, whatever its height is."""


def check_weights(model: Model, what: str) -> None:
    """Refuse a model without weights for what needs trained ones.

    Raises:
        SourceError: it has none.
    """
    if model.weights is None:
        raise SourceError(
            f"{what} needs trained weights, and {model.origin.title} has none",
            fix="the file weights.safetensors that henet-arch train leaves",
        )


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
    numbers = np.float32(preprocessing.scale) * _resized(images, preprocessing, (size[0], size[1]))
    numbers -= np.array(preprocessing.mean, np.float32)
    numbers /= np.array(preprocessing.std, np.float32)
    if channels != preprocessing.channels:
        numbers = numbers.mean(-1, keepdims=True).repeat(channels, -1)
    return np.ascontiguousarray(numbers.transpose(0, 3, 1, 2))


def _resized(
    images: NDArray[np.uint8], preprocessing: Preprocessing, size: tuple[int, int]
) -> NDArray[np.float32]:
    """The images (N, H, W, C) in the channels of the preprocessing and at the size of the input."""
    count, height, width, _ = images.shape
    whole = covering((height, width), preprocessing.resize) if preprocessing.resize else size
    down, across = (
        _weights(have, all_, part)
        for have, all_, part in zip((height, width), whole, size, strict=True)
    )
    rows = np.zeros((count, size[0], width * preprocessing.channels), np.float32)
    for start in range(0, height, _ROWS):
        part = _coloured(images[:, start : start + _ROWS], preprocessing).astype(np.float32)
        weights = down[:, start : start + _ROWS]
        reached = weights.any(1)
        rows[:, reached] += weights[reached] @ part.reshape(count, part.shape[1], -1)
    columns: NDArray[np.float32] = np.tensordot(
        rows.reshape(count, size[0], width, -1), across, (2, 1)
    )
    return columns.transpose(0, 1, 3, 2)


def _weights(size: int, whole: int, part: int) -> NDArray[np.float32]:
    """How much of each of `size` pixels is in each of the middle `part` of `whole` elements."""
    step, first = size / whole, round((whole - part) / 2)
    centres = (np.arange(first, first + part) + 0.5) * step
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
