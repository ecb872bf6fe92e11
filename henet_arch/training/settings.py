"""What decides how a training ends; a run can only be resumed with the same."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass

from ..importers.load import spec_of
from ..importers.record import same_layers
from ..ir.graph import Graph, Node
from ..ir.model import Model
from ..ir.serialize import from_json
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


def check_trainable(graph: Graph) -> None:
    """Refuse a network that does not turn one image into scores of classes.

    Raises:
        TrainError: it takes something else, or gives maps, probabilities, or other numbers of
            scores.
    """
    shape, inputs = graph.input_shape, [node for node in graph if not node.inputs]
    if len(inputs) != 1 or len(shape) != 3 or not all(isinstance(size, int) for size in shape):
        raise TrainError(
            f"{graph.name} does not take one image", fix="a network with one input, CxHxW"
        )
    outputs = [graph[name] for name in graph.outputs]
    if fault := next(filter(None, map(_fault, outputs)), None):
        given, fix = fault
    elif len({node.shape for node in outputs}) > 1:
        given, fix = "several numbers of scores", "outputs that are all of the same classes"
    else:
        return
    raise TrainError(
        f"{graph.name} gives {given}, and a loss needs one score for each class", fix=fix
    )


def _fault(output: Node) -> tuple[str, str] | None:
    """What an output gives in place of scores, and what to do about it."""
    if len(output.shape) != 1:
        return "maps", "features_only = false, or a network that ends in one vector"
    if output.layer.kind == "softmax":
        return "probabilities", "softmax = false, or a network without its softmax"
    if not isinstance(output.shape[0], int):
        return "an open number of scores", "a number in its place"
    return None


def check_resumable(
    state: dict[str, object], model: Model, settings: Settings, processes: int
) -> None:
    """Refuse a checkpoint of another network or of other settings.

    Raises:
        SpecError: the checkpoint is of another spec.
        TrainError: it is of another network, or was made with other settings.
    """
    spec = spec_of(model)
    asked = {"format": FORMAT, "processes": processes}
    _check_equal(state, asked, TrainError)
    if spec and state.get("spec"):
        _check_equal(state["spec"], spec.model_dump(mode="json"), SpecError)
    elif "graph" not in state:
        raise _other(model)
    if "graph" in state and not same_layers(from_json(str(state["graph"])), model.graph):
        raise _other(model)
    _check_equal(state.get("settings"), asdict(settings), TrainError)


_WHY = "a training goes on only as it began"


def _other(model: Model) -> TrainError:
    return TrainError(
        f"the checkpoint is of another network than {model.name}",
        why=_WHY,
        fix="the network that it began with, or another --output",
    )


def _check_equal(
    had: object, wants: Mapping[str, object], error: type[SpecError | TrainError]
) -> None:
    if not isinstance(had, dict):
        raise TrainError("the checkpoint does not say what it is of", fix="train anew")
    for key, value in wants.items():
        if had.get(key) != value:
            raise error(
                f"the checkpoint has {key} = {had.get(key)!r}, and now it is {value!r}",
                why=_WHY,
                fix=f"{key} = {had.get(key)!r}, or another --output",
            )
