"""What decides how a training ends; a run can only be resumed with the same."""

from __future__ import annotations

from dataclasses import dataclass

from ..ir.graph import Graph, Node
from ..ir.preprocessing import Preprocessing
from ..support.errors import TrainError, look_up
from ..support.limits import LARGEST_SETTING
from .bounds import between, within
from .dataset import Resize
from .images.sampling import Sampling
from .schedules import SCHEDULES, Schedule


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
    label_smoothing: float = 0.0
    """The share of each label that is spread over all classes."""
    average_weights: float | None = None
    """How much of the average of the weights each step keeps; no average where None."""
    patience: int | None = None
    """Tests that may be no better than the best one before the training ends."""

    def __post_init__(self) -> None:
        look_up(self.schedule, SCHEDULES, "schedule")
        for key, least in (("epochs", 1), ("batch", 1), ("seed", 0), ("patience", 1)):
            within(key, getattr(self, key), least)
        if self.resize is not None and self.resize != "stretch":
            Preprocessing((0.0,), (1.0,), "grey", resize=self.resize)  # which checks it
        between("holdout", self.holdout, 1, "a share of each class, such as 0.1")
        Sampling(self.balanced, self.cutout, self.mixup)
        between("rate", self.rate, LARGEST_SETTING, "a rate such as 0.1")
        if self.label_smoothing != 0:
            between("label_smoothing", self.label_smoothing, 1, "a share such as 0.1")
        share = self.average_weights
        between("average_weights", share, 1, "the share that each step keeps, such as 0.999")

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
    if fault := next(filter(None, (_fault(graph, output) for output in outputs)), None):
        given, fix = fault
    elif len({node.shape for node in outputs}) > 1:
        given, fix = "several numbers of scores", "outputs that are all of the same classes"
    else:
        return
    raise TrainError(
        f"{graph.name} gives {given}, and a loss needs one score for each class", fix=fix
    )


_KEPT = ("dropout", "flatten")
"""What changes no score in use."""


def _fault(graph: Graph, output: Node) -> tuple[str, str] | None:
    """What an output gives in place of scores, and what to do about it."""
    if len(output.shape) != 1:
        return "maps", "features_only = false, or a network that ends in one vector"
    last = output
    while last.layer.kind in _KEPT:
        last = graph[last.inputs[0]]
    if last.layer.kind == "softmax":
        return "probabilities", "softmax = false, or a network without its softmax"
    if last.layer.kind == "sigmoid":
        return "probabilities of each class by itself", "a network without its sigmoid"
    if not isinstance(output.shape[0], int):
        return "an open number of scores", "a number in its place"
    return None
