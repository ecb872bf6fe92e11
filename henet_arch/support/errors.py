"""Every error that henet-arch raises on purpose, all of one base class."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import TypeVar

from .printable import brief

T = TypeVar("T")


class HenetArchError(Exception):
    """What went wrong, where, why it is wrong and what to do instead.

    As text it is brief and printable, whatever the values are that it quotes.

    Attributes:
        what: one sentence with the value, or the two numbers, that clash.
        where: file and line, option, or layer and its input shapes; "" if there is no place.
        why: the rule, limit or source that asks for something else.
        fix: what works instead.
    """

    def __init__(self, what: str, *, where: str = "", why: str = "", fix: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.why = why
        self.fix = fix

    def __str__(self) -> str:
        lines = [self.what]
        for label, text in (("where", self.where), ("why", self.why), ("fix", self.fix)):
            if text:
                lines.append(f"  {label + ':':<6} {text}")
        return brief("\n".join(lines))


class SpecError(HenetArchError):
    """A spec says something that no network can be built from.

    Attributes:
        key: the first key of the spec that is at fault, or "".
    """

    def __init__(
        self, what: str, *, key: str = "", where: str = "", why: str = "", fix: str = ""
    ) -> None:
        super().__init__(what, where=where, why=why, fix=fix)
        self.key = key


class RuleError(HenetArchError):
    """A rule has no answer for the numbers that it was given."""


class ShapeError(HenetArchError):
    """A layer does not fit the shapes that it was given."""


class InputShapeError(ShapeError):
    """A network leaves the shape of an input open, and was given none that fits."""


class LayerError(ShapeError):
    """An attribute of a layer has a value that no such layer can have."""


class GroupingError(ShapeError):
    """Groups do not divide the channels that they meet."""


class GraphError(HenetArchError):
    """A node has a bad name, a missing operand or a wrong number of them."""


class LimitError(HenetArchError):
    """A request is larger than the stated limit."""


class CompareError(HenetArchError):
    """Two networks' figures cannot be compared."""


class UnknownNameError(HenetArchError):
    """A name (preset, family, layer, format, ...) is not among the known ones."""


class SourceError(HenetArchError):
    """A network's source does not have what was asked of it."""


class PreprocessingError(HenetArchError):
    """How images become a network's input, or what its outputs are called, does not fit it."""


class PluginError(HenetArchError):
    """A part that another package announces cannot be used."""


class EmitError(HenetArchError):
    """A target cannot express a layer, or a layer's name."""


class DrawError(HenetArchError):
    """A form of drawings cannot show what it was asked to."""


class GraphvizError(DrawError):
    """Graphviz, which a form of drawings needs, is missing or fails."""


class ExtraError(HenetArchError):
    """A package that is optional, and needed here, is not installed."""


class DataError(HenetArchError):
    """A data set is missing, damaged, or does not fit the network."""


class TrainError(HenetArchError):
    """Training cannot begin, go on, or be resumed."""


class CompileError(HenetArchError):
    """A C compiler is missing, or fails."""


class RunError(HenetArchError):
    """A network cannot be run in the way that was asked for."""


class BudgetError(HenetArchError):
    """A question about a space of networks has no answer, or cannot be worked on."""


class FileError(HenetArchError):
    """A file cannot be read or written, or is not what its name says."""


class EmptyFileError(FileError):
    """A file that should hold something is empty."""


class ImageError(FileError):
    """A file holds no image that can be read.

    Attributes:
        fault: in short what it is instead: `empty`, `no image`, `damaged` or `too large`.
    """

    def __init__(
        self, what: str, *, fault: str, where: str = "", why: str = "", fix: str = ""
    ) -> None:
        super().__init__(what, where=where, why=why, fix=fix)
        self.fault = fault


@contextmanager
def in_file(path: object) -> Iterator[None]:
    """Errors within say the file, before the place that they have in it."""
    try:
        yield
    except HenetArchError as error:
        if not error.where.startswith(str(path)):
            error.where = f"{path}, {error.where}" if error.where else str(path)
        raise


def look_up(name: str, options: Mapping[str, T], what: str) -> T:
    """What is `known` by that name; `what` says what it is.

    Raises:
        UnknownNameError: nothing is.
    """
    if not isinstance(name, str) or name not in options:
        raise UnknownNameError(f"unknown {what} {name!r}", fix=nearest(str(name), options))
    return options[name]


_MOST_COMPARED = 1000


def nearest(name: str, names: Iterable[str]) -> str:
    """A sentence that names the known names nearest to `name`, or all of them."""
    from difflib import get_close_matches

    names = sorted(names)
    if len(names) > _MOST_COMPARED:  # comparing takes longer than a message may
        names = [other for other in names if other[:6] == name[:6]][:_MOST_COMPARED] or names[:20]
    spelled = {other.lower(): other for other in names}
    close = get_close_matches(name.lower(), spelled, n=3, cutoff=0.6)
    if close:
        return "did you mean " + " or ".join(spelled[other] for other in close) + "?"
    names.sort(key=lambda other: (other.count("."), other))  # stages before their layers
    shown = ", ".join(names[:20]) + (", ..." if len(names) > 20 else "")
    return f"known names: {shown}" if names else "none is known"
