"""Layers with their figures, one by one and as the blocks and stages that they form."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from ..ir.dims import Dim, Pair, Shape, format_shape
from ..ir.element_type import FLOAT32
from ..ir.graph import Node
from ..ir.layer import Ops
from .table import number_of, pair


@dataclass(frozen=True)
class LayerReport:
    """One layer with its figures for one image."""

    node: Node
    params: Dim
    macs: Dim
    """What is known of them: 0 where the cost is unknown."""
    ops: Ops
    activations: Dim
    weight_bytes: Dim
    live_bytes: Dim
    """Activation bytes held while the layer runs."""
    trainable: Dim
    """Parameters as built that training changes."""
    cost_known: bool
    """Whether `macs` is all that is counted of it."""

    @property
    def forward_bytes(self) -> Dim:
        """The bytes of what it gives."""
        return self.activations * self.node.element_type.bytes

    @property
    def backward_bytes(self) -> Dim:
        """The bytes of the gradient of what it gives; of an input nobody needs one."""
        return self.forward_bytes if self.node.inputs else 0

    @property
    def groups(self) -> int | None:
        """Of a layer with a kernel and weights."""
        return getattr(self.node.layer, "groups", None) if self.kernel else None

    @property
    def kernel(self) -> Pair | None:
        """Of a convolution, a transposed one or a pool."""
        window = self.node.layer.window
        return window.kernel if window else getattr(self.node.layer, "kernel", None)

    @property
    def stride(self) -> Pair | None:
        """Of the same layers."""
        window = self.node.layer.window
        return window.stride if window else getattr(self.node.layer, "stride", None)

    def to_dict(self) -> dict[str, Any]:
        node = self.node
        return {
            "name": node.name,
            "kind": node.layer.kind,
            "attributes": {key: plain_lists(value) for key, value in node.layer.notable().items()},
            "inputs": list(node.inputs),
            "input_shapes": [list(shape) for shape in node.input_shapes],
            "output_shape": list(node.shape),
            "params": self.params,
            "macs": self.macs if self.cost_known else None,
            "ops": self.ops.to_dict() if node.layer.cost_known else None,
            "activations": self.activations,
            "weight_bytes": self.weight_bytes,
            "live_activation_bytes": self.live_bytes,
            "because": [decision._asdict() for decision in node.because],
        } | _unusual(node)

    def record(self) -> dict[str, Any]:
        """The figures as one flat row, with no reasons; None for what is unknown."""
        node = self.node
        ops = self.ops._asdict()
        return {
            "name": node.name,
            "kind": node.layer.kind,
            "inputs": " ".join(node.inputs),
            "output_shape": format_shape(node.shape),
            "params": self.params,
            "macs": self.macs if self.cost_known else None,
            **(ops if node.layer.cost_known else dict.fromkeys(ops)),
            "activations": self.activations,
            "weight_bytes": self.weight_bytes,
            "live_activation_bytes": self.live_bytes,
        }


def _unusual(node: Node) -> dict[str, Any]:
    """What most layers have not: another type than float32, another name, others' weights."""
    result = {} if node.element_type == FLOAT32 else {"element_type": node.element_type.name}
    words = {"original": node.original, "shares": node.shares}
    return result | {key: word for key, word in words.items() if word}


@dataclass(frozen=True)
class Output:
    """What a network gives."""

    name: str
    shape: Shape
    stride: tuple[Dim | Fraction, Dim | Fraction] | None
    """Of a map: the product of the strides between the image and it, along height and width.

    A fraction of a larger map; None where it is not known.
    """

    def to_dict(self) -> dict[str, Any]:
        stride = [number_of(each) for each in self.stride] if self.stride else None
        return {"name": self.name, "shape": list(self.shape), "stride": stride}

    def __str__(self) -> str:
        text = f"{self.name} {format_shape(self.shape)}"
        return f"{text}, stride {pair(self.stride)}" if self.stride else text


@dataclass(frozen=True)
class Scope:
    """Layers that stand together: a block, a stage, or a part that has no blocks."""

    name: str
    layers: tuple[LayerReport, ...]

    @property
    def params(self) -> Dim:
        return sum(layer.params for layer in self.layers)

    @property
    def macs(self) -> Dim:
        return sum(layer.macs for layer in self.layers)

    @property
    def activations(self) -> Dim:
        return sum(layer.activations for layer in self.layers)

    @property
    def weight_bytes(self) -> Dim:
        return sum(layer.weight_bytes for layer in self.layers)

    @property
    def trainable(self) -> Dim:
        return sum(layer.trainable for layer in self.layers)

    @property
    def live_bytes(self) -> Dim:
        """The most that is held while one of its layers runs."""
        return max(layer.live_bytes for layer in self.layers)

    @property
    def forward_bytes(self) -> Dim:
        return sum(layer.forward_bytes for layer in self.layers)

    @property
    def backward_bytes(self) -> Dim:
        return sum(layer.backward_bytes for layer in self.layers)

    @property
    def unknown(self) -> tuple[LayerReport, ...]:
        """Its layers of unknown cost, without which `macs` is counted."""
        return tuple(layer for layer in self.layers if not layer.cost_known)

    @property
    def shape(self) -> Shape:
        return self.layers[-1].node.shape

    @property
    def input_shapes(self) -> tuple[Shape, ...]:
        """Of each operand of one layer, or of each map from outside that several layers read."""
        nodes = [layer.node for layer in self.layers]
        if len(nodes) == 1:
            return nodes[0].input_shapes
        return tuple(self.inputs.values())

    @property
    def inputs(self) -> dict[str, Shape]:
        """The shapes of the maps that its layers read from outside, by who makes them."""
        nodes = [layer.node for layer in self.layers]
        own = {node.name for node in nodes}
        read = (pair for n in nodes for pair in zip(n.inputs, n.input_shapes, strict=True))
        return {name: shape for name, shape in read if name not in own}

    @property
    def kernels(self) -> tuple[Pair, ...]:
        """The kernels of its layers."""
        return tuple(layer.kernel for layer in self.layers if layer.kernel)

    @property
    def width(self) -> Dim | None:
        """Channels that its last layer with a kernel and weights makes."""
        widths = [layer.node.shape[0] for layer in self.layers if layer.groups]
        return widths[-1] if widths else None

    @property
    def stride(self) -> int | None:
        """The largest stride of its layers."""
        return max((max(layer.stride) for layer in self.layers if layer.stride), default=None)

    @property
    def groups(self) -> tuple[int, ...]:
        """The groups of each of its layers with a kernel and weights."""
        return tuple(layer.groups for layer in self.layers if layer.groups)

    def to_dict(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "layers": len(self.layers),
            "output_shape": list(self.shape),
            "width": self.width,
            "stride": self.stride,
            "groups": list(self.groups),
            "params": self.params,
            "macs": self.macs,
            "activations": self.activations,
            "weight_bytes": self.weight_bytes,
            "unknown_layers": len(self.unknown),
        }

    def record(self) -> dict[str, Any]:
        """The same as one flat row."""
        groups = " ".join(map(str, self.groups))
        return self.to_dict() | {"output_shape": format_shape(self.shape), "groups": groups}


def plain_lists(value: object) -> object:
    """A value with lists for its tuples, as JSON has them."""
    return list(map(plain_lists, value)) if isinstance(value, tuple) else value
