"""What is done to an image before it is the input, as Caffe's data layers take it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import isfinite

from ...ir.model import Model
from ...support.errors import EmitError


@dataclass(frozen=True)
class Pixels:
    """`(byte - mean) / std` for each channel, in the network's order of them."""

    order: str
    mean: tuple[float, ...]
    std: tuple[float, ...]

    def described(self) -> Iterator[str]:
        """Sentences on it."""
        mean, std = (
            ", ".join(f"{number:.6g}" for number in each) for each in (self.mean, self.std)
        )
        yield f"The input is (pixel - mean) / std, of bytes in the channel order {self.order}:"
        yield f"mean {mean}; std {std}."


def pixels_of(model: Model) -> Pixels | None:
    """That of a model, with a number for each channel; None where it is not known.

    Raises:
        EmitError: it does not fit the image.
    """
    known, channels = model.preprocessing, int(model.graph.input_shape[0])
    if known is None:
        return None
    mean, std = (each * channels if len(each) == 1 else each for each in (known.mean, known.std))
    numbers = len(mean) == len(std) == channels and all(map(isfinite, (*mean, *std)))
    if not numbers or min(std) <= 0:
        raise EmitError(
            f"a mean of {len(mean)} and a deviation of {len(std)} numbers do not normalise "
            f"an image of {channels} channels",
            where="the model's preprocessing",
            fix="a finite number, or one for each channel, and deviations above 0",
        )
    order = known.channel_order if channels == 3 else "of the network"
    return Pixels(order, mean, std)
