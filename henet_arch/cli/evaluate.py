"""`henet-arch evaluate`."""

from __future__ import annotations

from typing import Annotated, Any

from . import completion, parsing
from .completion import one_of
from .options import DataDir, Format, MatchBy, Network, Output, Weights, parsed, takes_network
from .weights import weighted


@takes_network
def evaluate(
    network: Network,
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
    format: Format = None,
    output: Output = None,
) -> None:
    """Test trained weights: those that train saved, or other weights for a network."""
    from ..api import evaluate as test
    from ..importers.load import load
    from .output import show

    model = weighted(load(network), weights, match_by)
    show(test(model, data, data_dir=data_dir), format, output)
