"""ONNX files: what operators become, and that it computes what ONNX Runtime does."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import onnx
import pytest
from cli.run import run
from importers.onnx_cases import assert_same, kinds, loaded, model_of, saved
from onnx import TensorProto, helper, numpy_helper

import henet_arch as ha
from henet_arch.importers._onnx.constant import Constant
from henet_arch.ir.layers import Conv2d, Dropout, Elementwise, LocalResponseNorm, Opaque
from henet_arch.support.errors import (
    FileError,
    InputShapeError,
    LimitError,
    ShapeError,
    UnknownNameError,
)

X = "(float[N,4,6,6] x) =>"


class Case(NamedTuple):
    """A graph, its tensors, and the layers that it becomes."""

    text: str
    layers: tuple[str, ...]
    tensors: Mapping[str, Any] = {}
    opset: int = 17


def _numbers(**values: Any) -> dict[str, Any]:
    """Tensors of whole numbers."""
    return {name: np.array(value, np.int64) for name, value in values.items()}


def _reals(**values: Any) -> dict[str, Any]:
    return {name: np.array(value, np.float32) for name, value in values.items()}


_HARD = _reals(three=3, low=0, high=6, six=6, sixth=1 / 6)
_ERF = _reals(root=2**0.5, one=1, half=0.5)
_NORM = _reals(two=2, eps=1e-5) | {"w": (4,), "b": (4,)}
_SAME = "float[N,4,6,6] y"
CASES = {
    "same padding": Case(
        f"{X} (float[N,8,3,3] y) {{y = Conv<auto_pad='SAME_LOWER', strides=[2,2]>(x, w)}}",
        ("conv2d",), {"w": (8, 4, 4, 4)},
    ),
    "padding by side": Case(
        f"{X} (float[N,8,7,4] y) {{y = Conv<pads=[0,1,3,0], group=2, strides=[1,2]>(x, w, b)}}",
        ("conv2d",), {"w": (8, 2, 3, 2), "b": (8,)},
    ),
    "transposed convolution": Case(
        f"{X} (float[N,6,12,12] y) "
        "{y = ConvTranspose<strides=[2,2], pads=[1,1,1,1], output_padding=[1,1], group=2>"
        "(x, w, b)}",
        ("conv_transpose2d",), {"w": (4, 3, 3, 3), "b": (6,)},
    ),
    "transposed convolution of a size": Case(
        f"{X} (float[N,3,12,12] y) "
        "{y = ConvTranspose<strides=[2,2], output_shape=[12,12], auto_pad='SAME_LOWER'>(x, w)}",
        ("conv_transpose2d",), {"w": (4, 3, 3, 3)},
    ),
    "transposed convolution of a size, with more padding in front": Case(
        f"{X} (float[N,3,12,12] y) "
        "{y = ConvTranspose<strides=[2,2], output_shape=[12,12]>(x, w)}",
        ("conv_transpose2d",), {"w": (4, 3, 3, 3)},
    ),
    "transposed convolution of a size and without padding": Case(
        f"{X} (float[N,3,12,12] y) "
        "{y = ConvTranspose<strides=[2,2], output_shape=[12,12], auto_pad='VALID'>(x, w)}",
        ("conv_transpose2d",), {"w": (4, 3, 3, 3)},
    ),
    "bias behind": Case(
        f"{X} (float[N,2,4,4] y) {{c = Conv(x, w) y = Add(b, c)}}",
        ("conv2d",), {"w": (2, 4, 3, 3), "b": (1, 2, 1, 1)},
    ),
    "product with a matrix": Case(
        "(float[N,5] x) => (float[N,3] y) {p = MatMul(x, w) y = Add(p, b)}",
        ("linear",), {"w": (5, 3), "b": (3,)},
    ),
    "scaled product": Case(
        "(float[N,5] x) => (float[N,3] y) {y = Gemm<alpha=0.5, beta=2.0, transB=1>(x, w, b)}",
        ("linear",), {"w": (3, 5), "b": (1, 3)},
    ),
    "product of places": Case(
        f"{X} (float[N,5,6,6] y) {{t = Transpose<perm=[0,2,3,1]>(x) m = MatMul(t, w) a = Add(m, b) "
        "r = Relu(a) y = Transpose<perm=[0,3,1,2]>(r)}",
        ("conv2d", "relu"), {"w": (4, 5), "b": (5,)},
    ),
    "batch norm of a vector": Case(
        "(float[N,5] x) => (float[N,5] y) {y = BatchNormalization(x, w, b, w, v)}",
        ("batch_norm1d",), {"w": (5,), "b": (5,), **_reals(v=[1, 2, 3, 4, 5])},
    ),
    "layer norm of channels": Case(
        f"{X} ({_SAME}) {{t = Transpose<perm=[0,2,3,1]>(x) m = LayerNormalization(t, w, b) "
        "y = Transpose<perm=[0,3,1,2]>(m)}",
        ("layer_norm",), {"w": (4,), "b": (4,)},
    ),
    "layer norm spelled out": Case(
        f"{X} ({_SAME}) {{t = Transpose<perm=[0,2,3,1]>(x) m = ReduceMean<axes=[-1]>(t) "
        "d = Sub(t, m) q = Pow(d, two) v = ReduceMean<axes=[-1]>(q) e = Add(v, eps) s = Sqrt(e) "
        "n = Div(d, s) a = Mul(n, w) c = Add(a, b) y = Transpose<perm=[0,3,1,2]>(c)}",
        ("layer_norm",), _NORM,
    ),
    "instance norm": Case(
        f"{X} ({_SAME}) {{y = InstanceNormalization(x, w, b)}}",
        ("group_norm",), {"w": (4,), "b": (4,)},
    ),
    "group norm spelled out": Case(
        f"{X} ({_SAME}) {{g = Reshape(x, groups) n = InstanceNormalization(g, one, zero) "
        "r = Reshape(n, back) m = Mul(r, w) y = Add(m, b)}",
        ("group_norm",),
        {"w": (4, 1, 1), "b": (4, 1, 1), **_numbers(groups=[0, 2, -1], back=[-1, 4, 6, 6]),
         **_reals(one=[1, 1], zero=[0, 0])},
    ),
    "local response norm": Case(f"{X} ({_SAME}) {{y = LRN<size=3>(x)}}", ("local_response_norm",)),
    "scale and shift": Case(
        f"{X} ({_SAME}) {{m = Mul(w, x) y = Add(m, b)}}",
        ("scale",), {"w": (4, 1, 1), "b": (1, 4, 1, 1)},
    ),
    "unsqueezed scale": Case(
        f"{X} ({_SAME}) {{u = Unsqueeze(w, axes) y = Div(x, u)}}",
        ("scale",), {"w": (4,), **_numbers(axes=[1, 2])},
    ),
    "numbers": Case(
        f"{X} ({_SAME}) {{a = Mul(x, k) b = Sub(k, a) y = Div(b, k)}}",
        ("affine", "affine", "affine"), _reals(k=0.3),
    ),
    "from a constant": Case(
        f"{X} ({_SAME}) {{e = Exp(x) d = Div(w, e) y = Sub(w, d)}}",
        ("exp", "reciprocal", "scale", "affine", "scale"), {"w": (4, 1, 1)},
    ),
    "clip by inputs": Case(f"{X} ({_SAME}) {{y = Clip(x, low, high)}}", ("relu6",), _HARD),
    "clip by attributes": Case(
        f"{X} ({_SAME}) {{y = Clip<min=-0.5, max=0.25>(x)}}", ("clip",), opset=6
    ),
    "hard sigmoid": Case(
        f"{X} ({_SAME}) {{y = HardSigmoid<alpha=0.16666667, beta=0.5>(x)}}", ("hardsigmoid",)
    ),
    "other hard sigmoid": Case(f"{X} ({_SAME}) {{y = HardSigmoid(x)}}", ("affine", "clip")),
    "Paddle's hard swish": Case(
        f"{X} ({_SAME}) {{a = Add(x, three) c = Clip(a, low, high) m = Mul(x, c) y = Div(m, six)}}",
        ("hardswish",), _HARD,
    ),
    "hard swish with a factor": Case(
        f"{X} ({_SAME}) {{a = Add(x, three) c = Clip(a, low, high) m = Mul(c, sixth) "
        "y = Mul(m, x)}",
        ("hardswish",), _HARD,
    ),
    "SiLU": Case(f"{X} ({_SAME}) {{s = Sigmoid(x) y = Mul(s, x)}}", ("silu",)),
    "Mish": Case(f"{X} ({_SAME}) {{s = Softplus(x) t = Tanh(s) y = Mul(x, t)}}", ("mish",)),
    "GELU": Case(
        f"{X} ({_SAME}) {{d = Div(x, root) e = Erf(d) a = Add(e, one) m = Mul(x, a) "
        "y = Mul(m, half)}",
        ("gelu",), _ERF,
    ),
    "GELU in another order": Case(
        f"{X} ({_SAME}) {{h = Mul(half, x) d = Div(x, root) e = Erf(d) a = Add(one, e) "
        "y = Mul(h, a)}",
        ("gelu",), _ERF,
    ),
    "GELU by tanh": Case(
        f"{X} ({_SAME}) {{q = Mul(x, x) c = Mul(q, x) k = Mul(c, small) a = Add(x, k) "
        "m = Mul(a, root) t = Tanh(m) o = Add(t, one) h = Mul(x, half) y = Mul(h, o)}",
        ("gelu_tanh",), _reals(small=0.044715, root=0.7978845608, one=1, half=0.5),
    ),
    "slopes": Case(f"{X} ({_SAME}) {{y = PRelu(x, s)}}", ("prelu",), {"s": (4, 1, 1)}),
    "softmax": Case(f"{X} ({_SAME}) {{y = Softmax<axis=1>(x)}}", ("softmax",)),
    "softmax of old": Case(
        "(float[N,5] x) => (float[N,5] y) {y = Softmax(x)}", ("softmax",), opset=11
    ),
    "average pool with padding": Case(
        f"{X} (float[N,4,3,3] y) "
        "{y = AveragePool<kernel_shape=[3,3], strides=[2,2], auto_pad='SAME_UPPER'>(x)}",
        ("avg_pool2d",),
    ),
    "average pool of the padding too": Case(
        f"{X} (float[N,4,6,6] y) "
        "{y = AveragePool<kernel_shape=[3,3], pads=[1,1,1,1], count_include_pad=1>(x)}",
        ("avg_pool2d",),
    ),
    "maximum pool rounded up": Case(
        f"{X} (float[N,4,3,3] y) "
        "{y = MaxPool<kernel_shape=[3,3], strides=[2,2], pads=[0,0,1,1], ceil_mode=1>(x)}",
        ("max_pool2d",),
    ),
    "mean of the map": Case(
        f"{X} (float[N,4] y) {{y = ReduceMean<axes=[-1,-2], keepdims=0>(x)}}",
        ("global_avg_pool2d", "flatten"),
    ),
    "spatial attention": Case(
        f"{X} (float[N,2,6,6] y) {{a = ReduceMean<axes=[1]>(x) m = ReduceMax<axes=[1]>(x) "
        "y = Concat<axis=1>(a, m)}",
        ("channel_mean", "channel_max", "concat"),
    ),
    "squeeze and excite": Case(
        f"{X} ({_SAME}) {{p = GlobalMaxPool(x) f = Squeeze(p, axes) g = Gemm(f, w) "
        "s = Sigmoid(g) u = Unsqueeze(s, axes) y = Mul(u, x)}",
        ("global_max_pool2d", "flatten", "linear", "sigmoid", "unflatten", "multiply"),
        {"w": (4, 4), **_numbers(axes=[2, 3])},
    ),
    "channel shuffle": Case(
        f"{X} ({_SAME}) {{r = Reshape(x, five) t = Transpose<perm=[0,2,1,3,4]>(r) "
        "y = Reshape(t, four)}",
        ("channel_shuffle",), _numbers(five=[-1, 2, 2, 6, 6], four=[0, 4, 6, 6]),
    ),
    "pixel shuffle": Case(
        f"{X} (float[N,1,12,12] y) {{y = DepthToSpace<blocksize=2, mode='CRD'>(x)}}",
        ("pixel_shuffle",),
    ),
    "pixel shuffle spelled out": Case(
        f"{X} (float[N,1,12,12] y) {{r = Reshape(x, six) t = Transpose<perm=[0,1,4,2,5,3]>(r) "
        "y = Reshape(t, four)}",
        ("pixel_shuffle",), _numbers(six=[-1, 1, 2, 2, 6, 6], four=[-1, 1, 12, 12]),
    ),
    "blocks of channels": Case(
        f"{X} (float[N,1,12,12] y) {{y = DepthToSpace<blocksize=2>(x)}}",
        ("channel_shuffle", "pixel_shuffle"),
    ),
    "blocks of pixels": Case(
        f"{X} (float[N,16,3,3] y) {{y = SpaceToDepth<blocksize=2>(x)}}",
        ("pixel_unshuffle", "channel_shuffle"),
    ),
    "split": Case(
        f"{X} (float[N,3,6,6] y, float[N,1,6,6] z) {{y, z = Split<axis=1>(x, sizes)}}",
        ("slice_channels", "slice_channels"), _numbers(sizes=[3, 1]),
    ),
    "slice of channels and rows": Case(
        f"{X} (float[N,2,4,6] y) {{y = Slice(x, starts, ends, axes, steps)}}",
        ("slice_channels", "crop2d"),
        _numbers(starts=[1, 1], ends=[9, -1], axes=[1, 2], steps=[2, 1]),
    ),
    "every second row and every third column": Case(
        f"{X} (float[N,4,3,2] y) {{y = Slice(x, starts, ends, axes, steps)}}",
        ("crop2d",), _numbers(starts=[1, 0], ends=[9, -1], axes=[2, 3], steps=[2, 3]),
    ),
    "gathered channels": Case(
        f"{X} (float[N,2,6,6] y) {{y = Gather<axis=1>(x, places)}}",
        ("slice_channels",), _numbers(places=[1, 3]),
    ),
    "reflected": Case(
        f"{X} (float[N,4,8,9] y) {{y = Pad<mode='reflect'>(x, pads)}}",
        ("pad2d",), _numbers(pads=[0, 0, 1, 2, 0, 0, 1, 1]),
    ),
    "padded and cut": Case(
        f"{X} (float[N,6,6,5] y) {{y = Pad(x, pads)}}",
        ("pad_channels", "crop2d", "pad2d"), _numbers(pads=[0, 1, 1, -1, 0, 1, -1, 0]),
    ),
    "nearest pixels": Case(
        f"{X} (float[N,4,12,18] y) {{y = Resize<mode='nearest'>(x, , scales)}}",
        ("resize",), _reals(scales=[1, 1, 2, 3]),
    ),
    "between pixels": Case(
        f"{X} (float[N,4,9,4] y) {{y = Resize<mode='linear'>(x, , , sizes)}}",
        ("resize",), _numbers(sizes=[1, 4, 9, 4]),
    ),
    "corners stay": Case(
        f"{X} (float[N,4,11,11] y) "
        "{y = Resize<mode='cubic', coordinate_transformation_mode='align_corners'>(x, , , sizes)}",
        ("resize",), _numbers(sizes=[1, 4, 11, 11]),
    ),
    "upsampling of old": Case(
        f"{X} (float[N,4,12,12] y) {{y = Upsample<mode='nearest'>(x, scales)}}",
        ("resize",), _reals(scales=[1, 1, 2, 2]), 9,
    ),
    "extremes": Case(
        "(float[N,4,6,6] x, float[N,1,6,6] z) => (float[N,4,6,6] y) {a = Max(x, z) y = Min(a, x)}",
        ("maximum", "minimum"),
    ),
    "quotient": Case(
        "(float[N,4,6,6] x, float[N,4,1,1] z) => (float[N,4,6,6] y) {e = Exp(z) y = Div(x, e)}",
        ("exp", "divide"),
    ),
    "powers": Case(f"{X} ({_SAME}) {{y = Pow(x, two)}}", ("square",), _reals(two=2)),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_operators_become_layers_that_compute_the_same(name: str, tmp_path: Path) -> None:
    case = CASES[name]
    model = model_of(f"{case.text}", case.tensors, opset=case.opset)
    onnx.checker.check_model(model)
    assert kinds(assert_same(model, tmp_path)) == list(case.layers)


OPAQUE: dict[str, tuple[str, dict[str, Any], tuple[tuple[str, int], ...] | None]] = {
    "channels last": (
        "(float[N,6,6,4] x) => (float[N,6,4,6] y) {y = Transpose<perm=[0,1,3,2]>(x)}", {}, (),
    ),
    "1-D convolution": (
        "(float[N,4,10] x) => (float[N,6,8] y) {y = Conv(x, w, b)}",
        {"w": (6, 4, 3), "b": (6,)}, (("mac", 8 * 6 * 4 * 3), ("add", 48)),
    ),
    "product of places": (
        "(float[N,7,4] x) => (float[N,7,5] y) {y = MatMul(x, w)}",
        {"w": (4, 5)}, (("mac", 7 * 4 * 5),),
    ),
    "scores": (
        "(float[N,2,7,4] x, float[N,2,4,9] z) => (float[N,2,7,9] y) {y = MatMul(x, z)}",
        {}, (("mac", 2 * 7 * 4 * 9),),
    ),
    "sums of products": (
        "(float[N,7,4] x, float[N,9,4] z) => (float[N,7,9] y) "
        "{y = Einsum<equation='bik,bjk->bij'>(x, z)}",
        {}, (("mac", 7 * 4 * 9),),
    ),
    "positions": (
        "(float[N,7,4] x) => (float[N,7,4] y) {y = Add(x, w)}", {"w": (1, 7, 4)}, (("add", 28),),
    ),
    "softmax of the last": (
        "(float[N,3,5] x) => (float[N,3,5] y) {y = Softmax(x)}",
        {}, (("add", 27), ("div", 15), ("compare", 12), ("exp", 15)),
    ),
    "bilinear of old": (
        "(float[N,4,6,6] x) => (float[N,4,12,12] y) "
        "{y = Resize<mode='linear', coordinate_transformation_mode='asymmetric'>(x, , scales)}",
        _reals(scales=[1, 1, 2, 2]), (("add", 3 * 576), ("mul", 6 * 576)),
    ),
    "recurrence": (
        "(float[5,1,4] x) => (float[5,1,1,3] y) {y = GRU<hidden_size=3>(x, w, r)}",
        {"w": (1, 9, 4), "r": (1, 9, 3)}, None,
    ),
    "the batch in training": (
        "(float[N,4,6,6] x) => (float[N,4,6,6] y) "
        "{y = BatchNormalization<training_mode=1>(x, w, w, w, v)}",
        {"w": (4,), **_reals(v=[1, 2, 3, 4])}, None,
    ),
}  # fmt: skip


@pytest.mark.parametrize(
    ("policy", "sizes"), [("not_larger", "12,18"), ("not_smaller", "14,21"), ("stretch", "14,20")]
)
def test_one_factor_for_both_axes_is_no_resize_to_a_size(
    policy: str, sizes: str, tmp_path: Path
) -> None:
    text = (
        f"(float[N,1,6,9] x) => (float[N,1,{sizes}] y) {{y = Resize<mode='linear', axes=[2,3], "
        f"keep_aspect_ratio_policy='{policy}'>(x, , , sizes)}}"
    )
    goal = [12, 20] if policy == "not_larger" else [14, 20]
    model = model_of(text, _numbers(sizes=goal), opset=18)
    expected = ["resize" if policy == "stretch" else "Resize"]
    assert kinds(loaded(model, tmp_path)) == expected


@pytest.mark.parametrize("name", OPAQUE)
def test_what_no_kind_describes_has_a_name_and_a_cost(name: str, tmp_path: Path) -> None:
    text, tensors, cost = OPAQUE[name]
    network = loaded(model_of(text, tensors), tmp_path)
    (layer,) = (node.layer for node in network.graph if isinstance(node.layer, Opaque))
    assert layer.cost == cost
    assert layer.cost_known == (cost is not None)


@pytest.mark.parametrize(
    ("name", "wanted"),
    [("bilinear of old", []), ("the batch in training", ["weight", "bias"])],
)
def test_scales_and_statistics_are_no_weights(name: str, wanted: list[str], tmp_path: Path) -> None:
    network = loaded(model_of(*OPAQUE[name][:2]), tmp_path)
    (layer,) = (node.layer for node in network.graph if isinstance(node.layer, Opaque))
    assert [key for key, _ in layer.tensors] == wanted


@pytest.mark.parametrize(
    ("inputs", "weights", "advice"),
    [
        ("float[N,1,H,W] x", (4, 1, 3, 3), "1x224x224"),
        ("float[N,1,28,W] x", (4, 1, 3, 3), "1x28x224"),
        ("float[N,C,H,W] x", (4, 1, 3, 3), "1x224x224"),
        ("float[N,C,H,W] x", (4, 3, 3, 3), "3x224x224"),
        ("float[N,1,H,W] x, float[N,4,H,W] other", (4, 1, 1, 1), "x=1x224x224,other=4x224x224"),
    ],
)
def test_the_advice_for_open_sizes_is_a_shape_that_fits(
    inputs: str, weights: tuple[int, ...], advice: str, tmp_path: Path
) -> None:
    """Of an image of one channel too, even where only the first convolution says so."""
    second = "Add(c, other)" if "other" in inputs else "Relu(c)"
    text = f"({inputs}) => (float[N,4,P,Q] y) {{c = Conv(x, w) y = {second}}}"
    path = saved(model_of(text, {"w": weights}), tmp_path)
    with pytest.raises(InputShapeError) as caught:
        ha.load(path)
    assert caught.value.fix == f"--input {advice}"
    code, _, err = run("analyze", str(path), *caught.value.fix.split())
    assert code == 0, err


def test_sizes_that_a_file_leaves_open_are_asked_for(tmp_path: Path) -> None:
    model = model_of(
        "(float[N,3,H,W] image, float[N,3,H,W] other) => (float[N,3,H,W] y) {y = Add(image, other)}"
    )
    path = saved(model, tmp_path)
    with pytest.raises(InputShapeError, match="image 3 x H x W, other 3 x H x W") as caught:
        ha.load(path)
    assert "--input 3x224x224" in caught.value.fix
    for shape in ((3, 8, 9), (8, 9), {"other": (3, 8, 9)}):
        graph = ha.load(path, shape).graph
        assert [node.shape for node in graph] == [(3, 8, 9)] * 3
    with pytest.raises(InputShapeError, match="takes the shape 3x8x9x4"):
        ha.load(path, (3, 8, 9, 4))
    with pytest.raises(UnknownNameError, match="unknown input 'imag'"):
        ha.load(path, {"imag": (3, 8, 9)})


def test_a_fixed_size_may_be_another_one(tmp_path: Path) -> None:
    model = model_of(
        "(float[2,3,8,8] x) => (float[2,4,6,6] y) {y = Conv(x, w)}", {"w": (4, 3, 3, 3)}
    )
    assert loaded(model, tmp_path).graph.signature == "3x8x8 -> 4x6x6"
    assert loaded(model, tmp_path, (3, 9, 10)).graph.signature == "3x9x10 -> 4x7x8"
    with pytest.raises(ShapeError, match="Conv node 0 'y' does not fit"):
        loaded(model, tmp_path, (4, 8, 8))


def test_a_fixed_batch_computes_as_one_image(tmp_path: Path) -> None:
    model = model_of(
        "(float[4,3,6,6] x) => (float[4,5] y) {r = Reshape(x, shape) y = Gemm(r, w)}",
        {"w": (108, 5), **_numbers(shape=[4, 108])},
    )
    assert kinds(assert_same(model, tmp_path)) == ["flatten", "linear"]


def test_tensors_that_are_inputs_are_weights(tmp_path: Path) -> None:
    text = "(float[1,3,6,6] x, float[4,3,3,3] w) => (float[1,4,4,4] y) {y = Conv(x, w)}"
    network = assert_same(model_of(text, {"w": (4, 3, 3, 3)}, ir_version=3, opset=8), tmp_path)
    assert kinds(network) == ["conv2d"]
    assert network.graph.input_shape == (3, 6, 6)


def test_constants_are_folded_into_weights(tmp_path: Path) -> None:
    text = (
        f"{X} (float[N,4,6,6] y) {{m = ReduceMean<axes=[1,2,3]>(w) c = Sub(w, m) q = Mul(c, c) "
        "v = ReduceMean<axes=[1,2,3]>(q) s = Sqrt(v) n = Div(c, s) "
        "y = Conv<pads=[1,1,1,1]>(x, n)}"
    )
    assert kinds(assert_same(model_of(text, {"w": (4, 4, 3, 3)}), tmp_path)) == ["conv2d"]


def test_shapes_that_are_computed_are_numbers(tmp_path: Path) -> None:
    text = (
        f"{X} (float[N,K] y) {{s = Shape(x) n = Gather<axis=0>(s, zero) u = Unsqueeze(n, axes) "
        "f = Concat<axis=0>(u, rest) r = Reshape(x, f) y = Relu(r)}"
    )
    tensors = _numbers(zero=0, axes=[0], rest=[-1])
    assert kinds(assert_same(model_of(text, tensors), tmp_path)) == ["flatten", "relu"]


def test_what_does_nothing_is_left_out(tmp_path: Path) -> None:
    text = (
        f"{X} ({_SAME}) {{i = Identity(x) c = Cast<to=1>(i) "
        "r = Reshape(c, shape) e = Expand(r, one) y = Relu(e)}"
    )
    tensors = _numbers(shape=[0, 4, 6, -1], one=[1])
    assert kinds(assert_same(model_of(text, tensors), tmp_path)) == ["relu"]


def test_a_module_that_is_applied_again_shares_its_weights(tmp_path: Path) -> None:
    text = f"{X} ({_SAME}) {{c = Conv<pads=[1,1,1,1]>(x, w) y = Conv<pads=[1,1,1,1]>(c, w)}}"
    network = loaded(model_of(text, {"w": (4, 4, 3, 3)}), tmp_path)
    assert [node.shares for node in network.graph] == ["", "", "c"]
    assert list(network.weights or ()) == ["c.weight"]


def test_equal_weights_of_two_layers_are_not_shared(tmp_path: Path) -> None:
    """Networks that are not trained have many: ones, zeros, slopes of 0.25."""
    text = f"{X} ({_SAME}) {{a = PRelu(x, slope) b = PRelu(a, other) y = PRelu(b, slope)}}"
    quarter = np.array([0.25], np.float32)
    network = loaded(model_of(text, {"slope": quarter, "other": quarter}), tmp_path)
    assert [node.shares for node in network.graph] == ["", "", "", "a"]


def test_equal_constants_of_two_nodes_are_not_shared(tmp_path: Path) -> None:
    text = (
        f"{X} ({_SAME}) {{s = Constant<value_floats=[0.25]>() t = Constant<value_floats=[0.25]>() "
        "a = PRelu(x, s) b = PRelu(a, t) y = PRelu(b, s)}"
    )
    network = loaded(model_of(text), tmp_path)
    assert [node.shares for node in network.graph] == ["", "", "", "a"]


_LOOKED_UP = (
    "{a = Gather<axis=2>(x, rows) b = ReduceMax<axes=[3], keepdims=0>(a) "
    "c = Gather<axis=3>(b, columns) y = ReduceMax<axes=[4], keepdims=0>(c)}"
)


@pytest.mark.parametrize(
    ("rows", "columns", "layers"),
    [
        ([[0, 1], [1, 2], [3, 3]], [[0, 1, 2], [3, 4, 5]], None),
        ([[0, 1], [2, 3], [4, 5]], [[0, 1, 2], [3, 4, 5]], ["adaptive_max_pool2d"]),
        ([[0, 1], [2, 3], [4, 5]], [[0, 1, 2], [2, 4, 5]], None),
        ([[0, 1], [1, 2], [3, 3], [4, 5]], [[0, 1, 2], [3, 4, 5]], None),
        ([[0, 1, 1], [1, 2, 2], [3, 4, 4], [5, 4, 5]], [[0, 1, 2], [3, 4, 5]],
         ["adaptive_max_pool2d"]),
    ],
)  # fmt: skip
def test_windows_that_are_looked_up(
    rows: list[list[int]], columns: list[list[int]], layers: list[str] | None, tmp_path: Path
) -> None:
    text = f"{X} (float[N,4,{len(rows)},{len(columns)}] y) {_LOOKED_UP}"
    model = model_of(text, _numbers(rows=rows, columns=columns))
    if layers:
        assert kinds(assert_same(model, tmp_path)) == layers
    else:
        assert "adaptive_max_pool2d" not in kinds(loaded(model, tmp_path))


@pytest.mark.parametrize(("share", "layers"), [(0.5, ["adaptive_avg_pool2d"]), (0.25, None)])
def test_products_with_shares(share: float, layers: list[str] | None, tmp_path: Path) -> None:
    rows = np.repeat(np.eye(3, dtype=np.float32), 2, 1) * np.float32(share)
    columns = np.repeat(np.eye(2, dtype=np.float32), 3, 0) / np.float32(3)
    text = f"{X} (float[N,4,3,2] y) {{a = MatMul(rows, x) y = MatMul(a, columns)}}"
    model = model_of(text, {"rows": rows, "columns": columns})
    if layers:
        assert kinds(assert_same(model, tmp_path)) == layers
    else:
        assert kinds(loaded(model, tmp_path)) == ["MatMul", "MatMul"]


@pytest.mark.parametrize(
    ("pads", "layers"),
    [("1,0,0,0", ["local_response_norm"]), ("0,0,1,0", None)],
)
def test_norms_over_an_even_number_of_channels(
    pads: str, layers: list[str] | None, tmp_path: Path
) -> None:
    """PyTorch's window has one channel more before; the other way is none of its layers."""
    text = (
        f"{X} ({_SAME}) {{a = Mul(x, x) b = Reshape(a, flat) "
        f"c = AveragePool<kernel_shape=[2,1], pads=[{pads}], count_include_pad=1>(b) "
        "d = Reshape(c, shape) e = Mul(d, alpha) f = Add(e, k) g = Pow(f, beta) y = Div(x, g)}"
    )
    numbers = _numbers(flat=[0, 1, 4, 36], shape=[0, 4, 6, 6])
    model = model_of(text, {**numbers, **_reals(alpha=0.5, k=2, beta=0.75)})
    if layers:
        network = assert_same(model, tmp_path)
        assert network.graph["y"].layer == LocalResponseNorm(2, 0.5, 0.75, 2.0)
    else:
        assert "local_response_norm" not in kinds(loaded(model, tmp_path))


