"""Caffe's networks held against OpenCV, which reads the same files by code of its own."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from examples import examples
from hypothesis import HealthCheck, assume, given
from hypothesis import strategies as st
from importers import caffe_nets
from importers.caffemodels import caffemodel, random_blobs
from numpy.typing import NDArray

import henet_arch as ha
from henet_arch.importers._caffe.files import imported, load
from henet_arch.ir.dims import Shape
from henet_arch.ir.model import File, Model
from henet_arch.runtime.caffe.original import run
from henet_arch.runtime.caffe.process import layer_shapes
from henet_arch.runtime.torch.module import to_torch
from henet_arch.support.errors import HenetArchError, RunError

pytest.importorskip("cv2")

NETS: dict[str, Callable[[], str]] = {
    "alexnet": lambda: caffe_nets.alexnet(131, 10),
    "googlenet": lambda: caffe_nets.googlenet(64, 8),
    "resnet-50": lambda: caffe_nets.resnet50(64, 8),
    "henet": caffe_nets.henet,
    "segmenter": caffe_nets.segmenter,
    "shufflenet": caffe_nets.shufflenet,
    "v1": lambda: caffe_nets.V1,
}


def _written(folder: Path, text: str, *, old: bool = False) -> Path:
    """A prototxt with random weights beside it."""
    path = folder / "net.prototxt"
    path.write_text(text)
    blobs = random_blobs(imported(path))
    path.with_suffix(".caffemodel").write_bytes(caffemodel(blobs, old=old))
    return path


def _shapes(path: Path) -> tuple[dict[str, Shape], dict[str, Shape]]:
    """What each layer gives, here and in OpenCV, by the layers' names in the file."""
    network = imported(path)
    mine = {network.layers[node.name]: node.shape for node in network.graph}
    inputs = {network.layers[n.name]: n.shape for n in network.graph if not n.inputs}
    theirs = layer_shapes(path, path.with_suffix(".caffemodel"), inputs)
    assert [shape[0][1:] for name, shape in theirs.items() if name == "_input"]
    return mine, {name: shape[0][1:] for name, shape in theirs.items() if name in mine}


def _outputs(model: Model) -> tuple[list[NDArray[Any]], list[NDArray[Any]]]:
    """What the emitted PyTorch gives, and what OpenCV gives, for a random image."""
    inputs = [n for n in model.graph if not n.inputs]
    numbers = np.random.default_rng(0)
    images = [numbers.standard_normal((1, *n.shape)).astype(np.float32) for n in inputs]
    with torch.no_grad():
        given = to_torch(model).eval()(*map(torch.as_tensor, images))
    mine = [t.numpy() for t in (given if isinstance(given, tuple) else (given,))]
    assert isinstance(model.origin, File)
    return mine, run(model.origin.path, model.origin.weights, images)


def _assert_equal(mine: NDArray[Any], theirs: NDArray[Any]) -> None:
    assert mine.shape == theirs.shape
    assert np.abs(theirs).max() > 1e-3
    assert np.abs(mine - theirs).max() <= 1e-5 * np.abs(theirs).max()


LARGE = ("alexnet", "googlenet", "resnet-50")


@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=[pytest.mark.slow] if name in LARGE else []) for name in NETS],
)
def test_whole_networks(name: str, tmp_path: Path) -> None:
    path = _written(tmp_path, NETS[name](), old=name == "v1")
    mine, theirs = _shapes(path)
    assert {key: mine[key] for key in theirs} == theirs
    assert len(theirs) > 0.8 * len(mine)
    for one, other in zip(*_outputs(load(path)), strict=True):
        _assert_equal(one, other)


LAYERS = """
Convolution convolution_param { num_output: 4 kernel_h: 1 kernel_w: 3 pad_h: 0 pad_w: 1 group: 2 }
Convolution convolution_param { num_output: 4 kernel_size: 3 dilation: 2 bias_term: false }
Deconvolution convolution_param { num_output: 4 kernel_size: 4 stride: 2 pad: 1 group: 2 }
Deconvolution convolution_param { num_output: 6 kernel_size: 3 stride: 2 bias_term: false }
ReLU relu_param { negative_slope: 0.1 }
PReLU
ELU elu_param { alpha: 1 }
Sigmoid
TanH
AbsVal
Exp exp_param { base: 2 scale: 0.5 shift: 1 }
Power power_param { power: 2 scale: 0.5 shift: 1 }
BNLL
BatchNorm batch_norm_param { eps: 0.01 }
Scale scale_param { bias_term: true }
Scale
LRN lrn_param { local_size: 3 alpha: 0.5 beta: 0.75 }
LRN lrn_param { local_size: 3 alpha: 0.5 beta: 0.75 norm_region: WITHIN_CHANNEL }
Pooling pooling_param { kernel_size: 3 stride: 2 }
Pooling pooling_param { kernel_size: 3 stride: 2 pad: 1 }
Pooling pooling_param { pool: AVE kernel_size: 3 stride: 2 }
Pooling pooling_param { pool: AVE kernel_size: 3 stride: 2 pad: 1 }
Pooling pooling_param { pool: AVE kernel_size: 2 stride: 3 }
Pooling pooling_param { pool: AVE global_pooling: true }
Pooling pooling_param { pool: MAX global_pooling: true }
Softmax
InnerProduct inner_product_param { num_output: 5 }
InnerProduct inner_product_param { num_output: 5 bias_term: false }
Flatten
Reshape reshape_param { shape { dim: 0 dim: -1 } }
ShuffleChannel shuffle_channel_param { group: 3 }
Interp interp_param { height: 9 width: 11 }
Eltwise+ eltwise_param { operation: PROD }
Eltwise+ eltwise_param { operation: MAX }
Eltwise+ eltwise_param { operation: SUM coeff: 1 coeff: -1 }
Eltwise+ eltwise_param { operation: SUM coeff: 0.5 coeff: 2 }
Concat+
"""
"""Layers that read a map of 6 channels; those with + read it twice, the second time negated."""


