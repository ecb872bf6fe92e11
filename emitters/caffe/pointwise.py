"""Functions of single elements, norms and scales as layers of Caffe."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from ...ir.functions import FUNCTIONS
from ...ir.layers import BatchNorm2d, Dropout, LocalResponseNorm, PReLU, Scale
from .dialects import K_OF_LRN
from .messages import Value, fields
from .net import FACTOR, Row, Site

_USUAL = BatchNorm2d(1)
"""What Caffe's BatchNorm is where it says no more."""


def batch_norm(site: Site) -> None:
    """A `BatchNorm`, and a `Scale` for what is learnt."""
    layer: BatchNorm2d = site.layer
    settings = fields(
        moving_average_fraction=_kept(layer.momentum),
        eps=layer.eps if layer.eps != _USUAL.eps else None,
    )
    statistics = ("running_mean", "running_var", FACTOR)
    top = site.add("BatchNorm", tensors=statistics, in_place=True, batch_norm_param=settings)
    if layer.affine:
        _scale(site, ("weight", "bias"), suffix="scale", bottoms=(top,))


def _kept(momentum: float | None) -> float | None:
    """The share of the statistics that a batch leaves; None where nothing is said of it."""
    if momentum == _USUAL.momentum:
        return None
    return 1.0 if momentum is None else float(1 - Decimal(repr(momentum)))


def scale(site: Site) -> None:
    """A `Scale`, or a `Bias` where there are only shifts."""
    layer: Scale = site.layer
    if layer.weight:
        _scale(site, tuple(layer.weights()))
    else:
        site.add("Bias", tensors=("bias",), in_place=True)


def _scale(
    site: Site, tensors: tuple[str, ...], suffix: str = "", bottoms: tuple[str, ...] | None = None
) -> None:
    bias = fields(bias_term=True if "bias" in tensors else None)
    site.add(
        "Scale", tensors=tensors, suffix=suffix, bottoms=bottoms, in_place=True, scale_param=bias
    )


def prelu(site: Site) -> None:
    """`PReLU`, with one slope for all or one for each channel."""
    layer: PReLU = site.layer
    shared = True if layer.channels == 1 else None
    settings = fields(channel_shared=shared)
    site.add("PReLU", tensors=("weight",), in_place=True, prelu_param=settings)


def lrn(site: Site) -> None:
    """`LRN` across channels."""
    layer: LocalResponseNorm = site.layer
    if layer.size % 2 == 0:
        raise site.refused(f"a size of {layer.size}", why="an LRN of Caffe looks at an odd number")
    if layer.k != 1:
        site.need(K_OF_LRN)
    settings = fields(
        local_size=layer.size,
        alpha=layer.alpha,
        beta=layer.beta,
        k=layer.k if layer.k != 1 else None,
    )
    site.add("LRN", lrn_param=settings)


def dropout(site: Site) -> None:
    """`Dropout` by the same share."""
    layer: Dropout = site.layer
    site.add("Dropout", in_place=True, dropout_param=fields(dropout_ratio=layer.p))


def _settings(site: Site) -> Mapping[str, float]:
    """The parameters of a function by name."""
    attributes: Mapping[str, float] = site.layer.attributes()
    return attributes


def _plain(kind: str, *, in_place: bool = False) -> Row:
    """The row of a function without settings."""
    return lambda site: site.add(kind, in_place=in_place)


def _leaky_relu(site: Site) -> None:
    slope = _settings(site)["negative_slope"]
    site.add("ReLU", in_place=True, relu_param=fields(negative_slope=slope))


def _elu(site: Site) -> None:
    alpha = _settings(site)["alpha"]
    site.add("ELU", in_place=True, elu_param=fields(alpha=alpha if alpha != 1 else None))


def _relu6(site: Site) -> None:
    if "ReLU6" in site.dialect.has:
        site.add("ReLU6")
    else:
        site.add("Clip", clip_param=fields(min=0, max=6))


def _clip(site: Site) -> None:
    bounds = _settings(site)
    site.add("Clip", clip_param=fields(min=bounds["min_val"], max=bounds["max_val"]))


def _softplus(site: Site) -> None:
    usual = FUNCTIONS["softplus"].parameters
    if other := {name: value for name, value in _settings(site).items() if value != usual[name]}:
        named = ", ".join(f"{name} = {value}" for name, value in other.items())
        raise site.refused(f"a softplus with {named}", why="Caffe's BNLL has no settings")
    site.add("BNLL")


def _power(site: Site, power: float = 1.0, scale: float = 1.0, shift: float = 0.0) -> None:
    """`Power`, which is (shift + scale * x) ** power."""
    values: dict[str, Value | None] = {
        "power": power if power != 1 else None,
        "scale": scale if scale != 1 else None,
        "shift": shift if shift != 0 else None,
    }
    site.add("Power", power_param=fields(**values))


ROWS: dict[str, Row] = {
    "abs": _plain("AbsVal"),
    "affine": lambda site: _power(site, **_settings(site)),
    "clip": _clip,
    "elu": _elu,
    "exp": _plain("Exp"),
    "leaky_relu": _leaky_relu,
    "log": _plain("Log"),
    "mish": _plain("Mish"),
    "power": lambda site: _power(site, _settings(site)["exponent"]),
    "reciprocal": lambda site: _power(site, -1),
    "relu": _plain("ReLU", in_place=True),
    "relu6": _relu6,
    "sigmoid": _plain("Sigmoid"),
    "silu": _plain("Swish"),
    "softplus": _softplus,
    "sqrt": lambda site: _power(site, 0.5),
    "square": lambda site: _power(site, 2),
    "tanh": _plain("TanH"),
}
"""By the functions' names. The others have no layer in BVLC's Caffe."""
