"""Every pass keeps what the network computes: a program is run after each, and PyTorch judges."""

from __future__ import annotations

import pytest
from examples import examples
from graphs import graphs
from hypothesis import assume, given
from lowering.interpreter import check
from strategies import networks, specs

import henet_arch as ha
from henet_arch.ir.graph import Graph

LARGEST = 20_000_000
"""Multiply-accumulates of the networks that are run."""


@given(graphs())
@examples(40)
def test_random_graphs(graph: Graph) -> None:
    check(graph)


@given(specs())
@examples(12)
def test_random_specs(spec: ha.Spec) -> None:
    graph = ha.build(spec)
    assume(ha.analyze(graph).macs < LARGEST)
    check(graph)


@given(networks())
@examples(12)
def test_random_specs_of_other_papers(spec: ha.Spec) -> None:
    graph = ha.build(spec)
    assume(ha.analyze(graph).macs < LARGEST)
    check(graph)


@pytest.mark.parametrize("name", ["henet-r3", "shufflenet-r2", "lenet5", "resnet20"])
def test_presets(name: str) -> None:
    check(ha.build(name))
