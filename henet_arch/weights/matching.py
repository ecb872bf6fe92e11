"""Weights from anywhere for a network, each of its tensors matched with what is there."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace

from ..importers.features import with_features
from ..importers.importer import OwnTensors
from ..importers.load import importer_of, load, own_tensors, path_of
from ..ir.classes import classes_of
from ..ir.classifier import classifier_tensors
from ..ir.graph import Graph
from ..ir.model import Model, apart
from ..ir.tensors import originals_of, tensors_of
from ..spec.spec import Spec
from ..support.errors import FileError, HenetArchError, SourceError, look_up
from ..support.limits import MOST_BLOCKS
from .match_result import Matching
from .matched import CombinedWeights, matched
from .names import Space, by_name, own_names
from .notes import PERMUTATION, body_notes, network_notes
from .order import by_order
from .permutation import recipes
from .recipe import Recipe, plain, plains
from .sources import Weights, named, network_in, tensors_in
from .tensors import Tensors, of_model


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


def match_to_train(model: Model, source: Weights, match_by: str = "names") -> Matching:
    """The network with the weights of a source, all or, by names, all but the classifier's.

    A network that has weights keeps its own classifier then. Another has none for it: the training
    draws them.

    Args:
        model: The network.
        source: As `match` takes it.
        match_by: A key of `WAYS`.

    Raises:
        HenetArchError: as `match`.
    """
    if match_by != "names" or not classes_of(model.graph):
        return match(model, source, match_by)
    replaceable = classifier_tensors(model.graph)
    return _by_names(model, named(source, model.graph, replaceable), replaceable)


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


def _by_names(model: Model, source: Weights, replaceable: frozenset[str] = frozenset()) -> Matching:
    try:
        if own := _by_own_reader(model, source):
            return own
    except FileError:
        if replaceable:  # the file may be a network that has other classes
            with suppress(HenetArchError):
                return _by_tensor_names(model, source, replaceable)
        raise
    return _by_tensor_names(model, source, replaceable)


def _by_own_reader(model: Model, source: Weights) -> Matching | None:
    """As the network's own format says; None where that reads no such source."""
    path = path_of(source)
    if path and (read := importer_of(path).with_weights) and (own := read(model, path)):
        shapes = tensors_of(own.graph)
        return Matching(own, str(path), {name: plain(name, shapes[name]) for name in shapes})
    return None


def _by_tensor_names(model: Model, source: Weights, replaceable: frozenset[str]) -> Matching:
    tensors = tensors_in(source, model.graph)
    original = own_tensors(model)
    try:
        space, pairs = by_name(tensors, _spaces(model.graph, original, replaceable), model.name)
    except FileError as error:
        error.fix = _other_way(model.graph, source, tensors) or error.fix
        raise
    made = plains(pairs, space.shapes)
    named_there = original if original and space.shapes is original.shapes else None
    if len(made) < len(space.shapes):
        return _with_own_classifier(model, tensors, made, named_there)
    notes = network_notes(model.graph, tensors, made)
    if named_there:
        return Matching.of(named_there.filled(matched(tensors, made)), tensors, made, notes)
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


def _spaces(graph: Graph, original: OwnTensors | None, replaceable: frozenset[str]) -> list[Space]:
    """The names that a network's tensors have in its original, here, and where it comes from.

    Args:
        graph: The network.
        original: The tensors of its original, where that takes others.
        replaceable: Those of the network's tensors that need not be there.
    """
    shapes, originals = tensors_of(graph), originals_of(graph)
    result = []
    if original:
        there = frozenset(originals[name] for name in replaceable)
        result.append(own_names(original.shapes, there))
    result.append(own_names(shapes, replaceable))
    names = {name: own for own, name in originals.items()}
    if len(names) == len(shapes):
        result.append(Space(names, shapes, replaceable))
    return result


def _with(
    model: Model, tensors: Tensors, made: Mapping[str, Recipe], notes: Sequence[str] = ()
) -> Matching:
    """The network with its tensors made of others; its original has others still."""
    filled = replace(model, weights=matched(tensors, made), origin=apart(model.origin))
    return Matching.of(filled, tensors, made, notes)


def _with_own_classifier(
    model: Model, tensors: Tensors, made: Mapping[str, Recipe], original: OwnTensors | None
) -> Matching:
    """The network with its tensors made of others, but for those of its classifier.

    Args:
        model: The network.
        tensors: What the others are in.
        made: What they are made of, by the names of the original, if there is one, or else ours.
        original: What fills a network's original.
    """
    names = tensors_of(model.graph) if original is None else original.shapes
    notes = body_notes(model, tensors, made, [name for name in names if name not in made])
    weights = matched(tensors, made)
    if original is None:
        combined = CombinedWeights(names, weights, model.weights or {})
        filled = replace(model, weights=combined, origin=apart(model.origin))
    else:
        filled = original.filled(weights)
    if filled.weights is None:
        raise SourceError(
            f"{model.origin.title} has no values for its classifier",
            why="it is on PyTorch's meta device, and the weights have other classes",
            fix="the module on the CPU",
        )
    matching = Matching.of(filled, tensors, made, notes)
    return replace(matching, model=replace(matching.model, class_names=model.class_names))


def _other_way(graph: Graph, source: Weights, tensors: Tensors) -> str:
    """The way to match weights that works; "" where none does."""
    ours = tensors_of(graph)
    with suppress(HenetArchError):
        if tensors.graph:
            recipes(network_in(source, graph).graph, graph)
            return PERMUTATION
    with suppress(HenetArchError):
        if len(tensors.entries) == len(ours):
            by_order(tensors, ours, graph.name)
            return "--match-by order, or match_by='order', for the same layers in the same order"
    return ""
