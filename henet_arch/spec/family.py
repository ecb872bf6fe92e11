"""A family of networks: what a file in `rules/` declares as `FAMILY`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, TypeVar

if TYPE_CHECKING:
    from .build import NetworkBuilder
    from .spec import Spec

S = TypeVar("S", bound="Spec")


@dataclass(frozen=True)
class Preset:
    """A network that a source prints: what its spec says, and what the source says of it."""

    values: Mapping[str, Any]
    params: int | None = None
    """Parameters, where a reference implementation has an exact count."""
    reference: str = ""
    """That implementation."""


@dataclass(frozen=True)
class Family(Generic[S]):
    """How a spec of this family becomes a network."""

    summary: str
    """What it is, in one line."""
    source: str
    """The paper that defines it."""
    spec: type[S]
    """The keys that the family has, with their defaults."""
    expand: Callable[[NetworkBuilder, S], None]
    """Adds the network's layers to a `Net`."""
    presets: Mapping[str, Preset] = field(default_factory=dict)
    """The networks of the source, by name; each name starts with the family's."""
    init: str = "kaiming"
    """How weights start where nobody says it."""
    scaled: tuple[str, ...] = ()
    """Keys with widths beside `channels`, of which a search of the family tries smaller ones; those
    whose names begin with `stem` come before the stages, which are no narrower."""
