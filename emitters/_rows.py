"""What PyTorch has for each kind of layer: a module, or an expression in `forward`."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ..ir.dims import Sides
from ..ir.functions import FUNCTIONS
from ..ir.graph import Node
from ..ir.layer import Layer
from ..ir.layers import AvgPool2d, MaxPool2d
from ..ir.repeats import Parameter
from ..support.errors import EmitError
from ._python import Call

Arguments = Mapping[str, Any]
"""A layer's attributes by name: values, or the parameters that stand for them."""

Module = Callable[[Arguments], Call]
Expression = Callable[[Sequence[str], Arguments], str]
"""From the names of the inputs, and the attributes."""


def text(value: object) -> str:
    """An attribute as Python source.

    Raises:
        EmitError: the value is no number.
    """
    if isinstance(value, Parameter):
        return value.name
    if isinstance(value, tuple):
        return f"({', '.join(map(text, value))})"
    if value is None or isinstance(value, (bool, int, float)):
        return repr(value)
    raise EmitError(f"{str(value)[:99]} is no number, and a module needs one", fix="fix the sizes")


def _short(value: object) -> str:
    """The same, and equal numbers for height and width as one."""
    return text(value[0] if isinstance(value, tuple) and len(set(value)) == 1 else value)


def _module(head: str, positional: Sequence[str] = (), **defaults: object) -> Module:
    """A row of the table: a module whose arguments are attributes of the layer.

    `defaults` become keyword arguments, left out where they have that value.
    """

    def row(values: Arguments) -> Call:
        named = [
            (key, _short(values[key])) for key, usual in defaults.items() if values[key] != usual
        ]
        return Call(head, [*(("", _short(values[key])) for key in positional), *named])

    return row


def _pad2d(values: Arguments) -> Call:
    sides = ("", _short(_outward(values["padding"])))
    if values["mode"] != "constant":
        return Call(_PADS[values["mode"]], [sides])
    if values["value"] == 0:
        return Call("nn.ZeroPad2d", [sides])
    return Call("nn.ConstantPad2d", [sides, ("", text(values["value"]))])


_PADS = {"reflect": "nn.ReflectionPad2d", "replicate": "nn.ReplicationPad2d"}


def _outward(sides: Sides) -> tuple[int, ...]:
    """Left and right first, as PyTorch orders what is around a map."""
    above, below, left, right = sides
    return left, right, above, below


def _resize(values: Arguments) -> Call:
    key = "scale_factor" if values["size"] is None else "size"
    arguments = [(key, _short(values["factor" if values["size"] is None else "size"]))]
    if values["mode"] != "nearest":
        arguments.append(("mode", f'"{values["mode"]}"'))
    if values["align_corners"]:
        arguments.append(("align_corners", "True"))
    return Call("nn.Upsample", arguments)


_LAYER_NORM = (("eps", "eps", 1e-5), ("elementwise_affine", "affine", True), ("bias", "bias", True))
"""The names of an argument and its attribute, and the usual value."""


def _layer_norm(head: str) -> Module:
    def row(values: Arguments) -> Call:
        names = (
            ("eps", "eps", 1e-5),
            ("elementwise_affine", "affine", True),
            ("bias", "bias", True),
        )
        named = [(name, text(values[key])) for name, key, usual in names if values[key] != usual]
        return Call(head, [("", text(values["channels"])), *named])

    return row


def _window_mean(values: Arguments) -> Call:
    sides = text(_outward(values["padding"]))
    return Call(
        "WindowMean2d",
        [("", _short(values["kernel"])), ("", _short(values["stride"])), ("", sides)],
    )


_CONVOLUTION: dict[str, object] = {
    "stride": (1, 1),
    "padding": (0, 0),
    "output_padding": (0, 0),
    "dilation": (1, 1),
    "groups": 1,
    "bias": True,
}
_CHANNELS = ("in_channels", "out_channels", "kernel")
_NORM: dict[str, object] = {"eps": 1e-5, "momentum": 0.1, "affine": True}

MODULES: dict[str, Module] = {
    "conv2d": _module(
        "nn.Conv2d", _CHANNELS, **{k: v for k, v in _CONVOLUTION.items() if k != "output_padding"}
    ),
    "conv_transpose2d": _module("nn.ConvTranspose2d", _CHANNELS, **_CONVOLUTION),
    "batch_norm2d": _module("nn.BatchNorm2d", ("channels",), **_NORM),
    "batch_norm1d": _module("nn.BatchNorm1d", ("channels",), **_NORM),
    "layer_norm": _layer_norm("nn.LayerNorm"),
    "group_norm": _module("nn.GroupNorm", ("groups", "channels"), eps=1e-5, affine=True),
    "scale": _module("Scale", ("channels",), weight=True, bias=True),
    "prelu": lambda values: Call(
        "nn.PReLU", [("", text(values["channels"]))] if values["channels"] != 1 else []
    ),
    **{
        name: _module(f"nn.{f.torch}", (), **f.parameters)
        for name, f in FUNCTIONS.items()
        if f.torch
    },
    "softmax": lambda values: Call("nn.Softmax", [("dim", "1")]),
    "dropout": _module("nn.Dropout", ("p",)),
    "local_response_norm": _module("nn.LocalResponseNorm", ("size",), alpha=1e-4, beta=0.75, k=1.0),
    "pad_channels": lambda values: Call(
        "nn.ZeroPad3d", [("", f"(0, 0, 0, 0, {text(values['before'])}, {text(values['after'])})")]
    ),
    "channel_shuffle": _module("nn.ChannelShuffle", ("groups",)),
    "pixel_shuffle": _module("nn.PixelShuffle", ("factor",)),
    "pixel_unshuffle": _module("nn.PixelUnshuffle", ("factor",)),
    "pad2d": _pad2d,
    "resize": _resize,
    "avg_pool2d": _module(
        "nn.AvgPool2d",
        ("kernel", "stride"),
        padding=(0, 0),
        ceil_mode=False,
        count_include_pad=True,
        divisor_override=None,
    ),
    "max_pool2d": _module("nn.MaxPool2d", ("kernel", "stride"), padding=(0, 0), ceil_mode=False),
    "adaptive_avg_pool2d": _module("nn.AdaptiveAvgPool2d", ("size",)),
    "adaptive_max_pool2d": _module("nn.AdaptiveMaxPool2d", ("size",)),
    "global_avg_pool2d": lambda values: Call("nn.AdaptiveAvgPool2d", [("", "1")]),
    "global_max_pool2d": lambda values: Call("nn.AdaptiveMaxPool2d", [("", "1")]),
    "flatten": _module("nn.Flatten"),
    "linear": _module("nn.Linear", ("in_features", "out_features"), bias=True),
}
"""From the kinds that are modules of one input to those modules."""


