"""Caffe's weights, which mostly hold the network too."""

from __future__ import annotations

from pathlib import Path

from ..ir.model import Model
from .importer import Importer, InputShape


def load(path: Path, input_shape: InputShape | None = None) -> Model:
    """The network of a caffemodel, as `_caffe.files.load_caffemodel` reads it."""
    from ._caffe.files import load_caffemodel

    return load_caffemodel(path, input_shape)


def with_weights(model: Model, path: Path) -> Model | None:
    """The network of a prototxt with these weights, as `with_caffemodel` reads them."""
    from ._caffe.files import with_caffemodel

    return with_caffemodel(model, path)


IMPORTER = Importer("a caffemodel", (".caffemodel",), load, with_weights=with_weights)
