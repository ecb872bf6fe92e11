"""What there is to say of weights that were matched with a network."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from ..importers.record import same_layers
from ..ir.classifier import body
from ..ir.graph import Graph
from ..ir.model import Model
from ..ir.scope import parent
from ..ir.tensors import originals_of, tensors_of
from ..support.errors import HenetArchError, SourceError
from .permutation import compute_the_same, recipes
from .recipe import Recipe
from .tensors import Tensors

PERMUTATION = "--match-by permutation, or match_by='permutation'"
"""What an error says is to be done where channels are in another order."""


def body_notes(
    model: Model, tensors: Tensors, made: Mapping[str, Recipe], missing: Sequence[str]
) -> tuple[str, ...]:
    """What there is to say where the weights have another classifier.

    Args:
        model: The network.
        tensors: The weights.
        made: What each tensor that they have is made of.
        missing: The tensors of the network's classifier.

    Raises:
        SourceError: it is the same network below, with its channels in another order.
    """
    graph, theirs = body(model.graph), tensors.graph
    names = {*tensors_of(graph), *originals_of(graph).values()}
    below = {name: recipe for name, recipe in made.items() if name in names}
    known = replace(tensors, graph=None if theirs is None else lambda: body(theirs()))
    notes = network_notes(graph, known, below, "weights with channels in this network's order")
    if model.weights is None:
        return notes
    kept = (
        f"{classifier_title(missing)} stays the network's own: the weights have none of its shape"
    )
    return (*notes, kept)


def classifier_title(names: Sequence[str]) -> str:
    """What messages call a classifier that has these tensors."""
    return f"the classifier, {', '.join(dict.fromkeys(map(parent, names)))},"


def widened(tensors: Tensors, made: Mapping[str, Recipe]) -> Iterator[str]:
    """A note on tensors that are read as float32, and have fewer bits."""
    sources = dict.fromkeys(name for recipe in made.values() for name in recipe.sources)
    counts = Counter(tensors.entries[name].type for name in sources)
    for kind in ("float16", "bfloat16"):
        if counts[kind]:
            yield f"{counts[kind]:,} tensors of {tensors.title} are {kind}, and are read as float32"


def network_notes(
    graph: Graph, tensors: Tensors, made: Mapping[str, Recipe], fix: str = PERMUTATION
) -> tuple[str, ...]:
    """A note where the weights are of another network.

    Args:
        graph: The network.
        tensors: The weights.
        made: What each tensor of the network is made of.
        fix: What is to be done where channels are in another order.

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
        fix=fix,
    )


def _layers(graph: Graph) -> dict[str, str]:
    """The layer of each tensor, by the tensor's name here and where the network comes from."""
    originals = originals_of(graph)
    return {original: parent(own) for own, original in originals.items()} | {
        own: parent(own) for own in originals
    }
