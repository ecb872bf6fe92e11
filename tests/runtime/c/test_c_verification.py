"""What `verify` says of networks in C whose right answers are no numbers, or zeros."""

from __future__ import annotations

import shutil

import pytest

import henet_arch as ha
from henet_arch.ir import layers
from henet_arch.ir.graph import GraphBuilder

pytest.importorskip("torch")
pytestmark = pytest.mark.skipif(not shutil.which("cc"), reason="no C compiler")


def test_no_numbers_in_the_same_places_are_right() -> None:
    builder = GraphBuilder("root")
    image = builder.add("image", layers.Input((1, 4, 5)))
    builder.add("root", layers.Elementwise("sqrt"), image)
    verification = ha.verify(builder.finish(), "c")
    assert verification.holds, verification


def test_an_output_of_zeros() -> None:
    builder = GraphBuilder("zeros")
    image = builder.add("image", layers.Input((4, 6, 7)))
    padded = builder.add("pad", layers.PadChannels(4, 0), image)
    builder.add("zeros", layers.SliceChannels(0, 4), padded)
    graph = builder.finish()
    assert ha.explain(graph, target="c").to_dict()
    verification = ha.verify(graph, "c")
    assert verification.holds, verification
