"""Trained weights as safetensors, with the network inside, as `train` saves them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..ir.dims import format_shape
from ..ir.graph import Graph
from ..ir.model import File, Model
from ..ir.tensors import is_counter, tensors_of
from ..ir.transform import resized
from ..support.errors import FileError, in_file
from ..support.optional import need
from ..support.tensor_file import FLOATS, TensorFile, is_tensor_file, read_header
from .importer import Importer, InputShape
from .record import from_record, images_of, to_record

if TYPE_CHECKING:
    from numpy.typing import NDArray

KEY = "henet_arch"
"""The one key of the metadata: safetensors writes several in any order."""


class StoredWeights(Mapping[str, Any]):
    """The weights of one graph by parameter name, each read from its file when it is asked for."""

    def __init__(self, file: TensorFile, names: tuple[str, ...]) -> None:
        self._file = file
        self._names = dict.fromkeys(names)

    def __getitem__(self, name: str) -> NDArray[Any]:
        if name not in self._names:
            raise KeyError(name)
        values = self._file.read(name)
        if not need("numpy", "torch").isfinite(values).all():
            raise FileError(
                f"{name} has values that are no finite numbers",
                where=str(self._file.path),
                fix="train anew",
            )
        return values

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


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
        file = read_header(path)
        record = _record(file)
        graph, spec = from_record(record)
    return resized(_trained(Model(graph, spec or File(str(path))), file, record), input_shape)


def with_weights(model: Model, path: Path) -> Model:
    """The model with the weights of a file, whatever network the file says it is of.

    Raises:
        FileError: the file is missing, damaged, or has other tensors than the network.
    """
    need("numpy", "torch")
    with _damage(path):
        file = read_header(path)
        record = _record(file)
    return _trained(model, file, record)


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
    save = need("safetensors.numpy", "torch").save
    record = {**to_record(model), "training": training}
    content: bytes = save(dict(tensors), {KEY: json.dumps(record)})
    return content


def _trained(model: Model, file: TensorFile, record: Mapping[str, Any]) -> Model:
    data = record["training"].get("data")
    with _damage(file.path):
        preprocessing, class_names = images_of(record, model.graph)
    return replace(
        model,
        weights=_fitting(file, model.graph),
        preprocessing=preprocessing or model.preprocessing,
        class_names=class_names or model.class_names,
        trained_on=data if isinstance(data, str) else "",
    )


def _fitting(file: TensorFile, graph: Graph) -> StoredWeights:
    """The weights of `graph` in a file, whose names, shapes and types are checked.

    Raises:
        FileError: one is missing or not of the graph, or of another shape or type.
    """
    wanted = tensors_of(graph)
    stored = {name: entry.shape for name, entry in file.entries.items() if not is_counter(name)}
    for name in (*wanted, *stored):
        if wanted.get(name) != stored.get(name):
            have, want = (
                format_shape(of[name]) if name in of else "none" for of in (stored, wanted)
            )
            raise FileError(
                f"the weights do not fit {graph.name}: {name:.99} is {have}, and the network has "
                f"{want}",
                where=str(file.path),
                fix="the weights that were saved with this network",
            )
        if (kind := file.entries[name].type) not in FLOATS:
            raise FileError(
                f"{name} has values of the type {kind:.20}, and weights are floats",
                where=str(file.path),
                why="a conversion from fewer bits needs a scale, which the file does not have",
                fix=f"weights in {', '.join(FLOATS)}",
            )
    return StoredWeights(file, tuple(wanted))


def _record(file: TensorFile) -> dict[str, Any]:
    """What the metadata says of the network and its training."""
    if KEY not in file.metadata:
        raise FileError(
            f"{file.path} does not say what network its weights are of",
            why=f"its metadata has no {KEY!r}",
            fix="the file weights.safetensors that henet-arch train leaves",
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
        raise FileError(f"{path} holds no weights that can be read: {error!s:.300}") from None


IMPORTER = Importer(
    "trained weights", (".safetensors",), load, is_tensor_file, with_weights=with_weights
)
