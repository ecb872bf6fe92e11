"""Modules as PyTorch's own exporter writes them: a way to ONNX that is not ours."""

from __future__ import annotations

import io
import logging
import warnings
from contextlib import redirect_stdout
from typing import Any

import pytest
import torch
from torch import Tensor, nn


def onnx_bytes(module: nn.Module, *images: Tensor, **options: Any) -> bytes:
    """The file for images of those shapes; a test that asks is skipped without the exporter."""
    pytest.importorskip("onnxscript")
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    with warnings.catch_warnings(), redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        program = torch.onnx.export(module, images, dynamo=True, verbose=False, **options)
    assert program is not None
    content: bytes = program.model_proto.SerializeToString()
    return content
