"""The smallest classifier of an image: the mean of each channel is the score of a class."""

from __future__ import annotations

from dataclasses import replace

import henet_arch as ha
from henet_arch.ir import layers
from henet_arch.ir.layer import Layer


def pooled(channels: int, height: int, width: int, *more: Layer) -> ha.Graph:
    """The network `net` for such an image, with more layers behind it."""
    builder = ha.GraphBuilder("net")
    node = builder.add("image", layers.Input((channels, height, width)))
    for index, layer in enumerate((layers.GlobalAvgPool2d(), *more)):
        node = builder.add(f"layer{index}", layer, node)
    return builder.finish()


def weighted(source: ha.Spec | ha.Graph) -> ha.Model:
    """The network with random weights, always the same, as a file would give them."""
    import torch

    torch.manual_seed(0)
    state = ha.to_torch(source, init="kaiming").state_dict()
    tensors = ((key, value.numpy()) for key, value in state.items())
    weights = {key: values for key, values in tensors if not key.endswith("num_batches_tracked")}
    return replace(ha.load(source), weights=weights)