def test_an_even_window_of_channels_is_not_pytorchs(tmp_path: Path) -> None:
    text = f"{X} ({_SAME}) {{y = LRN<size=2>(x)}}"
    assert kinds(loaded(model_of(text), tmp_path)) == ["LRN"]


@pytest.mark.parametrize(("scale", "size"), [(4.2, 62), (1.16, 29), (2.28, 57)])
def test_sizes_are_rounded_in_single_precision(scale: float, size: int, tmp_path: Path) -> None:
    count = 15 if scale > 4 else 25
    text = (
        f"(float[1,2,{count},4] x) => (float[1,2,{size},4] y) "
        "{y = Resize<mode='linear'>(x, , scales)}"
    )
    network = assert_same(model_of(text, _reals(scales=[1, 1, scale, 1])), tmp_path)
    assert network.graph["y"].shape == (2, size, 4)


def test_dropouts_stay_and_do_nothing(tmp_path: Path) -> None:
    text = f"{X} ({_SAME}) {{d, mask = Dropout(x, ratio) y = Relu(d)}}"
    network = assert_same(model_of(text, _reals(ratio=0.25)), tmp_path)
    assert kinds(network) == ["dropout", "relu"]
    assert network.graph["d"].layer == Dropout(0.25)
    old = f"{X} ({_SAME}) {{d = Dropout<ratio=0.1>(x) y = Relu(d)}}"
    network = assert_same(model_of(old, opset=10), tmp_path)
    assert network.graph["d"].layer == Dropout(0.1)


