"""The program that runs a Caffe network in OpenCV, in a process of its own.

`python _opencv.py FOLDER` reads `job.json` and `inputs.npz` there, and writes `outputs.npz`, or
`shapes.json` with what every layer gives where the job asks for no outputs. What goes wrong is
printed to the standard error stream, and the exit code is 1.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import cv2
import numpy as np


def main(folder: Path) -> int:
    job = json.loads((folder / "job.json").read_text())
    with np.load(folder / "inputs.npz") as stored:
        inputs = [stored[f"arr_{index}"] for index in range(len(job["inputs"]))]
    cv2.setNumThreads(1)
    net = cv2.dnn.readNetFromCaffe(job["prototxt"], job["caffemodel"])
    net.enableFusion(False)
    net.enableWinograd(False)
    for name, array in zip(job["inputs"], inputs, strict=True):
        net.setInput(array, name)
    if job["outputs"]:
        np.savez(folder / "outputs.npz", *net.forward(job["outputs"]))
        return 0
    numbers, _, given = net.getLayersShapes([list(array.shape) for array in inputs])
    shapes = {
        net.getLayer(int(number)).name: [list(map(int, shape)) for shape in each]
        for number, each in zip(numbers, given, strict=True)
    }
    (folder / "shapes.json").write_text(json.dumps(shapes))
    return 0


if __name__ == "__main__":
    try:
        code = main(Path(sys.argv[1]))
    except Exception as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        code = 1
    sys.exit(code)
