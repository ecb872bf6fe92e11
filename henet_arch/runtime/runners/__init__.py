"""Runners, one file each: `RUNNER` is a `henet_arch.runtime.runner.Runner`."""

from __future__ import annotations

from ...support.plugins import Parts
from ..runner import Runner

RUNNERS: Parts[Runner] = Parts("runtime.runners", "RUNNER", "backend", of=Runner)

