"""The kinds of layers, one small frozen class each.

Behaviour and weight layout match the PyTorch module of the same name; batch norm is counted as at
inference, with running statistics and not folded.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...support.errors import look_up
from ..layer import KINDS, Layer
from .channels import ChannelMax as ChannelMax
from .channels import ChannelMean as ChannelMean
from .channels import ChannelShuffle as ChannelShuffle
from .channels import PadChannels as PadChannels
from .channels import PixelShuffle as PixelShuffle
from .channels import PixelUnshuffle as PixelUnshuffle
from .channels import SliceChannels as SliceChannels
from .channels import Softmax as Softmax
from .convolutions import Conv2d as Conv2d
from .convolutions import ConvTranspose2d as ConvTranspose2d
from .image import Input as Input
from .joins import Add as Add
from .joins import Concat as Concat
from .joins import Divide as Divide
from .joins import Maximum as Maximum
from .joins import Minimum as Minimum
from .joins import Multiply as Multiply
from .joins import Subtract as Subtract
from .maps import Crop2d as Crop2d
from .maps import Pad2d as Pad2d
from .maps import Resize as Resize
from .norms import BatchNorm1d as BatchNorm1d
from .norms import BatchNorm2d as BatchNorm2d
from .norms import GroupNorm as GroupNorm
from .norms import LayerNorm as LayerNorm
from .norms import LocalResponseNorm as LocalResponseNorm
from .norms import Scale as Scale
from .opaque import Opaque as Opaque
from .pointwise import Dropout as Dropout
from .pointwise import Elementwise as Elementwise
from .pointwise import PReLU as PReLU
from .pools import AdaptiveAvgPool2d as AdaptiveAvgPool2d
from .pools import AdaptiveMaxPool2d as AdaptiveMaxPool2d
from .pools import AvgPool2d as AvgPool2d
from .pools import GlobalAvgPool2d as GlobalAvgPool2d
from .pools import GlobalMaxPool2d as GlobalMaxPool2d
from .pools import MaxPool2d as MaxPool2d
from .vectors import Flatten as Flatten
from .vectors import Linear as Linear
from .vectors import Unflatten as Unflatten


def usual_of(kind: str) -> dict[str, Any]:
    """The attributes of a kind that JSON leaves out where they have these values."""
    return KINDS[kind].usual() if kind in KINDS else {}


def layer(kind: str, attributes: Mapping[str, Any]) -> Layer:
    """The layer of that kind with these attributes.

    Raises:
        UnknownNameError: there is no such kind.
        LayerError: an attribute is missing, unknown, or has a value that it cannot have.
    """
    return look_up(kind, KINDS, "layer kind").of(kind, attributes)
