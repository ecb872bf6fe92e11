"""What torchrun says of its processes, in the environment of each."""

from __future__ import annotations

import os
from dataclasses import dataclass

from ..support.errors import TrainError

_LARGEST = 10**6


@dataclass(frozen=True)
class Processes:
    """This process among those that train together; alone where torchrun started none."""

    rank: int = 0
    world: int = 1
    """How many there are."""
    local: int = 1
    """How many of them this machine has."""

    @property
    def is_first(self) -> bool:
        """Whether this one speaks and writes."""
        return self.rank == 0


def processes() -> Processes:
    """What the environment says.

    Raises:
        TrainError: that is no number, or contradicts itself.
    """
    rank, world, local = (
        _number("RANK", 0),
        _number("WORLD_SIZE", 1),
        _number("LOCAL_WORLD_SIZE", 1),
    )
    if not rank < world:
        raise _refused(f"RANK={rank} is none of WORLD_SIZE={world} processes")
    if local < 1 or world % local:
        raise _refused(f"LOCAL_WORLD_SIZE={local} does not divide WORLD_SIZE={world} processes")
    return Processes(rank, world, local)


def _number(key: str, alone: int) -> int:
    text = os.environ.get(key, str(alone))
    if not (text.isascii() and text.isdecimal() and len(text) < 10 and int(text) <= _LARGEST):
        raise _refused(f"{key}={text} is no number of processes")
    return int(text)


def _refused(what: str) -> TrainError:
    return TrainError(
        what,
        where="the environment",
        why="torchrun sets these variables for each process that it starts",
        fix="unset RANK WORLD_SIZE LOCAL_WORLD_SIZE, or start it by torchrun",
    )
