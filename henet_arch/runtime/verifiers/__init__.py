"""Verifiers of targets that no runner runs, one file each: `VERIFIER` is a `Verifier`."""

from __future__ import annotations

from ...support.plugins import Parts
from .. import runners
from ..runner import Verifier

VERIFIERS: Parts[Verifier] = Parts("runtime.verifiers", "VERIFIER", "verifier", of=Verifier)


def by_target() -> dict[str, Verifier]:
    """What verifies each target that can be verified, by the target's name."""
    own = {verifier.target: verifier for _, verifier in VERIFIERS.items()}
    return {**runners.by_target(), **own}
