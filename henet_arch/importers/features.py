"""A network of any origin up to its feature maps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import overload

from ..ir.features import features
from ..ir.model import Model, apart
from ..ir.tensors import tensors_of
from ..spec.spec import Spec
from ..weights.matched import CombinedWeights


@overload
def with_features(network: Spec, strides: Sequence[int] = ()) -> Spec: ...


@overload
def with_features(network: Model, strides: Sequence[int] = ()) -> Model: ...


def with_features(network: Spec | Model, strides: Sequence[int] = ()) -> Spec | Model:
    """The network that gives feature maps, with the weights of the layers that it still has.

    Args:
        network: A spec, which is not built, or a model.
        strides: The strides of the maps that it gives; where it is empty those that it gives
            already, or else those of all.

    Raises:
        RuleError: a model has no maps, or none at a stride.
        SpecError: a spec that ends otherwise, or strides that are not in ascending order.
    """
    if isinstance(network, Spec):
        chosen = tuple(strides) or network.feature_strides
        return network.replace(features_only=True, feature_strides=chosen)
    graph, origin, weights = features(network.graph, strides), network.origin, network.weights
    tensors = tensors_of(graph)
    names = frozenset(tensors)
    return replace(
        network,
        graph=graph,
        origin=with_features(origin, strides) if isinstance(origin, Spec) else apart(origin),
        weights=None if weights is None else CombinedWeights(tensors, weights),
        class_names=(),
        unread_params=0,
        frozen=network.frozen & names,
        tied=network.tied & names,
        constants=network.constants & names,
    )
