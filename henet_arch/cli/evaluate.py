"""`henet-arch evaluate`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from . import completion, images, parsing
from .completion import one_of
from .effect import refuse
from .options import DataDir, Format, MatchBy, Network, Output, Weights, parsed, takes_network
from .paths import Reads
from .weights import weighted


@takes_network
def evaluate(
    context: typer.Context,
    network: Network,
    pictures: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="IMAGE",
            help="Image files, or folders of them, to classify; without, a data set is tested.",
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
            "Data set; the one it was trained on if unsaid.",
            one_of(completion.datasets),
        ),
    ] = None,
    data_dir: DataDir = None,
    backend: Annotated[
        Any,
        parsed(
            parsing.backend,
            "NAME",
            "What classifies images: eager, c, onnxruntime, ...",
            one_of(completion.backends),
        ),
    ] = "eager",
    preprocessing: images.Preprocessing = None,
    mean: images.Mean = None,
    std: images.Std = None,
    channel_order: images.ChannelOrder = None,
    resize: images.Resize = None,
    class_names: images.ClassNames = None,
    format: Format = None,
    output: Output = None,
) -> None:
    """Test trained weights on a data set, or classify image files with them."""
    from .. import api
    from ..importers.load import load
    from ..support.optional import need
    from .output import show

    if pictures:
        refuse(context, "images are classified, and no data set is tested", "data", "data_dir")
    else:
        refuse(context, "a data set has names of its own", "class_names")
        refuse(context, "a data set is tested by PyTorch; name image files", "backend")
    need("torch", "train")
    model = images.changed(
        weighted(load(network), weights, match_by),
        preprocessing=preprocessing,
        mean=mean,
        std=std,
        channel_order=channel_order,
        resize=resize,
        class_names=class_names,
    )
    if pictures:
        show(api.classify(model, *pictures, backend=backend), format, output)
    else:
        show(api.evaluate(model, data, data_dir=data_dir), format, output)
