"""Trained weights as safetensors, with the network inside, as `train` saves them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from ..ir.graph import Graph
from ..ir.model import File, Model
from ..ir.tensors import tensors_of
from ..ir.transform import resized
from ..support.errors import FileError, in_file
from ..support.optional import need
from ..support.tensor_file import TensorFile, is_tensor_file, read_header
from ..weights.matched import MatchedWeights, matched
from ..weights.names import by_name, own_names
from ..weights.recipe import plains
from ..weights.tensors import Entry, Tensors
from .importer import Importer, InputShape
from .record import constants_of, from_record, images_of, to_record
from .run_files import WEIGHTS

KEY = "henet_arch"
"""The one key of the metadata: safetensors writes several in any order."""
STATE = "state"
"""That of a training's checkpoint, which holds more than weights."""


def load(path: Path, input_shape: InputShape | None = None) -> Model:
    """The network with its weights, which are read when they are asked for.

    They may have been converted to float64, float16 or bfloat16 since; those of fewer bits than
    float32 are read as float32, which holds each of their values exactly.

    Raises:
        FileError: the file is missing, damaged, of another type, says no network, or has other
            tensors than the network.
        SpecError, GraphError: the network inside is not valid.
    """
    with _damage(path):
        file = _header(path)
        record = _record(file)
        graph, spec = from_record(record)
        constants = constants_of(record, graph)
    theirs = _tensors(file, record)
    origin, weights = spec or File(str(path)), _fitting(theirs, graph)
    model = Model(graph, origin, weights, frozen=constants, constants=constants)
    return resized(theirs.completed(model), input_shape)


def tensors(path: Path) -> Tensors:
    """The tensors of a file, whatever network the file says they are of, if it says one.

    Raises:
        FileError: the file is missing or damaged.
    """
    need("numpy", "weights")
    with _damage(path):
        file = _header(path)
        return _tensors(file, _record(file) if KEY in file.metadata else None)


def _header(path: Path) -> TensorFile:
    """The header of a file of weights.

    Raises:
        FileError: it is a checkpoint.
    """
    file = read_header(path)
    if STATE in file.metadata:
        raise FileError(
            f"{path} is a checkpoint, from which its training goes on, and no file of weights",
            fix=f"{path.with_name(WEIGHTS)}, which train --resume writes at its end",
        )
    return file


def weight_bytes(tensors: Mapping[str, Any], model: Model, training: Mapping[str, Any]) -> bytes:
    """The file that `load` reads.

    Args:
        tensors: Arrays by state-dict key.
        model: The network, which goes into the file with its spec where it has one, its
            preprocessing and its classes.
        training: How it was trained: the data set, the settings.

    Raises:
        ExtraError: safetensors is not installed.
    """
    save = need("safetensors.numpy", "weights").save
    record = {**to_record(model), "training": training}
    content: bytes = save(dict(tensors), {KEY: json.dumps(record)})
    return content


def _tensors(file: TensorFile, record: Mapping[str, Any] | None) -> Tensors:
    """The tensors of a file, and what its metadata say of them."""
    entries = {name: Entry(each.type, each.shape) for name, each in file.entries.items()}
    return Tensors(
        str(file.path),
        entries,
        file.read,
        completed=partial(_completed, path=file.path, record=record or {}),
        graph=partial(_graph, file.path, record) if record else None,
    )


def _graph(path: Path, record: Mapping[str, Any]) -> Graph:
    with _damage(path):
        return from_record(record)[0]


def _completed(model: Model, path: Path, record: Mapping[str, Any]) -> Model:
    """The model with what is known of the images that the weights are for."""
    training = record.get("training", {})
    data, split = (training.get(key) for key in ("data", "split"))
    with _damage(path):
        preprocessing, class_names = images_of(record, model.graph)
    return replace(
        model,
        preprocessing=preprocessing or model.preprocessing,
        class_names=class_names or model.class_names,
        trained_on=data if isinstance(data, str) else "",
        split=split if isinstance(split, str) else "",
    )


def _fitting(theirs: Tensors, graph: Graph) -> MatchedWeights:
    """The weights of `graph` in a file, whose names, shapes and types are checked.

    Raises:
        FileError: one is missing or not of the graph, or of another shape or type.
    """
    shapes = tensors_of(graph)
    pairs = by_name(theirs.without_counters(), [own_names(shapes)], graph.name).pairs
    return matched(theirs, plains(pairs, shapes))


def _record(file: TensorFile) -> dict[str, Any]:
    """What the metadata says of the network and its training."""
    if KEY not in file.metadata:
        raise FileError(
            f"{file.path} does not say what network its weights are of",
            why=f"its metadata has no {KEY!r}",
            fix=f"NETWORK --weights {file.path}, or ha.with_weights(network, path)",
        )
    record = json.loads(file.metadata[KEY])
    return {**record, "training": dict(record["training"])}


@contextmanager
def _damage(path: Path) -> Iterator[None]:
    """Turn whatever reading a damaged file raises into a FileError."""
    try:
        with in_file(path):
            yield
    except MemoryError:
        raise FileError(f"{path} holds weights that are too large for the memory") from None
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        own = type(error) is ValueError  # others speak of the reader
        raise FileError(
            f"{path} holds no weights that can be read",
            why=f"{error!s:.300}" if own else "what it says of its network is damaged",
            fix="write or copy it again",
        ) from None


IMPORTER = Importer("trained weights", (".safetensors",), load, is_tensor_file, tensors=tensors)
