"""The README of a folder of Caffe."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from string import Template

from ...analyzers.report import analyze
from ...ir.dims import format_shape
from ...ir.model import Model
from ...papers.training import PAPER
from .net import Net
from .pixels import Pixels

_TEXT = Path(__file__).with_name("text") / "README.md"
_FILES = {
    "deploy.prototxt": "the network as it is used",
    "deploy.caffemodel": "its weights",
    "train_val.prototxt": "the network as it is trained and tested, with its data and losses",
    "solver.prototxt": "how it is trained",
    "labels.txt": "the names of the classes, one a line",
}
_ORDERS = {
    "RGB": "Their channels are red, green, blue; Caffe's convert_imageset writes them the other "
    "way round.",
    "BGR": "Their channels are blue, green, red, as Caffe's convert_imageset writes them.",
}


def readme(model: Model, net: Net, pixels: Pixels | None, files: Collection[str]) -> str:
    """The text.

    Args:
        model: The network.
        net: The same as layers of Caffe.
        pixels: How its images are normalised, where that is known.
        files: The names of the folder's other files.
    """
    graph, report = model.graph, analyze(model.graph)
    weights = "deploy.caffemodel"
    trained = f"{graph.name}_iter_{PAPER.steps}.caffemodel"
    main = graph.outputs[0]
    use = net.dialect.use.format(
        weights=weights if weights in files else trained,
        sizes=", ".join(map(str, graph.input_shape)),
        blob=net.blobs[graph.nodes[0].name],
        layer=net.givers[main][0],
        output=net.blobs[main],
    )
    text = Template(_TEXT.read_text("utf-8")).substitute(
        title=graph.name,
        signature=graph.signature,
        params=f"{report.params:,}",
        macs=f"{report.macs:,}",
        normalised=" ".join(pixels.described()) if pixels else "",
        files="\n".join(f"| `{name}` | {_FILES[name]} |" for name in files),
        start=f" --weights={weights}" if weights in files else "",
        shape=format_shape(graph.input_shape),
        last=int(graph.output_shape[0]) - 1,
        order=_ORDERS.get(pixels.order, "") if pixels else "",
        use=use,
    )
    return "".join(f"{line.rstrip()}\n" for line in text.splitlines())
