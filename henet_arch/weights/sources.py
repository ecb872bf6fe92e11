"""Weights from whatever has them: a file of tensors, a network of any kind, a state dict."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from dataclasses import replace
from os import PathLike
from typing import TYPE_CHECKING, Any, TypeAlias

from ..importers.importer import input_shape_of
from ..importers.load import importer_of, load, may_be_preset, path_of
from ..ir.graph import Graph
from ..ir.model import Model
from ..spec.presets import find_preset
from ..support.errors import InputShapeError, SourceError, UnknownNameError, nearest
from . import pretrained
from .tensors import Tensors, of_model, of_state

if TYPE_CHECKING:
    from torch.nn import Module

    Weights: TypeAlias = Model | Module | Mapping[str, Any] | str | PathLike[str]
else:
    Weights = object
"""What has weights: a name of pretrained ones, a file of tensors, a network that `load` takes, or
a state dict."""


def named(source: Weights, graph: Graph, replaceable: Collection[str] = ()) -> Weights:
    """The file of the weights that `source` names, where they come with the package.

    Args:
        source: What has weights, or their name.
        graph: The network that they are for.
        replaceable: Tensors of it that may be others.

    Raises:
        SourceError: those of that name are of other networks.
        UnknownNameError: it is a word, and neither a name, a preset nor a file.
    """
    if not isinstance(source, str) or not may_be_preset(source):
        return source
    if source in pretrained.names():
        return pretrained.find(source, graph, replaceable).path
    if not os.path.lexists(source) and not find_preset(source):
        offered = pretrained.names_for(graph, replaceable)
        named = f"{nearest(source, offered)} or " if offered else ""
        raise UnknownNameError(
            f"no weights and no file are called {source!r:.99}", fix=f"{named}a file of weights"
        )
    return source


def tensors_in(source: Weights, graph: Graph) -> Tensors:
    """The tensors of a source by their names there, without counters.

    Args:
        source: What has them.
        graph: The network that they are for; a source that leaves its inputs open has those of it.

    Raises:
        SourceError: it is a network without weights, or a mapping of something else.
        FileError: it cannot be read; and all that `load` raises.
    """
    return _tensors(source, graph).without_counters()


def _tensors(source: Weights, graph: Graph) -> Tensors:
    if isinstance(source, Mapping):
        return of_state(source)
    if hasattr(source, "state_dict"):
        tensors = of_state(source.state_dict())
        return replace(tensors, graph=lambda: network_in(source, graph).graph)
    if (path := path_of(source)) and (read := importer_of(path).tensors):
        return read(path)
    return of_model(network_in(source, graph))


def network_in(source: Weights, graph: Graph) -> Model:
    """The network that a source holds with its weights.

    Args:
        source: What has them.
        graph: As `tensors_in` takes it.

    Raises:
        SourceError: it holds no network; and all that `load` raises.
    """
    path = path_of(source)
    read = importer_of(path).tensors if path else None
    if isinstance(source, Mapping) or (path and read and read(path).graph is None):
        raise SourceError(
            f"{path or 'the state dict'} holds weights, and does not say of what network",
            why="channels are paired by what the layers around them compute",
            fix="the network with its weights: package.module:name, an ONNX file, a Caffe network",
        )
    try:
        return load(source)
    except InputShapeError:
        return load(source, input_shape_of(graph))
