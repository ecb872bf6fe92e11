"""Numbers that a user gives, and how large they may be."""

from __future__ import annotations

from ..support.errors import TrainError
from ..support.limits import LARGEST_SETTING


def within(key: str, value: int | None, least: int, most: int = LARGEST_SETTING) -> None:
    """Refuse a number below `least` or above `most`; None is left to others.

    Raises:
        TrainError: it is out of bounds, or no whole number.
    """
    if value is not None and not isinstance(value, int):
        raise TrainError(f"{key} = {value!r:.99} is no whole number")
    if value is not None and not least <= value <= most:
        raise TrainError(f"{key} = {value} is not between {least:,} and {most:,}")


def between(key: str, value: float | None, most: float, fix: str) -> None:
    """Refuse what is not above 0 and below `most`; None is left to others.

    Raises:
        TrainError: it is not, or no number.
    """
    if value is not None and not (isinstance(value, (int, float)) and 0 < value < most):
        raise TrainError(f"{key} = {value!r:.99} is not between 0 and {most:,}", fix=fix)
