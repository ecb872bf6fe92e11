"""Random ONNX graphs: the sizes and the outputs that ONNX Runtime has."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from examples import examples
from hypothesis import given
from hypothesis import strategies as st
from importers.onnx_cases import Arrays, emitted_outputs, images, loaded
from onnx import TensorProto, helper, numpy_helper

from henet_arch.ir.layers import Opaque
from henet_arch.runtime.onnx.original import run
from henet_arch.support.errors import RunError


class _Net:
    """A graph that grows: its nodes, its tensors, and maps with their sizes."""

    def __init__(self, shape: tuple[int, int, int], seed: int) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.tensors: list[onnx.TensorProto] = []
        self.maps = {"x": shape}
        self._random = np.random.default_rng(seed)

    def tensor(self, values: Any) -> str:
        """A tensor of numbers, or of random signed ones where `values` is a shape."""
        name = f"t{len(self.tensors)}"
        if isinstance(values, tuple):
            values = self._random.standard_normal(values).astype(np.float32)
        self.tensors.append(numpy_helper.from_array(values, name))
        return name

    def whole(self, *values: int) -> str:
        return self.tensor(np.array(values, np.int64))

    def node(self, kind: str, *inputs: str, outputs: int = 1, **attributes: Any) -> list[str]:
        names = [f"v{len(self.nodes)}_{index}" for index in range(outputs)]
        self.nodes.append(helper.make_node(kind, inputs, names, **attributes))
        return names

    def model(self, output: str) -> onnx.ModelProto:
        graph = helper.make_graph(
            self.nodes, "net",
            [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["N", *self.maps["x"]])],
            [helper.make_tensor_value_info(output, TensorProto.FLOAT, None)],
            self.tensors,
        )  # fmt: skip
        opsets = [helper.make_opsetid("", 17)]
        return helper.make_model(graph, opset_imports=opsets, ir_version=8)


Draw = st.DrawFn
Step = Callable[[Draw, _Net, str], str]


def _size(count: int, before: int, after: int, window: int, stride: int) -> int:
    return (count + before + after - window) // stride + 1


def _window(draw: Draw, net: _Net, name: str, *, pool: bool) -> tuple[dict[str, Any], list[int]]:
    """Attributes of a window that fits the map, and the sizes that it gives."""
    kernel = [draw(st.integers(1, min(3, size))) for size in net.maps[name][1:]]
    strides = [draw(st.integers(1, 2)) for _ in kernel]
    values: dict[str, Any] = {"kernel_shape": kernel, "strides": strides}
    mode = draw(st.sampled_from(("", "", "SAME_UPPER", "SAME_LOWER", "VALID")))
    pads = [draw(st.integers(0, width // 2 if pool else 2)) for width in kernel * 2]
    if mode.startswith("SAME"):  # ONNX Runtime refuses to pad by less than nothing
        strides[:] = map(min, strides, kernel)
    if mode:
        values["auto_pad"] = mode
        pads = [0] * 4
    else:
        values["pads"] = pads
    sizes = net.maps[name][1:]
    if mode.startswith("SAME"):
        return values, [-(-size // stride) for size, stride in zip(sizes, strides, strict=True)]
    windows = zip(sizes, pads[:2], pads[2:], kernel, strides, strict=True)
    return values, [_size(*window) for window in windows]


def convolution(draw: Draw, net: _Net, name: str) -> str:
    channels = net.maps[name][0]
    group = draw(st.sampled_from([g for g in (1, 2, channels) if channels % g == 0]))
    values, sizes = _window(draw, net, name, pool=False)
    out = group * draw(st.integers(1, 3))
    weight = net.tensor((out, channels // group, *values["kernel_shape"]))
    bias = [net.tensor((out,))] if draw(st.booleans()) else []
    (given,) = net.node("Conv", name, weight, *bias, group=group, **values)
    net.maps[given] = (out, sizes[0], sizes[1])
    return given


def pool(draw: Draw, net: _Net, name: str) -> str:
    values, sizes = _window(draw, net, name, pool=True)
    kind = draw(st.sampled_from(("MaxPool", "AveragePool")))
    if kind == "AveragePool":
        values["count_include_pad"] = draw(st.integers(0, 1))
    (given,) = net.node(kind, name, **values)
    net.maps[given] = (net.maps[name][0], sizes[0], sizes[1])
    return given


def function(draw: Draw, net: _Net, name: str) -> str:
    kind = draw(st.sampled_from(("Relu", "Sigmoid", "Tanh", "HardSwish", "Elu", "LeakyRelu", "Neg",
                                 "Softplus", "HardSigmoid", "Identity", "Abs")))  # fmt: skip
    return _same(net, name, net.node(kind, name)[0])


def _same(net: _Net, name: str, given: str) -> str:
    net.maps[given] = net.maps[name]
    return given


def norm(draw: Draw, net: _Net, name: str) -> str:
    channels = net.maps[name][0]
    weight, bias, mean = (net.tensor((channels,)) for _ in range(3))
    if draw(st.booleans()):
        return _same(net, name, net.node("InstanceNormalization", name, weight, bias)[0])
    variance = net.tensor(np.linspace(0.5, 2, channels).astype(np.float32))
    (given,) = net.node("BatchNormalization", name, weight, bias, mean, variance)
    return _same(net, name, given)


def arithmetic(draw: Draw, net: _Net, name: str) -> str:
    channels = net.maps[name][0]
    kind = draw(st.sampled_from(("Add", "Mul", "Sub")))
    shape: tuple[int, ...] = draw(
        st.sampled_from(((), (1,), (channels, 1, 1), (1, channels, 1, 1)))
    )
    pair = [name, net.tensor(shape)]
    return _same(net, name, net.node(kind, *(pair if draw(st.booleans()) else pair[::-1]))[0])


def join(draw: Draw, net: _Net, name: str) -> str:
    alike = [other for other, shape in net.maps.items() if shape == net.maps[name]]
    other = draw(st.sampled_from(alike))
    kind = draw(st.sampled_from(("Add", "Mul", "Max", "Sub")))
    return _same(net, name, net.node(kind, name, other)[0])


def gate(draw: Draw, net: _Net, name: str) -> str:
    (mean,) = net.node("GlobalAveragePool", name)
    (share,) = net.node("Sigmoid", mean)
    return _same(net, name, net.node("Mul", share, name)[0])


def concat(draw: Draw, net: _Net, name: str) -> str:
    channels, *sizes = net.maps[name]
    alike = [other for other, shape in net.maps.items() if list(shape[1:]) == sizes]
    other = draw(st.sampled_from(alike))
    (given,) = net.node("Concat", name, other, axis=1)
    net.maps[given] = (channels + net.maps[other][0], sizes[0], sizes[1])
    return given


def split(draw: Draw, net: _Net, name: str) -> str:
    channels, height, width = net.maps[name]
    first = draw(st.integers(1, max(1, channels - 1)))
    parts = [first, channels - first] if channels > 1 else [1]
    given = net.node("Split", name, net.whole(*parts), outputs=len(parts), axis=1)
    for value, size in zip(given, parts, strict=True):
        net.maps[value] = (size, height, width)
    return draw(st.sampled_from(given))


def shuffle(draw: Draw, net: _Net, name: str) -> str:
    channels, height, width = net.maps[name]
    groups = draw(st.sampled_from([g for g in range(1, channels + 1) if channels % g == 0]))
    (table,) = net.node("Reshape", name, net.whole(0, groups, channels // groups, height, width))
    (turned,) = net.node("Transpose", table, perm=[0, 2, 1, 3, 4])
    return _same(net, name, net.node("Reshape", turned, net.whole(-1, channels, height, width))[0])


def island(draw: Draw, net: _Net, name: str) -> str:
    channels, height, width = net.maps[name]
    out = draw(st.integers(1, 4))
    (last,) = net.node("Transpose", name, perm=[0, 2, 3, 1])
    (product,) = net.node("MatMul", last, net.tensor((channels, out)))
    (given,) = net.node("Transpose", product, perm=[0, 3, 1, 2])
    net.maps[given] = (out, height, width)
    return given


def resize(draw: Draw, net: _Net, name: str) -> str:
    channels, height, width = net.maps[name]
    mode = draw(st.sampled_from(("nearest", "linear")))
    scales = net.tensor(np.array([1, 1, 2, 2], np.float32))
    (given,) = net.node("Resize", name, "", scales, mode=mode)
    net.maps[given] = (channels, 2 * height, 2 * width)
    return given


def pad(draw: Draw, net: _Net, name: str) -> str:
    channels, height, width = net.maps[name]
    above, left, below, right = (draw(st.integers(0, 2)) for _ in range(4))
    mode = draw(st.sampled_from(("constant", "edge")))
    (given,) = net.node("Pad", name, net.whole(0, 0, above, left, 0, 0, below, right), mode=mode)
    net.maps[given] = (channels, above + height + below, left + width + right)
    return given


def cut(draw: Draw, net: _Net, name: str) -> str:
    shape = net.maps[name]
    axis = draw(st.integers(0, 2))
    start = draw(st.integers(0, shape[axis] - 1))
    end = draw(st.integers(start + 1, shape[axis] + 1))
    whole = (net.whole(start), net.whole(end), net.whole(axis + 1))
    (given,) = net.node("Slice", name, *whole)
    sizes = list(shape)
    sizes[axis] = min(end, shape[axis]) - start
    net.maps[given] = (sizes[0], sizes[1], sizes[2])
    return given


STEPS: tuple[Step, ...] = (
    convolution, pool, function, norm, arithmetic, join, gate, concat, split, shuffle, island,
    resize, pad, cut,
)  # fmt: skip


@st.composite
def _nets(draw: Draw) -> tuple[onnx.ModelProto, tuple[int, ...]]:
    """A model and the sizes of its output."""
    channels = draw(st.integers(1, 4))
    net = _Net(
        (channels, draw(st.integers(3, 7)), draw(st.integers(3, 7))), draw(st.integers(0, 99))
    )
    name = "x"
    for _ in range(draw(st.integers(1, 7))):
        step = draw(st.sampled_from(STEPS))
        if min(net.maps[name][1:]) > 16 and step is resize:
            continue
        name = step(draw, net, name)
        if draw(st.integers(0, 4)) == 0:
            name = draw(st.sampled_from(sorted(net.maps)))
    (given,) = net.node("Relu", name)
    return net.model(given), net.maps[name]


@examples(25)
@given(_nets())
def test_random_graphs(example: tuple[onnx.ModelProto, tuple[int, ...]]) -> None:
    model, shape = example
    with tempfile.TemporaryDirectory() as folder:
        network = loaded(model, Path(folder))
        inputs = images(network)
        (theirs,) = _outputs(Path(folder, "net.onnx"), inputs)
        assert theirs.shape == (1, *shape)
        assert network.graph.output_shape == shape
        opaque = {n.layer.operator for n in network.graph if isinstance(n.layer, Opaque)}
        assert opaque <= {"Split"}, "what nobody reads"
        if opaque:
            return
        (ours,) = emitted_outputs(network, inputs)
    np.testing.assert_allclose(ours, theirs, rtol=1e-3, atol=1e-4 * max(1, np.abs(theirs).max()))


def _outputs(path: Path, inputs: Arrays) -> Arrays:
    """What ONNX Runtime gives, which a random graph never keeps it from."""
    try:
        return run(str(path), inputs)
    except RunError as error:
        raise AssertionError(error.what) from None
