"""Layers' names: words joined by dots, all but the last of which are scopes.

No other module takes names apart: `stage1.block2.conv1` is the layer `conv1` in the scope
`stage1.block2`, which is in the scope `stage1`.
"""

from __future__ import annotations

from collections.abc import Iterable


def words(name: str) -> list[str]:
    """`stage1`, `block2` and `conv1` for `stage1.block2.conv1`."""
    return name.split(".")


def leaf(name: str) -> str:
    """The last word: `conv1`."""
    return name.rpartition(".")[2]


def parent(name: str) -> str:
    """The scope around: `stage1.block2`; "" for a name of one word."""
    return name.rpartition(".")[0]


def outermost(name: str) -> str:
    """The outermost scope, or the layer itself where there is none: `stage1`."""
    return name.partition(".")[0]


def scopes(name: str) -> list[str]:
    """All scopes around, the outermost first: `stage1` and `stage1.block2`."""
    parts = name.split(".")
    return [".".join(parts[:end]) for end in range(1, len(parts))]


def cut(name: str, depth: int | None) -> str:
    """The scope of at most `depth` words; the layer itself for None, or where there is no scope."""
    if depth is None:
        return name
    parts = name.split(".")
    return ".".join(parts[: min(depth, max(1, len(parts) - 1))])


def within(name: str, scope: str) -> str:
    """The part of `scope` that a layer in it is or stands in: `stage1.block2` in `stage1`."""
    return ".".join(name.split(".")[: depth(scope) + 1])


def is_inside(name: str, scope: str) -> bool:
    """Whether a layer or scope is `scope` or stands in it; all stand in ""."""
    return name == scope or is_below(name, scope)


def is_below(name: str, scope: str) -> bool:
    """Whether a layer or scope stands in `scope` and is not it."""
    return not scope or name.startswith(f"{scope}.")


def below(name: str, scope: str) -> str:
    """The name as `scope` calls it: `conv1` in `stage1.block2`; the whole name from elsewhere."""
    return name.removeprefix(f"{scope}.") if scope else name


def depth(scope: str) -> int:
    """How many words it has; none for ""."""
    return scope.count(".") + 1 if scope else 0


def join(*names: str) -> str:
    """Names one in the other, without those that are ""."""
    return ".".join(filter(None, names))


def wrapper(weighted: Iterable[str]) -> str:
    """The innermost scope that holds all layers with weights and parts them in scopes; "" for none.

    Args:
        weighted: The layers with weights: `model.stem.conv` and `model.stage1.conv` are in `model`.
    """
    around = [scopes(name) for name in weighted]
    shared = [scope for scope in (around[0] if around else ()) if all(scope in a for a in around)]
    for scope in reversed(shared):
        if len({each[depth(scope)] for each in around if len(each) > depth(scope)}) > 1:
            return scope
    return ""
