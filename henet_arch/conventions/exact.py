"""What the built network has."""

from __future__ import annotations

from .convention import ANY, Convention

CONVENTION = Convention(
    "exact",
    "what the built network has",
    {ANY: {"mac": 1}},
    operators={ANY: {"mac": 1}},
)
