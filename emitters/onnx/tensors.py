"""Weights as ONNX has them: inside the file, or in a safetensors file beside it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from ...importers._onnx.tensors import TYPES
from ...ir.element_type import ELEMENT_TYPES
from ...ir.model import Model
from ...support.errors import EmitError, LimitError
from ...support.limits import LARGEST_WEIGHTS_FILE
from ...support.optional import need
from ...support.tensor_file import FLOATS
from .._weights import weights_of
from .layer import Parameter

if TYPE_CHECKING:
    from numpy.typing import NDArray

NUMBERS = {name: number for number, name in TYPES.items()}
"""What ONNX calls a type of elements."""
MOST_INSIDE = 2**31 - 2**26
"""Bytes of weights in one file: protobuf holds 2 GiB, and the network needs some of them."""
_LENGTH = 8
"""Bytes of a safetensors file that say how long its header is."""


class Inside:
    """Weights in the file itself.

    Args:
        model: The network, with its weights.
        types: The type of each weight's elements, by its key.
    """

    def __init__(self, model: Model, types: Mapping[str, str]) -> None:
        self._weights = _Typed(model, types)
        self._types = types

    def tensor(self, name: str, parameter: Parameter) -> Any:
        """The TensorProto of a weight."""
        type_ = self._types[parameter.key]
        values = self._weights[parameter.key]
        return tensor_proto(name, parameter.shape, type_, content_of(values, type_))


class Beside:
    """Weights in a safetensors file of that name.

    Raises:
        EmitError: they are of a type that numpy does not write.
        ExtraError: safetensors is not installed.
    """

    def __init__(self, model: Model, types: Mapping[str, str], name: str) -> None:
        if "bfloat16" in types.values():
            raise EmitError(
                "weights of bfloat16 cannot lie beside the file",
                why="numpy, which writes them, has no such type",
                fix="leave external out",
            )
        self._types, self._name = types, name
        self.content = weights_of(replace(model, weights=_Typed(model, types)))

    def tensor(self, name: str, parameter: Parameter) -> Any:
        """The TensorProto of a weight, which says where its bytes are."""
        start, end = self._places[parameter.key]["data_offsets"]
        tensor = tensor_proto(name, parameter.shape, self._types[parameter.key], None)
        place = {"location": self._name, "offset": self._first + start, "length": end - start}
        for key, value in place.items():
            tensor.external_data.add(key=key, value=str(value))
        tensor.data_location = tensor.EXTERNAL
        return tensor

    @cached_property
    def _first(self) -> int:
        """The byte behind the header."""
        return _LENGTH + int.from_bytes(self.content[:_LENGTH], "little")

    @cached_property
    def _places(self) -> dict[str, Any]:
        """The header's entry of each weight."""
        entries: dict[str, Any] = json.loads(self.content[_LENGTH : self._first])
        return entries


class _Typed(Mapping[str, "NDArray[Any]"]):
    """The weights of a model in the types of their layers."""

    def __init__(self, model: Model, types: Mapping[str, str]) -> None:
        if model.weights is None:
            raise EmitError(
                f"{model.name} has no weights", fix="ha.emit, which draws them, or --weights"
            )
        self._weights = model.weights
        self._types = types

    def __getitem__(self, key: str) -> NDArray[Any]:
        type_ = "float32" if self._types[key] == "bfloat16" else self._types[key]
        with np.errstate(over="ignore"):  # which is refused
            values = np.asarray(self._weights[key]).astype(type_, copy=False)
        if not np.isfinite(values).all():
            raise EmitError(
                f"{key} has values that are no finite numbers in {type_}",
                fix="weights that are",
            )
        return values

    def __iter__(self) -> Any:
        return iter(self._types)

    def __len__(self) -> int:
        return len(self._types)


def check_room(types: Mapping[str, str], shapes: Mapping[str, Any], *, external: bool) -> None:
    """Refuse weights that a file cannot hold, before any of them is read.

    Raises:
        EmitError: one ONNX file does not hold them.
        LimitError: no file does that `load` reads.
    """
    total = sum(prod(shape) * ELEMENT_TYPES[types[key]].bytes for key, shape in shapes.items())
    if total > LARGEST_WEIGHTS_FILE:
        raise LimitError(
            f"weights of {total:,} bytes are more than the {LARGEST_WEIGHTS_FILE:,} of one file",
            fix="fewer channels or layers",
        )
    if total > MOST_INSIDE and not external:
        raise EmitError(
            f"weights of {total:,} bytes do not fit into one ONNX file",
            why="protobuf holds 2 GiB",
            fix="external=true, which writes them beside it",
        )


def constant_proto(name: str, values: NDArray[Any], type_: str) -> Any:
    """The TensorProto of a constant: doubles are numbers of the layer's type."""
    held = type_ if values.dtype == np.float64 else values.dtype.name
    return tensor_proto(name, values.shape, held, content_of(values, held))


def content_of(values: NDArray[Any], type_: str) -> bytes:
    """The elements in a type, little end first."""
    with np.errstate(over="ignore"):  # an infinite limit is what a larger number means
        if type_ == "bfloat16":
            return _upper_halves(values.astype("<f4")).tobytes()
        return values.astype(np.dtype(type_).newbyteorder("<"), copy=False).tobytes()


def _upper_halves(values: NDArray[Any]) -> NDArray[Any]:
    """The nearest numbers in 16 bits; of two, the even one."""
    bits = values.view("<u4").astype(np.uint64)
    rounded: NDArray[Any] = ((bits + 0x7FFF + (bits >> 16 & 1)) >> 16).astype("<u2")
    return rounded


def tensor_proto(name: str, shape: tuple[int, ...], type_: str, content: bytes | None) -> Any:
    """A TensorProto; without content where that lies elsewhere."""
    held = {} if content is None else {"raw_data": content}
    onnx = need("onnx", "onnx")
    return onnx.TensorProto(name=name, dims=shape, data_type=NUMBERS[type_], **held)


def is_float(type_: str) -> bool:
    """Whether networks compute with elements of that type."""
    return type_ in FLOATS
