"""How the HENet paper trains all its networks."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Strategy:
    """Stochastic gradient descent with Nesterov momentum, by steps.

    Source: HENet, section 4.1; momentum and tests are those of the authors' own solver.
    """

    rate: float = 0.01
    """The learning rate at first."""
    drops: tuple[int, ...] = (32_000, 48_000)
    """The steps from which it is `factor` times what it was."""
    factor: float = 0.1
    steps: int = 65_000
    batch: int = 128
    momentum: float = 0.9
    weight_decay: float = 0.0005
    test_every: int = 1000
    """Steps between two tests."""
    last_tests: int = 5
    """Those at the end whose mean is the mean accuracy (section 4)."""


PAPER = Strategy()
