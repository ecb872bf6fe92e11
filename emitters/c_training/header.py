"""What a caller of an emitted step includes."""

from __future__ import annotations

from math import prod
from textwrap import fill

from ...ir.dims import format_shape
from ...ir.graph import Graph
from ...ir.tensors import tensors_of
from ...lowering.training.plan import Plan
from ...support.version import __version__
from .names import norms_of, parameters_of, running_of
from .texts import filled


def header(plan: Plan, graph: Graph, name: str) -> str:
    """The declarations of `NAME_bytes`, `NAME_forward` and `NAME_backward`."""
    shapes = tensors_of(graph)

    def listed(keys: list[str]) -> str:
        words = ", ".join(f"{key} ({prod(map(int, shapes[key]))})" for key in keys) or "none"
        return fill(words, 96, initial_indent="   ", subsequent_indent="   ")

    parameters, running = parameters_of(graph), running_of(graph)
    return filled(
        "header.h",
        {
            "name": name,
            "macro": name.upper(),
            "signature": graph.signature,
            "version": __version__,
            "parameters": len(parameters),
            "parameter_list": listed(parameters),
            "running": len(running),
            "running_list": listed(running),
            "norms": len(norms_of(graph)),
            "dropouts": len(plan.forward.dropouts),
            "outputs": len(graph.outputs),
            "output_list": ", ".join(format_shape(graph[o].shape) for o in graph.outputs),
            "input": f"(images, {', '.join(map(str, graph.input_shape))})",
        },
    )
