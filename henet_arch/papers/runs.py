"""Trainings of the networks whose accuracies the HENet paper prints."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any, NamedTuple

from ..importers.record import same_layers
from ..importers.run_files import CHECKPOINT, METRICS, WEIGHTS
from ..importers.weights import KEY, load
from ..ir.graph import Graph
from ..spec.build import build
from ..spec.spec import Spec
from ..support.errors import FileError, SourceError
from ..support.files import read_text, reason
from ..support.limits import LARGEST_REPORT_FILE
from ..support.tensor_file import read_header
from .training import PAPER

_FREE = (
    "data", "split", "seed", "note", "step", "steps", "finished", "weights", "average_weights",
)  # fmt: skip
"""What may differ between runs that are compared; an average is kept beside their weights."""
_PAPER_STRATEGY = {"schedule": "paper", "batch": PAPER.batch}


@dataclass(frozen=True)
class Run:
    """A training of a network."""

    folder: Path
    graph: Graph
    data: str
    seed: int
    strategy: dict[str, Any]
    """Its settings, but for data and seed, where they are not the schedule's own."""
    accuracies: tuple[float, ...]
    """The shares of right answers in the last tests."""

    @property
    def is_as_in_the_paper(self) -> bool:
        return not self.deviations

    @property
    def deviations(self) -> dict[str, object]:
        """The settings that are others than the paper's."""
        keys = dict.fromkeys((*_PAPER_STRATEGY, *self.strategy))
        values = {key: self.strategy.get(key) for key in keys}
        return {key: value for key, value in values.items() if value != _PAPER_STRATEGY.get(key)}

    @property
    def accuracy(self) -> float:
        """The mean accuracy as the paper has it, in percent."""
        return 100 * sum(self.accuracies) / len(self.accuracies)

    def is_of(self, spec: Spec) -> bool:
        return same_layers(self.graph, build(spec))


class Unfinished(NamedTuple):
    """A training that was cut, or goes on."""

    folder: Path
    step: int
    """Steps that the log has."""


def read_runs(folders: Sequence[Path]) -> tuple[Run | Unfinished, ...]:
    """What `train` left in some folders, or in the folders within them.

    Raises:
        FileError: a folder holds no run, or a damaged one.
    """
    return tuple(_read(each) for folder in folders for each in _folders(folder))


def check_comparable(runs: Sequence[Run]) -> None:
    """Refuse runs that were not trained alike, and a network twice with one seed.

    Raises:
        SourceError: two are such.
    """
    for one, other in combinations(runs, 2):
        _check_alike(one, other)


def _folders(folder: Path) -> Sequence[Path]:
    """The folder itself where it is a run's, and else those within it that are."""
    try:
        inside = [] if _is_run(folder) else sorted(folder.iterdir())
    except OSError as error:
        raise FileError(
            f"cannot read the folder {folder}: {reason(error)}", fix="a folder of `train`"
        ) from None
    return [each for each in inside if _is_run(each)] or [folder]


def _is_run(folder: Path) -> bool:
    return any((folder / name).is_file() for name in (WEIGHTS, CHECKPOINT))


def _read(folder: Path) -> Run | Unfinished:
    if not (folder / WEIGHTS).is_file() and (folder / CHECKPOINT).is_file():
        return Unfinished(folder, _steps(folder))  # it was killed before it wrote any
    model = load(folder / WEIGHTS)
    try:
        training = dict(json.loads(read_header(folder / WEIGHTS).metadata[KEY])["training"])
        rows = _rows(folder)
        step, seed = int(rows[-1]["step"]), int(training["seed"])
        tested = [float(row["test_accuracy"]) for row in rows if row["test_accuracy"]]
        if not all(0 <= accuracy <= 1 for accuracy in tested):
            raise ValueError("an accuracy is not between 0 and 1")
    except (KeyError, IndexError, TypeError, ValueError, AttributeError, csv.Error) as error:
        raise FileError(
            f"{folder} holds no run that can be read: {error!s:.99}", fix="a folder of `train`"
        ) from None
    if not (training.get("finished", step >= PAPER.steps) and tested):
        return Unfinished(folder, step)
    return Run(
        folder,
        model.graph,
        str(training.get("data")),
        seed,
        _strategy(training),
        tuple(tested[-PAPER.last_tests :]),
    )


def _steps(folder: Path) -> int:
    """The steps that the log has; 0 where there is none."""
    with suppress(FileError, ValueError, TypeError, KeyError, IndexError, csv.Error):
        return int(_rows(folder)[-1]["step"])
    return 0


def _rows(folder: Path) -> list[dict[str, str]]:
    """The log."""
    return list(csv.DictReader(read_text(folder / METRICS, LARGEST_REPORT_FILE).splitlines()))


def _strategy(training: Mapping[str, object]) -> dict[str, object]:
    """The settings that are others than the schedule's own."""
    own = {"rate": PAPER.rate} if training.get("schedule") == "paper" else {}
    return {
        key: value
        for key, value in training.items()
        if key not in _FREE
        and (value is False if key == "augment" else bool(value))
        and own.get(key) != value
    }


def _check_alike(one: Run, other: Run) -> None:
    keys = {*one.strategy, *other.strategy}
    differing = sorted(k for k in keys if one.strategy.get(k) != other.strategy.get(k))
    if differing:
        key = differing[0]
        raise SourceError(
            f"{one.folder} was trained with {key} = {one.strategy.get(key)}, and {other.folder} "
            f"with {other.strategy.get(key)}",
            why="accuracies are compared of networks that were trained alike",
            fix="leave one out",
        )
    if (one.data, one.seed) == (other.data, other.seed) and same_layers(one.graph, other.graph):
        raise SourceError(
            f"{one.folder} and {other.folder} hold the same network, trained with seed {one.seed}",
            why="the spread over seeds is of different ones",
            fix="leave one out, or train with another --seed",
        )
