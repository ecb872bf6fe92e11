"""The networks and cases in ONNX's own package, with the outputs that are stored beside them."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from functools import cache
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from importers.onnx_cases import emitted_outputs
from onnx import numpy_helper
from onnx.backend.test.case.node import collect_testcases

import henet_arch as ha
from henet_arch.importers._onnx.trace import trace
from henet_arch.ir.layers import Opaque
from henet_arch.ir.model import Model
from henet_arch.support.errors import FileError, HenetArchError

DATA = Path(onnx.__path__[0], "backend", "test", "data")
SMALL = ("inception_v1", "shufflenet", "squeezenet")
LARGE = ("bvlc_alexnet", "densenet121", "inception_v2", "resnet50", "vgg19", "zfnet512")
MACS = {
    "densenet121": 2_834_161_664, "resnet50": 4_089_184_256, "squeezenet": 349_151_936,
    "vgg19": 19_632_062_464,
}  # fmt: skip
"""What fvcore counts for torchvision's models of the same layers."""
TOGETHER = {"Add", "Concat", "Div", "Max", "Min", "Mul", "Sub", "Sum"}
"""Operators of whose cases all inputs are computed; of others the first."""


def _array(path: Path) -> np.ndarray[Any, Any]:
    tensor = onnx.TensorProto.FromString(path.read_bytes())
    return np.array(numpy_helper.to_array(tensor))


def _ramp(shape: tuple[int, ...]) -> np.ndarray[Any, Any]:
    """The image of the light networks."""
    count = prod(shape)
    return (np.arange(count) / count).reshape(1, *shape).astype(np.float32)


def _light(name: str) -> None:
    path = DATA / "light" / f"light_{name}.onnx"
    network = ha.load(path)
    stored = _array(path.with_name(f"light_{name}_output_0.pb"))
    (given,) = emitted_outputs(network, [_ramp(network.graph.input_shape)])
    assert network.graph[network.graph.outputs[0]].shape == stored.shape[1:]
    np.testing.assert_allclose(given, stored, rtol=1e-3, atol=1e-7)
    assert not [node.name for node in network.graph if isinstance(node.layer, Opaque)]


@pytest.mark.parametrize("name", SMALL)
def test_light_networks(name: str) -> None:
    _light(name)


@pytest.mark.slow
@pytest.mark.parametrize("name", LARGE)
def test_large_light_networks(name: str) -> None:
    _light(name)


@pytest.mark.parametrize("name", MACS)
def test_multiply_accumulates_of_light_networks(name: str) -> None:
    graph = ha.load(DATA / "light" / f"light_{name}.onnx").graph
    assert sum(node.layer.ops(node.input_shapes, node.shape).mac for node in graph) == MACS[name]


def _is_known(network: Model) -> bool:
    return not any(isinstance(node.layer, Opaque) for node in network.graph)


@pytest.mark.parametrize(
    ("corpus", "at_least"), [("pytorch-converted", 44), ("pytorch-operator", 9)]
)
def test_cases_that_pytorch_exported(corpus: str, at_least: int) -> None:
    done = 0
    for folder in sorted((DATA / corpus).iterdir()):
        network = ha.load(folder / "model.onnx")
        data = folder / "test_data_set_0"
        stored = [_array(path) for path in sorted(data.glob("output_*"))]
        shapes = [network.graph[name].shape for name in network.graph.outputs]
        for shape, array in zip(shapes, stored, strict=True):
            assert shape in (array.shape[1:], array.shape), folder
        if _is_known(network) and all(array.ndim > 1 for array in stored):
            inputs = [_array(path) for path in sorted(data.glob("input_*"))]
            for one, other in zip(emitted_outputs(network, inputs), stored, strict=True):
                np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-5, err_msg=folder.name)
            done += 1
    assert done >= at_least


def test_simple_cases() -> None:
    """Cases of sequences and texts, which are opaque or refused, and never half-read."""
    refused = 0
    for folder in sorted((DATA / "simple").iterdir()):
        try:
            ha.load(folder / "model.onnx")
        except FileError as error:
            assert "elements of type string" in error.what
            refused += 1
    assert refused == 6


@cache
def _cases() -> list[Any]:
    with warnings.catch_warnings(action="ignore"):  # casts that overflow, on purpose
        return [
            case
            for case in collect_testcases(None)
            if case.model is not None and len(case.model.graph.node) == 1
        ]


def _frozen() -> Iterator[tuple[str, onnx.ModelProto, list[Any], list[Any]]]:
    """The cases, their inputs but the first as constants, with the first and the outputs."""
    for case in _cases():
        model = onnx.ModelProto()
        model.CopyFrom(case.model)
        inputs, outputs = case.data_sets[0]
        together = model.graph.node[0].op_type in TOGETHER
        rest = []
        for index, (info, value) in enumerate(zip(model.graph.input, inputs, strict=True)):
            if together or index == 0 or not isinstance(value, np.ndarray):
                rest.append(value)
            else:
                model.graph.initializer.append(numpy_helper.from_array(value, info.name))
        yield case.name, model, rest, outputs


UNKNOWN = ("unique", "constantofshape_int_shape_zero", "triu_zero", "bitcast")
"""Cases whose files declare other shapes than their outputs have, or sizes of 0."""


@pytest.mark.slow
def test_shapes_and_constants_of_all_cases() -> None:
    equal = 0
    for name, model, _, outputs in _frozen():
        try:
            network = trace(model, Path("net.onnx"), None)
        except HenetArchError:
            continue
        for value, stored in zip(network.outputs, outputs, strict=True):
            known = isinstance(stored, np.ndarray) and value.shape is not None
            if not known or any(word in name for word in UNKNOWN):
                continue
            assert value.shape == stored.shape, name
            equal += 1
            if value.constant is not None and stored.dtype.kind in "biuf":
                np.testing.assert_allclose(
                    value.constant.read().astype(np.float64), stored.astype(np.float64), 1e-5
                )
    assert equal > 800


@pytest.mark.slow
def test_outputs_of_cases_of_our_kinds(tmp_path: Path) -> None:
    done = 0
    for name, model, inputs, outputs in _frozen():
        if not _is_float(inputs, outputs):
            continue
        path = tmp_path / "net.onnx"
        path.write_bytes(model.SerializeToString())
        try:
            network = ha.load(path)
        except HenetArchError:
            continue
        computed = all(network.graph[name].inputs for name in network.graph.outputs)
        if not (computed and _is_known(network)):
            continue
        for one, other in zip(emitted_outputs(network, inputs), outputs, strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-3, atol=1e-5, err_msg=name)
        done += 1
    assert done >= 110


def _is_float(inputs: list[Any], outputs: list[Any]) -> bool:
    """Whether all are tensors of float32 with a batch."""
    return all(
        isinstance(value, np.ndarray) and value.dtype == np.float32 and value.ndim > 1
        for value in (*inputs, *outputs)
    )
