"""A network with what is known of it beside its layers: the value that every verb takes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from .graph import Graph
from .preprocessing import Preprocessing as Preprocessing


class Origin(Protocol):
    """Where a network comes from: a spec, a file, an object of Python."""

    @property
    def title(self) -> str:
        """What messages call it: `the spec henet-r3`, `the file net.json`."""


@dataclass(frozen=True)
class File:
    """A file that holds a network."""

    path: str
    format: str = ""
    """Whose software runs the file itself: `onnx`, `caffe`; "" for none."""
    weights: str = ""
    """The file of its weights, where that is another."""
    data: tuple[str, ...] = ()
    """Further files in which its tensors lie."""

    @property
    def title(self) -> str:
        return f"the file {self.path}"


@dataclass(frozen=True)
class Python:
    """An object of Python that is or makes a network."""

    description: str
    value: Any = field(default=None, compare=False, repr=False)
    """The object, where it can be run."""
    format: str = ""
    """Whose software runs it: `torch`; "" for none."""
    arguments: tuple[str, ...] = ()
    """What it calls its inputs, in order; () where it takes them by their places."""

    @property
    def title(self) -> str:
        return self.description


def apart(origin: Origin) -> Origin:
    """The origin of a network that has other weights now, with which no original of it runs."""
    if isinstance(origin, File):
        return replace(origin, format="", weights="")
    return replace(origin, value=None, format="") if isinstance(origin, Python) else origin


@dataclass(frozen=True, repr=False)
class Model:
    """A network: its layers, and its weights, preprocessing and class names where known.

    Attributes:
        graph: Its layers.
        origin: What it was made from: a spec, a file and its digest, a module, or a graph.
        weights: Arrays by parameter name, shaped as PyTorch's, each read when it is asked for.
        trained_on: The name of the data set that the weights were trained on; "" if unknown.
        seed: The seed that the weights were drawn with; None where they are not random.
        preprocessing: How an image becomes the input; None where it is not known.
        class_names: What the elements of the first output stand for, in order; () if unknown.
        unread_params: Numbers in parameters of the source that no layer reads.
        frozen: The names of the parameters that training leaves as they are.
        tied: The names of the parameters that an earlier one of the source is, as it is or
            turned; each layer has its own of what is built and emitted.
        constants: The names of the weights that hold no parameter of the source: its buffers, and
            numbers of its code. Training leaves them as they are.
        split: A digest of the images of the training, and of which were for tests; "" if unknown.
    """

    graph: Graph
    origin: Origin
    weights: Mapping[str, Any] | None = field(default=None, compare=False)
    trained_on: str = ""
    seed: int | None = None
    preprocessing: Preprocessing | None = None
    class_names: tuple[str, ...] = ()
    unread_params: int = 0
    frozen: frozenset[str] = frozenset()
    tied: frozenset[str] = frozenset()
    constants: frozenset[str] = frozenset()
    split: str = ""

    @property
    def name(self) -> str:
        """The network's name."""
        return self.graph.name

    @property
    def uncounted(self) -> frozenset[str]:
        """The names of the weights that add nothing to the parameters of the source."""
        return self.tied | self.constants

    def __repr__(self) -> str:
        return f"<Model {self.name}: {len(self.graph)} layers, {self.graph.signature}>"