def test_a_dropout_that_drops_is_none(tmp_path: Path) -> None:
    text = f"{X} ({_SAME}) {{d = Dropout(x, ratio, training) y = Relu(d)}}"
    tensors = {**_reals(ratio=0.25), "training": np.array(True)}
    assert kinds(loaded(model_of(text, tensors), tmp_path)) == ["Dropout", "relu"]


def test_factors_of_channels_are_weights_though_they_are_equal(tmp_path: Path) -> None:
    """A layer scale begins so; numbers that are no weights have one element."""
    text = f"{X} ({_SAME}) {{a = Mul(x, w) y = Mul(a, n)}}"
    tensors = {"w": np.full((4, 1, 1), 1e-6, np.float32), "n": np.full((1, 1, 1), 0.1, np.float32)}
    network = assert_same(model_of(text, tensors), tmp_path)
    assert kinds(network) == ["scale", "affine"]
    assert network.graph["y"].layer == Elementwise("affine", (0.1, 0.0))


def test_a_pool_that_rounds_up_takes_a_map_smaller_than_its_window(tmp_path: Path) -> None:
    text = (
        "(float[N,4,4,6] x) => (float[N,4,1,2] y) "
        "{y = MaxPool<kernel_shape=[5,5], strides=[2,2], ceil_mode=1>(x)}"
    )
    assert assert_same(model_of(text), tmp_path).graph.output_shape == (4, 1, 2)


