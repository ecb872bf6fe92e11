"""Networks in Caffe's format as OpenCV runs them: what reads such files and is none of ours.

OpenCV can crash on a network, so that it has a process of its own.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...importers._caffe.caffemodel import WEIGHTS
from ...importers._caffe.files import prototxt
from ...ir.dims import Shape
from ...support.errors import ExtraError, RunError
from ...support.optional import need

if TYPE_CHECKING:
    from numpy.typing import NDArray

_SECONDS = 600
"""After which a run is given up."""
_PROGRAM = Path(__file__).with_name("_opencv.py")


def outputs(
    path: Path, caffemodel: Path | None, inputs: Mapping[str, NDArray[Any]], layers: Sequence[str]
) -> list[NDArray[Any]]:
    """What layers give.

    Args:
        path: The prototxt, or a caffemodel that holds the layers' settings too.
        caffemodel: The file of the weights; None where no layer has any.
        inputs: An array for each input by its blob's name, with the batch: (1, 3, 224, 224).
        layers: The names of layers, of each of which the first blob is asked for.

    Raises:
        ExtraError: OpenCV is not installed, or one that has lost its reader of Caffe's files.
        RunError: it cannot run the network, or crashes.
    """
    np = need("numpy", "caffe")
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        _start(folder, path, caffemodel, inputs, layers)
        with np.load(folder / "outputs.npz") as stored:
            return [stored[f"arr_{index}"] for index in range(len(layers))]


def layer_shapes(
    path: Path, caffemodel: Path | None, inputs: Mapping[str, Shape]
) -> dict[str, list[Shape]]:
    """The shapes of what each layer gives, the batch first, by the layers' names in the file.

    Args:
        path: The prototxt.
        caffemodel: The file of the weights; None where no layer has any.
        inputs: The shape of each input, without the batch.

    Raises:
        ExtraError, RunError: as `outputs` does.
    """
    np = need("numpy", "caffe")
    arrays = {name: np.zeros((1, *shape), np.float32) for name, shape in inputs.items()}
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        _start(folder, path, caffemodel, arrays, [])
        shapes = json.loads((folder / "shapes.json").read_text())
    return {name: [tuple(shape) for shape in each] for name, each in shapes.items()}


def opencv() -> Any:
    """OpenCV's package.

    Raises:
        ExtraError: it is not installed, or one that has lost its reader of Caffe's files.
    """
    cv2 = need("cv2", "caffe")
    if not hasattr(cv2.dnn, "readNetFromCaffe"):
        raise ExtraError(
            "this OpenCV does not read Caffe's files",
            why="OpenCV 5 has left that out",
            fix="pip install 'henet-arch[caffe]'",
        )
    return cv2


def _start(
    folder: Path,
    path: Path,
    caffemodel: Path | None,
    inputs: Mapping[str, NDArray[Any]],
    outputs: Sequence[str],
) -> None:
    np = need("numpy", "caffe")
    opencv()
    if path.suffix.lower() == WEIGHTS:
        text = folder / "net.prototxt"
        text.write_text(prototxt(path))
        path = text
    job = {
        "prototxt": str(path.absolute()),
        "caffemodel": str(caffemodel.absolute()) if caffemodel else "",
        "inputs": list(inputs),
        "outputs": list(outputs),
    }
    (folder / "job.json").write_text(json.dumps(job))
    np.savez(folder / "inputs.npz", *inputs.values())
    command = [sys.executable, str(_PROGRAM), str(folder)]
    try:
        done = subprocess.run(command, capture_output=True, timeout=_SECONDS, check=False)  # noqa: S603
    except subprocess.TimeoutExpired:
        raise RunError(f"OpenCV takes longer than {_SECONDS} s", where=str(path)) from None
    if done.returncode:
        raise RunError(
            f"OpenCV cannot run the network: {_reason(done)}",
            where=str(path),
            why="it has no such layer, or takes these settings to be wrong",
        )


def _reason(done: subprocess.CompletedProcess[bytes]) -> str:
    if done.returncode < 0:
        return f"it crashes (signal {-done.returncode})"
    lines = done.stderr.decode("utf-8", "replace").strip().splitlines()
    return next((line for line in reversed(lines) if "error" in line.lower()), "it fails")[:300]
