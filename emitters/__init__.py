"""Targets: what a network is written as, one file or folder each.

A module `NAME` with `TARGET`, a frozen dataclass derived from `Target`, is the target `NAME`.
"""

from ._emitted import Emitted
from ._initial import INITS
from ._lookup import DEFAULT, EXPLAINERS, TARGETS, chosen, configured, is_folder, target, targets
from ._target import Target, option

__all__ = [
    "DEFAULT",
    "EXPLAINERS",
    "INITS",
    "TARGETS",
    "Emitted",
    "Target",
    "chosen",
    "configured",
    "is_folder",
    "option",
    "target",
    "targets",
]
