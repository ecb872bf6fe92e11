"""Weights from anywhere for a network, each of its tensors matched with what is there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from ..importers.features import with_features
from ..importers.importer import OwnTensors
from ..importers.load import importer_of, load, own_tensors, path_of
from ..importers.record import same_layers
from ..ir.dims import format_shape
from ..ir.graph import Graph
from ..ir.model import Model, apart
from ..ir.scope import parent
from ..ir.tensors import originals_of, tensors_of
from ..results.shown import Shown
from ..results.table import Column, Row, Table
from ..spec.spec import Spec
from ..support.errors import FileError, HenetArchError, SourceError, look_up
from ..support.limits import MOST_BLOCKS
from .matched import matched
from .names import Space, by_name, own_names
from .order import by_order
from .permutation import compute_the_same, recipes
from .recipe import Recipe, plain, plains
from .sources import Weights, named, network_in, tensors_in
from .tensors import Tensors, of_model


@dataclass(frozen=True)
class Matching(Shown):
    """A network with weights, and where each of its tensors comes from."""

    model: Model
    title: str
    """What the weights are of."""
    recipes: Mapping[str, Recipe]
    """What each tensor is made of."""
    notes: tuple[str, ...] = ()

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


def match(model: Model, source: Weights, match_by: str = "names") -> Matching:
    """The network with the weights of a source.

    Args:
        model: The network.
        source: What has weights: the name of those that come with the package, a file of tensors,
            a network, a module, or a state dict.
        match_by: A key of `WAYS`.

    Raises:
        UnknownNameError: there is no such way, or no such source.
        FileError: the source cannot be read, or its tensors are others.
        SourceError: the source has no weights, or those of another network.
    """
    way = look_up(match_by, WAYS, "way to match weights")
    try:
        return way(model, named(source, model.graph))
    except HenetArchError:
        spec = model.origin
        if isinstance(spec, Spec) and spec.features_only:
            with suppress(HenetArchError):
                return _of_whole(spec, way, source)
        raise


def _of_whole(spec: Spec, way: Callable[[Model, Weights], Matching], source: Weights) -> Matching:
    """The weights that a network up to its feature maps has of the whole network's."""
    whole = load(spec.replace(features_only=False, feature_strides=()), max_blocks=MOST_BLOCKS)
    matching = way(whole, named(source, whole.graph))
    model = replace(with_features(matching.model, spec.feature_strides), origin=spec)
    names = tensors_of(model.graph)
    left = len(matching.recipes) - len(names)
    note = f"{left:,} tensors of {matching.title} are of layers behind the feature maps"
    kept = {name: recipe for name, recipe in matching.recipes.items() if name in names}
    return Matching(model, matching.title, kept, (*matching.notes, note))


def _by_names(model: Model, source: Weights) -> Matching:
    path = path_of(source)
    if path and (read := importer_of(path).with_weights) and (own := read(model, path)):
        shapes = tensors_of(own.graph)
        return Matching(own, str(path), {name: plain(name, shapes[name]) for name in shapes})
    tensors = tensors_in(source, model.graph)
    original = own_tensors(model)
    try:
        space, pairs = by_name(tensors, [*spaces(model.graph, original)], model.name)
    except FileError as error:
        error.fix = _other_way(model.graph, source, tensors) or error.fix
        raise
    made = plains(pairs, space.shapes)
    notes = network_notes(model.graph, tensors, made)
    if original and space.shapes is original.shapes:
        return completed(original.filled(matched(tensors, made)), tensors, made, notes)
    return _with(model, tensors, made, notes)


def _by_order(model: Model, source: Weights) -> Matching:
    tensors, shapes = tensors_in(source, model.graph), tensors_of(model.graph)
    pairs = by_order(tensors, shapes, model.name)
    made = plains(pairs, shapes)
    return _with(model, tensors, made, network_notes(model.graph, tensors, made))


def _by_permutation(model: Model, source: Weights) -> Matching:
    theirs = network_in(source, model.graph)
    tensors = of_model(theirs)
    return _with(model, tensors, recipes(theirs.graph, model.graph))


