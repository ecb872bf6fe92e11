"""Networks that are used, where the packages that hold them are installed."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from importers.onnx_cases import emitted_outputs, images

import henet_arch as ha
from henet_arch.importers.importer import InputShape
from henet_arch.ir.layers import Opaque
from henet_arch.ir.model import Model
from henet_arch.ir.tensors import tensors_of
from henet_arch.runtime.onnx.original import run


class File(NamedTuple):
    """A file of a package, and what is known of its network."""

    package: str
    path: str
    input_shape: InputShape
    signature: str
    macs: int
    opaque: int
    """Opaque layers, whose costs are all known."""


FILES = {
    "YOLOv8n": File(
        "nudenet", "320n.onnx", (3, 320, 320), "3x320x320 -> 22x2100", 1_012_627_200, 10,
    ),
    "text detection": File(
        "rapidocr_onnxruntime", "models/ch_PP-OCRv4_det_infer.onnx", (3, 640, 640),
        "3x640x640 -> 1x640x640", 2_301_935_744, 0,
    ),
    "text direction": File(
        "rapidocr_onnxruntime", "models/ch_ppocr_mobile_v2.0_cls_infer.onnx", (3, 48, 192),
        "3x48x192 -> 2", 16_315_376, 0,
    ),
    "text recognition": File(
        "rapidocr_onnxruntime", "models/ch_PP-OCRv4_rec_infer.onnx", (3, 48, 320),
        "3x48x320 -> 40x6625", 702_469_440, 60,
    ),
}  # fmt: skip


def _path(package: str, path: str) -> Path:
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        pytest.skip(f"{package} is not installed")
    return Path(spec.origin).parent / path


def _macs(network: Model) -> int:
    graph = network.graph
    return sum(node.layer.ops(node.input_shapes, node.shape).mac for node in graph)


@pytest.mark.parametrize("name", FILES)
def test_every_cost_is_known(name: str) -> None:
    file = FILES[name]
    path = _path(file.package, file.path)
    network = ha.load(path, file.input_shape)
    assert network.graph.signature == file.signature
    assert _macs(network) == file.macs
    opaque = [node for node in network.graph if isinstance(node.layer, Opaque)]
    assert len(opaque) == file.opaque
    assert all(node.layer.cost_known for node in network.graph)
    assert set(network.weights or ()) == set(tensors_of(network.graph))
    if not opaque:
        inputs = images(network)
        for one, other in zip(
            emitted_outputs(network, inputs), run(str(path), inputs), strict=True
        ):
            np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-5 * np.abs(other).max())


@pytest.mark.parametrize(
    ("package", "path", "shape", "unknown"),
    [
        ("magika", "models/standard_v3_3/model.onnx", None, set()),
        ("silero_vad", "data/silero_vad_16k_op15.onnx", {"input": (576,)}, {"LSTM"}),
        ("silero_vad", "data/silero_vad_op18_ifless.onnx", {"input": (576,)}, {"If"}),
    ],
)
def test_other_networks_say_what_is_unknown(
    package: str, path: str, shape: InputShape | None, unknown: set[str]
) -> None:
    graph = ha.load(_path(package, path), shape).graph
    layers = [node.layer for node in graph if not node.layer.cost_known]
    assert {getattr(layer, "operator", layer.kind) for layer in layers} == unknown