def test_half_precision_is_kept_and_read_as_single(tmp_path: Path) -> None:
    text = "(float16[1,3,6,6] x) => (float16[1,4,4,4] y) {y = Conv(x, w)}"
    weight = np.random.default_rng(0).standard_normal((4, 3, 3, 3)).astype(np.float16)
    network = loaded(model_of(text, {"w": weight}), tmp_path)
    assert {node.element_type.name for node in network.graph} == {"float16"}
    assert network.weights is not None
    assert network.weights["y.weight"].dtype == np.float32
    assert np.array_equal(network.weights["y.weight"], weight.astype(np.float32))


def test_bfloat16_is_read_exactly(tmp_path: Path) -> None:
    model = model_of("(bfloat16[1,1,2,2] x) => (bfloat16[1,1,2,2] y) {y = Conv(x, w)}")
    bits = np.array([0x3F80, 0xBF80, 0x4049, 0x0001] * 75, np.uint16)
    tensor = TensorProto(name="w", dims=[300, 1, 1, 1], data_type=TensorProto.BFLOAT16)
    tensor.raw_data = bits.tobytes()
    model.graph.initializer.append(tensor)
    network = loaded(model, tmp_path)
    expected = (bits.astype(np.uint32) << 16).view(np.float32)
    assert network.weights is not None
    assert np.array_equal(network.weights["y.weight"].ravel(), expected)


