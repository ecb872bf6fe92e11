"""Runners, one file each: `RUNNER` is a `henet_arch.runtime.runner.Runner`."""

from __future__ import annotations

from ...support.plugins import Parts
from ..runner import Runner

RUNNERS: Parts[Runner] = Parts("runtime.runners", "RUNNER", "backend", of=Runner)


def by_target() -> dict[str, Runner]:
    """The runner of each target that has one, by the target's name."""
    return {runner.target: runner for _, runner in RUNNERS.items() if runner.target}
