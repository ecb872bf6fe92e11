"""What a network says of image files, by whatever runs it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from ..ir.classes import class_names, classes_of, gives_shares
from ..ir.model import Model
from ..results.shown import Shown
from ..results.table import Cell, Column, Row, Table
from ..support.errors import FileError, PreprocessingError, RunError, SourceError
from .image_files import image_paths, read_image
from .preprocess import check_weights, preprocess, preprocessing_of
from .runners import RUNNERS

if TYPE_CHECKING:
    from numpy.typing import NDArray

_KEPT = 5
"""Classes that are kept of each image."""
_SHOWN = 2
"""Classes that a table shows of each image."""


@dataclass(frozen=True)
class Answer:
    """The likeliest classes of one image, the best first, each with its share of 1."""

    image: str
    classes: tuple[int, ...]
    shares: tuple[float, ...]


class Unread(NamedTuple):
    """A file of a folder that holds no image, and why."""

    path: str
    why: str


@dataclass(frozen=True)
class Classification(Shown):
    """What a network says of some images."""

    name: str
    runner: str
    names: tuple[str, ...]
    """Of all classes; none where they are not known."""
    answers: tuple[Answer, ...]
    unread: tuple[Unread, ...] = ()
    """Files of folders that could not be read."""

    def class_name(self, index: int) -> str:
        """What a class is called, or its number."""
        return self.names[index] if self.names else str(index)

    def tables(self) -> Sequence[Table]:
        best = [Column("class", prose=True), Column("share", number=True)]
        next_best = [Column("or", prose=True, rank=1), Column("share", number=True, rank=1)]
        columns = [Column("image"), *best, *next_best]
        notes = [f"run by {self.runner}"]
        images = "1 image" if len(self.answers) == 1 else f"{len(self.answers):,} images"
        title = f"{self.name}: what it says of {images}"
        return [Table(title, columns, [Row(self._cells(answer)) for answer in self.answers], notes)]

    def _cells(self, answer: Answer) -> list[Cell]:
        pairs = list(zip(answer.classes, answer.shares, strict=True))[:_SHOWN]
        named = [cell for k, share in pairs for cell in (self.class_name(k), f"{share:.2%}")]
        return [answer.image, *named]

    def to_dict(self) -> dict[str, Any]:
        return {
            "schema": 1,
            "name": self.name,
            "runner": self.runner,
            "images": [
                {
                    "image": answer.image,
                    "classes": [
                        {"class": self.class_name(k), "index": k, "share": share}
                        for k, share in zip(answer.classes, answer.shares, strict=True)
                    ],
                }
                for answer in self.answers
            ],
            "unread": [each._asdict() for each in self.unread],
        }

    def records(self) -> list[dict[str, Any]]:
        return [
            {
                "image": answer.image,
                "class": self.class_name(answer.classes[0]),
                "index": answer.classes[0],
                "share": answer.shares[0],
            }
            for answer in self.answers
        ]


def classify(model: Model, paths: Iterable[Path], backend: str = "eager") -> Classification:
    """The classes of image files, and of those in folders, where others are passed over.

    Raises:
        UnknownNameError: there is no such backend.
        SourceError: the model has no weights, no preprocessing, or gives no scores of classes.
        PreprocessingError: its preprocessing or its names of classes do not fit it.
        FileError: a file is no image that can be read, or none of the folders is.
        ExtraError, EmitError, RunError: as the backend raises them.
    """
    runner = RUNNERS[backend]
    count, names, own = _scored(model), class_names(model), preprocessing_of(model)
    if own.channel_order == "other":
        raise PreprocessingError(
            f"{model.origin.title} takes images of other channels than files have",
            fix="its channel_order, where it is one: --channel-order RGB",
        )
    run, are_shares = runner.prepare(model), gives_shares(model.graph)
    answers: list[Answer] = []
    unread: list[Unread] = []
    for path, is_named in image_paths(paths):
        try:
            pixels = read_image(path)
        except FileError as error:
            if is_named:
                raise
            unread.append(Unread(str(path), error.why or error.what.removeprefix(f"{path} ")))
            continue
        image = preprocess(pixels[None], own, model.graph.input_shape)
        output = np.asarray(run(image)[0], np.float64).reshape(count)
        if not np.isfinite(output).all():
            raise RunError(
                f"{model.name} gives scores that are no finite numbers",
                where=str(path),
                why="its weights are none, or too large",
                fix="weights of a training that went well",
            )
        shares = output if are_shares else _softmax(output)
        best = np.argsort(-shares, kind="stable")[:_KEPT].tolist()
        answers.append(Answer(str(path), tuple(best), tuple(shares[best].tolist())))
    if unread and not answers:
        more = len(unread) - 1
        others = f" and {more:,} other file{'s' * (more > 1)} are" if more else " is"
        raise FileError(f"{unread[0].path}{others} passed over", why=unread[0].why)
    return Classification(model.name, runner.title, names, tuple(answers), tuple(unread))


def _scored(model: Model) -> int:
    """How many classes the model scores, with weights of its own."""
    check_weights(model, "an image")
    count = classes_of(model.graph)
    if count is None:
        raise SourceError(
            f"{model.name} gives no scores of classes: {model.graph.signature}",
            fix="a network that ends in one vector",
        )
    return count


def _softmax(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    powers = np.exp(scores - scores.max())
    shares: NDArray[np.float64] = powers / powers.sum()
    return shares
