"""Emits a graph as a network of Caffe: a prototxt, with a caffemodel where there are weights."""

from __future__ import annotations

from dataclasses import dataclass

from ...ir.graph import Graph, check_names
from ...ir.model import Model
from ...support.errors import EmitError
from .._initial import INITS
from .._target import Target, option
from .._title import title, usual_init
from .caffemodel import caffemodel
from .dialects import DIALECTS
from .net import Net
from .pixels import Pixels, pixels_of
from .prototxt import entry, network
from .readme import readme
from .rows import ROWS, SHUFFLES
from .training import entries, solver

__all__ = ["TARGET", "Caffe", "Net", "net_of"]


@dataclass(frozen=True)
class Caffe(Target):
    """A prototxt, and the model's weights beside it; or a folder to train and use it with Caffe."""

    name = "caffe"
    endings = (".prototxt",)
    writes_folders = True
    weights_beside = True

    dialect: str = option("opencv", "What is to read it, by default opencv", DIALECTS)
    shuffle: str = option(
        "ShuffleChannel", "The layer that shuffles channels, by default ShuffleChannel", SHUFFLES
    )
    init: str | None = option(
        None,
        "How weights start in a folder's train_val.prototxt; by default as the family does",
        INITS,
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.init and not self.folder:
            raise EmitError(
                "init has no effect: a deploy prototxt says nothing of how weights start",
                fix="the path of a folder",
            )

    @property
    def describes_images(self) -> bool:
        return True

    def emit(self, model: Model) -> dict[str, bytes]:
        """The prototxt and perhaps the caffemodel, or the folder's files.

        Raises:
            PreprocessingError: the images that the model is for do not fit the network.
            EmitError: Caffe cannot hold a layer or a size; or a folder's network takes no single
                image, or gives no scores of classes.
            LimitError: the weights are too many for a caffemodel.
        """
        pixels = pixels_of(model)
        net = net_of(model.graph, self)
        stem = "deploy" if self.folder else model.name
        comments = [*title(model.graph), *(pixels.described() if pixels else ())]
        files = {f"{stem}.prototxt": network(model.name, comments, map(entry, net.layers)).encode()}
        if model.weights is not None and any(layer.tensors for layer in net.layers):
            files[f"{stem}.caffemodel"] = caffemodel(net, model.weights)
        if self.folder:
            texts = self._texts(model, net, pixels)
            files |= {name: text.encode() for name, text in texts.items()}
            files["README.md"] = readme(model, net, pixels, files).encode()
        return files

    def _texts(self, model: Model, net: Net, pixels: Pixels | None) -> dict[str, str]:
        """What a folder has besides: to train, and the names of the classes."""
        layers = entries(net, pixels, self.init or usual_init(model.graph))
        texts = {
            "train_val.prototxt": network(model.name, title(model.graph), layers),
            "solver.prototxt": solver(model.name, "train_val.prototxt"),
        }
        if model.class_names:
            names = (" ".join(name.split()) for name in model.class_names)
            texts["labels.txt"] = "".join(f"{name}\n" for name in names)
        return texts


TARGET = Caffe


def net_of(graph: Graph, target: Caffe) -> Net:
    """The layers of Caffe that a graph becomes.

    Raises:
        GraphError: the name of the graph or of a layer is not one that a builder takes.
        EmitError: Caffe cannot hold a layer or a size.
    """
    check_names(graph)
    rows = {**ROWS, "channel_shuffle": SHUFFLES[target.shuffle]}
    return Net(graph, rows, DIALECTS[target.dialect])