WAYS: dict[str, Callable[[Model, Weights], Matching]] = {
    "names": _by_names,
    "order": _by_order,
    "permutation": _by_permutation,
}
"""How tensors are matched: by their names, in their order, or by what their channels compute."""


def spaces(
    graph: Graph, original: OwnTensors | None, replaceable: frozenset[str] = frozenset()
) -> Iterator[Space]:
    """The names that a network's tensors have in its original, here, and where it comes from.

    Args:
        graph: The network.
        original: The tensors of its original, where that takes others.
        replaceable: Those of the network's tensors that need not be there.
    """
    shapes, originals = tensors_of(graph), originals_of(graph)
    if original:
        there = frozenset(originals[name] for name in replaceable)
        yield own_names(original.shapes, there)
    yield own_names(shapes, replaceable)
    names = {name: own for own, name in originals.items()}
    if len(names) == len(shapes):
        yield Space(names, shapes, replaceable)


def _with(
    model: Model, tensors: Tensors, made: Mapping[str, Recipe], notes: Sequence[str] = ()
) -> Matching:
    """The network with its tensors made of others; its original has others still."""
    weights = matched(tensors, made)
    model = replace(model, weights=weights, origin=apart(model.origin))
    return completed(model, tensors, made, notes)


def completed(
    model: Model, tensors: Tensors, made: Mapping[str, Recipe], notes: Sequence[str] = ()
) -> Matching:
    """The network with what is known of its weights beside them."""
    model = tensors.completed(replace(model, trained_on="", split="", seed=None))
    notes = (*tensors.notes, *_widened(tensors, made), *notes)
    return Matching(model, tensors.title, made, notes)


def _widened(tensors: Tensors, made: Mapping[str, Recipe]) -> Iterator[str]:
    """A note on tensors that are read as float32, and have fewer bits."""
    sources = dict.fromkeys(name for recipe in made.values() for name in recipe.sources)
    counts = Counter(tensors.entries[name].type for name in sources)
    for kind in ("float16", "bfloat16"):
        if counts[kind]:
            yield f"{counts[kind]:,} tensors of {tensors.title} are {kind}, and are read as float32"


def network_notes(graph: Graph, tensors: Tensors, made: Mapping[str, Recipe]) -> tuple[str, ...]:
    """A note where the weights are of another network.

    Raises:
        SourceError: it is the same network with its channels in another order.
    """
    if tensors.graph is None:
        return ()
    try:
        theirs = tensors.graph()
    except HenetArchError:  # a module whose tensors are known, and whose network is not
        return ()
    try:
        mine, other = _layers(graph), _layers(theirs)
        if not all(own in mine and r.sources[0] in other for own, r in made.items()):
            return ()
        owners = {mine[own]: other[recipe.sources[0]] for own, recipe in made.items()}
        if same_layers(theirs, graph) or compute_the_same(theirs, graph, owners):
            return ()
        recipes(theirs, graph)
    except HenetArchError as error:
        return (f"the network in {tensors.title} is another one: {error.why or error.what}",)
    raise SourceError(
        f"the weights of {tensors.title} fit, but its channels are in another order",
        why="with the weights as they are, the network would give something else",
        fix=_PERMUTATION,
    )


def _layers(graph: Graph) -> dict[str, str]:
    """The layer of each tensor, by the tensor's name here and where the network comes from."""
    originals = originals_of(graph)
    return {original: parent(own) for own, original in originals.items()} | {
        own: parent(own) for own in originals
    }


def _other_way(graph: Graph, source: Weights, tensors: Tensors) -> str:
    """The way to match weights that works; "" where none does."""
    ours = tensors_of(graph)
    with suppress(HenetArchError):
        if tensors.graph:
            recipes(network_in(source, graph).graph, graph)
            return _PERMUTATION
    with suppress(HenetArchError):
        if len(tensors.entries) == len(ours):
            by_order(tensors, ours, graph.name)
            return "--match-by order, or match_by='order', for the same layers in the same order"
    return ""


_PERMUTATION = "--match-by permutation, or match_by='permutation'"
