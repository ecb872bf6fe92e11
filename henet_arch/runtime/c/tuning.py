"""Measures which kernel is faster on this machine, and remembers it."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

import numpy as np

from ...ir.graph import Graph, GraphBuilder
from ...ir.layers import Conv2d, Elementwise, Input
from ...lowering.plan import plan
from ...lowering.select_kernels import is_open, signature
from ...lowering.window_loop import WindowLoop, window_loop
from ...support.cache import folder
from ...support.errors import FileError
from ...support.files import read_text, write_text
from .compiler import compiler, processor
from .network import Network

KERNELS = ("winograd", "direct")
_ROUNDS = 15
_PASSES = 40
_LARGEST_FILE = 10_000_000


def tuned(graph: Graph, flags: tuple[str, ...]) -> dict[str, str]:
    """For each convolution of `graph` that two kernels can do, by its signature, the faster one.

    Raises:
        EmitError, CompileError, FileError: as `load` does.
    """
    place = folder() / f"tuned-{_machine(flags)}.json"
    known = _remembered(place)
    sweeps = filter(None, map(window_loop, plan(graph).program.steps))
    missing = {signature(s): s for s in sweeps if is_open(s) and signature(s) not in known}
    if missing:
        known |= {name: _fastest(found, flags) for name, found in missing.items()}
        write_text(place, json.dumps(known, indent=1, sort_keys=True))
    return known


def _machine(flags: tuple[str, ...]) -> str:
    found = compiler()
    said = "\0".join((*found.command, found.version, *flags, processor()))
    return sha256(said.encode()).hexdigest()[:16]


def _remembered(place: Path) -> dict[str, str]:
    """What is in the file; a file that is damaged is measured anew."""
    try:
        known = json.loads(read_text(place, _LARGEST_FILE))
    except (FileError, ValueError):
        return {}
    if not isinstance(known, Mapping):
        return {}
    return {str(name): kernel for name, kernel in known.items() if kernel in KERNELS}


def _fastest(found: WindowLoop, flags: tuple[str, ...]) -> str:
    """The kernel with the smaller median, the two taking turns."""
    graph = _alone(found)
    random = np.random.default_rng(0)
    tensors = {
        f"conv.{key}": random.standard_normal(shape, np.float32)
        for key, shape in graph["conv"].layer.weights().items()
    }
    image = random.standard_normal(graph.input_shape, np.float32)
    networks = {
        kernel: Network(graph, tensors, flags=flags, made=plan(graph, {signature(found): kernel}))
        for kernel in KERNELS
    }
    seconds: dict[str, list[float]] = {kernel: [] for kernel in KERNELS}
    for _ in range(_ROUNDS):
        for kernel, call in networks.items():
            start = time.perf_counter()
            for _ in range(_PASSES):
                call(image)
            seconds[kernel].append(time.perf_counter() - start)
    return min(KERNELS, key=lambda kernel: float(np.median(seconds[kernel])))


def _alone(found: WindowLoop) -> Graph:
    """A network of one such convolution."""
    window = found.window
    builder = GraphBuilder("tuned")
    image = builder.add("input", Input((found.groups * found.inputs, *found.size_in)))
    conv = Conv2d(
        found.groups * found.inputs,
        found.groups * found.outputs,
        window.kernel,
        window.stride,
        window.padding,
        window.dilation,
        found.groups,
    )
    builder.add("relu", Elementwise("relu"), [builder.add("conv", conv, [image])])
    return builder.finish()
