"""The options by which a command is told how images become a network's input."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from . import completion, parsing
from .completion import one_of
from .options import parsed
from .paths import Reads

if TYPE_CHECKING:
    from ..ir.model import Model

Preprocessing = Annotated[
    Any,
    parsed(
        parsing.preprocessing,
        "NAME",
        "What bytes become: bytes, unit (0 to 1), signed (-1 to 1), imagenet or caffe.",
        one_of(completion.preprocessings),
    ),
]
Mean = Annotated[
    Any,
    parsed(
        parsing.decimals,
        "M[,M...]",
        "Mean of each channel, or of all: in bytes, or in what --preprocessing says.",
    ),
]
Std = Annotated[
    Any, parsed(parsing.decimals, "S[,S...]", "Standard deviation of each channel, the same.")
]
ChannelOrder = Annotated[
    Literal["RGB", "BGR", "grey", "other"] | None,
    typer.Option(help="The input's channels; other are those that no image file has."),
]
Resize = Annotated[
    Any,
    parsed(
        parsing.resize,
        "SIZE",
        "256 or 256x288: what an image covers before its middle is cut out; or stretch.",
    ),
]
ClassNames = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="A text file with a class in each line."),
    Reads,
]
FLAGS = ("preprocessing", "mean", "std", "channel_order", "resize", "class_names")
"""The parameters, as commands call them."""


def changed(model: Model, **given: Any) -> Model:
    """The model with what the options say of its images and classes.

    Raises:
        FileError: the file of the classes cannot be read.
        PreprocessingError: what they say is not valid, or does not fit the model.
    """
    from ..ir.contract import with_images
    from ..support.files import read_text
    from ..support.limits import LARGEST_NAMES_FILE

    if path := given.pop("class_names"):
        given["class_names"] = read_text(path, LARGEST_NAMES_FILE).rstrip().splitlines()
    return with_images(model, **given)
