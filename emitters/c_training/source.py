"""The C of a training step: its tables, and the code that goes through them."""

from __future__ import annotations

from ...ir.graph import Graph
from ...lowering.training.plan import Plan
from ...support.version import __version__
from ..c.kernels import text as shared_text
from . import functions
from .kernel_tables import KernelTables
from .texts import filled, text

_INCLUDES = "".join(
    f"#include <{name}.h>\n" for name in ("math", "pthread", "stddef", "stdint", "string")
)
_STREAMS = "#ifdef __SSE2__\n#include <immintrin.h>\n#endif\n"
_BEFORE = ("state.h", "streams.h", "views.h", "soon.h", "sweeps.h")
_BEHIND = (
    "winograd.h", "convolutions.h", "pools.h", "norms.h", "barrier.h", "passes.h", "threads.h",
)  # fmt: skip
"""Texts before and behind the tiles, in their order."""


def source(plan: Plan, graph: Graph, name: str) -> str:
    """The file that defines `NAME_bytes`, `NAME_forward` and `NAME_backward`.

    Args:
        plan: How a step of the graph is computed; an observed one has `NAME_observe` too.
        graph: The network.
        name: A word of C.
    """
    kernels = KernelTables(plan, graph)
    parts = [
        f"/* {name}: a training step, written by henet-arch {__version__}. */\n",
        _INCLUDES + _STREAMS,
        *map(shared_text, ("vectors.h", "totals.h")),
        text("tables.h"),
        "".join(f"#define {key} {value}\n" for key, value in kernels.constants.items()),
        functions.macro(list(kernels.tables.functions)),
        kernels.text(),
        *map(text, _BEFORE),
        f"#if REGISTERS == 32\n{kernels.tiles[32].text()}#else\n{kernels.tiles[16].text()}#endif\n",
        *map(text, _BEHIND),
        filled("step.c", {"name": name}),
    ]
    if plan.is_observed:
        parts.append(filled("observe.c", {"name": name}))
    return "\n".join(parts)
