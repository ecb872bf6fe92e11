"""What each kind of layer becomes in Caffe."""

from __future__ import annotations

from . import joins, pointwise, shapes, windows
from .net import Row

ROWS: dict[str, Row] = {
    **pointwise.ROWS,
    "adaptive_avg_pool2d": windows.adaptive_pool("AVE"),
    "adaptive_max_pool2d": windows.adaptive_pool("MAX"),
    "add": joins.eltwise("SUM", "Bias", "bias_param"),
    "avg_pool2d": windows.avg_pool,
    "batch_norm1d": pointwise.batch_norm,
    "batch_norm2d": pointwise.batch_norm,
    "channel_shuffle": shapes.shuffle,
    "concat": joins.concat,
    "conv2d": windows.convolution,
    "conv_transpose2d": windows.deconvolution,
    "crop2d": shapes.crop,
    "dropout": pointwise.dropout,
    "flatten": lambda site: site.add("Flatten"),
    "global_avg_pool2d": windows.global_pool("AVE"),
    "global_max_pool2d": windows.global_pool("MAX"),
    "input": shapes.image,
    "linear": shapes.linear,
    "local_response_norm": pointwise.lrn,
    "max_pool2d": windows.max_pool,
    "maximum": joins.eltwise("MAX"),
    "multiply": joins.eltwise("PROD", "Scale", "scale_param"),
    "prelu": pointwise.prelu,
    "resize": shapes.resize,
    "scale": pointwise.scale,
    "slice_channels": joins.slice_channels,
    "softmax": lambda site: site.add("Softmax"),
    "subtract": joins.subtract,
    "unflatten": shapes.unflatten,
}
"""By the kind's name. The others cannot be written: nothing of Caffe computes them."""

SHUFFLES: dict[str, Row] = {
    "ShuffleChannel": shapes.shuffle,
    "Permute": shapes.shuffle_by_permute,
}
"""How a shuffle is written, by the value of the option `shuffle`."""
