"""A family of networks: what a file in `rules/` declares as `FAMILY`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

from . import discovery
from .errors import UnknownNameError, nearest

if TYPE_CHECKING:
    from .engine import Net
    from .spec import Spec

Places = Mapping[str, tuple[str, ...]]
"""For each spec key that may be given once or for each place: the places' names, in order."""


@dataclass(frozen=True)
class Family:
    """How a spec of this family becomes a network."""

    summary: str
    """What it is, in one line."""
    source: str
    """The paper that defines it."""
    expand: Callable[[Net, Spec], None]
    """Adds the network's layers to a `Net`."""
    places: Callable[[int], Places]
    """From the number of widths to the places of `repeats`, `strides` and `kernels`."""
    groups: str | int
    """The grouping rule where the spec names none."""
    unused: Mapping[str, str] = field(default_factory=dict)
    """Spec keys that mean nothing here, each with the reason."""
    presets: Iterable[Mapping[str, Any]] = ()
    """What a spec must say to be a network of the source."""


@cache
def families() -> dict[str, Family]:
    """All families by name, plugins too."""
    modules = discovery.with_attribute("rules", "FAMILY")
    return {name: module.FAMILY for name, module in modules.items()}


@cache
def family(name: str) -> Family:
    """The family `name`.

    Raises:
        UnknownNameError: there is none.
    """
    if name in discovery.files("rules"):
        found = getattr(discovery.load("rules", name), "FAMILY", None)
    else:
        found = families().get(name)
    if not isinstance(found, Family):
        raise UnknownNameError(f"unknown family {name!r}", fix=nearest(name, families()))
    return found
