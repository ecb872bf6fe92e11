"""Emits a graph as portable C that needs nothing but the C library."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from hashlib import sha256
from math import prod
from string import Template

from ...analyzers.report import analyze
from ...ir.dims import show
from ...ir.element_type import FLOAT32
from ...ir.graph import Graph
from ...lowering.account import Account
from ...lowering.plan import Plan, plan
from ...support.errors import LimitError
from ...support.version import __version__
from .kernels import text
from .source import ALIGNMENT, source

__all__ = ["emit", "explain", "identifier", "project", "source", "workspace_bytes"]


ENDING = ".c"


def emit(graph: Graph) -> str:
    """The C source of `graph` without its weights.

    Raises:
        EmitError: C has no kernel for a layer.
    """
    return source(plan(graph), identifier(graph.name))


def explain(graph: Graph, scope: str | None = None) -> Account:
    """What becomes of each layer, or of those in the layer, block or stage `scope`.

    Raises:
        EmitError: C has no kernel for a layer.
        UnknownNameError: there is no such layer, block or stage.
    """
    return Account(graph, plan(graph), scope)


def check_count(made: Plan) -> None:
    """Refuse weights that are too many to be written as text.

    Raises:
        LimitError: they are.
    """
    if made.count > MOST_NUMBERS:
        raise LimitError(
            f"{made.count:,} weights are more than the {MOST_NUMBERS:,} that are written as C",
            why="compilers need minutes and gigabytes for such a table",
            fix="henet_arch.runtime.c, which passes weights in memory",
        )


def project(graph: Graph, made: Plan, numbers: Sequence[float], origin: str) -> dict[str, str]:
    """The files of a folder that compiles by itself, by their names.

    `numbers` are the weights in the order of the plan, and `origin` a sentence on where they are
    from.

    Raises:
        LimitError: the weights are too many to be written as text.
    """
    check_count(made)
    name = identifier(graph.name)
    code, rows = source(made, name), "\n".join(_rows(numbers))
    digest = f"0x{sha256(f'{code}{rows}'.encode()).hexdigest()[:_DIGITS]}"
    values = {
        "name": name,
        "macro": name.upper(),
        "digest": digest,
        "numbers": rows,
        "count": len(numbers),
        "origin": origin,
        **_facts(graph, made),
    }
    check = values["check"] = Template(text("check.h")).substitute(values)
    files = {
        f"{name}.h": "header.h",
        f"{name}_weights.c": "weights.c",
        **{same: same for same in ("main.c", "Makefile", "CMakeLists.txt", "README.md")},
    }
    return {f"{name}.c": check + code} | {
        file: Template(text(part)).substitute(values) for file, part in files.items()
    }


def _facts(graph: Graph, made: Plan) -> dict[str, object]:
    """What the folder's files say of the network."""
    inputs, report = [node.shape for node in made.program.inputs], analyze(graph)
    return {
        "title": graph.name,
        "version": __version__,
        "signature": graph.signature,
        "input": sum(map(prod, inputs)),
        "shape": " and ".join(map(show, inputs)),
        "output": sum(value.elements for value in made.program.outputs),
        "outputs": " and ".join(show(graph[output].shape) for output in graph.outputs),
        "workspace": workspace_bytes(made),
        "params": f"{report.params:,}",
        "macs": f"{report.macs:,}",
    }


MOST_NUMBERS = 20_000_000
_DIGITS = 15
"""Hexadecimal digits of a digest: a signed number of 64 bits, which every preprocessor holds."""


def workspace_bytes(made: Plan) -> int:
    """Bytes that the caller gives, with room to begin at a multiple of 64."""
    return made.size * FLOAT32.bytes + ALIGNMENT


def _rows(numbers: Sequence[float]) -> Iterator[str]:
    for start in range(0, len(numbers), 8):
        yield "    " + " ".join(f"{_number(n)}," for n in numbers[start : start + 8])


def _number(number: float) -> str:
    """Nine digits, from which the very float comes back."""
    word = f"{number:.9g}"
    return f"{word}f" if "." in word or "e" in word else f"{word}.0f"


def identifier(name: str) -> str:
    """A network's name as a word of C, and none that its folder uses otherwise."""
    word = name.replace("-", "_")
    return f"net_{word}" if word.lower() in _TAKEN else word


_TAKEN = ("main", "clean", "makefile", "gnumakefile")
"""In small letters, since some file systems tell no others apart."""
