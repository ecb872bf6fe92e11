"""A file format: the channels of an image and of a convolution over it, a word each."""

from __future__ import annotations

from pathlib import Path

from henet_arch.importers.importer import Importer
from henet_arch.ir.graph import GraphBuilder
from henet_arch.ir.layers import Conv2d, Input
from henet_arch.ir.model import File, Model


def _load(path: Path) -> Model:
    channels, width = map(int, path.read_text().split())
    builder = GraphBuilder("outfile")
    image = builder.add("image", Input((channels, 8, 8)))
    builder.add("stage1.conv", Conv2d(channels, width, 3), [image])
    return Model(builder.finish(), File(str(path)))


IMPORTER = Importer("an outfile", (".outfile",), _load)
