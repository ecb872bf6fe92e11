"""The table of operators: what layers each becomes."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from . import patterns
from . import rows_convolutions as convolutions
from . import rows_joins as joins
from . import rows_pointwise as pointwise
from . import rows_pools as pools
from . import rows_shapes as shapes
from .site import Results, Site

Row = Callable[[Site], Results]


def _add(site: Site) -> Results:
    patterns.hard(site)
    return joins.add(site)


def _max(site: Site) -> Results:
    return pools.max_of_dim(site) if site["other"] is None else joins.maximum(site)


def _min(site: Site) -> Results:
    return None if site["other"] is None else joins.minimum(site)


def _mul(site: Site) -> Results:
    patterns.normalised(site)
    return joins.multiply(site)


ROWS: Mapping[str, Row] = {
    "_to_copy": shapes.same,
    "abs": pointwise.function,
    "adaptive_avg_pool1d": pools.adaptive_avg_pool1d,
    "adaptive_avg_pool2d": pools.adaptive_avg_pool2d,
    "adaptive_max_pool2d": pools.adaptive_max_pool2d,
    "add": _add,
    "addcmul": joins.multiply_add,
    "addmm": convolutions.addmm,
    "alias": shapes.same,
    "amax": pools.amax,
    "avg_pool2d": pools.avg_pool2d,
    "batch_norm": convolutions.batch_norm,
    "cat": joins.concat,
    "channel_shuffle": shapes.channel_shuffle,
    "chunk": shapes.split,
    "clamp": pointwise.clamp,
    "clamp_min": pointwise.clamp,
    "clone": shapes.same,
    "constant_pad_nd": shapes.pad,
    "contiguous": shapes.same,
    "conv2d": convolutions.conv2d,
    "copy": shapes.copied,
    "conv_transpose2d": convolutions.conv_transpose2d,
    "detach": shapes.same,
    "div": joins.divide,
    "dropout": pointwise.dropout,
    "elu": pointwise.elu,
    "exp": pointwise.function,
    "expand": shapes.expand,
    "expand_as": shapes.expand,
    "feature_dropout": pointwise.dropout,
    "flatten": shapes.view,
    "float": shapes.same,
    "gelu": pointwise.gelu,
    "group_norm": convolutions.group_norm,
    "hardsigmoid": patterns.hardsigmoid,
    "hardswish": pointwise.function,
    "hardtanh": pointwise.hardtanh,
    "instance_norm": convolutions.instance_norm,
    "layer_norm": convolutions.layer_norm,
    "leaky_relu": pointwise.function,
    "lift_fresh_copy": shapes.same,
    "linalg_vector_norm": pools.vector_norm,
    "linear": convolutions.linear,
    "log": pointwise.function,
    "matmul": convolutions.matmul,
    "max": _max,
    "max_pool2d": pools.max_pool2d,
    "maximum": joins.maximum,
    "mean": pools.mean,
    "min": _min,
    "minimum": joins.minimum,
    "mish": pointwise.function,
    "mm": convolutions.matmul,
    "mul": _mul,
    "native_channel_shuffle": shapes.channel_shuffle,
    "neg": pointwise.negative,
    "pad": shapes.pad,
    "permute": shapes.permute,
    "pixel_shuffle": shapes.pixel_shuffle,
    "pixel_unshuffle": shapes.pixel_unshuffle,
    "pow": pointwise.power,
    "prelu": pointwise.prelu,
    "reciprocal": pointwise.function,
    "reflection_pad2d": shapes.pad,
    "relu": pointwise.function,
    "relu6": pointwise.function,
    "replication_pad2d": shapes.pad,
    "reshape": shapes.view,
    "reshape_as": shapes.view,
    "rsqrt": pointwise.rsqrt,
    "rsub": joins.subtract_from,
    "select": shapes.select,
    "sigmoid": patterns.sigmoid,
    "silu": pointwise.function,
    "slice": shapes.slice_,
    "softmax": pointwise.softmax,
    "softplus": patterns.softplus,
    "split": shapes.split,
    "split_with_sizes": shapes.split,
    "sqrt": pointwise.function,
    "square": pointwise.function,
    "squeeze": shapes.view,
    "sub": joins.subtract,
    "tanh": pointwise.function,
    "tensor_split": shapes.split,
    "to": shapes.same,
    "transpose": shapes.transpose,
    "type_as": shapes.same,
    "unflatten": shapes.view,
    "unsqueeze": shapes.view,
    "upsample_bicubic2d": shapes.resize,
    "upsample_bilinear2d": shapes.resize,
    "upsample_nearest2d": shapes.resize,
    "view": shapes.view,
    "view_as": shapes.view,
}
"""By the operator's name in `aten`; forms that work in place have the same row."""
