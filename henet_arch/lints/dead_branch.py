"""Layers whose values no output depends on."""

from __future__ import annotations

from collections.abc import Iterator

from ..ir.graph import Node
from ..ir.layers import Softmax
from .rule import Context, Finding, Rule, parameters


def _check(context: Context) -> Iterator[Finding]:
    for branch in _branches(context, _dead(context)):
        nodes = [context.graph[name] for name in branch]
        count = sum(map(parameters, nodes))
        text = f"{len(nodes)} layers" if len(nodes) > 1 else "this layer"
        yield Finding(
            tuple(branch),
            f"{text} with {count:,} parameters: {_why(context, branch[-1])}",
            share=count / context.params if context.params else None,
        )


def _is_constant(node: Node) -> bool:
    """Whether its output is the same for every input."""
    return isinstance(node.layer, Softmax) and node.channels == 1


def _dead(context: Context) -> dict[str, None]:
    """The layers that no output depends on."""
    live = set(context.graph.outputs)
    for node in reversed(context.graph.nodes):
        if node.name in live and not _is_constant(node):
            live.update(node.inputs)
    return {node.name: None for node in context.graph if node.name not in live}


def _branches(context: Context, dead: dict[str, None]) -> Iterator[list[str]]:
    """Dead layers that read one another, together and in the graph's order."""
    for start in list(dead):
        if start not in dead:
            continue
        del dead[start]
        branch = [start]
        for name in branch:
            readers = (reader.name for reader in context.graph.readers[name])
            for other in (*context.graph[name].inputs, *readers):
                if other in dead:
                    del dead[other]
                    branch.append(other)
        yield sorted(branch, key=context.graph.positions.__getitem__)


def _why(context: Context, last: str) -> str:
    for reader in context.graph.readers[last]:  # all of them constant, or the layer would be alive
        return f"{reader.name} over 1 channel is always 1"
    return f"{last} is no output, and nothing reads it"


RULE = Rule(
    id="HA104",
    severity="error",
    summary="layers whose values no output depends on",
    explanation=(
        "They are computed and trained, and change nothing: their weights have no gradient. A "
        "branch is dead if no output can be reached from it, or only through a softmax over one "
        "channel, which is 1 for every input."
    ),
    advice="make the end of the branch an output, join it, or leave it out; a softmax needs 2 "
    "classes",
    source="reachability from the outputs",
    check=_check,
    of="params",
    keys=("softmax", "classes"),
    proposals=lambda spec: ({"classes": 2}, {"softmax": False}),
)