def test_single_layers(tmp_path: Path) -> None:
    lines = ['input: "x" input_dim: 1 input_dim: 6 input_dim: 8 input_dim: 7']
    minus = "power_param { scale: -0.5 shift: 0.25 }"
    lines.append(f'layer {{ name: "minus" type: "Power" bottom: "x" top: "minus" {minus} }}')
    for index, layer in enumerate(LAYERS.strip().splitlines()):
        kind, _, settings = layer.partition(" ")
        more = ' bottom: "minus"' if kind.endswith("+") else ""
        name = f'name: "l{index}" type: "{kind.rstrip("+")}" top: "l{index}"'
        lines.append(f'layer {{ {name} bottom: "x"{more} {settings} }}')
    model = load(_written(tmp_path, "\n".join(lines)))
    assert len(model.graph.outputs) == len(lines) - 2
    for name, one, other in zip(model.graph.outputs, *_outputs(model), strict=True):
        off = np.abs(one.reshape(-1) - other.reshape(-1)).max() / np.abs(other).max()
        assert off <= 1e-5, f"{name}: {model.graph[name].layer}"


def _random_net(seed: int) -> str:
    """Some dozens of layers, each of which reads what one before it gives."""
    choose = random.Random(seed)
    size = choose.randint(9, 30), choose.randint(9, 30)
    net = caffe_nets.Prototxt("random", (choose.randint(1, 6), *size))
    maps = ["data"]
    for index in range(30):
        before, x = len(net.lines), choose.choice(maps)
        top = _random_layer(net, choose, f"l{index}", x, choose.choice(maps))
        try:
            imported_text(net.text)
        except HenetArchError:
            del net.lines[before:]
        else:
            maps.append(top)
    return net.text


def imported_text(text: str) -> None:
    """Refuse a text that is no network."""
    from henet_arch.importers._caffe.build import build
    from henet_arch.importers._caffe.network import read_network
    from henet_arch.importers._caffe.text import parse

    graph = build(read_network(parse(text)), "net.prototxt").graph
    if any(n.layer.kind == "opaque" or n.channels > 64 or max(n.shape) > 99 for n in graph):
        raise RunError("a window beyond the map, or too large")


def _random_layer(
    net: caffe_nets.Prototxt, choose: random.Random, name: str, x: str, other: str
) -> str:
    kind = choose.choice(("conv", "conv", "pool", "pool", "pool", "deconv", "add", "cat", "relu"))
    kernel, stride, pad = choose.randint(1, 5), choose.randint(1, 4), choose.randint(0, 2)
    if kind == "conv":
        more = {"dilation": choose.randint(1, 2), "group": choose.choice((1, 1, 2))}
        return net.conv(name, x, choose.randint(1, 6), kernel, stride=stride, pad=pad, **more)
    if kind == "pool":
        return net.pool(name, x, choose.choice(("MAX", "AVE")), kernel, stride, pad)
    if kind == "deconv":
        settings = f"num_output: 2 kernel_size: {kernel} stride: {stride} pad: {pad}"
        return net.layer(name, "Deconvolution", [x], "", f"convolution_param {{ {settings} }}")
    if kind == "add":
        return net.add(name, x, other)
    if kind == "cat":
        return net.concat(name, x, other)
    return net.layer(name, "ReLU", [x])


@given(st.integers(0, 10**6))
@examples(4, deadline=None, suppress_health_check=list(HealthCheck))
def test_random_networks(tmp_path_factory: pytest.TempPathFactory, seed: int) -> None:
    path = _written(tmp_path_factory.mktemp("random"), _random_net(seed))
    try:
        mine, theirs = _shapes(path)
    except RunError as error:
        assume("OpenCV cannot run" not in str(error))  # as last windows in the padding alone
        raise
    assert theirs == {name: mine[name] for name in theirs}
    assert set(theirs) == set(mine) - {"data"}


def test_a_network_that_opencv_cannot_run(tmp_path: Path) -> None:
    net = caffe_nets.Prototxt("odd", (3, 8, 8))
    net.layer("odd", "Fancy", ["data"])
    path = tmp_path / "net.prototxt"
    path.write_text(net.text)
    path.with_suffix(".caffemodel").write_bytes(caffemodel({"a": [np.ones(1, np.float32)]}))
    with pytest.raises(RunError, match="OpenCV cannot run the network") as caught:
        run(path, path.with_suffix(".caffemodel"), [np.zeros((1, 3, 8, 8), np.float32)])
    assert len(str(caught.value)) < 2000


def test_verify_holds_the_emitted_module_against_opencv(tmp_path: Path) -> None:
    net = caffe_nets.Prototxt("small", (3, 9, 9))
    net.fc("fc", net.relu("relu", net.norm("bn", net.conv("conv", "data", 4, 3, stride=2))), 5)
    path = _written(tmp_path, net.text)
    verification = ha.verify(path)
    assert verification.holds
    assert [c.name for c in verification.checks if c.name.startswith("the original")]
