"""The files of a network: one, or an ONNX file and the weights that it refers to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from ...ir.model import Model
from ...ir.scope import parent
from ...ir.tensors import tensors_of
from ...lowering.folding import folded
from ...support.errors import EmitError
from ...support.optional import need
from .checks import check
from .file import layers_of, model_proto
from .tensors import Beside, Inside, check_room

if TYPE_CHECKING:
    from . import Onnx


def files(model: Model, target: Onnx) -> dict[str, bytes]:
    """The content of each file by its name, the ONNX file first.

    Raises:
        EmitError: as `Onnx.emit`.
    """
    check(model.graph)
    if target.fold:
        model = folded(model)
    layers, opset = layers_of(model.graph, target.opset)
    types = _types(model)
    check_room(types, tensors_of(model.graph), external=target.external)
    stem = model.name.replace("-", "_")
    if target.external:
        beside = Beside(model, types, f"{stem}.safetensors")
        proto = model_proto(model, layers, opset, target.batch, beside)
        return {f"{stem}.onnx": _content(proto), f"{stem}.safetensors": beside.content}
    proto = model_proto(model, layers, opset, target.batch, Inside(model, types))
    return {f"{stem}.onnx": _content(proto)}


def relocated(written: Mapping[str, bytes], stem: str) -> dict[str, bytes]:
    """The same files, the ONNX file referring to weights that are called `stem.safetensors`.

    Raises:
        EmitError: that name is no text.
    """
    (name, content), *others = written.items()
    try:
        stem.encode()
    except UnicodeEncodeError:
        raise EmitError(f"{stem!r} is no text", fix="another name, which a file can say") from None
    proto = need("onnx", "onnx").ModelProto.FromString(content)
    for tensor in proto.graph.initializer:
        for entry in tensor.external_data:
            if entry.key == "location":
                entry.value = f"{stem}.safetensors"
    return {name: _content(proto), **dict(others)}


def _types(model: Model) -> dict[str, str]:
    """The type of each weight's elements, by its key."""
    own = {node.name: node.element_type.name for node in model.graph}
    return {key: own[parent(key)] for key in tensors_of(model.graph)}


def _content(proto: object) -> bytes:
    content: bytes = proto.SerializeToString(deterministic=True)  # type: ignore[attr-defined]
    return content
