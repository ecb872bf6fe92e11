"""`henet-arch evaluate`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from ..support.exit_codes import FAILED
from ..support.limits import LARGEST_SETTING
from ..support.printable import printable
from . import completion, parsing
from .completion import one_of
from .effect import refuse
from .images import UNSAID, Images, changed, takes_images
from .options import (
    DataDir,
    Format,
    Holdout,
    MatchBy,
    Network,
    Output,
    Weights,
    count,
    parsed,
    takes_network,
)
from .paths import Reads
from .progress import reading
from .weights import weighted

_OF_DATA = ("data", "data_dir", "holdout", "seed")


@takes_network
@takes_images
def evaluate(
    context: typer.Context,
    network: Network,
    pictures: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="IMAGE",
            help="Classify these image files, or folders of them; without one test a data set.",
            show_default=False,
        ),
        Reads,
    ] = None,
    weights: Weights = None,
    match_by: MatchBy = None,
    data: Annotated[
        Any,
        parsed(
            parsing.data,
            "NAME",
            "Test on this data set; by default on the one it was trained on.",
            one_of(completion.datasets),
        ),
    ] = None,
    data_dir: DataDir = None,
    holdout: Holdout = None,
    seed: Annotated[
        Any, count("Set the seed of what is held out, as train had it.", LARGEST_SETTING, least=0)
    ] = 0,
    backend: Annotated[
        Any,
        parsed(
            parsing.backend,
            "NAME",
            "Run it by eager, eager-folded, compile, onnxruntime, opencv, openvino or c.",
            one_of(completion.backends),
        ),
    ] = "eager",
    described: Images = UNSAID,
    format: Format = None,
    output: Output = None,
) -> None:
    """Test weights on a data set, or classify image files with them."""
    from .. import api
    from ..importers.load import load
    from ..support.optional import need
    from .output import show

    need("torch", "train")
    model = weighted(load(network), weights, match_by)
    if pictures:
        refuse(context, "images are classified, and no data set is tested", *_OF_DATA)
    else:
        if not _goes_by_names(data or model.trained_on):
            refuse(context, "the data set has names of its own", "class_names")
        if holdout is None:
            refuse(context, "nothing is held out without --holdout", "seed")
    model = changed(model, **described)
    if pictures:
        answers = api.classify(model, *pictures, backend=backend)
        show(answers, format, output)
        for each in answers.unread:
            typer.echo(printable(f"{each.path} is passed over: {each.why}"), err=True)
        if answers.unread:
            raise typer.Exit(FAILED)
    else:
        with reading() as listener:
            result = api.evaluate(
                model,
                data,
                data_dir=data_dir,
                holdout=holdout,
                seed=seed,
                backend=backend,
                listener=listener,
            )
        show(result, format, output)


def _goes_by_names(data: str) -> bool:
    """Whether the classes of a data set are found by the names that the network has."""
    from ..training.datasets import DATASETS

    return bool(data) and "class_names" in DATASETS[data].takes
