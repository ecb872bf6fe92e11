"""The layers that a line can name: their arguments, and what adds each to the network."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING, Any, TypeAlias

from ...ir import layers
from ...ir.dims import Dim, Pair
from ...ir.functions import FUNCTIONS
from ...rules import grouping, resolution
from ...rules._parts import BARE, padded, squeeze_excite
from ...support.errors import RuleError, ShapeError, look_up
from ...support.limits import LARGEST
from .values import Value, number, shown

if TYPE_CHECKING:
    from ...ir.graph import Node
    from ..build import NetworkBuilder, Reasons

Arguments: TypeAlias = Mapping[str, Any]
Check: TypeAlias = Callable[[Value], Value]


@dataclass(slots=True)
class Site:
    """Where a layer is added; one serves all layers of a network, one after the other."""

    net: NetworkBuilder
    name: str = ""
    because: Reasons = ()
    normed: bool = False
    """Whether a `norm` is next on the line."""


Build: TypeAlias = Callable[[Site, Any, Arguments], "Node"]


@dataclass(frozen=True)
class Kind:
    """A layer by its name.

    Attributes:
        build: adds it, reading one node, or a list of them where it joins.
        parameters: its arguments by name, with what holds their values.
        positional: how many of them can stand without a name.
        required: those that it cannot do without.
        help: what it is, in a few words.
    """

    build: Build
    help: str
    parameters: Mapping[str, Check] = field(default_factory=dict)
    positional: int = 1
    required: tuple[str, ...] = ()


def size(value: Value) -> Dim:
    """A whole number, or a symbol.

    Raises:
        RuleError: it is a fraction, or no number, or beyond all use.
    """
    if type(value) is int:
        if value > LARGEST:
            raise RuleError(f"{value:,} is above the limit of {LARGEST:,}", fix="a smaller number")
        return value
    if isinstance(number(value), Fraction):
        raise RuleError(f"{shown(value)} is no whole number", fix="round_to(..., 8) or //")
    return value


def whole(value: Value) -> int:
    """A whole number of 1 or more, and no symbol.

    Raises:
        RuleError: it is none.
        TypeError: it is a symbol.
    """
    return _at_least(value, 1)


def count(value: Value) -> int:
    """A whole number of 0 or more, and no symbol.

    Raises:
        RuleError: it is none.
        TypeError: it is a symbol.
    """
    return _at_least(value, 0)


def _at_least(value: Value, least: int) -> int:
    result = size(value)
    if type(result) is not int:
        raise TypeError(f"a block needs a number, not {result}")
    if result < least:
        raise RuleError(f"{result} is below {least}", fix=f"{least} or more")
    return result


def share(value: Value) -> float:
    """A share or a factor as a decimal.

    Raises:
        RuleError: it is no number.
        TypeError: it is a symbol.
    """
    if not isinstance(number(value), int | Fraction):
        raise TypeError(f"a block needs a number, not {value}")
    return float(value)


def flag(value: Value) -> bool:
    """A truth that switches something on.

    Raises:
        RuleError: it is something else.
    """
    if not isinstance(value, bool):
        raise RuleError(f"{shown(value)} is neither true nor false", fix="true or false")
    return value


def word(value: Value) -> str:
    """A word.

    Raises:
        RuleError: it is none.
    """
    if not isinstance(value, str):
        raise RuleError(f"{shown(value)} is no word", fix='a word in quotes, such as "relu"')
    return value


def function(value: Value) -> str:
    """The name of a function of single elements.

    Raises:
        UnknownNameError: there is none.
    """
    look_up(word(value), FUNCTIONS, "function")
    return str(value)


def _padding(value: Value) -> Value:
    """Elements on each side, or the name of a rule."""
    return word(value) if isinstance(value, str) else count(value)


def _groups(value: Value) -> Value:
    """A number of groups, or the name of a rule."""
    return word(value) if isinstance(value, str) else size(value)


_SAME_SHAPE = "when same_shape(...), or a 1x1 convolution"


def _pair(n: int) -> Pair:
    return n, n


def _paddings(site: Site, x: Node, given: Value, kernel: int, stride: int) -> tuple[Pair, Reasons]:
    """As the line has it, or by the rule that it names, or by those that hold everywhere."""
    if given is None:
        return padded(site.net, x, kernel, stride)
    if isinstance(given, int):
        return _pair(given), ()
    return site.net.padding(x, kernel, stride, resolution.rule(given))


def _conv(site: Site, x: Node, given: Arguments) -> Node:
    kernel, stride, dilation = (given.get(key, 1) for key in ("kernel", "stride", "dilation"))
    reach = dilation * (kernel - 1) + 1
    padding, why = _paddings(site, x, given.get("padding"), reach, stride)
    bias = given.get("bias")
    bare: Reasons = (BARE,) if bias is None and site.normed else ()
    channels, groups = given.get("channels", x.channels), given.get("groups", 1)
    if isinstance(groups, str):
        groups, _, grouped = grouping.rule(groups)(channels)
        site.because = (grouped, *site.because)
    return site.net.conv(
        site.name,
        x,
        channels,
        kernel,
        stride,
        padding,
        groups=groups,
        bias=not site.normed if bias is None else bias,
        dilation=dilation,
        because=(*site.because, *bare, *why),
        published_inputs=given.get("published_inputs"),
    )


def _pool(layer: Callable[..., Any]) -> Build:
    def build(site: Site, x: Node, given: Arguments) -> Node:
        kernel = given["kernel"]
        stride = given.get("stride", kernel)
        padding, why = _pool_paddings(site, x, given, kernel, stride)
        made = layer(_pair(kernel), _pair(stride), padding, given.get("ceil", False))
        return site.net.layer(site.name, made, (x,), (*site.because, *why))

    return build


def _pool_paddings(
    site: Site, x: Node, given: Arguments, kernel: int, stride: int
) -> tuple[Pair, Reasons]:
    """None where windows stand side by side, or sizes are rounded up."""
    padding = given.get("padding")
    if padding is None and (stride == kernel or given.get("ceil", False)):
        return (0, 0), ()
    return _paddings(site, x, padding, kernel, stride)


def _simple(make: Callable[[Node, Arguments], Any]) -> Build:
    def build(site: Site, x: Node, given: Arguments) -> Node:
        return site.net.layer(site.name, make(x, given), (x,), site.because)

    return build


def _join(layer: Callable[[], Any]) -> Build:
    def build(site: Site, xs: Sequence[Node], given: Arguments) -> Node:
        return site.net.layer(site.name, layer(), xs, site.because)

    return build


def _elementwise_join(layer: Callable[[], Any]) -> Build:
    """A join of equal shapes, which says what makes them equal."""
    join = _join(layer)

    def build(site: Site, xs: Sequence[Node], given: Arguments) -> Node:
        try:
            return join(site, xs, given)
        except ShapeError as error:
            error.fix = error.fix or _made_equal(xs)
            raise

    return build


def _made_equal(xs: Sequence[Node]) -> str:
    """What makes maps equal; "" where no stride of a convolution does."""
    sizes = {x.shape[1:] for x in xs}
    if () in sizes:
        return ""
    if len(sizes) == 1:
        return f"{_SAME_SHAPE} on the other path"
    if len(sizes) > 2 or not all(type(n) is int for pair in sizes for n in pair):
        return ""
    small, large = sorted(sizes)
    stride = -(-large[0] // small[0])
    strided = tuple(-(-n // stride) for n in large)
    return f"{_SAME_SHAPE} with stride {stride} on the other path" if strided == small else ""


def _function(name: str) -> Build:
    if not FUNCTIONS[name].parameters:
        return lambda site, x, given: site.net.elementwise(site.name, x, name, site.because)
    return _simple(lambda x, given: layers.Elementwise.of(name, given))


def _resize(x: Node, given: Arguments) -> layers.Resize:
    return layers.Resize((given["factor"],) * 2, None, given.get("mode", "nearest"))


def _linear(x: Node, given: Arguments) -> layers.Linear:
    return layers.Linear(x.channels, given["features"], given.get("bias", True))


def _excite(site: Site, x: Node, given: Arguments) -> Node:
    gates = given.get("function", "relu"), given.get("gate", "sigmoid")
    return squeeze_excite(site.net, x, given["width"], *gates, site.because, site.name)


_WINDOW: dict[str, Check] = {
    "kernel": whole,
    "stride": whole,
    "padding": _padding,
    "ceil": flag,
}
KINDS: dict[str, Kind] = {
    "conv": Kind(
        _conv,
        "convolution",
        {
            "channels": size,
            "kernel": whole,
            "stride": whole,
            "groups": _groups,
            "dilation": whole,
            "bias": flag,
            "padding": _padding,
            "published_inputs": size,
        },
        positional=4,
    ),
    "norm": Kind(lambda site, x, given: site.net.norm(site.name, x, site.because), "batch norm"),
    "group_norm": Kind(
        _simple(lambda x, given: layers.GroupNorm(given["groups"], x.channels)),
        "group norm",
        {"groups": size},
        required=("groups",),
    ),
    "layer_norm": Kind(
        _simple(lambda x, given: layers.LayerNorm(x.channels)), "layer norm over the channels"
    ),
    "response_norm": Kind(
        _simple(lambda x, given: layers.LocalResponseNorm(given["size"])),
        "local response norm over so many channels",
        {"size": whole},
        required=("size",),
    ),
    "prelu": Kind(
        _simple(lambda x, given: layers.PReLU(x.channels)), "a learnt slope for each channel"
    ),
    "activation": Kind(
        lambda site, x, given: site.net.elementwise(
            site.name, x, given["function"], site.because
        ),
        "the function that a word names",
        {"function": function},
        required=("function",),
    ),
    "dropout": Kind(
        _simple(lambda x, given: layers.Dropout(given.get("p", 0.5))),
        "a share of the elements dropped in training",
        {"p": share},
    ),
    "max_pool": Kind(
        _pool(layers.MaxPool2d), "maximum pooling", _WINDOW, positional=2, required=("kernel",)
    ),
    "avg_pool": Kind(
        _pool(layers.AvgPool2d), "average pooling", _WINDOW, positional=2, required=("kernel",)
    ),
    "global_pool": Kind(
        _simple(lambda x, given: layers.GlobalAvgPool2d()), "the mean of each channel"
    ),
    "global_max_pool": Kind(
        _simple(lambda x, given: layers.GlobalMaxPool2d()), "the largest element of each channel"
    ),
    "resize": Kind(
        _simple(_resize),
        "rows and columns times a factor",
        {"factor": share, "mode": word},
        required=("factor",),
    ),
    "flatten": Kind(_simple(lambda x, given: layers.Flatten()), "all elements in one vector"),
    "linear": Kind(
        _simple(_linear),
        "fully connected",
        {"features": size, "bias": flag},
        required=("features",),
    ),
    "shuffle": Kind(
        _simple(lambda x, given: layers.ChannelShuffle(given["groups"])),
        "channel shuffle",
        {"groups": size},
        required=("groups",),
    ),
    "slice": Kind(
        _simple(lambda x, given: layers.SliceChannels(given["start"], given["stop"])),
        "channels from the first to before the second number",
        {"start": size, "stop": size},
        positional=2,
        required=("start", "stop"),
    ),
    "pad_channels": Kind(
        lambda site, x, given: site.net.pad_channels(
            site.name, x, given["channels"], site.because
        ),
        "channels of zeros on both sides, up to so many in all",
        {"channels": size},
        required=("channels",),
    ),
    "squeeze_excite": Kind(
        _excite,
        "a factor for each channel, made of all means",
        {"width": size, "function": function, "gate": function},
        required=("width",),
    ),
    "add": Kind(_elementwise_join(layers.Add), "sum"),
    "multiply": Kind(_elementwise_join(layers.Multiply), "product"),
    "concat": Kind(_join(layers.Concat), "channels one after another"),
    "maximum": Kind(_elementwise_join(layers.Maximum), "the larger of two"),
    **{
        name: Kind(
            _function(name), f.title, dict.fromkeys(f.parameters, share), len(f.parameters)
        )
        for name, f in FUNCTIONS.items()
    },
}  # fmt: skip
"""By the name that lines have. `softmax` is a key of every spec."""
