"""An error that lists names lists those that work there, and no others."""

from __future__ import annotations

import re

import pytest
from cli.run import run

from henet_arch.forms import DRAWINGS


def _fix(line: str) -> str:
    """What the error says to do instead."""
    outcome = run(*line.split())
    assert outcome.code in (2, 3)
    return " ".join(outcome.err.partition("fix:")[2].split())


@pytest.mark.parametrize("target", ["torch", "onnx", "caffe", "c"])
def test_endings_are_the_targets_own(target: str) -> None:
    offered = re.findall(r"(\.\w+) for", _fix(f"emit lenet5 --target {target} -o net.xyz"))
    assert offered
    for ending in offered:
        assert run("emit", "lenet5", "--target", target, "-o", f"net{ending}").code == 0


@pytest.mark.parametrize(
    ("figure", "refused"), [("maps", {"dot", "json"}), ("1", {"dot", "png", "pdf"})]
)
def test_forms_are_those_that_draw_the_figure(figure: str, refused: set[str]) -> None:
    fix = _fix(f"draw henet-r2 --figure {figure} -o net.xyz")
    offered = set(re.findall(r"(\w+) \(", fix))
    assert offered
    assert not offered & refused
    for form in refused:
        assert run(*f"draw henet-r2 --figure {figure} -f {form} -o net.out".split()).code != 0


def test_forms_of_a_comparison_are_those_that_draw_two() -> None:
    compared = "draw lenet5 --compare henet-r2"
    offered = set(re.findall(r"(\w+) \(", _fix(f"{compared} -o net.xyz")))
    assert {"svg", "html"} <= offered
    assert offered == set(DRAWINGS) - {n for n, form in DRAWINGS.items() if form.alone}
    for form in set(DRAWINGS) - offered:
        assert run(*f"{compared} -f {form} -o net.out".split()).code == 3
    for form in offered - {"png", "pdf"}:
        assert run(*f"{compared} -f {form} -o net.out".split()).code == 0


def test_weights_are_those_that_fit_the_network() -> None:
    assert _fix("emit lenet5 -o net.py --weights cifar") == "a file of weights"
    assert "cifar10" in _fix("emit henet-r2 -o net.py --weights cifar")
