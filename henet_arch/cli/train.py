"""`henet-arch train`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from ..support.errors import FileError
from ..support.exit_codes import INTERRUPTED
from ..support.limits import LARGEST_ALPHA, LARGEST_IMAGE, LARGEST_SETTING, MOST_THREADS
from . import completion, parsing
from .completion import one_of
from .options import (
    Data,
    DataDir,
    Format,
    Holdout,
    Init,
    MatchBy,
    Network,
    Weights,
    count,
    parsed,
    takes_network,
)
from .output import show
from .paths import Given, Writes
from .progress import reading, say, say_wrapped, watching
from .weights import weighted

if TYPE_CHECKING:
    from ..training.run.outcome import Outcome


def _check_folder(path: Path, given: Given) -> None:
    """Refuse a folder that is not a run's own."""
    from ..training.run.folder import usable

    usable(path)


@takes_network
def train(
    network: Network,
    weights: Weights = None,
    match_by: MatchBy = None,
    data: Data = "digits",
    data_dir: DataDir = None,
    schedule: Annotated[
        Any,
        parsed(
            parsing.schedule,
            "NAME",
            "Change the learning rate by quick, one cycle, or paper, 65,000 steps.",
            one_of(completion.schedules),
        ),
    ] = "quick",
    epochs: Annotated[
        Any,
        count(
            "Pass so often over the images; by default as often as the schedule says.",
            LARGEST_SETTING,
        ),
    ] = None,
    batch: Annotated[Any, count("Take so many images in a batch.", LARGEST_SETTING)] = 128,
    rate: Annotated[
        Any,
        parsed(
            parsing.below(LARGEST_SETTING, "0.1"),
            "RATE",
            f"Set the highest rate, below {LARGEST_SETTING:,}; by default the schedule's.",
        ),
    ] = None,
    seed: Annotated[
        Any,
        count(
            "Set the seed of weights, order, crops and what is held out.", LARGEST_SETTING, least=0
        ),
    ] = 0,
    init: Init = None,
    holdout: Holdout = None,
    resize: Annotated[
        Any,
        parsed(
            parsing.resize,
            "SIZE",
            "Let images of a folder cover 256 or 256x288 before they are cropped; or stretch them.",
        ),
    ] = None,
    no_augment: Annotated[
        bool, typer.Option("--no-augment", help="Crop and mirror no images at random.")
    ] = False,
    balanced: Annotated[
        bool, typer.Option("--balanced", help="Show each class equally often.")
    ] = False,
    cutout: Annotated[Any, count("Hide a square of N pixels of each image.", LARGEST_IMAGE)] = None,
    mixup: Annotated[
        Any,
        parsed(
            parsing.below(LARGEST_ALPHA, "0.2"),
            "ALPHA",
            "Mix images by pairs, evenly for a large ALPHA: 0.2.",
        ),
    ] = None,
    threads: Annotated[Any, count("Use so many threads in a process.", MOST_THREADS)] = 1,
    device: Annotated[
        str,
        typer.Option(
            help="Train on cpu, gpu, mps or auto.", autocompletion=one_of(completion.devices)
        ),
    ] = "cpu",
    engine: Annotated[
        Any,
        parsed(
            parsing.engine,
            "NAME",
            "Train with native, which is compiled C, or torch; by default native where it can.",
            one_of(completion.engines),
        ),
    ] = None,
    label_smoothing: Annotated[
        Any,
        parsed(
            parsing.below(1, "0.1", zero=True),
            "SHARE",
            "Spread this share of each label over all classes, below 1.",
        ),
    ] = 0.0,
    average_weights: Annotated[
        Any,
        parsed(
            parsing.below(1, "0.999"),
            "DECAY",
            "Keep an average of the weights too, and test it: 0.999.",
        ),
    ] = None,
    patience: Annotated[
        Any, count("End after so many tests without a better one.", LARGEST_SETTING)
    ] = None,
    checkpoint_every: Annotated[
        Any, count("Make so many steps between two checkpoints.", LARGEST_SETTING)
    ] = 100,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with the run in the output folder.")
    ] = False,
    resume_or_begin: Annotated[
        bool,
        typer.Option(
            "--resume-or-begin",
            help="Go on with the run in the output folder, or begin it there: for a job that is "
            "started again after it was stopped.",
        ),
    ] = False,
    curves: Annotated[
        Literal["svg", "png", "pdf"], typer.Option(help="Draw the curves in this form.")
    ] = "svg",
    log: Annotated[
        Literal["csv", "tensorboard"],
        typer.Option(help="Write the log as csv, or with tensorboard also as event files."),
    ] = "csv",
    format: Format = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="DIR",
            help="Keep the run in this folder; by default in NAME-DATA.",
        ),
        Writes(_check_folder),
    ] = None,
) -> None:
    """Train a network.

    Weights, checkpoint, log and curves are kept in a folder.
    """
    from ..api import train as run
    from ..importers.load import load
    from ..importers.run_files import CHECKPOINT
    from ..training.memory import keep_memory
    from ..training.processes import processes

    if weights and init:
        raise typer.BadParameter("--weights changes nothing here: --init starts anew")
    keep_memory()
    model = weighted(load(network), weights, match_by, to_train=True)
    folder = output or Path(f"{model.name}-{data}")
    if resume and resume_or_begin:
        raise typer.BadParameter("--resume-or-begin changes nothing here: --resume goes on")
    if resume and not (folder / CHECKPOINT).is_file():
        raise _nothing_begun(folder)
    first = processes().is_first
    with reading() as listener, _watching(speaks=first) as watch:
        outcome = run(
            model,
            folder,
            data=data,
            data_dir=data_dir,
            schedule=schedule,
            epochs=epochs,
            batch=batch,
            rate=rate,
            seed=seed,
            init=init,
            holdout=holdout,
            resize=resize,
            augment=False if no_augment else None,
            balanced=balanced,
            cutout=cutout,
            mixup=mixup,
            threads=threads,
            device=device,
            label_smoothing=label_smoothing,
            average_weights=average_weights,
            patience=patience,
            engine=engine,
            checkpoint_every=checkpoint_every,
            resume=resume or resume_or_begin,
            curves=curves,
            log=log,
            listener=listener,
            watch=watch,
            say=say,
        )
    if first:
        _report(outcome, folder, format, "" if resume_or_begin else " and --resume")


