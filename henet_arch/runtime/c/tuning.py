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
from ...lowering.select_kernels import signature
from ...lowering.window_loop import WindowLoop, window_loop
from ...lowering.winograd import is_open
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
    kernels = _remembered(place)
    sweeps = filter(None, map(window_loop, plan(graph).program.steps))
    missing = {signature(s): s for s in sweeps if is_open(s) and signature(s) not in kernels}
    if missing:
        kernels |= {name: _fastest(loop, flags) for name, loop in missing.items()}
        write_text(place, json.dumps(kernels, indent=1, sort_keys=True))
    return kernels


def _machine(flags: tuple[str, ...]) -> str:
    chosen_compiler = compiler()
    text = "\0".join((*chosen_compiler.command, chosen_compiler.version, *flags, processor()))
    return sha256(text.encode()).hexdigest()[:16]


def _remembered(place: Path) -> dict[str, str]:
    """What is in the file; a file that is damaged is measured anew."""
    try:
        kernels = json.loads(read_text(place, _LARGEST_FILE))
    except (FileError, ValueError):
        return {}
    if not isinstance(kernels, Mapping):
        return {}
    return {str(name): kernel for name, kernel in kernels.items() if kernel in KERNELS}


def _fastest(loop: WindowLoop, flags: tuple[str, ...]) -> str:
    """The kernel with the smaller median, the two taking turns."""
    graph = _alone(loop)
    random = np.random.default_rng(0)
    tensors = {
        f"conv.{key}": random.standard_normal(shape, np.float32)
        for key, shape in graph["conv"].layer.weights().items()
    }
    image = random.standard_normal(graph.input_shape, np.float32)
    networks = {
        kernel: Network(graph, tensors, flags=flags, lowered=plan(graph, {signature(loop): kernel}))
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


def _alone(loop: WindowLoop) -> Graph:
    """A network of one such convolution."""
    window = loop.window
    builder = GraphBuilder("tuned")
    image = builder.add("input", Input((loop.groups * loop.inputs, *loop.size_in)))
    conv = Conv2d(
        loop.groups * loop.inputs,
        loop.groups * loop.outputs,
        window.kernel,
        window.stride,
        window.padding,
        window.dilation,
        loop.groups,
    )
    builder.add("relu", Elementwise("relu"), [builder.add("conv", conv, [image])])
    return builder.finish()
