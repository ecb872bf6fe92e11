"""The options by which a command is told how images become a network's input."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from functools import wraps
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias

import typer

from . import completion, parsing
from .completion import one_of
from .options import parsed
from .paths import Reads

if TYPE_CHECKING:
    from ..ir.model import Model

Images: TypeAlias = Mapping[str, Any]
"""What the options say, by parameter."""
UNSAID: Images = MappingProxyType({})


def changed(
    model: Model,
    preprocessing: Annotated[
        Any,
        parsed(
            parsing.preprocessing,
            "NAME",
            "Turn bytes into bytes, unit (0 to 1), signed (-1 to 1), imagenet or caffe.",
            one_of(completion.preprocessings),
        ),
    ] = None,
    mean: Annotated[
        Any,
        parsed(
            parsing.decimals,
            "M[,M...]",
            "Subtract this mean of each channel, or of all: in bytes, or as --preprocessing says.",
        ),
    ] = None,
    std: Annotated[
        Any,
        parsed(
            parsing.decimals,
            "S[,S...]",
            "Divide by this deviation of each channel, or of all: in the same unit as --mean.",
        ),
    ] = None,
    channel_order: Annotated[
        Literal["RGB", "BGR", "grey", "other"] | None,
        typer.Option(
            help="Set the order of the input's channels; other are those that no image file has."
        ),
    ] = None,
    resize: Annotated[
        Any,
        parsed(
            parsing.resize,
            "SIZE",
            "Let an image cover 256 or 256x288 before its middle is cut out; or stretch it.",
        ),
    ] = None,
    class_names: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Read the names of the classes from a text file, one in each line."
        ),
        Reads,
    ] = None,
) -> Model:
    """The model with what the options say of its images and classes.

    Raises:
        FileError: the file of the classes cannot be read.
        PreprocessingError: what they say is not valid, or does not fit the model.
    """
    from ..api import with_images
    from ..support.files import read_text
    from ..support.limits import LARGEST_NAMES_FILE

    names = read_text(class_names, LARGEST_NAMES_FILE) if class_names else None
    return with_images(
        model,
        preprocessing,
        mean=mean,
        std=std,
        channel_order=channel_order,
        resize=resize,
        class_names=None if names is None else names.rstrip().splitlines(),
    )


_OPTIONS = {
    name: parameter
    for name, parameter in inspect.signature(
        changed, globals=globals(), locals={"Model": Any}, eval_str=True
    ).parameters.items()
    if name != "model"
}
FLAGS = tuple(_OPTIONS)
"""The parameters, as commands call them."""


def takes_images(command: Callable[..., None]) -> Callable[..., None]:
    """Replace a command's parameter `described` by the options of `changed`, which it is given."""
    own = inspect.signature(command, eval_str=True).parameters

    @wraps(command)
    def run(**given: Any) -> None:
        described: Images = {name: given.pop(name) for name in FLAGS}
        command(described=described, **given)

    parameters: list[inspect.Parameter] = []
    for name, parameter in own.items():
        parameters += _OPTIONS.values() if name == "described" else [parameter]
    run.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
        [p.replace(kind=inspect.Parameter.KEYWORD_ONLY) for p in parameters]
    )
    return run
