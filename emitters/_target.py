"""The contract of every target: a frozen dataclass whose fields are its options."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, fields
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar, get_type_hints

from pydantic import TypeAdapter, ValidationError

from ..support.errors import EmitError, UnknownNameError, nearest

if TYPE_CHECKING:
    from ..ir.model import Model


def option(default: Any, help: str, choices: Iterable[str] = ()) -> Any:
    """A field of a target that the command line offers as `--option NAME=VALUE`.

    Args:
        default: The value without it.
        help: What it decides, as the beginning of a sentence.
        choices: The words that it can be; none where it is no word of a list.
    """
    return field(default=default, metadata={"help": help, "choices": tuple(choices)})


@dataclass(frozen=True)
class Target(ABC):
    """What a network is written as. The fields of a subclass are its options.

    Raises:
        EmitError: an option has a value of another type, or no effect here.
        UnknownNameError: an option has a value that is not among its choices.
    """

    name: ClassVar[str]
    """The name of the target's file, with dashes for underscores."""
    endings: ClassVar[tuple[str, ...]] = ()
    """The endings of the file that it writes; none takes every ending."""
    writes_folders: ClassVar[bool] = False
    """Whether it writes a folder where `folder` is set."""

    weights_beside: ClassVar[bool] = False
    """Whether a model's own weights are written as a file beside the first."""

    folder: bool = False
    """Whether the files are those of a folder, and not one file."""

    def __post_init__(self) -> None:
        for name, adapter in _adapters(type(self)).items():
            _check(self, name, adapter)
        if self.folder and not self.writes_folders:
            raise EmitError(f"target {self.name} writes one file, and no folder", fix="a file")

    @abstractmethod
    def emit(self, model: Model) -> dict[str, bytes]:
        """The content of each file, by its name; the main file first.

        The same model and options give the same bytes.

        Raises:
            EmitError: the target cannot express a layer, a name or a size.
        """

    @property
    def initial_weights(self) -> str | None:
        """How the weights start that a model does not have; None where no weights are written.

        A target that writes weights has an option `init` for it.
        """
        return None

    @property
    def describes_images(self) -> bool:
        """Whether what is written says how images become the input, and what classes are called."""
        return False

    def renamed(self, files: Mapping[str, bytes], stem: str) -> Mapping[str, bytes]:
        """The same files for names that begin with `stem`: one may refer to another by its name.

        Args:
            files: Their content, by the names that `emit` gives them.
            stem: What the user calls them, without their endings.
        """
        return files

    def built(self, files: Collection[str]) -> set[str]:
        """The names of what a build adds to the folder of these files."""
        return set()

    @classmethod
    def options(cls) -> dict[str, Mapping[str, Any]]:
        """The options that the command line offers: the `help` and `choices` of each, by name."""
        return {own.name: own.metadata for own in fields(cls) if "help" in own.metadata}

    @classmethod
    def parse(cls, name: str, text: str) -> Any:
        """The value of the option `name` that a command line writes as `text`.

        An option that is true or false is true where its name stands alone, without a text.

        Raises:
            EmitError: the text is no value of the option's type.
        """
        if not text and get_type_hints(cls)[name] is bool:
            return True
        if not text:
            words = cls.options().get(name, {}).get("choices") or ("VALUE",)
            raise EmitError(
                f"{name!r} is not NAME=VALUE",
                where=f"option {name}",
                fix=" or ".join(f"{name}={word}" for word in words),
            )
        try:
            return _adapters(cls)[name].validate_strings(text)
        except ValidationError as error:
            raise _refusal(cls, name, text, error) from None


def _check(target: Target, name: str, adapter: TypeAdapter[Any]) -> None:
    """Refuse a value of another type, or that is none of its choices."""
    value = getattr(target, name)
    try:
        adapter.validate_python(value, strict=True)
    except ValidationError as error:
        raise _refusal(type(target), name, value, error) from None
    choices = target.options().get(name, {}).get("choices")
    if choices and value is not None and value not in choices:
        raise UnknownNameError(
            f"unknown {name} {value!r}",
            where=f"option {name} of target {target.name}",
            fix=nearest(str(value), choices),
        )


def _refusal(cls: type[Target], name: str, value: object, error: ValidationError) -> EmitError:
    return EmitError(
        f"{value!r} is no value of {name}",
        where=f"option {name} of target {cls.name}",
        why=_wanted(error.errors()[0]["type"]),
    )


def _wanted(finding: str) -> str:
    """What a value should be, by the type of pydantic's finding."""
    kinds = {"int": "a whole number", "bool": "true or false", "float": "a number"}
    return f"it must be {kinds.get(finding.partition('_')[0], 'text')}"


@cache
def _adapters(cls: type[Target]) -> dict[str, TypeAdapter[Any]]:
    """What checks the values of each field."""
    hints = get_type_hints(cls)
    return {own.name: TypeAdapter(hints[own.name]) for own in fields(cls)}
