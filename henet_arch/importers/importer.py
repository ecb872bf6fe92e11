"""What reads one file format."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from ..ir.dims import Shape
from ..ir.graph import Graph
from ..ir.model import Model
from ..spec.spec import Spec
from ..weights.tensors import Tensors

InputShape = Shape | Mapping[str, Shape]
"""What a network is read for: (C, H, W), or (H, W) where the channels are known; or by input."""


def input_shape_of(graph: Graph) -> InputShape:
    """What a graph was read for."""
    shapes = {node.name: node.shape for node in graph if not node.inputs}
    return shapes if len(shapes) > 1 else graph.input_shape


class OwnTensors(NamedTuple):
    """The tensors of a network by the names that they have where it comes from.

    Attributes:
        shapes: Their shapes.
        filled: The network with other tensors of these names, arrays, in its original too.
    """

    shapes: Mapping[str, Shape]
    filled: Callable[[Mapping[str, Any]], Model]


@dataclass(frozen=True)
class Importer:
    """A file format and how a network is read from it.

    Attributes:
        title: What such a file is, with its article, as messages have it: `a spec`.
        endings: The endings of its files in small letters, such as `.json`.
        load: Reads a file for an input of that shape, or of its own where there is None; a spec is
            returned as it is and built later, since options change it. None where no network is in
            such a file.
        recognizes: Whether a file that begins with these bytes is of this format. It is asked where
            formats share an ending, or a file has an unknown one; None leaves the file to the
            others first.
        objects: Whether it reads this object of Python, or what this text names, which is no file.
        load_object: Reads such an object.
        tensors: Reads the tensors of a file that holds them by name, whatever network they are of.
        with_weights: Gives a network of this format the weights of such a file; None where it is of
            another format.
        own_tensors: The tensors of a network of this format; None where it is of another format.
    """

    title: str
    endings: tuple[str, ...]
    load: Callable[[Path, InputShape | None], Model | Spec] | None = None
    recognizes: Callable[[bytes], bool] | None = None
    objects: Callable[[object], bool] | None = None
    load_object: Callable[[object, InputShape | None], Model] | None = None
    tensors: Callable[[Path], Tensors] | None = None
    with_weights: Callable[[Model, Path], Model | None] | None = None
    own_tensors: Callable[[Model], OwnTensors | None] | None = None


def has_key(start: bytes, key: str) -> bool:
    """Whether JSON text that begins with `start` seems to have that key near its beginning."""
    return re.search(rb'"%s"\s*:' % key.encode(), start) is not None
