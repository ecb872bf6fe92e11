"""ONNX files, in ONNX Runtime."""

from __future__ import annotations

from ...ir.model import File, Origin
from ...support.errors import RunError
from ..original import Arrays


def run(origin: Origin, inputs: Arrays) -> Arrays:
    """The file's outputs, in single precision.

    Raises:
        ExtraError: ONNX Runtime is not installed.
        RunError: it cannot run the file.
    """
    from ..onnx.original import run as outputs

    if not isinstance(origin, File):
        raise RunError(f"{origin.title} is no ONNX file")
    return outputs(origin.path, inputs)


ORIGINAL = run
