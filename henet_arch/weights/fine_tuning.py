"""Weights where a training starts: a classifier of another number of classes is left to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from ..importers.importer import OwnTensors
from ..importers.load import own_tensors
from ..ir.classes import classes_of
from ..ir.classifier import body, classifier_tensors
from ..ir.model import Model, apart
from ..ir.scope import parent
from ..ir.tensors import originals_of, tensors_of
from ..support.errors import HenetArchError, SourceError
from .matched import CombinedWeights, matched
from .matching import Matching, completed, match, network_notes, spaces
from .names import by_name
from .recipe import Recipe, plains
from .sources import Weights, named, tensors_in
from .tensors import Tensors


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
    try:
        return match(model, source, match_by)
    except HenetArchError as error:
        if match_by != "names" or not classes_of(model.graph):
            raise
        whole = error
    try:
        return _match_body(model, source)
    except HenetArchError as error:
        error.fix = whole.fix or error.fix
        raise


def _match_body(model: Model, source: Weights) -> Matching:
    replaceable = classifier_tensors(model.graph)
    tensors = tensors_in(named(source, model.graph, replaceable), model.graph)
    original = own_tensors(model)
    space, pairs = by_name(tensors, [*spaces(model.graph, original, replaceable)], model.name)
    made = plains(pairs, space.shapes)
    missing = [name for name in space.shapes if name not in pairs]
    notes = _notes(model, tensors, made, missing)
    is_own = original is not None and space.shapes is original.shapes
    started = _started(model, matched(tensors, made), original if is_own else None)
    matching = completed(started, tensors, made, notes)
    return replace(matching, model=replace(matching.model, class_names=model.class_names))


def _started(model: Model, weights: Mapping[str, Any], original: OwnTensors | None) -> Model:
    """The network with these weights, and those of its own that they lack.

    Args:
        model: The network.
        weights: By the names that they have in the original, if there is one, or else here.
        original: What fills a network's original.

    Raises:
        SourceError: the original has no values.
    """
    if original is None:
        names = tensors_of(model.graph)
        combined = CombinedWeights(names, weights, model.weights or {})
        return replace(model, weights=combined, origin=apart(model.origin))
    filled = original.filled(weights)
    if filled.weights is None:
        raise SourceError(
            f"{model.origin.title} has no values for its classifier",
            why="it is on PyTorch's meta device, and the weights have other classes",
            fix="the module on the CPU",
        )
    return filled


def _notes(
    model: Model, tensors: Tensors, made: Mapping[str, Recipe], missing: Sequence[str]
) -> tuple[str, ...]:
    """What there is to say of the layers below the classifier, and of one that is kept."""
    graph, theirs = body(model.graph), tensors.graph
    names = {*tensors_of(graph), *originals_of(graph).values()}
    below = {name: recipe for name, recipe in made.items() if name in names}
    known = replace(tensors, graph=None if theirs is None else lambda: body(theirs()))
    notes = network_notes(graph, known, below)
    if model.weights is None:
        return notes
    return (
        *notes,
        f"{classifier_title(missing)} stays the network's own: the weights have none of its shape",
    )


def classifier_title(names: Sequence[str]) -> str:
    """What messages call a classifier that has these tensors."""
    return f"the classifier, {', '.join(dict.fromkeys(map(parent, names)))},"
