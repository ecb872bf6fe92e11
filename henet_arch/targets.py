"""Which target a path asks for: each has the ending of its files, or writes folders."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from .results.table import Result
from .runtime.projects import PROJECTS
from .support.errors import UnknownNameError
from .support.plugins import Parts

DEFAULT = "torch"
TARGETS: Parts[Callable[..., str]] = Parts("emitters", "emit", "target")
EXPLAINERS: Parts[Callable[..., Result]] = Parts("emitters", "explain", "target to explain")
"""What a target makes of each layer."""
ENDINGS: Parts[str] = Parts("emitters", "ENDING", "target with an ending")
"""The ending of each target's files."""


def is_folder(output: Path) -> bool:
    """Whether the path is a folder, or is to be one."""
    return output.is_dir() or not (output.suffix or output.exists())


def target_of(output: Path | None, target: str | None = None) -> str:
    """The target that `output` asks for, which is `target` if that is said.

    A new path without an ending, or a folder that there is, asks for a target that writes folders.

    Raises:
        UnknownNameError: no target writes files with that ending, or `target` does not.
    """
    known = dict(ENDINGS.items())
    folders = list(PROJECTS)
    if output is None:
        return target or DEFAULT
    if is_folder(output):
        return target or folders[0]
    ending = output.suffix.lower()
    if not ending:
        return target or DEFAULT
    fitting = [name for name, own in known.items() if own == ending]
    if target in fitting or (fitting and target is None):
        return target or fitting[0]
    if target is not None and target not in known:
        return target  # another package's, which says no ending
    what = (
        f"{target} does not write {ending[:20]!r}"
        if target
        else f"no target writes {ending[:20]!r}"
    )
    listed = ", ".join(f"{own} for {name}" for name, own in known.items())
    raise UnknownNameError(
        what, where=str(output), fix=f"{listed}, or a folder for {', '.join(folders)}"
    )
