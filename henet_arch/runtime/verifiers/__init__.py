"""Verifiers of targets that no runner runs, one file each: `VERIFIER` is a `Verifier`."""

from __future__ import annotations

from ...support.plugins import Parts
from ..runner import Verifier
from ..runners import RUNNERS

VERIFIERS: Parts[Verifier] = Parts("runtime.verifiers", "VERIFIER", "verifier", of=Verifier)


def by_target() -> dict[str, Verifier]:
    """What verifies each target that can be verified, by the target's name."""
    listed = [verifier for parts in (RUNNERS, VERIFIERS) for _, verifier in parts.items()]
    return {verifier.target: verifier for verifier in listed if verifier.target}
