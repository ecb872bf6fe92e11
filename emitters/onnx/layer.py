"""The nodes of one layer, and the tensors that they read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from ...ir.dims import Shape, format_shape
from ...ir.graph import Node
from ...ir.scope import join
from ...ir.tensors import held_by

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Operator(NamedTuple):
    """A node of ONNX."""

    kind: str
    inputs: tuple[str, ...]
    output: str
    attributes: Mapping[str, Any]


class Parameter(NamedTuple):
    """A weight or buffer, as one layer reads it."""

    key: str
    """By which the model's weights have it: `stage1.conv1.weight`."""
    shape: tuple[int, ...]
    """As many elements as the weight has."""


@dataclass
class LayerWriter:
    """What a row makes of one layer.

    The last operator gives what the layer gives, under the layer's own name. All other names have
    a slash behind it, which no layer's has.

    Attributes:
        node: The layer at its place in the graph.
        opset: The version of the operators.
        parameters: The weights of the layers so far, by the names of their tensors.
        operators: What computes the layer, in order.
        constants: What they read besides; numbers in double precision become the layer's type.
    """

    node: Node
    opset: int
    parameters: dict[str, Parameter]
    operators: list[Operator] = field(default_factory=list)
    constants: dict[str, NDArray[Any]] = field(default_factory=dict)

    @property
    def values(self) -> dict[str, Any]:
        """The layer's attributes."""
        return self.node.layer.attributes()

    @property
    def x(self) -> str:
        """The first input."""
        return self.node.inputs[0]

    @property
    def before(self) -> Any:
        """The shape of the first input, without the batch."""
        return self.node.input_shapes[0]

    @property
    def shape(self) -> Any:
        """The shape of the output, without the batch."""
        return self.node.shape

    @property
    def is_map(self) -> bool:
        """Whether the first input has rows and columns."""
        return len(self.before) == 3

    def op(self, kind: str, *inputs: str, **attributes: Any) -> str:
        """Add an operator, and return the name of what it gives; an input "" is left out."""
        output = self._free(kind, {each.output for each in self.operators})
        self.operators.append(Operator(kind, inputs, output, attributes))
        return output

    def finish(self) -> None:
        """Let the last operator give what the layer gives."""
        self.operators[-1] = self.operators[-1]._replace(output=self.node.name)

    def weight(self, key: str, *, wide: bool = False) -> str:
        """A weight or buffer of the layer; `wide` along the channels of its input."""
        shape: Any = held_by(self.node)[key]
        if wide and self.is_map:
            shape = (*shape, 1, 1)
        parameter = Parameter(join(self.node.owner, key), shape)
        name = parameter.key
        if self.parameters.setdefault(name, parameter) != parameter:  # the same in another shape
            name = f"{name}/{format_shape(shape)}"
            self.parameters[name] = parameter
        return name

    def weights(self, *keys: str) -> list[str]:
        """Those of the weights that the layer has."""
        return [self.weight(key) for key in keys if key in self.node.layer.weights()]

    def whole(self, what: str, *numbers: int) -> str:
        """Whole numbers as a tensor."""
        return self._held(what, np.array(numbers, np.int64))

    def indices(self, what: str, values: NDArray[np.int64]) -> str:
        """A table of whole numbers."""
        return self._held(what, np.asarray(values, np.int64))

    def number(self, what: str, value: float) -> str:
        """One number as a tensor without axes."""
        return self.reals(what, np.float64(value))

    def reals(self, what: str, values: Any) -> str:
        """Numbers as a tensor of the layer's type."""
        return self._held(what, np.asarray(values, np.float64))

    def scales(self, what: str, *factors: float) -> str:
        """Numbers as a tensor of single precision, whatever the layer's type is."""
        return self._held(what, np.array(factors, np.float32))

    def filled(self, what: str, value: float, count: int) -> str:
        """The same number several times."""
        return self.reals(what, np.full(count, value))

    def _held(self, what: str, values: NDArray[Any]) -> str:
        name = self._free(what, self.constants)
        self.constants[name] = values
        return name

    def _free(self, what: str, taken: Any) -> str:
        name, number = f"{self.node.name}/{what}", 1
        while name in taken:
            number += 1
            name = f"{self.node.name}/{what}_{number}"
        return name


def onnx_pads(sides: Sequence[int]) -> list[int]:
    """Above, left, below and right, as ONNX orders what is around a map."""
    above, below, left, right = sides if len(sides) == 4 else (sides[0],) * 2 + (sides[1],) * 2
    return [above, left, below, right]


def sizes(shape: Shape) -> tuple[int, int]:
    """The height and width of a map."""
    _, height, width = shape
    return int(height), int(width)
