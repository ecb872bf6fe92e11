"""What ONNX has for each kind of layer: a row of this table is a kind."""

from __future__ import annotations

from collections.abc import Callable

from ...ir.functions import FUNCTIONS
from . import functions, maps, norms, pools
from .layer import LayerWriter, onnx_pads

Row = Callable[[LayerWriter], object]
"""Adds the operators of a layer, the one that gives its output last."""


def _conv(at: LayerWriter) -> None:
    _window(at, "Conv", pads=onnx_pads(at.values["padding"]))


def _transposed(at: LayerWriter) -> None:
    """Rows and columns more at the far edges are padding less, and zeros before the bias.

    As `output_padding` ONNX Runtime takes no more than a stride.
    """
    values = at.values
    above, left, below, right = onnx_pads(values["padding"])
    more = tuple(values["output_padding"])
    if all(n < stride for n, stride in zip(more, values["stride"], strict=True)):
        extra = {"output_padding": more} if any(more) else {}
        _window(at, "ConvTranspose", pads=[above, left, below, right], **extra)
        return
    less = min(below, more[0]), min(right, more[1])
    rest = (0, 0, 0, 0, 0, 0, more[0] - less[0], more[1] - less[1])
    pads = [above, left, below - less[0], right - less[1]]
    if not any(rest):
        _window(at, "ConvTranspose", pads=pads)
        return
    x = _window(at, "ConvTranspose", "weight", pads=pads)
    x = at.op("Pad", x, at.whole("pads", *rest))
    if values["bias"]:
        at.op("Add", x, at.weight("bias", wide=True))


def _window(at: LayerWriter, kind: str, *weights: str, **attributes: object) -> str:
    values = at.values
    return at.op(
        kind, at.x, *at.weights(*(weights or ("weight", "bias"))), kernel_shape=values["kernel"],
        strides=values["stride"], dilations=values["dilation"], group=values["groups"],
        **attributes,
    )  # fmt: skip


def _linear(at: LayerWriter) -> None:
    at.op("Gemm", at.x, *at.weights("weight", "bias"), transB=1)


def _softmax(at: LayerWriter) -> None:
    at.op("Softmax", at.x, axis=1)


def _dropout(at: LayerWriter) -> None:
    at.op("Dropout", at.x, at.number("ratio", at.values["p"]))


def _flatten(at: LayerWriter) -> None:
    at.op("Flatten", at.x, axis=1)


def _unflatten(at: LayerWriter) -> None:
    at.op("Unsqueeze", at.x, at.whole("axes", 2, 3))


def _join(kind: str, many: str = "") -> Row:
    """An operator of two inputs, and `many`, or itself again and again, of more."""

    def row(at: LayerWriter) -> None:
        first, *others = at.node.inputs
        if len(others) > 1 and many:
            at.op(many, first, *others)
            return
        for other in others:
            first = at.op(kind, first, other)

    return row


def _concat(at: LayerWriter) -> None:
    at.op("Concat", *at.node.inputs, axis=1)


ROWS: dict[str, Row] = {
    "conv2d": _conv,
    "conv_transpose2d": _transposed,
    "linear": _linear,
    "batch_norm2d": norms.batch_norm,
    "batch_norm1d": norms.batch_norm,
    "layer_norm": norms.layer_norm,
    "group_norm": norms.group_norm,
    "local_response_norm": norms.local_response_norm,
    "scale": norms.scale,
    "prelu": norms.prelu,
    **{name: functions.plain(f.onnx) for name, f in FUNCTIONS.items() if f.onnx},
    **functions.ROWS,
    "softmax": _softmax,
    "dropout": _dropout,
    "add": _join("Add", "Sum"),
    "subtract": _join("Sub"),
    "multiply": _join("Mul"),
    "divide": _join("Div"),
    "maximum": _join("Max", "Max"),
    "minimum": _join("Min", "Min"),
    "concat": _concat,
    "slice_channels": maps.slice_channels,
    "pad_channels": maps.pad_channels,
    "channel_shuffle": maps.channel_shuffle,
    "pixel_shuffle": maps.pixel_shuffle,
    "pixel_unshuffle": maps.pixel_unshuffle,
    "pad2d": maps.pad,
    "crop2d": maps.crop,
    "resize": maps.resize,
    "channel_mean": pools.along_channels("ReduceMean"),
    "channel_max": pools.along_channels("ReduceMax"),
    "avg_pool2d": pools.average,
    "max_pool2d": pools.largest,
    "adaptive_avg_pool2d": pools.adaptive_average,
    "adaptive_max_pool2d": pools.adaptive_largest,
    "global_avg_pool2d": functions.plain("GlobalAveragePool"),
    "global_max_pool2d": functions.plain("GlobalMaxPool"),
    "flatten": _flatten,
    "unflatten": _unflatten,
}
"""By kind; all but the inputs, and operators that no kind describes."""
