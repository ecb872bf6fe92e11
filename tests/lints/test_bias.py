"""Biases that a batch norm takes away, by the outputs of a training step."""

from __future__ import annotations

import re

import pytest
import torch

import henet_arch as ha
from henet_arch.ir import layers
from henet_arch.ir.graph import GraphBuilder
from henet_arch.ir.layer import Layer

BETWEEN = {
    layers.ChannelShuffle(2): True,
    layers.Crop2d((1, 1, 0, 1)): True,
    layers.PadChannels(1, 1): True,
    layers.PixelUnshuffle(2): True,
    layers.Pad2d((1, 1, 1, 1)): False,
    layers.PixelShuffle(2): False,
    layers.Dropout(0.5): False,
    layers.Opaque("aten.transpose", ((8, 8, 8),), (8, 8, 8), (), ()): False,
}
"""Whether batch norm still takes the whole bias of each channel away behind such a layer."""


@pytest.mark.parametrize("between", BETWEEN, ids=lambda layer: layer.kind)
def test_a_bias_that_batch_norm_takes_away(between: Layer) -> None:
    """The outputs of a training step say it: equal whatever the bias is."""
    builder = GraphBuilder("between")
    node = builder.add("image", layers.Input((3, 8, 8)))
    node = builder.add("conv", layers.Conv2d(3, 8, (3, 3), padding=(1, 1)), node)
    node = builder.add("between", between, node)
    builder.add("bn", layers.BatchNorm2d(node.shape[0]), node)
    graph = builder.finish()
    assert bool(ha.lint(graph, ["HA101"]).diagnostics) == BETWEEN[between]
    if between.kind in ("opaque", "dropout"):
        return  # no module has the one, and chance decides the other
    module = ha.to_torch(graph).train()
    images = torch.randn(4, 3, 8, 8)
    first = module(images)
    with torch.no_grad():
        module.get_parameter("conv.bias").add_(torch.linspace(1, 3, 8))
    same = bool(torch.allclose(module(images), first, atol=1e-4))
    assert same == BETWEEN[between]


def test_a_bias_of_a_shared_layer_is_found_once_and_where_all_its_uses_are_normalised() -> None:
    for normalised in (True, False):
        builder = GraphBuilder("shared")
        image = builder.add("image", layers.Input((3, 8, 8)))
        conv = layers.Conv2d(3, 8, (3, 3))
        first = builder.add("first", conv, image)
        again = builder.add("again", conv, image, shares="first")
        last = layers.BatchNorm2d(8) if normalised else layers.Elementwise("relu")
        ends = [builder.add("bn", layers.BatchNorm2d(8), first), builder.add("end", last, again)]
        found = ha.lint(builder.finish(ends), ["HA101"]).diagnostics
        assert [each.finding.layers for each in found] == ([("first",)] if normalised else [])


def test_a_block_with_a_number_beside_one_without() -> None:
    builder = GraphBuilder("blocks")
    node = builder.add("image", layers.Input((3, 8, 8)))
    for block in ("down", "down2", "down3"):
        conv = layers.Conv2d(node.shape[0], 8, (3, 3), padding=(1, 1))
        node = builder.add(f"{block}.conv", conv, node)
        node = builder.add(f"{block}.bn", layers.BatchNorm2d(8), node)
    text = str(ha.lint(builder.finish(), ["HA101"]))
    assert re.search(r"down\.conv +1 ", text)
    assert re.search(r"down2-3\.conv +2 ", text)
