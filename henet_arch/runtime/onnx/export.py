"""The emitted module as an ONNX model, for the runtimes that read it."""

from __future__ import annotations

import io
import logging
import warnings
from contextlib import redirect_stdout

import torch
from torch import Tensor, nn

from ...support.errors import RunError
from ...support.optional import first_line, need


def onnx_bytes(module: nn.Module, image: Tensor) -> bytes:
    """`module` for images of the shape of `image`.

    Raises:
        ExtraError: PyTorch's exporter has not what it needs.
        RunError: it fails.
    """
    for package in ("onnx", "onnxscript"):
        need(package, "time")
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    with warnings.catch_warnings(), redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        try:
            program = torch.onnx.export(module, (image,), dynamo=True, verbose=False)
        except Exception as error:  # whatever an exporter's many layers raise
            raise RunError(f"PyTorch's ONNX exporter fails: {first_line(error)}") from None
    if program is None:
        raise RunError("PyTorch's exporter gives no ONNX model")
    content: bytes = program.model_proto.SerializeToString()
    return content