def test_names_are_the_modules(tmp_path: Path) -> None:
    model = model_of(
        f"{X} ({_SAME}) {{c = Conv<pads=[1,1,1,1]>(x, w) n = Relu(c) s = Sigmoid(n) "
        "m = Mul(n, s) y = Add(m, x)}",
        {"w": (4, 4, 3, 3)},
    )
    names = ("/stem/stem.0/Conv", "/stem/stem.1/Relu", "/act/Sigmoid", "/act/Mul", "/Add_3")
    for node, name in zip(model.graph.node, names, strict=True):
        node.name = name
    network = loaded(model, tmp_path)
    assert [node.name for node in network.graph] == [
        "x",
        "stem.layer0",
        "stem.layer1",
        "act",
        "add",
    ]
    assert network.graph["stem.layer0"].original == "/stem/stem.0/Conv"
    (decision,) = network.graph["stem.layer0"].because
    assert decision == ("source", "Conv node 0 '/stem/stem.0/Conv'", "net.onnx")


def test_names_and_lines_that_an_exporter_wrote(tmp_path: Path) -> None:
    model = model_of(f"{X} ({_SAME}) {{y = Relu(x)}}")
    notes = {
        "pkg.torch.onnx.name_scopes": "['', 'layer1', 'layer1.0', 'layer1.0.act', 'relu_3']",
        "pkg.torch.onnx.stack_trace": 'File "/home/me/net.py", line 12, in forward\n  return x',
    }
    for key, value in notes.items():
        model.graph.node[0].metadata_props.add(key=key, value=value)
    node = loaded(model, tmp_path).graph.nodes[1]
    assert node.name == "layer1.block0.act"
    assert node.because[0].reason.endswith(", net.py:12")


