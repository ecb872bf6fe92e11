"""Graphs as JSON, as `henet_arch.to_json` writes them."""

from __future__ import annotations

from pathlib import Path

from ..ir.model import File, Model
from ..ir.serialize import from_json
from ..ir.transform import resized
from ..support.errors import in_file
from ..support.files import read_text
from ..support.limits import LARGEST_GRAPH_FILE
from .importer import Importer, InputShape, has_key


def load(path: Path, input_shape: InputShape | None = None) -> Model:
    """The network of a graph in JSON, for an image of another shape where one is given.

    Raises:
        FileError: the file cannot be read, or is not JSON.
        GraphError, ShapeError, UnknownNameError: it does not hold a graph.
    """
    text = read_text(path, LARGEST_GRAPH_FILE)
    with in_file(path):
        graph = from_json(text)
    return resized(Model(graph, File(str(path))), input_shape)


def _recognizes(start: bytes) -> bool:
    return has_key(start, "nodes")


IMPORTER = Importer("a graph", (".json",), load, _recognizes)
