"""What to change in a spec so that a lint rule finds nothing more: tried before it is said."""

from __future__ import annotations

from itertools import islice
from typing import Any

from ..analyzers.machine import Machine
from ..spec.build import expand
from ..spec.spec import Spec
from ..support.errors import HenetArchError
from .rule import Changes, Context, Rule

_MOST_TRIALS = 12


def remedy(rule: Rule, spec: Spec, machine: Machine) -> Changes | None:
    """The first of the rule's proposals after which it finds nothing.

    Args:
        rule: a rule that finds something in the network of `spec`.
        spec: what the network was built from.
        machine: what memory-bound layers are told by.
    """
    keys = type(spec).model_fields.keys()
    proposals = (changes for changes in rule.proposals(spec) if changes.keys() <= keys)
    trials = islice(proposals, _MOST_TRIALS)
    return next((changes for changes in trials if _helps(rule, spec, changes, machine)), None)


def options(changes: Changes) -> str:
    """The changes as options of every command that takes a network: `--set bias=false`."""
    return " ".join(f"--set {key}={_word(value)}" for key, value in changes.items())


def _helps(rule: Rule, spec: Spec, changes: Changes, machine: Machine) -> bool:
    try:
        context = Context(expand(spec.replace(**changes)), machine)
        return next(rule.check(context), None) is None
    except HenetArchError:
        return False


def _word(value: Any) -> str:
    """A value as `--set` reads it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return ",".join(map(str, value)) + "," * (len(value) == 1)
    return str(value)
