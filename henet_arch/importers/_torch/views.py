"""Operators whose result lies in the memory of their first argument, or may do so."""

from __future__ import annotations

from .trace import Operation

_VIEWS = frozenset(
    [
        "alias", "as_strided", "chunk", "contiguous", "detach", "diagonal", "dropout", "expand",
        "expand_as", "feature_dropout", "flatten", "float", "movedim", "narrow", "permute",
        "reshape", "reshape_as", "select", "slice", "split", "split_with_sizes", "squeeze", "t",
        "tensor_split", "to", "transpose", "type_as", "unbind", "unflatten", "unfold", "unsqueeze",
        "view", "view_as",
    ]
)  # fmt: skip


_DROPOUTS = ("dropout", "feature_dropout")


def may_be_view(operation: Operation) -> bool:
    """Whether what an operation gives lies in the memory of what it reads first.

    Where the trace does not say it, as in a file, the operator does. Dropout gives the map itself
    at inference, whatever a trace makes of it.
    """
    if operation.is_view is None or operation.word in _DROPOUTS:
        return operation.word in _VIEWS
    return operation.is_view
