"""A network of several inputs is refused by whatever takes one, and never in a traceback."""

from __future__ import annotations

from pathlib import Path

import pytest
from cli.run import run

import henet_arch as ha
from henet_arch.ir import layers
from henet_arch.ir.graph import Graph, GraphBuilder
from henet_arch.support.errors import EmitError

pytest.importorskip("torch")


def _two() -> Graph:
    net = GraphBuilder("two")
    ends = []
    for name in ("left", "right"):
        image = net.add(name, layers.Input((3, 8, 8)))
        ends.append(net.add(f"{name}_conv", layers.Conv2d(3, 4, (3, 3)), image))
    return net.finish([net.add("sum", layers.Add(), ends)])


@pytest.mark.parametrize(
    "words", [("verify", "--target", "c"), ("time", "--runs", "1", "--passes", "1")]
)
def test_commands_refuse_it(words: tuple[str, ...]) -> None:
    Path("two.json").write_text(ha.to_json(_two()))
    command, *more = words
    outcome = run(command, "two.json", *more)
    assert (outcome.code, outcome.out) == (3, "")
    assert "one input, and two has several" in outcome.err


def test_a_training_step_refuses_it() -> None:
    with pytest.raises(EmitError, match="takes one input") as caught:
        ha.emit(_two(), "c-training")
    assert caught.value.where == "right"
