"""What a block or stage is: its layers, shapes and costs, and what it sees of the image."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

from ..analyzers import receptive_field
from ..analyzers.report import Report
from ..ir.dims import Dim, Shape, format_shape
from ..ir.graph import Node
from ..ir.scope import below, within
from ..results import unknown
from ..results.columns import FIELDS, Part
from ..results.layer_report import Scope
from ..results.report_table import alike, joined_name, merged, signature
from ..results.table import Column, Row, Share, Table, number_of, pair, size
from ..support.errors import HenetArchError

_SHOWN = [FIELDS[name] for name in ("kind", "repeats", "input", "output", "kernel", "params")]
_COUNTED = [FIELDS[name] for name in ("macs", "macs-share")]


def parts(scope: Scope) -> list[Scope]:
    """What stands directly in a scope: blocks, or layers."""
    runs = groupby(scope.layers, key=lambda layer: within(layer.node.name, scope.name))
    return [Scope(name, tuple(layers)) for name, layers in runs]


def facts_table(report: Report, scope: Scope) -> Table:
    """The scope as a whole."""
    rows = [Row(row) for row in _facts(report, scope)]
    columns = (Column("fact"), Column("value", prose=True))
    return Table(f"{scope.name}: a part of {report.graph.name}", columns, rows)


def parts_table(report: Report, scope: Scope) -> Table:
    """What is in it, equal blocks in one row."""
    fields = [*_SHOWN, *_COUNTED]
    columns = [Column("part"), *(field.column(report) for field in fields), Column("source")]
    rows = []
    for same in alike(parts(scope), signature):
        part = Part(merged(same), report, len(same))
        cells = (field.shown(part, "plain") for field in fields)
        rows.append(Row((joined_name(same), *cells, _place(part))))
    total = Part(scope, report)
    rows.append(Row(("total", *(field.shown(total, "total") for field in fields), ""), "total"))
    return Table(f"{scope.name}: its parts", columns, rows)


def to_dict(report: Report, scope: Scope) -> dict[str, Any]:
    """The same facts for programs."""
    field = _field(report, scope)
    return {
        **scope.to_dict(),
        "inputs": scope.inputs,
        "outputs": _outputs(report, scope),
        "params_share": _number(Share.of(scope.params, report.params)),
        "macs_share": _number(Share.of(scope.macs, report.macs)),
        "live_activation_bytes": scope.live_bytes,
        "receptive_field": None
        if isinstance(field, str)
        else {
            "size": [number_of(axis.size) for axis in field.axes],
            "stride": [number_of(axis.stride) for axis in field.axes],
        },
    }


def _facts(report: Report, scope: Scope) -> Iterator[tuple[str, str]]:
    kinds = Counter(layer.node.layer.kind for layer in scope.layers)
    listed = ", ".join(f"{count:,} {kind}" for kind, count in kinds.items())
    yield "layers", f"{len(scope.layers):,}: {listed}"
    yield "input", _named(scope.inputs)
    yield "output", _named(_outputs(report, scope))
    yield "params", f"{scope.params:,}{_of(scope.params, report.params)}"
    macs = unknown.bound(f"{scope.macs:,}", not scope.unknown)
    yield report.convention.unit, f"{macs}{_of(scope.macs, report.macs)}"
    yield "receptive field", _seen(_field(report, scope))
    most = max(scope.layers, key=lambda layer: layer.live_bytes)
    yield "weights", size(scope.weight_bytes)
    yield "activations", f"{size(scope.forward_bytes)} in all, if none is freed"
    yield "most held", f"{size(most.live_bytes)} at {below(most.node.name, scope.name)}"


def _of(part: Dim, whole: Dim) -> str:
    share = Share.of(part, whole)
    return f" ({100 * share.part:.1f}% of {whole:,})" if share else ""


def _outputs(report: Report, scope: Scope) -> dict[str, Shape]:
    """What others read of it, or the network gives."""
    own = {layer.node.name: layer.node for layer in scope.layers}
    others: Sequence[Node] = [node for node in report.graph if node.name not in own]
    read = {name for node in others for name in node.inputs} | set(report.graph.outputs)
    return {name: node.shape for name, node in own.items() if name in read}


def _named(shapes: dict[str, Shape]) -> str:
    texts = (f"{name} ({format_shape(shape)})" for name, shape in shapes.items())
    return ", ".join(texts) or "none"


def _field(report: Report, scope: Scope) -> receptive_field.Field | str:
    """What its last layer sees of the image; why that is not known, otherwise."""
    name = scope.layers[-1].node.name
    try:
        fields = receptive_field.analyze(report.graph)
    except HenetArchError as error:
        return error.what
    known = {field.name: field for field in fields.by_layer}
    return known.get(name) or f"it depends on {fields.stopped[name]}, which hides what it reads"


def _seen(field: receptive_field.Field | str) -> str:
    if isinstance(field, str):
        return f"not known: {field}"
    pixels = "x".join(f"{float(axis.size):.6g}" for axis in field.axes)
    apart = pair([axis.stride for axis in field.axes])
    return f"{pixels} pixels of the image, elements {apart} apart"


def _number(share: Share | None) -> float | None:
    return share.part if share else None


def _place(part: Part) -> str:
    place = part.layer.node.place if part.layer else None
    return f"{place.file}:{place.line}" if place else ""
