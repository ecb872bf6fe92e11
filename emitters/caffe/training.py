"""The network as Caffe trains it: its data, losses and fillers, and the HENet paper's solver."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from ...importers._caffe.message import Field, Message
from ...importers._caffe.text import written
from ...ir.dims import format_shape
from ...ir.graph import Graph, Node
from ...ir.scope import outermost
from ...papers.training import PAPER
from ...support.errors import EmitError
from .._initial import DEVIATION
from .messages import fields, text
from .net import CaffeLayer, Net, slashed
from .pixels import Pixels
from .prototxt import Entry, entry, message_of

FILLERS = {
    "gaussian": fields(type=text("gaussian"), std=DEVIATION),
    "kaiming": fields(type=text("msra")),
}
"""How weights start, by the names of `INITS`; biases are 0 where nothing is said."""
_FILLED = {
    "Convolution": "convolution_param",
    "Deconvolution": "convolution_param",
    "InnerProduct": "inner_product_param",
}
_AUXILIARY = 0.3
"""The weight of each loss but the main one. Source: GoogLeNet (arXiv:1409.4842), section 5."""
_TESTED, _AT_ONCE = 10_000, 100
"""Images that a test looks at, as many as CIFAR-10 has for it, and how many of them at once."""
_LEARNING = ({"lr_mult": 1, "decay_mult": 1}, {"lr_mult": 2, "decay_mult": 0})
"""The weight and the bias of a fully connected layer, as in the paper's own files."""


def entries(net: Net, pixels: Pixels | None, init: str) -> Iterator[Entry]:
    """The layers of a network that is trained and tested: its data, itself, and its losses.

    Args:
        net: The network as it is used.
        pixels: How its images are normalised, where that is known.
        init: How its weights start.

    Raises:
        EmitError: it has several inputs, or gives no scores of classes.
    """
    image = _image(net.graph)
    _check_scores(net.graph)
    label = net.fresh("label")
    yield from _data(net, image, label, pixels)
    graph = net.graph
    ends = {
        name
        for name in graph.outputs
        if graph[name].layer.kind == "softmax" and not graph.readers[name]
    }
    for layer in net.layers:
        if layer.kind not in ("Input", "Split") and layer.node not in ends:
            yield entry(layer)._replace(message=_trained(layer, FILLERS[init]))
    yield from _losses(net, label)


def solver(name: str, net: str) -> str:
    """The text of a solver.

    Args:
        name: What its snapshots are called.
        net: The file of the network.
    """
    message = fields(
        net=text(net),
        test_iter=_TESTED // _AT_ONCE,
        test_interval=PAPER.test_every,
        base_lr=PAPER.rate,
        lr_policy=text("multistep"),
        gamma=PAPER.factor,
        stepvalue=PAPER.drops,
        max_iter=PAPER.steps,
        type=text("Nesterov"),
        momentum=PAPER.momentum,
        weight_decay=PAPER.weight_decay,
        display=100,
        snapshot=10_000,
        snapshot_prefix=text(name),
        solver_mode="CPU",
    )
    comments = (
        "# The strategy of the HENet paper, section 4.1, for CIFAR-10, CIFAR-100 and SVHN.",
        f"# Batches of {PAPER.batch} images to train with, and {_AT_ONCE} to test: see {net}.",
        "# `caffe train --gpu=0` computes on a GPU all the same.",
    )
    return "\n".join(comments) + "\n\n" + written(message)


def _image(graph: Graph) -> Node:
    images = [node for node in graph if not node.inputs]
    if len(images) == 1 and len(images[0].shape) == 3:
        return images[0]
    raise EmitError(
        f"{graph.name} takes {', '.join(format_shape(node.shape) for node in images)}",
        why="a folder has a train_val.prototxt, whose Data layers give one image and its label",
        fix="a file: --output net.prototxt",
    )


def _check_scores(graph: Graph) -> None:
    shapes = {graph[name].shape for name in graph.outputs}
    if len(shapes) > 1 or len(graph.output_shape) > 1:
        raise EmitError(
            f"{graph.name} gives {', '.join(map(format_shape, sorted(shapes)))}, and no scores of "
            "classes",
            why="a folder has a train_val.prototxt with a SoftmaxWithLoss",
            fix="a file: --output net.prototxt",
        )


