"""What ONNX's own tools and ONNX Runtime say of an emitted file."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from henet_arch.emitters.onnx import Onnx
from henet_arch.emitters.onnx.file import layers_of, model_proto
from henet_arch.emitters.onnx.layer import Parameter
from henet_arch.emitters.onnx.tensors import tensor_proto
from lowering.functional import outputs, random_tensors

from henet_arch.ir.graph import Graph
from henet_arch.ir.model import Model, Python
from henet_arch.runtime.torch.comparison import difference

LEAST = 0.1
"""What a difference is a share of where all numbers are smaller."""


def model_of(graph: Graph, seed: int = 0) -> Model:
    """The graph with signed weights and statistics as after some training, in single precision."""
    tensors = {name: t.float().numpy() for name, t in random_tensors(graph, seed).items()}
    return Model(graph, Python("a test"), tensors)


def content(model: Model, **options: Any) -> bytes:
    """The emitted file."""
    return next(iter(Onnx(**options).emit(model).values()))


def written(model: Model, **options: Any) -> onnx.ModelProto:
    """The emitted file, after ONNX's checks: all shapes are inferred, and are the graph's."""
    proto: onnx.ModelProto = onnx.ModelProto.FromString(content(model, **options))
    if not options.get("external"):
        onnx.checker.check_model(proto, full_check=True)
    assert shapes(proto) >= {(node.name, node.shape) for node in model.graph if node.inputs}
    return proto


def shapes(proto: onnx.ModelProto) -> set[tuple[str, tuple[Any, ...]]]:
    """The sizes without the batch that ONNX infers for all values, whatever the file says."""
    bare = onnx.ModelProto()
    bare.CopyFrom(proto)
    del bare.graph.value_info[:]
    onnx.shape_inference.infer_shapes(proto, True, True, True)  # nothing contradicts
    inferred = onnx.shape_inference.infer_shapes(bare, True, True, True)
    infos = (*inferred.graph.value_info, *inferred.graph.output)
    return {
        (info.name, tuple(d.dim_value or d.dim_param for d in info.type.tensor_type.shape.dim)[1:])
        for info in infos
    }


def images_of(graph: Graph, batch: int = 2, seed: int = 1) -> list[np.ndarray[Any, Any]]:
    """Random signed numbers for each input."""
    random = np.random.default_rng(seed)
    sizes = [(batch, *map(int, node.shape)) for node in graph if not node.inputs]
    return [random.standard_normal(size).astype(np.float32) for size in sizes]


def run(proto: onnx.ModelProto | str, images: Sequence[Any]) -> list[np.ndarray[Any, Any]]:
    """What ONNX Runtime gives, on one thread."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    file = proto if isinstance(proto, str) else proto.SerializeToString()
    session = onnxruntime.InferenceSession(file, options, ["CPUExecutionProvider"])
    names = [each.name for each in session.get_inputs()]
    given: list[np.ndarray[Any, Any]] = session.run(None, dict(zip(names, images, strict=True)))
    return given


def in_openvino(proto: onnx.ModelProto, images: Sequence[Any]) -> list[np.ndarray[Any, Any]]:
    """What OpenVINO gives, in single precision; a test that asks is skipped without it."""
    openvino: Any = pytest.importorskip("openvino")
    core = openvino.Core()
    network = core.read_model(io.BytesIO(proto.SerializeToString()))
    compiled = core.compile_model(network, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    return list(compiled(list(images)).values())


def computed(model: Model, images: Sequence[Any], kind: torch.dtype) -> list[torch.Tensor]:
    """What PyTorch's own functions make of the images, layer by layer, in that precision."""
    weights: Mapping[str, Any] = model.weights or {}
    tensors = {name: torch.as_tensor(np.asarray(w)).to(kind) for name, w in weights.items()}
    given = (torch.as_tensor(image).to(kind) for image in images)
    return outputs(model.graph, tensors, *given)


def off(model: Model, proto: onnx.ModelProto) -> tuple[float, float]:
    """How far ONNX Runtime and PyTorch's single precision are from double precision."""
    images = images_of(model.graph)
    exact = [t.numpy() for t in computed(model, images, torch.float64)]
    if not all(np.isfinite(t).all() and np.abs(t).max() < 1e6 for t in exact):
        return float("inf"), float("inf")
    single = computed(model, images, torch.float32)
    given = run(proto, images)
    assert [g.shape for g in given] == [e.shape for e in exact]
    pairs = list(zip(given, single, exact, strict=True))
    return (
        max(difference(g, e, LEAST) for g, _, e in pairs),
        max(difference(s.numpy(), e, LEAST) for _, s, e in pairs),
    )


class Elsewhere:
    """A store of weights that refers to a file of zeros, which takes no room on a disk."""

    def __init__(self, name: str) -> None:
        self.size = 0
        self._name = name

    def tensor(self, name: str, parameter: Parameter) -> onnx.TensorProto:
        proto: onnx.TensorProto = tensor_proto(name, parameter.shape, "float32", None)
        length = 4 * prod(parameter.shape)
        for key, value in (("location", self._name), ("offset", self.size), ("length", length)):
            proto.external_data.add(key=key, value=str(value))
        proto.data_location = onnx.TensorProto.EXTERNAL
        self.size += length
        return proto


def without_weights(graph: Graph, folder: Path, opset: int | None = None) -> onnx.ModelProto:
    """The file of a network whose weights are zeros beside it, whatever their number is."""
    store = Elsewhere("zeros")
    proto: onnx.ModelProto = model_proto(
        Model(graph, Python("a test")), *layers_of(graph, opset), None, store
    )
    with (folder / "zeros").open("wb") as file:
        file.truncate(store.size)
    (folder / "net.onnx").write_bytes(proto.SerializeToString())
    return proto


def comparable(graph: Graph) -> list[tuple[Any, ...]]:
    """What of each layer a file holds, the inputs first."""
    nodes = sorted(graph, key=lambda node: bool(node.inputs))
    return [
        (n.name, n.layer, n.inputs, n.shape, n.layer.weights() and n.shares, n.element_type)
        for n in nodes
    ]
