"""What decides how a training ends; a run can only be resumed with the same."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from ..spec.spec import Spec
from ..support.errors import SpecError, TrainError, look_up
from ..support.limits import LARGEST_SETTING
from .schedules import SCHEDULES, Schedule

FORMAT = 1
"""How checkpoints are laid out."""


def within(key: str, value: int | None, least: int, most: int = LARGEST_SETTING) -> None:
    """Refuse a number below `least` or above `most`.

    Raises:
        TrainError: it is out of bounds.
    """
    if value is not None and not least <= value <= most:
        raise TrainError(f"{key} = {value} is not between {least} and {most:,}")


@dataclass(frozen=True)
class Settings:
    """Data set, schedule and seed.

    Raises:
        UnknownNameError: there is no such schedule.
        TrainError: a number is out of bounds.
    """

    data: str = "digits"
    schedule: str = "quick"
    epochs: int | None = None
    """Passes over the images; the schedule's own when None."""
    batch: int = 128
    rate: float | None = None
    """The highest learning rate; the schedule's own when None."""
    seed: int = 0
    init: str | None = None

    def __post_init__(self) -> None:
        look_up(self.schedule, SCHEDULES, "schedule")
        for key, least in (("epochs", 1), ("batch", 1), ("seed", 0)):
            within(key, getattr(self, key), least)
        if self.rate is not None and not 0 < self.rate < LARGEST_SETTING:
            raise TrainError(f"rate = {self.rate} is not between 0 and {LARGEST_SETTING:,}")

    @property
    def plan(self) -> Schedule:
        return SCHEDULES[self.schedule]

    @property
    def highest_rate(self) -> float:
        return self.plan.rate if self.rate is None else self.rate


def check_outputs(spec: Spec) -> None:
    """Refuse a network whose outputs are no scores of classes.

    Raises:
        TrainError: it gives maps or probabilities.
    """
    for key, given in (("features_only", "maps"), ("softmax", "probabilities")):
        if getattr(spec, key):
            raise TrainError(
                f"{spec.title} gives {given}, and a loss needs one score for each class",
                fix=f"{key} = false",
            )


def check_resumable(
    state: dict[str, object], spec: Spec, settings: Settings, processes: int
) -> None:
    """Refuse a checkpoint of another network or of other settings.

    Raises:
        SpecError: the checkpoint is of another spec.
        TrainError: it was made with other settings.
    """
    asked = {"format": FORMAT, "processes": processes}
    for had, wants, error in (
        (state, asked, TrainError),
        (state.get("spec"), spec.model_dump(mode="json"), SpecError),
        (state.get("settings"), asdict(settings), TrainError),
    ):
        if not isinstance(had, dict):
            raise TrainError("the checkpoint does not say what it is of", fix="train anew")
        for key, value in wants.items():
            if had.get(key) != value:
                raise error(
                    f"the checkpoint has {key} = {had.get(key)!r}, and now it is {value!r}",
                    why="a training goes on only as it began",
                    fix=f"{key} = {had.get(key)!r}, or another --output",
                )
