"""What a training step cannot be made of is refused before anything is planned."""

from __future__ import annotations

from ...ir.element_type import FLOAT32
from ...ir.graph import Graph, Node
from ...support.errors import EmitError
from ..checks import check as check_sizes
from .forward import ELSEWHERE, has_pass


def check(graph: Graph) -> None:
    """Refuse layers that no pass computes.

    Raises:
        EmitError: a layer is of another kind, has elements that are not float32, or sizes that are
            symbols.
        LimitError: the network is too large to be planned.
    """
    for node in graph:
        _check_kind(node)
    for other in [node for node in graph if not node.inputs][1:]:
        raise EmitError(
            "the native training step takes one input, and this is another one",
            where=other.name,
            fix="a network of one input",
        )
    check_sizes(graph)


def _check_kind(node: Node) -> None:
    if not has_pass(node.layer):
        raise EmitError(
            f"the native training step has no {node.layer.kind}", where=node.name, fix=ELSEWHERE
        )
    if node.element_type != FLOAT32:
        raise EmitError(
            f"the native training step computes in float32, and these elements are "
            f"{node.element_type.name}",
            where=node.name,
            fix=ELSEWHERE,
        )
