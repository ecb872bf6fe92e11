"""The weights of a network that PyTorch holds, each read when it is asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from ...ir.dims import Shape
from .constants import Constant

if TYPE_CHECKING:
    from numpy.typing import NDArray


class ModuleWeights(Mapping[str, Any]):
    """Arrays by parameter name: those of the module itself where it holds them as they are."""

    def __init__(self, constants: Mapping[str, Constant], shapes: Mapping[str, Shape]) -> None:
        self._constants = {name: constants[name] for name in shapes}
        self._shapes = shapes

    def __getitem__(self, name: str) -> NDArray[Any]:
        import torch

        value = self._constants[name].value().detach().cpu()
        if value.dtype == torch.bfloat16:  # numpy has no such numbers
            value = value.float()
        array: NDArray[Any] = value.numpy()
        return array.reshape([int(size) for size in self._shapes[name]])

    def __iter__(self) -> Iterator[str]:
        return iter(self._constants)

    def __len__(self) -> int:
        return len(self._constants)


def weights_of(
    constants: Mapping[str, Constant], shapes: Mapping[str, Shape]
) -> ModuleWeights | None:
    """The weights of those names and shapes; None where a tensor has no values."""
    if any(constants[name].read is None for name in shapes):
        return None
    return ModuleWeights(constants, shapes)
