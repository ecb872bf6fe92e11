"""A bias that the batch norm after it takes away again."""

from __future__ import annotations

from collections.abc import Iterator

from ..graph import Node
from ..linting import Context, Finding, Lint, computes, leaf


def _check(context: Context) -> Iterator[Finding]:
    for node in context.graph:
        norms = _norms(context, node.name) if node.layer.attributes().get("bias") else None
        if norms:
            count = int(node.layer.weights()["bias"][0])
            names = " and ".join(dict.fromkeys(leaf(norm.name) for norm in norms))
            yield Finding(
                (node.name,),
                f"{names} takes its {count:,} biases away",
                share=count / context.params,
            )


def _norms(context: Context, name: str) -> list[Node] | None:
    """The batch norms that read a layer, maybe reordered or joined; None if anything else does."""
    if name in context.graph.outputs:
        return None
    found: list[Node] = []
    for reader in context.readers[name]:
        if "running_mean" in reader.layer.buffers():
            found.append(reader)
            continue
        beyond = None if computes(reader) else _norms(context, reader.name)
        if beyond is None:
            return None
        found += beyond
    return found


LINT = Lint(
    id="HA101",
    severity="warning",
    summary="a bias that the batch norm after it takes away",
    explanation=(
        "Batch norm subtracts the mean of each channel, and the mean has the bias in it: with any "
        "bias the output is the same, and in training its gradient is 0. Batch norm's own shift is "
        "the bias of the pair. Silent where anything else reads the layer, or anything that "
        "computes stands between the two."
    ),
    fix="bias=False",
    source="Ioffe and Szegedy, Batch Normalization (arXiv:1502.03167), section 3.2",
    check=_check,
    of="params",
)
