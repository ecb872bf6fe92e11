"""Names of layers after the modules in whose code they stand."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Sequence

from ...ir.foreign_names import layer_names, unwrapped
from ...ir.scope import below, depth, join, leaf, parent, scopes, words
from .trace import Frame
from .values import Draft


def names(drafts: Sequence[Draft]) -> list[tuple[str, str]]:
    """A name for each layer, and what it is called in PyTorch.

    A module with one layer inside lends it its name; several are named in it by what they do:
    `bn1.batch_norm2d` and `bn1.relu`. Children with numbers are called by class and number:
    `layer1.bottleneck0.conv1`. A module that is called again has a number more. A module that only
    wraps the network lends no name.
    """
    calls = _Calls(_lists(drafts))
    inside = [calls.scope(draft) for draft in drafts]
    counts = Counter(inside)
    around = {scope for each in counts for scope in scopes(each)}
    wanted = []
    for draft, scope in zip(drafts, inside, strict=True):
        alone = scope and counts[scope] == 1 and scope not in around
        wanted.append(scope if alone else join(scope, _word(draft)))
    wanted = unwrapped(wanted, (bool(draft.layer.weights()) for draft in drafts))
    originals = [_original(draft) for draft in drafts]
    return list(zip(layer_names(wanted), originals, strict=True))


def _word(draft: Draft) -> str:
    """What a layer does, in a word."""
    if draft.operation is None:
        return draft.name
    if draft.layer.kind == "opaque":
        return draft.operation.word or draft.operation.operator
    return draft.layer.kind


def _original(draft: Draft) -> str:
    """The module's path, or the operation in a module's code."""
    if draft.operation is None:
        return draft.name
    stack = draft.operation.stack
    return stack[-1].path if stack else ""


class _Calls:
    """Counts the calls of each module within one call of the module around."""

    def __init__(self, lists: Collection[str]) -> None:
        self._lists = lists
        self._seen: dict[tuple[str, str], list[str]] = {}

    def scope(self, draft: Draft) -> str:
        """The scope of an operation, "" for the outermost."""
        parts: list[str] = []
        path, key = "", ""
        for frame in _frames(draft):
            *outer, last = words(below(frame.path, path))
            parts += outer
            number = self._number(frame, key)
            if parts and parent(frame.path) in self._lists:
                parts[-1] = f"{parts[-1]}{last}{number}"
            else:
                title = _titled(frame.class_name, last) if last.isdigit() else last
                parts.append(f"{title}{number}")
            path, key = frame.path, f"{key}/{frame.key}"
        return join(*parts)

    def _number(self, frame: Frame, key: str) -> str:
        """What tells another call of a module from the first."""
        calls = self._seen.setdefault((key, frame.path), [])
        if frame.key not in calls:
            calls.append(frame.key)
        number = calls.index(frame.key)
        return f"_{number + 1}" if number else ""


def _frames(draft: Draft) -> Sequence[Frame]:
    return draft.operation.stack if draft.operation else ()


def _lists(drafts: Sequence[Draft]) -> set[str]:
    """Modules that do nothing but hold parts of the network by number.

    They and their parts are one scope, `stages0`, where the parts are stages, or stand inside of
    one: so the first two words of a name are its stage and its block.
    """
    classes = {frame.path: frame.class_name for draft in drafts for frame in _frames(draft)}
    children: dict[str, list[str]] = {}
    for path in classes:
        children.setdefault(parent(path), []).append(path)
    return {
        path
        for path, inside in children.items()
        if path
        and not leaf(path).isdigit()
        and all(leaf(child).isdigit() for child in inside)
        and (depth(path) > 1 or all(_is_stage(classes[child]) for child in inside))
    }


def _is_stage(class_name: str) -> bool:
    return class_name == "Sequential" or class_name.endswith("Stage")


def _titled(class_name: str, number: str) -> str:
    """`bottleneck0`, `conv2d0`."""
    title = re.sub("(?<=[a-z0-9])(?=[A-Z][a-z])", "_", class_name).lower()
    return f"{title}_{number}" if title[-1:].isdigit() else f"{title}{number}"
