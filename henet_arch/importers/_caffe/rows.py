"""What builds each type of layer."""

from __future__ import annotations

from collections.abc import Callable

from . import joins, others, pointwise, shapes, windows
from .assembly import At, Value

Values = Value | tuple[Value, ...]
Row = Callable[[At], Values]
"""Gives the values of a layer's tops in their order; one for all but those that part blobs."""

ROWS: dict[str, Row] = {
    "AbsVal": pointwise.function("abs"),
    "ArgMax": joins.arg_max,
    "Axpy": pointwise.axpy,
    "BNLL": pointwise.function("softplus"),
    "BatchNorm": pointwise.batch_norm,
    "Bias": pointwise.bias,
    "Clip": pointwise.clip,
    "Concat": joins.concat,
    "Convolution": windows.convolution,
    "ConvolutionDepthwise": windows.depthwise,
    "Crop": shapes.crop,
    "Deconvolution": windows.deconvolution,
    "DepthwiseConvolution": windows.depthwise,
    "DetectionOutput": others.detection_output,
    "Dropout": pointwise.dropout,
    "ELU": pointwise.elu,
    "Eltwise": joins.eltwise,
    "Embed": others.embed,
    "Exp": pointwise.exponential,
    "Flatten": shapes.flatten,
    "InnerProduct": shapes.inner_product,
    "Interp": shapes.interp,
    "LRN": pointwise.lrn,
    "Log": pointwise.logarithm,
    "MVN": others.mvn,
    "Mish": pointwise.function("mish"),
    "Normalize": others.normalize,
    "PReLU": pointwise.prelu,
    "Permute": shapes.permute,
    "Pooling": windows.pooling,
    "Power": pointwise.power,
    "PriorBox": others.prior_box,
    "ReLU": pointwise.relu,
    "ReLU6": pointwise.function("relu6"),
    "Reduction": shapes.reduction,
    "Reorg": shapes.reorg,
    "Reshape": shapes.reshape,
    "SPP": others.pyramid,
    "Scale": pointwise.scale,
    "ShuffleChannel": shapes.shuffle_channel,
    "Sigmoid": pointwise.function("sigmoid"),
    "Slice": joins.slice_,
    "Softmax": joins.softmax,
    "Split": joins.split,
    "Swish": pointwise.swish,
    "TanH": pointwise.function("tanh"),
    "Threshold": pointwise.threshold,
    "Tile": shapes.tile,
    "Upsample": shapes.upsample,
}
"""By the type's name of today. Others become opaque layers of unknown cost."""
