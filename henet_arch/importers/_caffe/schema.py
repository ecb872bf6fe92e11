"""The numbers of Caffe's fields in caffemodels, which have no names.

Only what is read or written here is listed; other fields are passed over.
Source: https://github.com/BVLC/caffe, src/caffe/proto/caffe.proto.
"""

from __future__ import annotations

from typing import NamedTuple

from .windows import AMBIGUOUS


class LayerFields(NamedTuple):
    """The numbers of a layer's fields that a file of weights has."""

    name: int
    blobs: int
    type: int


LAYER, V1_LAYER = 100, 2
LAYERS = {LAYER: LayerFields(1, 7, 2), V1_LAYER: LayerFields(4, 6, 5)}
"""`layer` and `layers` of a network."""
LEGACY = (1, 2, 3, 4)
"""num, channels, height and width of a blob."""
SHAPE, DIM, FLOATS, RAW = 7, 1, 5, 12
"""A blob's sizes, one of them, its numbers, and those in NVIDIA's own form."""
NUMBERS = {FLOATS: "float", 8: "double"}
"""What the numbers of a blob are."""

Schema = dict[int, tuple[str, str]]
"""A field's name and its type, or the message that it is, by its number."""


def _fields(text: str) -> Schema:
    """From `name number type` for each field, separated by commas."""
    result: Schema = {}
    for item in text.split(","):
        name, number, kind = item.split()
        result[int(number)] = (name, kind)
    return result


_COMMON = {
    "transform_param": ("transform", 100, 36),
    "argmax_param": ("argmax", 103, 23),
    "concat_param": ("concat", 104, 9),
    "convolution_param": ("convolution", 106, 10),
    "data_param": ("crop_size", 107, 11),
    "dropout_param": ("dropout", 108, 12),
    "dummy_data_param": ("dummy", 109, 26),
    "eltwise_param": ("eltwise", 110, 24),
    "exp_param": ("exp", 111, 41),
    "image_data_param": ("image", 115, 15),
    "inner_product_param": ("inner_product", 117, 17),
    "lrn_param": ("lrn", 118, 18),
    "memory_data_param": ("memory", 119, 22),
    "mvn_param": ("mvn", 120, 34),
    "pooling_param": ("pooling", 121, 19),
    "power_param": ("power", 122, 21),
    "relu_param": ("relu", 123, 30),
    "softmax_param": ("softmax", 125, 39),
    "slice_param": ("slice", 126, 31),
    "window_data_param": ("crop_size", 129, 20),
}
"""Settings of layers: their message, and their numbers in `layer` and in `layers`."""
_NEWER = {
    "prelu_param": ("prelu", 131),
    "spp_param": ("spp", 132),
    "reshape_param": ("reshape", 133),
    "log_param": ("exp", 134),
    "flatten_param": ("flatten", 135),
    "reduction_param": ("reduction", 136),
    "embed_param": ("embed", 137),
    "tile_param": ("tile", 138),
    "batch_norm_param": ("batch_norm", 139),
    "elu_param": ("elu", 140),
    "bias_param": ("scale", 141),
    "scale_param": ("scale", 142),
    "input_param": ("input", 143),
    "crop_param": ("crop", 144),
    "swish_param": ("swish", 147),
    "clip_param": ("clip", 148),
}
_LAYER = _fields(
    "name 1 text, type 2 text, bottom 3 text, top 4 text, param 6 param, include 8 rule, "
    "exclude 9 rule"
)
_V1_LAYER = _fields(
    "layer 1 v0, bottom 2 text, top 3 text, name 4 text, type 5 int, include 32 rule, "
    "exclude 33 rule, param 1001 text"
)

