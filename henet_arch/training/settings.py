"""What decides how a training ends; a run can only be resumed with the same."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from ..importers.load import spec_of
from ..importers.record import same_layers
from ..ir.graph import Graph, Node
from ..ir.model import Model
from ..ir.preprocessing import Preprocessing
from ..ir.serialize import from_json
from ..support.errors import SpecError, TrainError, look_up
from ..support.limits import LARGEST_SETTING
from .dataset import Resize
from .sampling import Sampling
from .schedules import SCHEDULES, Schedule

if TYPE_CHECKING:
    from .data import Data

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
    balanced: bool = False
    cutout: int | None = None
    mixup: float | None = None
    augment: bool | None = None
    """Whether images are cropped and mirrored at random; as the data set says when None."""
    holdout: float | None = None
    """The share of each class that is held out, where the data set does not say what is."""
    resize: Resize = None

    def __post_init__(self) -> None:
        look_up(self.schedule, SCHEDULES, "schedule")
        for key, least in (("epochs", 1), ("batch", 1), ("seed", 0)):
            within(key, getattr(self, key), least)
        if self.resize is not None and self.resize != "stretch":
            Preprocessing((0.0,), (1.0,), "grey", resize=self.resize)  # which checks it
        if self.holdout is not None and not 0 < self.holdout < 1:
            raise TrainError(f"holdout = {self.holdout} is not between 0 and 1")
        Sampling(self.balanced, self.cutout, self.mixup)
        if self.rate is not None and not 0 < self.rate < LARGEST_SETTING:
            raise TrainError(f"rate = {self.rate} is not between 0 and {LARGEST_SETTING:,}")

    @property
    def sampling(self) -> Sampling:
        """What is changed of the images, their order and their labels."""
        return Sampling(self.balanced, self.cutout, self.mixup)

    @property
    def data_options(self) -> dict[str, object]:
        """What only some data sets take."""
        return {key: getattr(self, key) for key in ("holdout", "resize", "augment")}

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
    had = state.get("settings")
    if isinstance(had, dict):  # what is younger than the checkpoint was as it is by default
        had = {**asdict(Settings()), **had}
    _check_equal(had, asdict(settings), TrainError)


def check_same_images(state: dict[str, object] | None, data: Data) -> None:
    """Refuse a checkpoint of other images.

    Raises:
        TrainError: a file of the folder has changed since.
    """
    if state is not None and state.get("images", "") != data.digest:
        raise TrainError(
            "the checkpoint is of other images than the folder holds now",
            why=_WHY,
            fix="the images that it began with, or another --output",
        )


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
        value = list(value) if isinstance(value, tuple) else value
        if had.get(key) != value:
            raise error(
                f"the checkpoint has {key} = {had.get(key)!r}, and now it is {value!r}",
                why=_WHY,
                fix=f"{key} = {had.get(key)!r}, or another --output",
            )
