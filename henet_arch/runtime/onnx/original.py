"""ONNX files as they are, in ONNX Runtime."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ...support.errors import RunError
from .session import refusal, session_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

_TYPES = {
    "bool": "bool", "double": "float64", "float": "float32", "float16": "float16", "int16": "int16",
    "int32": "int32", "int64": "int64", "int8": "int8", "uint8": "uint8",
}  # fmt: skip
"""By ONNX Runtime's names, those of numpy."""


def run(path: str, inputs: Sequence[NDArray[Any]]) -> list[NDArray[Any]]:
    """The outputs of a file, in single precision and on one thread.

    Args:
        path: The ONNX file.
        inputs: An array for each input, with a batch of one: (1, C, H, W). A file of a fixed batch
            takes the image as often as that.

    Returns:
        An array for each output, of one image.

    Raises:
        ExtraError: ONNX Runtime is not installed.
        RunError: it cannot run the file, or not on these inputs.
    """
    session = session_of(path, path)
    try:
        wanted = session.get_inputs()
        if len(wanted) != len(inputs):
            raise RunError(f"{path} takes {len(wanted)} inputs, not {len(inputs)}")
        batch = _batch(wanted)
        feed = {
            each.name: _fitting(image, each, batch)
            for each, image in zip(wanted, inputs, strict=True)
        }
        outputs = session.run(None, feed)
    except RunError:
        raise
    except Exception as error:
        raise refusal(path, error) from None
    return [_one(output, batch) for output in outputs]


def _batch(wanted: Sequence[Any]) -> int:
    """How many images the file takes at once; 1 where it leaves that open."""
    sizes = (each.shape[0] for each in wanted if len(each.shape) > 1)
    return next((size for size in sizes if isinstance(size, int)), 1)


def _fitting(image: NDArray[Any], wanted: Any, batch: int) -> NDArray[Any]:
    """An input in the type and the rank of the file's, as often as the file takes it."""
    kind = wanted.type.removeprefix("tensor(").removesuffix(")")
    array = image.astype(_TYPES.get(kind, "float32"))
    while array.ndim > len(wanted.shape) and array.shape[0] == 1:
        array = array[0]
    repeat = batch > 1 and array.ndim > 1 and array.shape[0] == 1
    return array.repeat(batch, axis=0) if repeat else array


def _one(output: NDArray[Any], batch: int) -> NDArray[Any]:
    """An output for the first image alone."""
    several = batch > 1 and output.ndim > 0 and output.shape[0] == batch
    return output[:1] if several else output
