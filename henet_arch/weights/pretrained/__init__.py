"""Trained weights that come with the package, by the name of the data that they are for."""

from __future__ import annotations

import csv
from collections.abc import Collection
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from ...ir.graph import Graph
from ...ir.tensors import is_counter, tensors_of
from ...support.errors import SourceError
from ...support.tensor_file import read_header

_FOLDER = Path(__file__).parent
MANIFEST = _FOLDER / "manifest.csv"
"""What comes with the package, a line for each file of weights."""


@dataclass(frozen=True)
class Pretrained:
    """Trained weights of one network."""

    network: str
    """The preset."""
    name: str
    """What they are asked for by: the data set's name."""
    accuracy: float
    """Right answers among the held-out images, in percent."""
    images: str
    """What they were trained and tested on."""
    command: str
    """The command that trained them."""

    @property
    def path(self) -> Path:
        return _FOLDER / f"{self.network}.{self.name}.safetensors"

    def fits(self, graph: Graph, replaceable: Collection[str] = ()) -> bool:
        """Whether they have the names and shapes of a network's, but for replaceable ones."""
        entries = read_header(self.path).entries
        own = {name: each.shape for name, each in entries.items() if not is_counter(name)}
        differing = own.items() ^ tensors_of(graph).items()
        return all(name in replaceable for name, _ in differing)


@cache
def pretrained() -> tuple[Pretrained, ...]:
    """All that come with the package."""
    rows = csv.DictReader(MANIFEST.read_text("utf-8").splitlines())
    return tuple(
        Pretrained(r["network"], r["name"], float(r["accuracy"]), r["images"], r["command"])
        for r in rows
    )


def names() -> tuple[str, ...]:
    """What weights can be asked for by."""
    return tuple(dict.fromkeys(each.name for each in pretrained()))


def names_for(graph: Graph, replaceable: Collection[str] = ()) -> tuple[str, ...]:
    """Those of them that a network can be given, but for replaceable tensors."""
    fitting = (each.name for each in pretrained() if each.fits(graph, replaceable))
    return tuple(dict.fromkeys(fitting))


def find(name: str, graph: Graph, replaceable: Collection[str] = ()) -> Pretrained:
    """The weights of that name for a network.

    Args:
        name: One of `names()`.
        graph: The network.
        replaceable: Tensors of it that may be others.

    Raises:
        SourceError: none of that name fit the network.
    """
    of_name = [each for each in pretrained() if each.name == name]
    for each in of_name:
        if each.fits(graph, replaceable):
            return each
    raise SourceError(
        f"no weights {name!r} come with henet-arch for {graph.name}",
        why=f"they are of {', '.join(each.network for each in of_name)}, as the presets are",
        fix="one of these networks, or a file of weights",
    )