def test_functions_of_the_file_are_taken_apart(tmp_path: Path) -> None:
    model = onnx.parser.parse_model(
        """<ir_version: 8, opset_import: ["": 17, "own": 1]>
        net (float[N,4,6,6] x) => (float[N,4,6,6] y) {y = own.twice<a = 0.5>(x)}
        <domain: "own", opset_import: ["": 17]>
        twice <a> (v) => (w) {t = LeakyRelu<alpha: float = @a>(v) w = LeakyRelu(t)}"""
    )
    network = assert_same(model, tmp_path)
    assert [node.layer.attributes() for node in network.graph][1:] == [
        {"negative_slope": 0.5},
        {"negative_slope": 0.01},
    ]


@pytest.mark.parametrize("condition", [True, False])
def test_the_branch_that_is_chosen_is_followed(condition: bool, tmp_path: Path) -> None:
    branches = {
        name: helper.make_graph(
            [helper.make_node(kind, ["x"], [f"{name}_y"])], name, [],
            [helper.make_tensor_value_info(f"{name}_y", 1, None)],
        )
        for name, kind in (("then_branch", "Relu"), ("else_branch", "Abs"))
    }  # fmt: skip
    model = model_of(f"{X} ({_SAME}) {{y = Identity(x)}}", {"chosen": np.array(condition)})
    del model.graph.node[:]
    model.graph.node.append(helper.make_node("If", ["chosen"], ["y"], **branches))
    assert kinds(assert_same(model, tmp_path)) == ["relu" if condition else "abs"]


