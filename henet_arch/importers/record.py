"""A network as plain values inside files of other kinds: its graph, and its spec where it has one.

The graph is what the file is of. The spec is kept beside it, since rules may change what it builds.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ..ir.graph import Graph
from ..ir.model import Model
from ..ir.serialize import from_json, to_json
from ..spec.build import build
from ..spec.spec import Spec
from ..support.errors import HenetArchError


def to_record(model: Model) -> dict[str, Any]:
    """The graph, and the spec or None, as values for JSON."""
    spec = model.origin.model_dump(mode="json") if isinstance(model.origin, Spec) else None
    return {"graph": json.loads(to_json(model.graph)), "spec": spec}


def from_record(record: Mapping[str, Any]) -> tuple[Graph, Spec | None]:
    """What `to_record` made, or a spec alone, as older versions kept it.

    A spec whose rules now build other layers is left out.

    Raises:
        SpecError, GraphError, ShapeError, UnknownNameError: it holds no valid network.
        KeyError, TypeError: it is none.
    """
    if "graph" not in record:
        spec = Spec(**record["spec"])
        return build(spec), spec
    graph = from_json(json.dumps(record["graph"]))
    return graph, _builds(record["spec"], graph)


def _builds(values: Mapping[str, Any] | None, graph: Graph) -> Spec | None:
    try:
        spec = Spec(**values) if values else None
        return spec if spec and same_layers(build(spec), graph) else None
    except HenetArchError:  # of another version
        return None


def same_layers(one: Graph, other: Graph) -> bool:
    """Whether two graphs have the same layers under the same names, for whatever reasons."""
    return one.outputs == other.outputs and [n[:3] for n in one] == [n[:3] for n in other]
