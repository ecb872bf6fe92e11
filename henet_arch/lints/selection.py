"""Rule rules by name, and which of them a user wants."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import replace

from ..support.errors import PluginError, UnknownNameError, nearest
from ..support.plugins import Parts
from .rule import Rule

LINTS: Parts[object] = Parts("lints", "RULE", "lint rule")
EVERY_RULE = "ALL"
"""The selector of all rules."""

_ID = re.compile(r"[A-Z]{2,}[0-9]{3}")


def lints() -> dict[str, Rule]:
    """All rules by name, in the order of their ids.

    Raises:
        PluginError: another package's rule is none, or has an id that is taken or malformed.
    """
    result: dict[str, Rule] = {}
    names: dict[str, str] = {}
    for name, lint in LINTS.items():
        where = f"entry point {name} of {LINTS.group}"
        if not isinstance(lint, Rule) or not _ID.fullmatch(lint.id):
            raise PluginError(
                "RULE is not a Rule whose id is letters and three digits", where=where
            )
        if lint.id in names:
            raise PluginError(
                f"two lint rules have the id {lint.id}: {names[lint.id]} and {name}",
                where=where,
                fix="an id that begins with letters of the other package's own",
            )
        names[lint.id] = name
        result[name] = replace(lint, name=name)
    return dict(sorted(result.items(), key=lambda named: named[1].id))


def chosen(select: Sequence[str] = (), ignore: Sequence[str] = ()) -> tuple[Rule, ...]:
    """The rules that are selected and not ignored; all of them without `select`.

    A selector is a rule's name, its id, the beginning of ids, or ALL. The most specific one that
    fits a rule decides, and of two that are alike the one to ignore.

    Raises:
        UnknownNameError: a selector fits no rule.
        PluginError: another package's rule cannot be used.
    """
    rules = lints()
    for selector in (*select, *ignore):
        matching(selector, rules.values())
    wanted = select or (EVERY_RULE,)
    return tuple(
        lint for lint in rules.values() if _closeness(lint, wanted) > _closeness(lint, ignore)
    )


def matching(selector: str, rules: Collection[Rule]) -> tuple[Rule, ...]:
    """The rules that a selector fits.

    Raises:
        UnknownNameError: there is none.
    """
    matches = tuple(lint for lint in rules if _fit(lint, selector))
    if not matches:
        names = [word for lint in rules for word in (lint.id, lint.name)]
        raise UnknownNameError(
            f"unknown lint rule {selector[:99]!r}", fix=nearest(selector, [*names, EVERY_RULE])
        )
    return matches


def _closeness(lint: Rule, selectors: Sequence[str]) -> int:
    """How specific the closest selector of a rule is; 0 where none fits."""
    return max((_fit(lint, selector) for selector in selectors), default=0)


def _fit(lint: Rule, selector: str) -> int:
    if selector == EVERY_RULE:
        return 1
    if selector == lint.name:
        return 1 + len(lint.id)
    return 1 + len(selector) if selector and lint.id.startswith(selector) else 0
