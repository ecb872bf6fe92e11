"""Emitted C with its weights: a folder that compiles by itself."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from ...emitters import c as emitter
from ...ir.graph import Graph
from ...ir.model import Model
from ...lowering.plan import plan
from ...support.limits import LONGEST_TITLE, TITLE
from ...support.optional import need
from ..c.packing import packed
from ..torch.module import to_torch

Tensors = Mapping[str, Any]


def project(model: Model, *, init: str | None = None, tune: bool = False) -> dict[str, str]:
    """The folder's files by name, with the model's weights, or random ones where it has none.

    `tune` measures which kernel is faster on this machine where two can do, and remembers it.

    Raises:
        EmitError: C has no kernel for a layer, or the weights are not finite once folded.
        FileError: the weights cannot be read, or are not finite.
        CompileError: there is no compiler to tune with, or it fails.
        LimitError: the weights are too many to be written as text.
    """
    graph = model.graph
    steps = plan(graph, _tuned(graph) if tune else None)
    emitter.check_count(steps)
    if model.weights:
        tensors, origin = model.weights, _origin(model.trained_on)
    else:
        tensors, origin = _random(graph, init)
    numbers = packed(steps, tensors).tolist()
    files: dict[str, str] = emitter.project(graph, steps, numbers, origin)
    return files


def built(files: Collection[str]) -> set[str]:
    """What `make` adds to a folder of these files: objects, a library and a program."""
    names = {Path(file).stem for file in files if file.endswith(".h")}
    objects = {f"{Path(file).stem}.o" for file in files if file.endswith(".c")}
    return objects | names | {f"lib{name}.a" for name in names}


def _origin(data: str) -> str:
    """A sentence on trained weights; only a plain name of a data set goes into it."""
    if len(data) <= LONGEST_TITLE and re.fullmatch(TITLE, data):
        return f"Trained on {data}."
    return "With the weights of a file."


def _random(graph: Graph, init: str | None) -> tuple[Tensors, str]:
    need("torch", "torch")
    import torch

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        state = to_torch(graph, init or "kaiming").state_dict()
    arrays = {key: tensor.detach().numpy() for key, tensor in state.items()}
    return arrays, "Its weights are random (seed 0): `--weights FILE` gives it trained ones."


def _tuned(graph: Graph) -> dict[str, str]:
    need("torch", "torch")
    from ..c.compiler import NATIVE
    from ..c.tuning import tuned

    return tuned(graph, NATIVE)