MESSAGES: dict[str, Schema] = {
    "net": _fields(
        "name 1 text, layers 2 v1_layer, input 3 text, input_dim 4 int, state 6 state, "
        "input_shape 8 shape, layer 100 layer"
    ),
    "layer": {
        **_LAYER,
        **{new: (name, kind) for name, (kind, new, _) in _COMMON.items()},
        **{new: (name, kind) for name, (kind, new) in _NEWER.items()},
    },
    "v1_layer": {**_V1_LAYER, **{old: (name, kind) for name, (kind, _, old) in _COMMON.items()}},
    "v0": {},
    "state": _fields("phase 1 int, level 2 int, stage 3 text"),
    "rule": _fields(
        "phase 1 int, min_level 2 int, max_level 3 int, stage 4 text, not_stage 5 text"
    ),
    "param": _fields("name 1 text"),
    "shape": _fields("dim 1 int"),
    "transform": _fields("crop_size 3 int, force_gray 7 bool"),
    "argmax": _fields("out_max_val 1 bool, top_k 2 int, axis 3 int"),
    "concat": _fields("concat_dim 1 int, axis 2 int"),
    "convolution": _fields(
        "num_output 1 int, bias_term 2 bool, pad 3 int, kernel_size 4 int, group 5 int, "
        "stride 6 int, pad_h 9 int, pad_w 10 int, kernel_h 11 int, kernel_w 12 int, "
        "stride_h 13 int, stride_w 14 int, axis 16 int, dilation 18 int"
    ),
    "crop_size": _fields("crop_size 5 int"),
    "dropout": _fields("dropout_ratio 1 float"),
    "dummy": _fields("num 2 int, channels 3 int, height 4 int, width 5 int, shape 6 shape"),
    "eltwise": _fields("operation 1 int, coeff 2 float"),
    "exp": _fields("base 1 float, scale 2 float, shift 3 float"),
    "image": _fields("crop_size 5 int, new_height 9 int, new_width 10 int, is_color 11 bool"),
    "inner_product": _fields("num_output 1 int, bias_term 2 bool, axis 5 int, transpose 6 bool"),
    "lrn": _fields("local_size 1 int, alpha 2 float, beta 3 float, norm_region 4 int, k 5 float"),
    "memory": _fields("batch_size 1 int, channels 2 int, height 3 int, width 4 int"),
    "mvn": _fields("normalize_variance 1 bool, across_channels 2 bool"),
    "pooling": {
        **_fields(
            "pool 1 int, kernel_size 2 int, stride 3 int, pad 4 int, kernel_h 5 int, "
            "kernel_w 6 int, stride_h 7 int, stride_w 8 int, pad_h 9 int, pad_w 10 int, "
            "global_pooling 12 bool"
        ),
        13: (AMBIGUOUS, "int"),
    },
    "power": _fields("power 1 float, scale 2 float, shift 3 float"),
    "relu": _fields("negative_slope 1 float"),
    "softmax": _fields("axis 2 int"),
    "slice": _fields("slice_dim 1 int, slice_point 2 int, axis 3 int"),
    "prelu": _fields("channel_shared 2 bool"),
    "spp": _fields("pyramid_height 1 int, pool 2 int"),
    "reshape": _fields("shape 1 shape, axis 2 int, num_axes 3 int"),
    "flatten": _fields("axis 1 int, end_axis 2 int"),
    "reduction": _fields("operation 1 int, axis 2 int, coeff 3 float"),
    "embed": _fields("num_output 1 int, input_dim 2 int, bias_term 3 bool"),
    "tile": _fields("axis 1 int, tiles 2 int"),
    "batch_norm": _fields("use_global_stats 1 bool, eps 3 float"),
    "elu": _fields("alpha 1 float"),
    "scale": _fields("axis 1 int, num_axes 2 int, bias_term 4 bool"),
    "input": _fields("shape 1 shape"),
    "crop": _fields("axis 1 int, offset 2 int"),
    "swish": _fields("beta 1 float"),
    "clip": _fields("min 1 float, max 2 float"),
}
"""By a message's name here; no message holds itself, so that none nests deeper than a layer's."""
