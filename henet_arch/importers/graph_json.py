"""Graphs as JSON, as `henet_arch.to_json` writes them."""

from __future__ import annotations

from pathlib import Path

from ..ir.model import File, Model
from ..ir.serialize import from_json
from ..support.errors import HenetArchError
from ..support.files import read_text
from ..support.limits import LARGEST_GRAPH_FILE
from .importer import Importer, has_key


def load(path: Path) -> Model:
    """The network of a graph in JSON.

    Raises:
        FileError: the file cannot be read, or is not JSON.
        GraphError, ShapeError, UnknownNameError: it does not hold a graph.
    """
    text = read_text(path, LARGEST_GRAPH_FILE)
    try:
        graph = from_json(text)
    except HenetArchError as error:
        error.where = f"{path}, {error.where}" if error.where else str(path)
        raise
    return Model(graph, File(str(path)))


def _recognizes(start: bytes) -> bool:
    return has_key(start, "nodes")


IMPORTER = Importer("a graph", (".json",), load, _recognizes)
