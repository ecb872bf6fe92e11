"""Inputs, vectors, shuffles and other sizes as layers of Caffe."""

from __future__ import annotations

from ...importers._caffe.message import Message
from ...ir.dims import Dim, format_shape
from ...ir.layers import Crop2d, Linear, Resize
from .messages import fields
from .net import CaffeLayer, Site, slashed


def image(site: Site) -> None:
    """An `Input`, whose blob is `data` where it is the only one."""
    net, name = site.net, slashed(site.node.name)
    alone = sum(not node.inputs for node in net.graph) == 1
    top = "data" if alone and net.fresh("data") == "data" else name
    settings = {"input_param": fields(shape=sizes(1, *site.node.shape))}
    site.enter(CaffeLayer(name, "Input", (), (top,), settings, node=site.node.name))


def sizes(*dims: Dim) -> Message:
    """A shape."""
    return fields(dim=[int(dim) for dim in dims])


def linear(site: Site) -> None:
    """`InnerProduct`."""
    layer: Linear = site.layer
    settings = fields(num_output=int(layer.out_features), bias_term=None if layer.bias else False)
    site.add("InnerProduct", tensors=tuple(layer.weights()), inner_product_param=settings)


def unflatten(site: Site) -> None:
    """A `Reshape` to a map of one place."""
    site.add("Reshape", reshape_param=fields(shape=sizes(0, 0, 1, 1)))


def shuffle(site: Site) -> None:
    """`ShuffleChannel`."""
    groups = int(site.layer.groups)
    site.add("ShuffleChannel", shuffle_channel_param=fields(group=groups))


def shuffle_by_permute(site: Site) -> None:
    """A `Reshape` to groups, a `Permute` of them with what they hold, and a `Reshape` back."""
    site.need("Permute")
    split = fields(shape=sizes(int(site.layer.groups), -1), axis=1, num_axes=1)
    x = site.add("Reshape", suffix="reshape", reshape_param=split)
    turn = fields(order=[0, 2, 1, 3, 4])
    x = site.add("Permute", bottoms=(x,), suffix="permute", permute_param=turn)
    merge = fields(shape=sizes(-1), axis=1, num_axes=2)
    site.add("Reshape", bottoms=(x,), reshape_param=merge)


def crop(site: Site) -> None:
    """A `Crop` to the rows and columns of another map, whose numbers do not matter.

    Raises:
        EmitError: no map has the size, or only each so many-th row or column is kept.
    """
    layer: Crop2d = site.layer
    if layer.stride != (1, 1):
        raise site.refused(f"a crop of stride {format_shape(layer.stride)}", why="Caffe's has none")
    graph, size = site.net.graph, site.node.shape[1:]
    like = next((n for n in site.net.blobs if graph[n].shape[1:] == size and size), None)
    if like is None:
        raise site.refused(
            f"a crop to {format_shape(size)}",
            why="Caffe's is to the size of a map before it, and none is of that size",
        )
    above, _, left, _ = layer.edges
    bottoms = (*site.bottoms, site.net.blobs[like])
    site.add("Crop", bottoms=bottoms, crop_param=fields(axis=2, offset=[above, left]))


def resize(site: Site) -> None:
    """`Interp`, which keeps the outermost pixels where they are."""
    layer: Resize = site.layer
    if layer.mode != "bilinear" or not layer.align_corners:
        raise site.refused(
            f"a map resized by mode={layer.mode!r}, align_corners={layer.align_corners}",
            why="an Interp is bilinear, and keeps the outermost pixels",
        )
    rows, columns = site.node.shape[1:]
    site.add("Interp", interp_param=fields(height=int(rows), width=int(columns)))
