"""A network that was given weights, and where they come from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ..ir.dims import format_shape
from ..ir.model import Model
from ..results.shown import Shown
from ..results.table import Column, Row, Table
from .notes import widened
from .recipe import Recipe
from .tensors import Tensors


@dataclass(frozen=True)
class Matching(Shown):
    """A network with weights, and where each of its tensors comes from."""

    model: Model
    title: str
    """What the weights are of."""
    recipes: Mapping[str, Recipe]
    """What each tensor is made of."""
    notes: tuple[str, ...] = ()

    @classmethod
    def of(
        cls, model: Model, tensors: Tensors, made: Mapping[str, Recipe], notes: Sequence[str] = ()
    ) -> Matching:
        """The network that has weights, with what is known of them beside it.

        Args:
            model: The network with the weights.
            tensors: What they are from.
            made: What each of its tensors is made of.
            notes: What else there is to say.
        """
        model = tensors.completed(replace(model, trained_on="", split="", seed=None))
        notes = (*tensors.notes, *widened(tensors, made), *notes)
        return cls(model, tensors.title, made, notes)

    def tables(self) -> list[Table]:
        titles = ["theirs", "ours", "shape"]
        if not all(recipe.is_plain for recipe in self.recipes.values()):
            titles.append("channels")
        columns = [Column(title, rank=title in ("shape", "channels")) for title in titles]
        rows = [Row([record[title] for title in titles]) for record in self.records()]
        title = f"{self.model.name}: weights from {self.title}"
        return [Table(title, columns, rows, self.notes)]

    def to_dict(self) -> dict[str, Any]:
        return {"schema": 1, "name": self.model.name, "source": self.title, "pairs": self.records()}

    def records(self) -> list[dict[str, Any]]:
        return [
            {
                "theirs": ", ".join(recipe.sources) or "zeros",
                "ours": name,
                "shape": format_shape(recipe.shape),
                "channels": "as they are" if recipe.is_plain else "in another order",
            }
            for name, recipe in self.recipes.items()
        ]
