"""What a folder of C says of feature maps: constants in its header, and how to find a map."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from math import prod

from ...ir.features import feature_channels, feature_strides
from ...ir.graph import Graph
from .kernels import filled


def feature_parts(graph: Graph, name: str) -> dict[str, str]:
    """The parts of the header and of the readme; empty where the outputs are no feature maps."""
    if not graph.gives_features:
        return {"feature_header": "", "feature_readme": ""}
    shapes = [graph[output].shape for output in graph.outputs]
    _, heights, widths = zip(*shapes, strict=True)
    values = {
        "name": name,
        "macro": name.upper(),
        "maps": len(shapes),
        "channels": _listed(feature_channels(graph)),
        "strides": _listed(feature_strides(graph)),
        "heights": _listed(heights),
        "widths": _listed(widths),
        "starts": _listed([0, *accumulate(map(prod, shapes[:-1]))]),
    }
    parts = {"feature_header": "features.h", "feature_readme": "features.md"}
    return {key: filled(text, values) for key, text in parts.items()}


def _listed(values: Sequence[object]) -> str:
    return f"{{{', '.join(map(str, values))}}}"
