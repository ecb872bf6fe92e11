"""Random weights for targets that write weights and runners that time: the same ones each time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cached_property
from math import prod, sqrt
from typing import TYPE_CHECKING, Any

from ..emitters import INITS
from ..emitters._initial import DEVIATION
from ..ir.dims import Shape
from ..ir.graph import Node
from ..ir.model import Model
from ..ir.tensors import held_by, tensors_of
from ..support.errors import look_up
from ..support.optional import need

if TYPE_CHECKING:
    from numpy.random import Generator
    from numpy.typing import NDArray

SEED = 0
_DRAWN = ("conv2d", "conv_transpose2d", "linear")
"""The kinds whose weights are drawn, and not set."""
_SLOPE = 0.25
"""Where the slope of a PReLU starts. Source: `torch.nn.PReLU`."""


def drawn(model: Model, init: str) -> Model:
    """The model with random weights, which are drawn when the first of them is asked for.

    They are distributed as those of the emitted module, and drawn by numpy, which starts in a
    fraction of the time that PyTorch takes.

    Args:
        model: The network; weights that it has are left out.
        init: How they start: gaussian or kaiming.
    """
    return replace(model, weights=_Drawn(model, init), trained_on="", split="", seed=SEED)


def with_weights(model: Model) -> Model:
    """The model with its weights, or with random ones that are the same each time."""
    return drawn(model, "kaiming") if model.weights is None else model


def weights_of(model: Model) -> Mapping[str, Any]:
    """The weights of that."""
    return with_weights(model).weights or {}


class _Drawn(Mapping[str, Any]):
    """Arrays by parameter name."""

    def __init__(self, model: Model, init: str) -> None:
        look_up(init, INITS, "initialisation")
        self._graph = model.graph
        self._init = init
        self._names = tuple(tensors_of(model.graph))

    def __getitem__(self, name: str) -> NDArray[Any]:
        return self._arrays[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

    @cached_property
    def _arrays(self) -> dict[str, NDArray[Any]]:
        random = need("numpy", "weights").random.default_rng(SEED)
        return {
            f"{node.name}.{key}": _started(random, node, key, shape, self._init)
            for node in self._graph
            if not node.shares
            for key, shape in held_by(node).items()
        }


def _started(random: Generator, node: Node, key: str, shape: Shape, init: str) -> NDArray[Any]:
    """A tensor as it starts."""
    np = need("numpy", "weights")
    sizes: Any = shape
    if key == "weight" and node.layer.kind in _DRAWN:
        deviation = sqrt(2 / prod(sizes[1:])) if init == "kaiming" else DEVIATION
        values: NDArray[Any] = random.standard_normal(sizes, np.float32)
        values *= np.float32(deviation)
        return values
    start = _SLOPE if node.layer.kind == "prelu" else float(key in ("weight", "running_var"))
    return np.full(sizes, start, np.float32)  # type: ignore[no-any-return]
