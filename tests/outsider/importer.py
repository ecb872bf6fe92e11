"""A file format: the sizes of an image, of which the network is the mean of each map."""

from __future__ import annotations

from pathlib import Path

from henet_arch.importers.importer import Importer, InputShape
from henet_arch.ir.graph import GraphBuilder
from henet_arch.ir.layers import GlobalAvgPool2d, Input
from henet_arch.ir.model import File, Model


def load(path: Path, input_shape: InputShape | None = None) -> Model:
    channels, height, width = input_shape or map(int, path.read_text().split("x"))
    builder = GraphBuilder(path.stem)
    image = builder.add("input", Input((channels, height, width)))
    builder.add("pool", GlobalAvgPool2d(), [image])
    return Model(builder.finish(), File(str(path)))


IMPORTER = Importer("an image's sizes", (".outsizes",), load)