def _data(net: Net, image: Node, label: str, pixels: Pixels | None) -> Iterator[Entry]:
    """The images that train and test, normalised."""
    channels, rows, columns = image.shape
    top = net.blobs[image.name]
    scales = sorted(set(pixels.std)) if pixels else []
    read = net.fresh("pixels") if len(scales) > 1 else top
    comments = [f"Images of {format_shape(image.shape)} with the numbers of their classes."]
    comments.append("They are mirrored, as the paper's CIFAR; digits must not be: mirror: false.")
    if rows != columns:
        comments.append("Caffe crops squares alone: the images of the databases have this size.")
    if pixels and pixels.order != "of the network":
        comments.append(f"Their channels are in the order {pixels.order}.")
    for phase, batch in (("TRAIN", PAPER.batch), ("TEST", _AT_ONCE)):
        source = "train_lmdb" if phase == "TRAIN" else "val_lmdb"
        transform = fields(
            mirror=phase == "TRAIN",
            crop_size=int(rows) if rows == columns else None,
            mean_value=pixels.mean if pixels else None,
            scale=1 / scales[0] if len(scales) == 1 and scales[0] != 1 else None,
            force_gray=True if channels == 1 else None,
        )
        message = fields(
            name=text(top),
            type=text("Data"),
            top=[text(read), text(label)],
            include=fields(phase=phase),
            transform_param=transform,
            data_param=fields(source=text(source), batch_size=batch, backend="LMDB"),
        )
        yield Entry(message, top, tuple(comments) if phase == "TRAIN" else ())
    if pixels and len(scales) > 1:
        yield from _scaled(net, read, top, pixels.std)


def _scaled(net: Net, read: str, top: str, std: tuple[float, ...]) -> Iterator[Entry]:
    """A factor for each channel, which a transform_param has no room for."""
    parts = tuple(net.fresh(f"{read}/{index}") for index in range(len(std)))
    points = {"slice_param": fields(slice_point=range(1, len(std)))}
    layers = [CaffeLayer(net.fresh(f"{read}/slice"), "Slice", (read,), parts, points)]
    for part, deviation in zip(parts, std, strict=True):
        factor = {"power_param": fields(scale=1 / deviation)}
        layers.append(CaffeLayer(net.fresh(f"{part}/scale"), "Power", (part,), (part,), factor))
    layers.append(CaffeLayer(net.fresh(f"{read}/concat"), "Concat", parts, (top,)))
    for index, layer in enumerate(layers):
        comments = () if index else ("Each channel over its own deviation.",)
        yield Entry(message_of(layer), read, comments)


def _trained(layer: CaffeLayer, filler: Message) -> Message:
    """The fields of a layer with how its weights start and learn."""
    name = _FILLED.get(layer.kind)
    if not name:
        return message_of(layer)
    start = Field("weight_filler", filler, 0)
    filled = Message(fields=[*layer.settings[name].fields, start])
    learning = _LEARNING if layer.kind == "InnerProduct" else ()
    return message_of(replace(layer, settings={**layer.settings, name: filled}), learning)


def _losses(net: Net, label: str) -> Iterator[Entry]:
    """A loss for each output, and how often the main one is right."""
    scores = [_scores(net, name) for name in net.graph.outputs]
    for index, (name, blob) in enumerate(zip(net.graph.outputs, scores, strict=True)):
        title = net.fresh(f"{slashed(outermost(name))}/loss" if index else "loss")
        message = fields(
            name=text(title),
            type=text("SoftmaxWithLoss"),
            bottom=[text(blob), text(label)],
            top=text(title),
            loss_weight=_AUXILIARY if index else None,
        )
        yield Entry(message, "loss")
    title = net.fresh("accuracy")
    message = fields(
        name=text(title),
        type=text("Accuracy"),
        bottom=[text(scores[0]), text(label)],
        top=text(title),
        include=fields(phase="TEST"),
    )
    yield Entry(message, "loss")


def _scores(net: Net, output: str) -> str:
    """The blob of an output's scores, which a softmax makes probabilities of."""
    node = net.graph[output]
    return net.blobs[node.inputs[0] if node.layer.kind == "softmax" else output]
