"""Layers in an order in which those of a scope stand together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from .graph import Graph, Node
from .scope import join, words

if TYPE_CHECKING:
    from networkx import DiGraph


def by_scope(graph: Graph) -> Graph:
    """The same network with the layers of each scope next to one another.

    Optimizers of other formats mix the layers of parallel branches. Scopes that read each other in
    turns stay mixed.
    """
    return replace(graph, nodes=tuple(_ordered(graph.nodes, 1)))


def _ordered(nodes: Sequence[Node], depth: int) -> Iterator[Node]:
    """Nodes by their scopes of `depth` words, and inside of each by longer ones."""
    groups: dict[str, list[Node]] = {}
    for node in nodes:
        groups.setdefault(join(*words(node.name)[:depth]), []).append(node)
    for scopes in _sorted(groups):
        if len(scopes) > 1:
            mixed = {node.name for scope in scopes for node in groups[scope]}
            yield from (node for node in nodes if node.name in mixed)
        elif len(groups[scopes[0]]) > 1:
            yield from _ordered(groups[scopes[0]], depth + 1)
        else:
            yield from groups[scopes[0]]


def _sorted(groups: dict[str, list[Node]]) -> Iterator[Sequence[str]]:
    """Scopes, each after all that it reads; those that read each other in turns are together."""
    import networkx

    scope_of = {node.name: scope for scope, nodes in groups.items() for node in nodes}
    reads: DiGraph[str] = networkx.DiGraph()
    reads.add_nodes_from(groups)
    for scope, nodes in groups.items():
        read = (name for node in nodes for name in (*node.inputs, node.shares))
        reads.add_edges_from((scope_of[name], scope) for name in read if name in scope_of)
    places = {scope: place for place, scope in enumerate(groups)}
    joined = networkx.condensation(reads)
    members = joined.nodes(data="members")
    first = {number: min(map(places.__getitem__, scopes)) for number, scopes in members}
    for number in networkx.lexicographical_topological_sort(joined, first.__getitem__):
        yield sorted(joined.nodes[number]["members"], key=places.__getitem__)