def test_several_inputs_and_outputs(tmp_path: Path) -> None:
    text = (
        "(float[N,4,6,6] a, float[N,2,6,6] b) => (float[N,6,6,6] y, float[N,2,6,6] z) "
        "{y = Concat<axis=1>(a, b) z = Relu(b)}"
    )
    network = assert_same(model_of(text), tmp_path)
    assert network.graph.outputs == ("y", "z")
    assert [node.name for node in network.graph][:2] == ["a", "b"]


def _external(model: onnx.ModelProto, folder: Path, location: str, **entries: str) -> Path:
    """The model with the data of its tensor `w` in a file."""
    tensor = next(t for t in model.graph.initializer if t.name == "w")
    (folder / "data.bin").write_bytes(b"\0" * 8 + tensor.raw_data)
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    for key, value in {"location": location, "offset": "8", **entries}.items():
        tensor.external_data.add(key=key, value=value)
    return saved(model, folder)


def _convolution() -> onnx.ModelProto:
    return model_of(f"{X} (float[N,9,4,4] y) {{y = Conv(x, w)}}", {"w": (9, 4, 3, 3)})


def test_data_beside_the_model(tmp_path: Path) -> None:
    model = _convolution()
    expected = numpy_helper.to_array(model.graph.initializer[0])
    network = ha.load(_external(model, tmp_path, "data.bin"))
    assert network.weights is not None
    assert np.array_equal(network.weights["y.weight"], expected)


