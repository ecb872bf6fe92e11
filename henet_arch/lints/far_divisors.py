"""A width whose two nearest divisors are far apart."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import count, groupby
from typing import TYPE_CHECKING

from ..ir.divisors import nearest
from ..ir.graph import Decision, Node
from ..ir.scope import parent
from .rule import Changes, Context, Finding, Rule, macs

if TYPE_CHECKING:
    from ..spec.spec import Spec

_RULE = "nearest-divisors"
_FARTHEST = 4
"""The largest m / n that passes: the second convolution has twice the work of m = n."""
_NEAR = 2
"""The largest m / n of a width that is offered."""


def _check(context: Context) -> Iterator[Finding]:
    by_width: dict[int, list[Node]] = {}
    for _, inside in groupby(context.graph, key=lambda node: parent(node.name)):
        for width, node in _seconds(inside):
            by_width.setdefault(width, []).append(node)
    for width, layers in by_width.items():
        yield _finding(context, width, layers)


def _finding(context: Context, width: int, layers: list[Node]) -> Finding:
    m, n = nearest(width)
    return Finding(
        tuple(node.name for node in layers),
        f"width {width} = {m} x {n}: in {n} group{'s' * (n > 1)} this takes {(m / n) ** 0.5:.1f} "
        "times the MACs of equal divisors",
        f"{_offered(width)} have near ones",
        sum(map(macs, layers)) / context.macs,
    )


def _decisions(node: Node) -> set[Decision]:
    return {decision for decision in node.because if decision.rule == _RULE}


def _seconds(nodes: Iterable[Node]) -> Iterator[tuple[int, Node]]:
    """A block's convolutions that a decision gave n groups after another that it gave m, far more.

    Each comes with the width that was divided.
    """
    widths: dict[Decision, int] = {}
    for node in nodes:
        groups, decisions = node.layer.attributes().get("groups"), _decisions(node)
        divided = {widths[decision] for decision in decisions & widths.keys()}
        yield from ((width, node) for width in divided if groups == nearest(width)[1])
        if decisions and macs(node):
            width = int(node.channels)
            m, n = nearest(width)
            if m > _FARTHEST * n and groups == m:
                widths |= dict.fromkeys(decisions, width)


def _offered(width: int) -> str:
    """The nearest even widths below and above with near divisors; blocks halve their widths."""
    return " or ".join("{} = {} x {}".format(w, *nearest(w)) for w in _around(width, 2, _is_near))


def _around(width: int, unit: int, fits: Callable[[int], bool]) -> list[int]:
    """The nearest multiples of `unit` that fit: one up to `width`, if any, and one above."""
    whole = width - width % unit
    ways = (range(whole, 1, -unit), count(whole + unit, unit))
    firsts = (next(filter(fits, way), None) for way in ways)
    return [w for w in firsts if w]


def _is_near(width: int) -> bool:
    m, n = nearest(width)
    return m <= _NEAR * n


def _proposals(spec: Spec) -> Iterator[Changes]:
    """The nearest widths that have near divisors, as their halves have.

    Multiples of a number agree better with one another: the groups of a stage divide its input too.
    """
    channels = getattr(spec, "channels", ())
    for unit in (2, 12, 24):
        near = (_nearest(width, unit) if _is_far(width) else width for width in channels)
        yield {"channels": tuple(near)}


def _is_far(width: int) -> bool:
    return any(m > _FARTHEST * n for m, n in map(nearest, _made_of(width)))


def _nearest(width: int, unit: int) -> int:
    fitting = _around(width, unit, lambda w: all(map(_is_near, _made_of(w))))
    return min(fitting, key=lambda w: abs(w - width))


def _made_of(width: int) -> tuple[int, ...]:
    """The widths that a stage divides: its own, and the half inside its stride-2 block."""
    return (width, width // 2) if width >= 4 else (max(2, width),)


RULE = Rule(
    id="HA202",
    severity="warning",
    summary="a width whose nearest divisors m and n are far apart",
    explanation=(
        "By equation 1 the first convolution of a block has m groups and the second n. Each "
        "output of the second reads C / n = m channels, which is sqrt(m / n) times what equal "
        "divisors would give it. A prime width has m = C and n = 1: one channel in each group, "
        "then no groups at all. Fires where m is more than 4 n, which is more than twice the "
        "work."
    ),
    advice="a width with near divisors, such as 12, 20, 24, 30, 42, 48, 56, 72, 96 or 192",
    source="HENet section 3.1, equation 1",
    check=_check,
    of="MACs",
    keys=("channels",),
    proposals=_proposals,
)
