"""Caffe's weights, which mostly hold the network too."""

from __future__ import annotations

from .caffe import WEIGHTS, load_caffemodel, with_caffemodel
from .importer import Importer

IMPORTER = Importer("a caffemodel", (WEIGHTS,), load_caffemodel, with_weights=with_caffemodel)
