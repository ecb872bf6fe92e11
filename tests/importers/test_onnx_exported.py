"""Networks that PyTorch exports come back with their scopes, counts and outputs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from exported import onnx_bytes
from importers.onnx_cases import emitted_outputs, images

import henet_arch as ha
from henet_arch.ir.graph import Graph
from henet_arch.ir.scope import parent

SPEC = ha.Spec(channels=(4, 8), repeats=1, input=(3, 15, 15), classes=3)


def _macs(graph: Graph) -> int:
    return sum(node.layer.ops(node.input_shapes, node.shape).mac for node in graph)


@pytest.mark.slow
def test_a_network_that_pytorch_exports_comes_back(tmp_path: Path) -> None:
    graph = ha.build(SPEC)
    module = ha.to_torch(SPEC).eval()
    path = tmp_path / "net.onnx"
    module = torch.nn.Sequential(module)
    path.write_bytes(onnx_bytes(module, torch.rand(1, *graph.input_shape)))
    network = ha.load(path)
    assert _macs(network.graph) == _macs(graph)
    scopes = {parent(node.name) for node in graph} - {""}
    assert scopes == {parent(node.name) for node in network.graph} - {""}
    inputs = images(network)
    with torch.no_grad():
        expected = module(torch.from_numpy(inputs[0])).numpy()
    (given,) = emitted_outputs(network, inputs)
    np.testing.assert_allclose(given, expected, rtol=1e-4, atol=1e-5 * np.abs(expected).max())
