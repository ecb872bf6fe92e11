"""A network as plain values inside files of other kinds: its graph, spec, images and classes.

The graph is what the file is of. The spec is kept beside it, since rules may change what it builds.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ..ir.classes import checked_names
from ..ir.graph import Graph
from ..ir.model import Model
from ..ir.preprocessing import Preprocessing, usual_order
from ..ir.serialize import from_json, to_json
from ..ir.tensors import tensors_of
from ..spec.build import build
from ..spec.spec import Spec
from ..support.errors import HenetArchError


def to_record(model: Model) -> dict[str, Any]:
    """The graph, the spec or None, and what is known of images and classes, as values for JSON."""
    spec = model.origin.model_dump(mode="json") if isinstance(model.origin, Spec) else None
    record: dict[str, Any] = {"graph": json.loads(to_json(model.graph)), "spec": spec}
    if model.preprocessing:
        record["preprocessing"] = model.preprocessing.to_dict()
    if model.class_names:
        record["classes"] = list(model.class_names)
    if model.constants:
        record["constants"] = sorted(model.constants)
    return record


def constants_of(record: Mapping[str, Any], graph: Graph) -> frozenset[str]:
    """The weights of `graph` that hold no parameter of its source, as the record says.

    Raises:
        TypeError: it does not list names.
    """
    return frozenset(record.get("constants", ())).intersection(tensors_of(graph))


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


def images_of(
    record: Mapping[str, Any], graph: Graph
) -> tuple[Preprocessing | None, tuple[str, ...]]:
    """How images become the input of `graph`, and what its classes are called, where it is known.

    Raises:
        PreprocessingError, UnknownNameError: what the record says of it is not valid.
    """
    older = record.get("training", {})
    names = checked_names(record.get("classes", older.get("classes", [])))
    if "preprocessing" in record:
        return Preprocessing.from_dict(record["preprocessing"]), names
    return (_older(older, graph) if "pixels" in older else None), names


_SIDES = {"digits": 8, "cifar10": 32, "cifar100": 32, "svhn": 32}
"""Of the images that older versions trained on, which did not keep what was cropped."""
_CROPPED = 4
"""Pixels that an image can be larger than an input that is cropped from it."""


def _older(training: Mapping[str, Any], graph: Graph) -> Preprocessing:
    """What is done to images, as older versions kept it."""
    mean, std = (tuple(training["pixels"][key]) for key in ("mean", "std"))
    order = usual_order(len(mean))
    side = _SIDES.get(str(training.get("data")), 0)
    cropped = side and all(0 <= side - size <= _CROPPED for size in graph.input_shape[1:])
    return Preprocessing(mean, std, order, resize=(side, side) if cropped else None)


def _builds(values: Mapping[str, Any] | None, graph: Graph) -> Spec | None:
    try:
        spec = Spec(**values) if values else None
        return spec if spec and same_layers(build(spec), graph) else None
    except HenetArchError:  # of another version
        return None


def same_layers(one: Graph, other: Graph) -> bool:
    """Whether two graphs have the same layers under the same names, for whatever reasons."""
    return one.outputs == other.outputs and [n[:3] for n in one] == [n[:3] for n in other]
