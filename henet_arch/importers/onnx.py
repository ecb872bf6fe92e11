"""ONNX files: any version, with their weights."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..ir.model import File, Model
from ..ir.ordering import by_scope
from ..support.errors import FileError, HenetArchError
from ..support.files import read_bytes
from ..support.limits import LARGEST_ONNX_FILE
from ..support.optional import need
from .importer import Importer, InputShape


def load(path: Path, input_shape: InputShape | None = None) -> Model:
    """The network of an ONNX file, with its weights, which are read when they are asked for.

    Sizes that the file leaves open become numbers: an open batch is 1. What does not depend on the
    inputs is folded, and nothing is executed but arithmetic on constants. The first axis of a value
    is the batch.

    Args:
        path: The file; its data may lie beside it, in its folder or below.
        input_shape: The image's shape without the batch, or shapes by input.

    Raises:
        FileError: the file cannot be read or is no valid model.
        InputShapeError: it leaves sizes open that `input_shape` does not say.
        ShapeError: an operator does not fit its inputs.
        LimitError: it is larger than what is read.
        ExtraError: the package `onnx` is not installed.
    """
    from ._onnx.building import build
    from ._onnx.metadata import known
    from ._onnx.patterns import simplify
    from ._onnx.tensors import data_files
    from ._onnx.trace import trace

    try:
        model = _model(path)
        network = trace(model, path, input_shape)
        simplify(network)
        graph, weights = build(network, path)
    except HenetArchError as error:
        error.where = error.where or str(path)
        raise
    graph = graph if network.title else by_scope(graph)  # ours stands in its own order
    origin = File(str(path), "onnx", data=data_files(model, path.parent))
    tied = weights.tied()
    return Model(graph, origin, weights, tied=tied, **known(model.metadata_props))


def _model(path: Path) -> Any:
    """The ModelProto of a file, without data outside of it."""
    onnx = need("onnx", "onnx")
    need("numpy", "onnx")
    content = read_bytes(path, LARGEST_ONNX_FILE)
    try:
        return onnx.ModelProto.FromString(content)
    except Exception:  # protobuf's DecodeError, whose module moves from version to version
        raise FileError(
            f"{path} is no ONNX file, or is damaged", fix="export or copy it again"
        ) from None


IMPORTER = Importer("an ONNX model", (".onnx",), load)
