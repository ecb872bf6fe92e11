"""ONNX Runtime's session of a file, on one thread."""

from __future__ import annotations

from typing import Any

from ...support.errors import RunError
from ...support.optional import first_line, need


def session_of(file: str | bytes, title: str) -> Any:
    """The session of a file, which is at a path or in memory.

    Raises:
        ExtraError: ONNX Runtime is not installed.
        RunError: it cannot run the file.
    """
    runtime: Any = need("onnxruntime", "onnxruntime")
    options = runtime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    try:
        return runtime.InferenceSession(file, options, ["CPUExecutionProvider"])
    except Exception as error:
        raise refusal(title, error) from None


def refusal(title: str, error: Exception) -> RunError:
    """The error of what ONNX Runtime's many layers raise."""
    return RunError(f"ONNX Runtime cannot run {title}: {first_line(error)}")
