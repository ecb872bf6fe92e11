"""Targets that are folders with weights, one file each: `project(graph, ...)` gives their files."""

from __future__ import annotations

from collections.abc import Callable, Collection

from ...support.plugins import Parts

PROJECTS: Parts[Callable[..., dict[str, str]]] = Parts(
    "runtime.projects", "project", "target that is a folder", unloaded=True
)
BUILT: Parts[Callable[[Collection[str]], set[str]]] = Parts(
    "runtime.projects", "built", "target that is a folder", unloaded=True
)
"""What a build adds to a folder of these files."""
