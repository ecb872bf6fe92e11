"""Targets by name, and by the path that is to be written."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields
from inspect import isabstract
from pathlib import Path
from typing import Any

from ..results.table import Result
from ..support.errors import PluginError, UnknownNameError, look_up
from ..support.plugins import Parts
from ._target import Target

DEFAULT = "torch"
TARGETS: Parts[type[Target]] = Parts("emitters", "TARGET", "target", of=type)
EXPLAINERS: Parts[Callable[..., Result]] = Parts("emitters", "explain", "target to explain")
"""What a target makes of each layer."""


def targets() -> dict[str, type[Target]]:
    """All targets by name; one of another package that is broken is left out."""
    return {name: kind for name, kind in TARGETS.items() if _keeps_contract(name, kind)}


def target(name: str) -> type[Target]:
    """The target `name`.

    Raises:
        UnknownNameError: there is none.
        PluginError: another package announces it, and it is no target.
    """
    kind = TARGETS[name]
    if not _keeps_contract(name, kind):
        raise PluginError(
            f"the TARGET of {name} is no subclass of Target with that name and an emit",
            where=f"module {kind.__module__}",
        )
    return kind


def _keeps_contract(name: str, kind: type[Any]) -> bool:
    return (
        issubclass(kind, Target)
        and not isabstract(kind)
        and getattr(kind, "name", None) == name  # which messages show
    )


def configured(kind: type[Target], options: Mapping[str, Any]) -> Target:
    """The target with these options.

    Raises:
        UnknownNameError: it has no such option.
        EmitError: an option has a value of another type, or no effect.
    """
    values = {own.name: own for own in fields(kind)}
    for name in options:
        look_up(name, values, f"option of target {kind.name}")
    return kind(**options)


def is_folder(output: Path) -> bool:
    """Whether the path is a folder, or is to be one."""
    return output.is_dir() or not (output.suffix or output.exists())


def chosen(output: Path | None, name: str | None = None) -> tuple[type[Target], bool]:
    """The target that `output` asks for, and whether it is to write a folder.

    A new path without an ending, or a folder that exists, asks for a target that writes folders.

    Args:
        output: What is to be written; None for standard output.
        name: The target that was asked for by name, or None.

    Raises:
        UnknownNameError: no target writes files with that ending, or `name` does not.
    """
    kind = target(name) if name else None
    if output is None:
        return kind or target(DEFAULT), False
    if is_folder(output):
        kind = kind or next(own for own in targets().values() if own.writes_folders)
        return kind, kind.writes_folders
    ending = output.suffix.lower()
    for own in [kind] if kind else targets().values():
        if ending in own.endings or (own is kind and _takes_any(own, ending)):
            return own, False
    raise _refusal(output, kind)


def _takes_any(kind: type[Target], ending: str) -> bool:
    """Whether a file's ending says nothing of what a target writes there."""
    return not kind.endings or not (ending or kind.writes_folders)


def _refusal(output: Path, kind: type[Target] | None) -> UnknownNameError:
    names = {kind.name: kind} if kind else targets()
    endings = [f"{ending} for {n}" for n, own in names.items() for ending in own.endings]
    writers = ", ".join(n for n, own in names.items() if own.writes_folders)
    folders = [f"a folder for {writers}"] if writers else []
    subject = f"{kind.name} does not write" if kind else "no target writes"
    ending = repr(output.suffix[:20]) if output.suffix else "a file without an ending"
    return UnknownNameError(
        f"{subject} {ending}",
        where=str(output),
        fix=", or ".join(filter(None, [", ".join(endings), *folders])),
    )