def _nothing_begun(folder: Path) -> FileError:
    """What to say of a run to go on with that there is not."""
    return FileError(
        f"{folder} holds no checkpoint to go on from",
        fix="leave --resume off to begin a run there; a job that is started again and again has "
        "--resume-or-begin",
    )


@contextmanager
def _watching(speaks: bool) -> Iterator[Callable[[int, int, dict[str, Any]], None]]:
    """A live bar on a terminal, and a line for each evaluation elsewhere."""
    if not speaks:
        yield lambda step, steps, row: None
        return
    with watching("training") as bar:
        last = -1

        def watch(step: int, steps: int, row: dict[str, Any]) -> None:
            nonlocal last
            bar(step, steps, _said(row))
            if row and row["test_accuracy"] is not None and row["step"] != last:
                last = row["step"]
                say(f"step {last:,} of {steps:,}: {_said(row)}")

        yield watch


def _said(row: dict[str, Any]) -> str:
    if not row:
        return ""
    tested = row["test_accuracy"]
    accuracy = "" if tested is None else f", test accuracy {tested:.2%}"
    return f"loss {row['train_loss']:.3f}{accuracy}, {row['images_per_second']:,.0f} images/s"


def _report(outcome: Outcome, folder: Path, format: str | None, more: str) -> None:
    """Say what came of a training, and how it goes on: with the same command, and `more`."""
    show(outcome, format, None)
    names = sorted(path.name for path in folder.iterdir() if not path.name.startswith("."))
    say_wrapped(f"{folder}/ holds {', '.join(names)}")
    if not outcome.finished:
        say(f"stopped; go on with the same command{more}")
        raise typer.Exit(INTERRUPTED)
