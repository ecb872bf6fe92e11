"""Layers' names from nodes' names, and from the modules that an exporter wrote beside them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from ...ir.foreign_names import layer_names, unwrapped
from .layers.part import Part
from .network import Op, Place


class Named(NamedTuple):
    """A layer to name: the module that it is in, and the name that it has there or ""."""

    path: str
    own: str
    kind: str


def names_of(inputs: Iterable[str], parts: Iterable[tuple[Op, Part]]) -> list[str]:
    """Names for the inputs and then for the layers, in their order.

    A module that is one layer lends it its name; in others a layer is called as its node is, or as
    its kind where the node's name says no more. A module that only wraps the network lends no name.
    """
    inputs, parts = list(inputs), list(parts)
    named = [_named(op.place, part) for op, part in parts]
    kinds: dict[str, set[str]] = {}
    for each in named:
        kinds.setdefault(each.path, set()).add(each.own or each.kind)
    around = {scope for path in kinds for scope in _outer(path)}
    texts = [_text(each, len(kinds[each.path]) == 1 and each.path not in around) for each in named]
    names = layer_names([*inputs, *texts])
    if any(op.place.layer for op, _ in parts):  # names that a graph gave
        return names
    weighted = [*(False for _ in inputs), *(bool(part.layer.weights()) for _, part in parts)]
    return layer_names(unwrapped(names, weighted))


def _text(named: Named, alone: bool) -> str:
    if alone and named.path and not named.own:
        return named.path
    own = named.own or named.kind
    return f"{named.path}/{own}" if named.path else own


def _outer(path: str) -> list[str]:
    return [path[: match.start()] for match in re.finditer(r"[/.]", path) if match.start()]


def _named(place: Place, part: Part) -> Named:
    if place.layer:
        return Named("", place.layer, "")
    kind = part.layer.kind if part.layer.kind != "opaque" else _lower(part.layer.operator)  # type: ignore[attr-defined]
    if place.scopes:
        *modules, _ = place.scopes
        return Named(modules[-1] if modules else "", "", kind)
    path, slash, own = place.name.rpartition("/")
    if slash:
        return Named(path, "" if _says_kind(own, place.kind) else own, kind)
    return Named("", "" if _says_kind(own, place.kind) or not place.named else own, kind)


def _says_kind(own: str, kind: str) -> bool:
    """Whether a node's name is its operator's and a number: `Conv_12`, `p2o.Conv.3`, `123`."""
    bare = re.sub(r"^(node|n\d+|p2o)[_.]|[_.:]*\d*$", "", own).lower()
    return not bare or bare in (kind.lower(), kind.lower().replace("normalization", "_norm"))


def _lower(operator: str) -> str:
    """`reduce_sum` for ReduceSum."""
    words = re.sub(r"[^A-Za-z0-9]+", "_", operator)
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", words).lower()