def module(node: Node, values: Arguments) -> Call:
    """What makes the module of a layer, whose padding by side is written elsewhere."""
    layer = node.layer
    if layer.kind == "layer_norm" and len(node.shape) == 3:
        return _layer_norm("LayerNorm2d")(values)
    if pads_itself(layer):
        return _window_mean(values)
    return MODULES[layer.kind]({**values, "padding": (0, 0)} if layer.sides else values)


def pads_itself(layer: Layer) -> bool:
    """Whether the mean of a pool leaves out a padding that differs by side.

    PyTorch's module cannot tell that padding from the map.
    """
    return (
        isinstance(layer, AvgPool2d)
        and layer.sides is not None
        and not layer.count_include_pad
        and layer.divisor_override is None
    )


def surrounded(layer: Layer, value: str) -> str:
    """The input of a layer, with what PyTorch's module cannot put around it."""
    if layer.sides is None or pads_itself(layer):
        return value
    sides = text(_outward(layer.sides))
    filled = ', value=float("-inf")' if isinstance(layer, MaxPool2d) else ""
    return f"nn.functional.pad({value}, {sides}{filled})"


def _between(sign: str) -> Expression:
    return lambda inputs, values: f" {sign} ".join(inputs)


def _nested(function: str) -> Expression:
    def row(inputs: Sequence[str], values: Arguments) -> str:
        result, *others = inputs
        for other in others:
            result = f"{function}({result}, {other})"
        return result

    return row


def _slice(inputs: Sequence[str], values: Arguments) -> str:
    start = "" if values["start"] == 0 else text(values["start"])
    parts = [start, text(values["stop"])]
    if values["step"] != 1:
        parts.append(text(values["step"]))
    wide = any("." in part for part in parts)
    return f"{inputs[0]}[:, {(' : ' if wide else ':').join(parts).strip()}]"


def _crop(inputs: Sequence[str], values: Arguments) -> str:
    above, below, left, right = values["edges"]
    down, across = values["stride"]
    return f"{inputs[0]}[:, :, {_kept(above, below, down)}, {_kept(left, right, across)}]"


def _kept(before: int, after: int, stride: int) -> str:
    """A slice without the first and the last, as one writes it."""
    every = f":{stride}" if stride != 1 else ""
    return f"{before or ''}:{-after or ''}{every}"


def _affine(inputs: Sequence[str], values: Arguments) -> str:
    scale, shift = values["scale"], values["shift"]
    scaled = inputs[0] if scale == 1 and shift != 0 else f"{inputs[0]} * {text(scale)}"
    if shift == 0:
        return scaled
    if isinstance(shift, float) and shift < 0:
        return f"{scaled} - {text(-shift)}"
    return f"{scaled} + {text(shift)}"


def _function(expression: str) -> Expression:
    return lambda inputs, values: expression.format(
        y=inputs[0], **{name: text(value) for name, value in values.items()}
    )


EXPRESSIONS: dict[str, Expression] = {
    "add": _between("+"),
    "subtract": _between("-"),
    "multiply": _between("*"),
    "divide": _between("/"),
    "maximum": _nested("torch.maximum"),
    "minimum": _nested("torch.minimum"),
    "concat": lambda inputs, values: f"torch.cat([{', '.join(inputs)}], dim=1)",
    "slice_channels": _slice,
    "crop2d": _crop,
    "unflatten": lambda inputs, values: f"{inputs[0]}[:, :, None, None]",
    "channel_mean": lambda inputs, values: f"{inputs[0]}.mean(dim=1, keepdim=True)",
    "channel_max": lambda inputs, values: f"{inputs[0]}.amax(dim=1, keepdim=True)",
    **{name: _function(f.expression) for name, f in FUNCTIONS.items() if f.expression},
    "affine": _affine,
}
"""From the kinds that need no module to expressions."""

NESTED = frozenset({"maximum", "minimum"})
"""The kinds whose expressions are one function around the other."""


def calls(node: Node) -> int:
    """How many functions of PyTorch the expression of a layer calls."""
    written = EXPRESSIONS[node.layer.kind](["x"] * len(node.inputs), node.layer.attributes())
    counted = (ast.Call, ast.BinOp, ast.Subscript)
    return sum(isinstance(part, counted) for part in ast.walk(ast.parse(written, mode="eval")))
