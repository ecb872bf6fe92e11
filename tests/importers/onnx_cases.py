"""ONNX models as text, and what ONNX Runtime gives for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from onnx import helper, numpy_helper

import henet_arch as ha
from henet_arch.importers.importer import InputShape
from henet_arch.ir.model import Model
from henet_arch.ir.tensors import tensors_of
from henet_arch.runtime.onnx.original import run

Arrays = Sequence[np.ndarray[Any, Any]]


def model_of(
    text: str, tensors: Mapping[str, Any] | None = None, *, opset: int = 17, ir_version: int = 8
) -> onnx.ModelProto:
    """A model of text such as `(float[1,3,8,8] x) => (float[1,3,8,8] y) {y = Relu(x)}`.

    Args:
        text: The graph without its name; texts in it have single quotes.
        tensors: Its initializers by name: arrays, or shapes of random signed ones.
        opset: The version of its operators.
        ir_version: The version of its format.
    """
    graph = onnx.parser.parse_graph("net " + text.replace("'", '"'))
    random = np.random.default_rng(1)
    for name, value in (tensors or {}).items():
        array = value if isinstance(value, np.ndarray) else random.standard_normal(value)
        held = array.astype(np.float32) if array.dtype == np.float64 else array
        graph.initializer.append(numpy_helper.from_array(held, name))
    opsets = [helper.make_opsetid("", opset)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=ir_version)


def saved(model: onnx.ModelProto, folder: Path, name: str = "net.onnx") -> Path:
    """The model in a file."""
    path = folder / name
    path.write_bytes(model.SerializeToString())
    return path


def loaded(model: onnx.ModelProto, folder: Path, shape: InputShape | None = None) -> Model:
    """The model as our own, with a weight for each tensor of its graph."""
    network = ha.load(saved(model, folder), shape)
    assert network.weights is not None
    wanted = tensors_of(network.graph)
    assert {name: network.weights[name].shape for name in network.weights} == wanted
    return network


def kinds(network: Model) -> list[str]:
    """The kinds of all layers but the inputs; opaque ones by their operators."""
    return [
        getattr(node.layer, "operator", node.layer.kind)
        for node in network.graph
        if node.layer.kind != "input"
    ]


def images(network: Model, seed: int = 0) -> list[np.ndarray[Any, Any]]:
    """Random signed numbers for each input."""
    random = np.random.default_rng(seed)
    shapes = [node.shape for node in network.graph if node.layer.kind == "input"]
    return [random.standard_normal((1, *shape)).astype(np.float32) for shape in shapes]


def emitted_outputs(network: Model, inputs: Arrays) -> list[np.ndarray[Any, Any]]:
    """What the emitted module gives with the file's weights."""
    module = ha.to_torch(network).eval()
    with torch.no_grad():
        given = module(*(torch.from_numpy(array) for array in inputs))
    return [tensor.numpy() for tensor in (given if isinstance(given, tuple) else (given,))]


def assert_same(model: onnx.ModelProto, folder: Path, shape: InputShape | None = None) -> Model:
    """The model as our own, after its emission to PyTorch has given what ONNX Runtime gives."""
    network = loaded(model, folder, shape)
    inputs = images(network)
    theirs = run(str(folder / "net.onnx"), inputs)
    ours = emitted_outputs(network, inputs)
    assert [array.shape for array in ours] == [array.shape for array in theirs]
    for one, other in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-5 * np.abs(other).max())
    return network
