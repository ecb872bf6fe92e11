"""Where groups meet, and where weights say an order, beside chains of convolutions."""

from __future__ import annotations

import pytest

import henet_arch as ha
from henet_arch.ir import layers
from henet_arch.ir.graph import Graph, GraphBuilder
from henet_arch.results.table import size


def _gated(gate: bool) -> Graph:
    """Two convolutions in 2 groups; between them a factor for each channel, of fully connected."""
    builder = GraphBuilder("gated")
    node = builder.add("image", layers.Input((3, 8, 8)))
    node = builder.add("stem", layers.Conv2d(3, 8, (3, 3), padding=(1, 1)), node)
    node = builder.add("a", layers.Conv2d(8, 8, (3, 3), padding=(1, 1), groups=2), node)
    mean = builder.add("mean", layers.GlobalAvgPool2d(), node)
    vector = builder.add("flat", layers.Flatten(), mean)
    vector = builder.add("squeeze", layers.Linear(8, 4), vector)
    if gate:
        vector = builder.add("excite", layers.Linear(4, 8), vector)
        factor = builder.add("factor", layers.Unflatten(), vector)
        node = builder.add("scaled", layers.Multiply(), [node, factor])
    last = builder.add("b", layers.Conv2d(8, 8, (3, 3), padding=(1, 1), groups=2), node)
    return builder.finish([last] if gate else [last, vector])


def test_groups_that_meet_in_a_gate_of_vectors() -> None:
    """A vector that no map is made of joins them as a head does, which is no meeting."""
    assert not ha.lint(_gated(True), ["HA102"]).diagnostics
    (found,) = ha.lint(_gated(False), ["HA102"]).diagnostics
    assert found.finding.layers == ("a", "b")


@pytest.mark.parametrize("shares", [False, True])
def test_a_shuffle_before_weights_that_another_layer_has(shares: bool) -> None:
    builder = GraphBuilder("shuffled")
    node = builder.add("image", layers.Input((4, 8, 8)))
    conv = layers.Conv2d(4, 4, (1, 1))
    first = builder.add("c1", conv, node)
    node = builder.add("shuffle", layers.ChannelShuffle(2), first)
    builder.add("c2", conv, node, shares="c1" if shares else "")
    found = ha.lint(builder.finish(), ["HA103"]).diagnostics
    assert bool(found) != shares


def test_a_dropout_between_the_map_and_a_large_layer() -> None:
    builder = GraphBuilder("head")
    node = builder.add("image", layers.Input((3, 8, 8)))
    node = builder.add("conv", layers.Conv2d(3, 64, (3, 3), padding=(1, 1)), node)
    node = builder.add("flat", layers.Flatten(), node)
    node = builder.add("drop", layers.Dropout(0.5), node)
    builder.add("fc", layers.Linear(4096, 10), node)
    assert "a global average pool before it: 64 features, 650 parameters" in " ".join(
        str(ha.lint(builder.finish(), ["HA301"])).split()
    )


def test_bytes_go_over_to_the_larger_unit_where_they_round_to_it() -> None:
    assert [size(n) for n in (1023, 1024, 1_048_575, 2**30 - 1)] == [
        "1023 B", "1.0 KiB", "1.0 MiB", "1.0 GiB",
    ]  # fmt: skip
