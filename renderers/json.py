"""Reports and drawings as JSON, the items of a list one a line."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from ..ir.dims import format_shape
from ..results.layer_report import LayerReport
from ..results.report_form import ReportForm
from ..results.table import Result, Terminal
from ..support.errors import DrawError
from ..views.drawing import Drawing, DrawingForm


def draw(drawing: Drawing) -> str:
    """The figures of every layer in the form of Netron's attachments.

    Netron shows them beside a model whose nodes have the layers' names, such as a safetensors
    file with the network's weights. Source: `netron:attachment` in Netron 9's `view.js`.

    Raises:
        DrawError: there are two networks.
    """
    if len(drawing.reports) > 1:
        raise DrawError(
            "an attachment holds the figures of one network", fix="no --compare, or another form"
        )
    result = drawing.reports[0]
    macs = "macs, at least" if result.unknown else "macs"
    totals = {"parameters": result.params, macs: result.macs}
    metrics = [_entry("model", "", name, value) for name, value in totals.items()]
    metadata = []
    for layer in result.layers:
        name = layer.node.name
        metrics += [_entry("node", name, key, value) for key, value in _figures(layer).items()]
        metadata.append(_entry("node", name, "output shape", format_shape(layer.node.shape)))
        reasons = "; ".join(f"{d.reason} ({d.source})" for d in layer.node.because)
        metadata += [_entry("node", name, "because", reasons)] if reasons else []
    return _document({"signature": "netron:attachment", "metadata": metadata, "metrics": metrics})


def _entry(kind: str, target: str, name: str, value: Any) -> dict[str, Any]:
    return {"kind": kind, "target": target, "name": name, "value": value, "type": "attribute"}


def _figures(layer: LayerReport) -> dict[str, Any]:
    return {
        "parameters": layer.params,
        "macs": layer.macs if layer.cost_known else "unknown",
        "activations": layer.activations,
        "live bytes": layer.live_bytes,
    }


def report(result: Result, _terminal: Terminal) -> str:
    """The whole result. Large ones stay fast, since no line needs Python's own indenting."""
    return _document(result.to_dict())


def _document(content: dict[str, Any]) -> str:
    entries = (f"  {json.dumps(key)}: {_value(value)}" for key, value in content.items())
    return "{\n" + ",\n".join(entries) + "\n}\n"


def _value(value: Any) -> str:
    if not isinstance(value, list) or not any(isinstance(item, dict) for item in value):
        return _text(value)
    return "[\n" + ",\n".join(_indented(value)) + "\n  ]"


def _indented(items: Iterable[Any]) -> Iterable[str]:
    return (f"    {_text(item)}" for item in items)


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


REPORT = ReportForm(report, reads="to_dict")
DRAWING = DrawingForm(draw, (".json",), uses=(), alone=True)
