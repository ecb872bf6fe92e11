"""Maps added that look at different pixels."""

from __future__ import annotations

from collections.abc import Iterator

from .rule import Context, Finding, Rule, computes


def _check(context: Context) -> Iterator[Finding]:
    for node in context.graph:
        if len(node.inputs) < 2 or not computes(node):
            continue
        field = context.fields.get(node.name)
        if not field:
            continue
        axes = zip(field.shift, field.axes, strict=True)
        ways = [(shift, axis.stride) for shift, axis in axes if axis.stride]
        shift, stride = max(ways, key=lambda way: way[0] / way[1], default=(0, 1))
        if shift > stride / 2:
            yield Finding(
                (node.name, *dict.fromkeys(node.inputs)),
                f"its inputs are centred {shift:g} pixels apart, its elements {float(stride):g}",
            )


RULE = Rule(
    id="HA105",
    severity="warning",
    summary="maps added that look at different pixels",
    explanation=(
        "A sum adds element to element, so that both must look at the same place. Fires where the "
        "centres of their receptive fields are more than half an element apart: each is then "
        "nearer to a neighbour of the other. Half an element, as an even pooling window beside an "
        "odd kernel gives, is common and passes."
    ),
    advice="the same kernel parity, padding and strides on both ways, such as odd kernels padded "
    "by half",
    source="receptive fields: docs/analysis.md",
    check=_check,
    keys=("padding",),
)
