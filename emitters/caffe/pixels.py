"""What is done to an image before it is the input, as Caffe's data layers take it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

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
    """That of a model, with a number for each channel of its input; None where it is not known.

    Raises:
        PreprocessingError: it does not fit the network.
        EmitError: it makes one channel of an image in colours, which Caffe's scale cannot follow.
    """
    known = model.preprocessing
    if known is None:
        return None
    known.check(model.graph)
    channels = int(model.graph.input_shape[0])
    if known.channels > channels:
        raise EmitError(
            f"Caffe makes no mean of {known.channels} normalised channels",
            where="the model's preprocessing",
            fix="--channel-order grey, with one mean and one deviation",
        )
    mean, std = (
        tuple(float(f"{number / known.scale:.9g}") for number in each)
        * (channels // known.channels)
        for each in (known.mean, known.std)
    )
    order = known.channel_order if known.channel_order in ("RGB", "BGR") else "of the network"
    return Pixels(order, mean, std)