@pytest.mark.parametrize(
    "location", ["../data.bin", "/etc/passwd", "link.bin", "", "a/../../x", "\0"]
)
def test_no_data_outside_the_folder_of_the_model(location: str, tmp_path: Path) -> None:
    inside = tmp_path / "model"
    inside.mkdir()
    (tmp_path / "data.bin").write_bytes(b"\0" * 4096)
    (inside / "link.bin").symlink_to(tmp_path / "data.bin")
    with pytest.raises(FileError, match="outside the folder of the model"):
        ha.load(_external(_convolution(), inside, location))


@pytest.mark.parametrize(
    "entries", [{"offset": "9"}, {"offset": "-1"}, {"length": "2147483648"}, {"length": "x"}]
)
def test_data_that_are_not_there(entries: dict[str, str], tmp_path: Path) -> None:
    with pytest.raises(FileError):
        ha.load(_external(_convolution(), tmp_path, "data.bin", **entries))


def test_a_file_that_is_none(tmp_path: Path) -> None:
    path = tmp_path / "net.onnx"
    for content in (b"", b"\x08", b"\xff" * 100, b"not a model"):
        path.write_bytes(content)
        with pytest.raises(FileError):
            ha.load(path)


def test_a_circle_is_refused(tmp_path: Path) -> None:
    model = model_of(f"{X} ({_SAME}) {{a = Relu(x) y = Relu(a)}}")
    model.graph.node[0].input[0] = "y"
    with pytest.raises(FileError, match="Relu node 0 'a' reads 'y', which no node before it gives"):
        ha.load(saved(model, tmp_path))


def test_a_convolution_that_does_not_fit_says_where(tmp_path: Path) -> None:
    model = model_of(f"{X} (float[N,2,4,4] y) {{y = Conv(x, w)}}", {"w": (2, 3, 3, 3)})
    with pytest.raises(ShapeError) as caught:
        ha.load(saved(model, tmp_path))
    assert "Conv node 0 'y'" in caught.value.what
    assert "weights of 2 x 3 channels in 1 groups" in caught.value.why


def test_the_file_is_the_origin(tmp_path: Path) -> None:
    network = loaded(_convolution(), tmp_path)
    assert network.origin.title == f"the file {tmp_path / 'net.onnx'}"
    assert isinstance(network.graph["y"].layer, Conv2d)


def _chain(count: int) -> str:
    steps = " ".join(f"c{n + 1} = Add(c{n}, c{n})" for n in range(count))
    return f"{X} (float[N,4,6,6] y) {{c0 = ConstantOfShape(size) {steps} y = Add(x, c{count})}}"


@pytest.mark.parametrize(
    ("text", "tensors"),
    [
        (f"{X} ({_SAME}) {{c = ConstantOfShape(size) y = Add(x, c)}}", _numbers(size=[2**60])),
        (f"{X} ({_SAME}) {{c = Expand(one, size) y = Add(x, c)}}",
         _numbers(size=[2**40, 2**20]) | _reals(one=1)),
        (f"{X} ({_SAME}) {{c = Range(one, size, one) y = Add(x, c)}}",
         _numbers(size=2**62, one=1)),
        (_chain(65), _numbers(size=[4, 600, 6])),
    ],
)  # fmt: skip
def test_what_is_much_of_little_is_not_computed(
    text: str, tensors: Mapping[str, Any], tmp_path: Path
) -> None:
    with pytest.raises(LimitError):
        ha.load(saved(model_of(text, tensors), tmp_path))


def test_functions_that_double_one_another_are_bounded(tmp_path: Path) -> None:
    calls = "\n".join(
        f'<domain: "own", opset_import: ["": 17, "own": 1]> '
        f"f{n} (v) => (w) {{t = own.f{n + 1}(v) w = own.f{n + 1}(t)}}"
        for n in range(40)
    )
    last = '<domain: "own", opset_import: ["": 17]> f40 (v) => (w) {w = Relu(v)}'
    model = onnx.parser.parse_model(
        '<ir_version: 8, opset_import: ["": 17, "own": 1]> '
        f"net (float[N,4,6,6] x) => (float[N,4,6,6] y) {{y = own.f0(x)}}\n{calls}\n{last}"
    )
    with pytest.raises(LimitError):
        ha.load(saved(model, tmp_path))


def test_graphs_inside_graphs_are_bounded(tmp_path: Path) -> None:
    content = b""
    for _ in range(100_000 // 50):  # a node with an attribute that is a graph with a node ...
        node = b"\x0a" + _length(content) + content
        attribute = b"\x32" + _length(node) + node
        content = b"\x2a" + _length(attribute) + attribute
    graph = b"\x0a" + _length(content) + content
    path = tmp_path / "net.onnx"
    path.write_bytes(b"\x3a" + _length(graph) + graph)
    with pytest.raises(FileError):
        ha.load(path)


def _length(content: bytes) -> bytes:
    """The number of bytes as protobuf writes it."""
    count, result = len(content), b""
    while count >= 128:
        result += bytes([count % 128 + 128])
        count //= 128
    return result + bytes([count])


def test_a_name_that_is_no_text(tmp_path: Path) -> None:
    path = saved(model_of(f"{X} ({_SAME}) {{y = Relu(x)}}"), tmp_path)
    path.write_bytes(path.read_bytes().replace(b"Relu", b"Re\xefu"))
    with pytest.raises(FileError, match="no UTF-8 text"):
        ha.load(path)


def test_what_a_constant_is_computed_of_is_found_once() -> None:
    """Each step reads the one before it twice: there are 2^60 ways to the tensor of the file."""
    root = constant = Constant((4,), "float32", lambda: None)
    for _ in range(60):
        constant = Constant((4,), "float32", lambda a, b: a, (constant, constant))
    assert constant.roots() == {root}
