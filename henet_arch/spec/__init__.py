"""What a user says of a network, and how rules build it."""

from __future__ import annotations

from . import families as families  # a spec finds its family by it
