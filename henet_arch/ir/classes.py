"""What a network's outputs stand for: scores of classes, and the names of these."""

from __future__ import annotations

from math import prod

from ..support.errors import PreprocessingError
from ..support.limits import LONGEST_CLASS_NAME
from .graph import Graph
from .model import Model

_MOVES = ("flatten", "dropout", "unflatten")
"""Kinds that give the very numbers that they take."""
_SHARES = ("softmax", "sigmoid", "hardsigmoid")
"""Kinds that give shares of 0 to 1."""


def classes_of(graph: Graph) -> int | None:
    """How many classes the first output scores; None where it is no vector of two or more."""
    shape = graph.output_shape
    if not all(isinstance(size, int) for size in shape):
        return None
    count = int(prod(shape))
    return count if count > 1 and shape[0] == count else None


def gives_shares(graph: Graph) -> bool:
    """Whether the first output has shares of 0 to 1, and not scores for a softmax."""
    node = graph[graph.outputs[0]]
    while node.layer.kind in _MOVES:
        node = graph[node.inputs[0]]
    return node.layer.kind in _SHARES


def checked_names(values: object) -> tuple[str, ...]:
    """Names of classes from outside.

    Raises:
        PreprocessingError: they are no list of short texts.
    """
    if not isinstance(values, list | tuple):
        raise PreprocessingError(f"{values!r:.99} is no list of the classes' names")
    for value in values:
        if not isinstance(value, str) or len(value) > LONGEST_CLASS_NAME or not _is_text(value):
            raise PreprocessingError(
                f"{value!r:.99} is no name of a class",
                fix=f"text of at most {LONGEST_CLASS_NAME:,} characters",
            )
    return tuple(values)


def class_names(model: Model) -> tuple[str, ...]:
    """The model's names of classes, checked against its outputs.

    Raises:
        PreprocessingError: they are other than the network scores.
    """
    names, count = checked_names(model.class_names), classes_of(model.graph)
    if names and len(names) != count:
        raise PreprocessingError(
            f"{len(names):,} names are not those of the classes of {model.name}",
            why=f"it scores {count:,}" if count else "its output is no vector of scores",
            fix="a name for each output, in order",
        )
    return names


def _is_text(value: str) -> bool:
    """Whether it can be written, and C can hold it."""
    return "\0" not in value and is_unicode(value)


def is_unicode(text: str) -> bool:
    """Whether it has no half of a character of UTF-16, which cannot be written."""
    return not any("\ud800" <= c <= "\udfff" for c in text)
