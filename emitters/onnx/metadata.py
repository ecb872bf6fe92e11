"""What is known of a network beside its layers, as the texts that an ONNX file keeps."""

from __future__ import annotations

import json

from ...analyzers.report import Report
from ...importers.record import to_record
from ...ir.model import Model
from ...results import unknown


def metadata(model: Model, report: Report) -> dict[str, str]:
    """The entries of `metadata_props`: what other tools read, and the record.

    All but counts is JSON.
    """
    macs = unknown.words(report.macs, "", not report.unknown).strip()
    entries = {"params": str(report.params), "macs": macs.replace(",", "")}
    if model.preprocessing:
        entries["preprocessing"] = json.dumps(model.preprocessing.to_dict())
    if model.class_names:
        entries["class_names"] = json.dumps(model.class_names)
    if model.trained_on:
        entries["trained_on"] = json.dumps(model.trained_on)
    return {**entries, "henet_arch": json.dumps(to_record(model))}
