"""What a training leaves in its folder at its end, beside checkpoint and log."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

from ...importers.run_files import METRICS, WEIGHTS
from ...runtime.torch.weights import save_weights
from ...support.files import write_text
from ..data import Data, Feeder
from ..evaluation import mistakes
from ..evaluation.scoring import fitting_batch
from ..optimization.averaging import WeightAverage
from ..optimization.learner import Learner
from .folder import AVERAGED, CURVES, ERRORS, FOUND
from .log import as_csv
from .outcome import Outcome


def write_outputs(
    folder: Path,
    outcome: Outcome,
    learner: Learner,
    average: WeightAverage | None,
    data: Data,
    test: Feeder,
    curves: str,
) -> None:
    """Write the weights, their log and curves, and what is to say of the images.

    The log is there already, but for what a process that was killed had no time to write.

    Args:
        folder: The run's.
        outcome: What came of the training.
        learner: The network as it was trained.
        average: The average of its weights, if one was kept.
        data: The images, with what is unusual about their files.
        test: The held-out images.
        curves: The form of the curves.

    Raises:
        FileError: a file cannot be written.
    """
    _write_weights(folder, outcome, learner, average, data)
    write_text(folder / METRICS, as_csv(list(outcome.rows)))
    outcome.draw(folder / CURVES[curves])
    for form in CURVES.keys() - {curves}:
        (folder / CURVES[form]).unlink(missing_ok=True)
    if data.findings and data.findings.all:
        write_text(folder / FOUND, data.findings.csv())
    if outcome.finished and outcome.score:
        worst = mistakes.worst(learner, test, fitting_batch(outcome.model.graph))
        title = f"{outcome.model.name}: the worst errors"
        mistakes.write(folder / ERRORS, title, outcome.classes, worst, outcome.tables())


def _write_weights(
    folder: Path,
    outcome: Outcome,
    learner: Learner,
    average: WeightAverage | None,
    data: Data,
) -> None:
    """Those after the last step, and their average beside them, with all that they are of."""
    model = outcome.model
    values: dict[str, Any] = {
        **asdict(outcome.settings),
        "start": outcome.start,
        "split": data.split,
        "note": outcome.note,
        "step": outcome.step,
        "steps": outcome.steps,
        "finished": outcome.finished,
    }
    save_weights(folder / WEIGHTS, learner.model, model, {**values, "weights": "last"})
    if average:
        with average.applied():
            save_weights(folder / AVERAGED, learner.model, model, {**values, "weights": "averaged"})
