"""Diagnostics as SARIF 2.1.0, which code hosts and editors show.

Source: OASIS Static Analysis Results Interchange Format (SARIF) Version 2.1.0, errata 01.
"""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any
from urllib.parse import quote

from ..ir.scope import leaf
from ..lints.diagnostics import Diagnostic, Diagnostics
from ..lints.rule import Rule
from ..results.report_form import ReportForm
from ..results.table import Terminal
from ..support.version import __version__

_SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)
_LEVELS = {"error": "error", "warning": "warning", "info": "note"}


def report(result: Diagnostics, _terminal: Terminal) -> str:
    """The log of one run; no other result has this form."""
    driver = {
        "name": "henet-arch",
        "version": __version__,
        "rules": [_rule(rule) for rule in result.rules],
    }
    run = {
        "tool": {"driver": driver},
        "results": [_result(result, items) for items in result.diagnostics],
        "properties": {"network": result.graph.name, "family": result.graph.family},
    }
    return json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"


def _rule(rule: Rule) -> dict[str, Any]:
    return {
        "id": rule.id,
        "name": rule.name,
        "shortDescription": {"text": rule.summary},
        "fullDescription": {"text": rule.explanation},
        "help": {"text": f"{rule.advice}\n\nSource: {rule.source}"},
        "defaultConfiguration": {"level": _LEVELS[rule.severity]},
    }


def _result(result: Diagnostics, diagnostic: Diagnostic) -> dict[str, Any]:
    rule, finding = diagnostic.rule, diagnostic.finding
    text = f"{finding.layers[0]}: {finding.what}; {_help(result, diagnostic)}"
    location: dict[str, Any] = {
        "logicalLocations": [_layer(result, name) for name in finding.layers]
    }
    if place := result.place(finding):
        location["physicalLocation"] = _physical(Path(place.file), place.line)
    elif result.origin:
        location["physicalLocation"] = _physical(result.origin.path, result.origin.line(rule.keys))
    return {
        "ruleId": rule.id,
        "ruleIndex": result.rules.index(rule),
        "level": _LEVELS[rule.severity],
        "message": {"text": _escaped(text)},
        "locations": [location],
    }


def _physical(path: Path, line: int) -> dict[str, Any]:
    return {"artifactLocation": {"uri": _uri(path)}, "region": {"startLine": line}}


def _help(result: Diagnostics, diagnostic: Diagnostic) -> str:
    fix = result.fixes.get(diagnostic.rule.id)
    return f"fix: {fix}" if fix else f"advice: {diagnostic.advice}"


def _layer(result: Diagnostics, name: str) -> dict[str, str]:
    kind = result.graph[name].layer.kind
    return {"name": leaf(name), "fullyQualifiedName": name, "kind": kind}


def _uri(path: Path) -> str:
    """Relative to where the program runs, if the file is below that."""
    whole, here = path.resolve(), Path.cwd()
    if not whole.is_relative_to(here):
        return whole.as_uri()
    return quote(os.fsencode(whole.relative_to(here).as_posix()))


def _escaped(text: str) -> str:
    """Without placeholders and links, as sections 3.11.5 and 3.11.6 have it."""
    return re.sub(r"([\\\[\]])", r"\\\1", text).replace("{", "{{").replace("}", "}}")


REPORT = ReportForm(report, of=Diagnostics)
