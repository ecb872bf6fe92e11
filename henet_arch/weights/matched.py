"""The weights of a network from a source of tensors, each read when it is asked for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from ..support.errors import FileError
from ..support.optional import need
from ..support.tensor_file import FLOATS
from .recipe import Recipe
from .tensors import Tensors

if TYPE_CHECKING:
    from numpy.typing import NDArray


def matched(theirs: Tensors, recipes: Mapping[str, Recipe]) -> MatchedWeights:
    """The weights that are made of tensors, all of which are floats.

    Raises:
        FileError: one is not.
    """
    for recipe in recipes.values():
        for name in recipe.sources:
            if (kind := theirs.entries[name].type) not in FLOATS:
                raise FileError(
                    f"{name:.99} has values of the type {kind:.20}, and weights are floats",
                    where=theirs.title,
                    why="a conversion from fewer bits needs a scale, which the file does not have",
                    fix=f"weights in {', '.join(FLOATS)}",
                )
    return MatchedWeights(theirs, recipes)


class MatchedWeights(Mapping[str, Any]):
    """Arrays by parameter name.

    Args:
        theirs: What they are read from.
        recipes: What each is made of.
    """

    def __init__(self, theirs: Tensors, recipes: Mapping[str, Recipe]) -> None:
        self._theirs = theirs
        self._recipes = recipes

    def __getitem__(self, name: str) -> NDArray[Any]:
        recipe = self._recipes[name]
        try:
            return recipe.made(self._read)
        except MemoryError:
            raise FileError(
                f"{name} is too large for the memory", where=self._theirs.title
            ) from None

    def __iter__(self) -> Iterator[str]:
        return iter(self._recipes)

    def __len__(self) -> int:
        return len(self._recipes)

    def _read(self, name: str) -> NDArray[Any]:
        np = need("numpy", "weights")
        values = self._theirs.read(name)
        if values.shape != self._theirs.entries[name].shape:
            raise FileError(
                f"{name:.99} has changed since its shape was read", where=self._theirs.title
            )
        if not np.isfinite(values).all():
            raise FileError(
                f"{name:.99} has values that are no finite numbers",
                where=self._theirs.title,
                fix="weights of a training that did not diverge",
            )
        return values.astype(np.float32) if values.dtype == np.float16 else values


class CombinedWeights(Mapping[str, Any]):
    """Arrays by parameter name, each of the first mapping that has it.

    Args:
        names: The parameters, in order; those that no mapping has are left out.
        mappings: Where the arrays are.
    """

    def __init__(self, names: Iterable[str], *mappings: Mapping[str, Any]) -> None:
        found = ((name, next((m for m in mappings if name in m), None)) for name in names)
        self._of = {name: mapping for name, mapping in found if mapping is not None}

    def __getitem__(self, name: str) -> NDArray[Any]:
        values: NDArray[Any] = self._of[name][name]
        return values

    def __iter__(self) -> Iterator[str]:
        return iter(self._of)

    def __len__(self) -> int:
        return len(self._of)
