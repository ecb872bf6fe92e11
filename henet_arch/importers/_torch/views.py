"""Operators whose result is the memory of their first argument, or may be."""

from __future__ import annotations

VIEWS = frozenset(
    [
        "alias", "as_strided", "chunk", "contiguous", "detach", "diagonal", "dropout", "expand",
        "expand_as", "feature_dropout", "flatten", "float", "movedim", "narrow", "permute",
        "reshape", "reshape_as", "select", "slice", "split", "split_with_sizes", "squeeze", "t",
        "tensor_split", "to", "transpose", "type_as", "unbind", "unflatten", "unfold", "unsqueeze",
        "view", "view_as",
    ]
)  # fmt: skip
