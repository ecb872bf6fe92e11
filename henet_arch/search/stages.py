"""How many stages suit an image."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from ..spec.build import expand
from ..spec.spec import Spec
from ..support.errors import HenetArchError, SpecError

_FEWEST, _MOST = 2, 8


def fitted(spec: Spec, usual: Spec) -> Spec:
    """The spec with as many stages as leave a last map no smaller than that of `usual`.

    That is a network of the family at the image that its source has it for. A family of which the
    number of stages is fixed keeps it.
    """
    if spec.input == usual.input or not spec.stage_keys():
        return spec
    target = last_map(usual)
    best, before = spec, 0
    for count in range(_FEWEST, _MOST + 1):
        with suppress(SpecError):
            candidate = with_stages(spec, count)
            size = last_map(candidate)
            if count > _FEWEST and (size < max(target, 1) or size == before > 0):
                break
            best, before = candidate, size
    return best


def last_map(spec: Spec) -> int:
    """The shorter side of the last stage's map; 0 where there is no such network."""
    with suppress(HenetArchError):
        bare = {"features_only": True, "feature_strides": (), "softmax": False}
        graph = expand(spec.replace(**bare))
        return min(int(side) for side in graph[graph.outputs[-1]].shape[1:])
    return 0


def with_stages(spec: Spec, count: int) -> Spec:
    """The spec with so many stages; further ones are each twice as wide as the one before it.

    Raises:
        SpecError: the family has another number of stages always.
    """
    changes: dict[str, Any] = {}
    for key in ("channels", *spec.stage_keys()):
        value = getattr(spec, key, None)
        if not isinstance(value, tuple):
            continue
        length = count if key == "channels" or not changes else _places(spec, changes, key)
        more = length - len(value)
        factor = 2 if key == "channels" else 1
        changes[key] = value[:length] + tuple(value[-1] * factor**i for i in range(1, more + 1))
    return spec.replace(**changes)


def _places(spec: Spec, changes: dict[str, Any], key: str) -> int:
    """How many numbers a key has once the others are changed."""
    return len(spec.model_copy(update=changes).stage_keys()[key])
