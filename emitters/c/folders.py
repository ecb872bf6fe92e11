"""A folder of C with its weights, which compiles by itself."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from hashlib import sha256
from math import prod
from pathlib import PurePosixPath

from ...analyzers.report import analyze
from ...ir.classes import class_names
from ...ir.dims import format_shape
from ...ir.graph import Graph
from ...ir.model import Model
from ...lowering.plan import Plan
from ...support.errors import EmitError, LimitError
from ...support.limits import LONGEST_TITLE, TITLE
from ...support.optional import need
from ...support.version import __version__
from .classes import class_parts
from .features import feature_parts
from .images import image_parts
from .kernels import filled
from .names import identifier
from .program import program
from .source import STACK, source, workspace_bytes

MOST_NUMBERS = 20_000_000
_DIGITS = 15
"""Hexadecimal digits of a digest: a signed number of 64 bits, which every preprocessor holds."""


def folder(model: Model, plan: Plan) -> dict[str, str]:
    """The text of each file, by its name, with the model's weights in one of them.

    Raises:
        LimitError: the weights are too many to be written as text.
        EmitError: the model has no weights, or they are not finite once folded.
        ExtraError: numpy is not installed.
    """
    check_count(plan)
    if model.weights is None:
        raise EmitError(
            f"{model.name} has no weights",
            why="a folder of C has them in a file",
            fix="ha.emit, which draws them",
        )
    need("numpy", "weights")
    from .packing import packed

    return project(model, plan, packed(plan, model.weights).tolist(), _origin(model))


def _origin(model: Model) -> str:
    """A sentence on the weights; only a plain name of a data set goes into it."""
    if model.seed is not None:
        return (
            f"Its weights are random (seed {model.seed}): `--weights FILE` gives it trained ones."
        )
    if len(model.trained_on) <= LONGEST_TITLE and re.fullmatch(TITLE, model.trained_on):
        return f"Trained on {model.trained_on}."
    return "With the weights of a file."


def built(files: Collection[str]) -> set[str]:
    """What `make` adds to a folder of these files: objects, their flags, a library, a program."""
    names = {PurePosixPath(file).stem for file in files if file.endswith(".h")}
    objects = {f"{PurePosixPath(file).stem}.o" for file in files if file.endswith(".c")}
    return objects | names | {".flags"} | {f"lib{name}_network.a" for name in names}


def check_count(plan: Plan) -> None:
    """Refuse weights that are too many to be written as text.

    Raises:
        LimitError: they are.
    """
    if plan.count > MOST_NUMBERS:
        raise LimitError(
            f"{plan.count:,} weights are more than the {MOST_NUMBERS:,} that are written as C",
            why="compilers need minutes and gigabytes for such a table",
            fix="henet_arch.runtime.c, which passes weights in memory",
        )


def project(model: Model, plan: Plan, numbers: Sequence[float], origin: str) -> dict[str, str]:
    """The files of a folder that compiles by itself, by their names.

    `numbers` are the weights in the order of the plan, and `origin` a sentence on where they are
    from.

    Raises:
        LimitError: the weights are too many to be written as text.
        PreprocessingError: what is known of images and classes does not fit the network.
    """
    check_count(plan)
    name = identifier(model.name)
    code, rows = source(plan, name), "\n".join(_rows(numbers))
    parts = {**image_parts(model, name), **class_parts(class_names(model), name)}
    known = "".join((code, rows, *parts.values()))
    digest = f"0x{sha256(known.encode()).hexdigest()[:_DIGITS]}"
    values = {
        "name": name,
        "macro": name.upper(),
        "digest": digest,
        "numbers": rows,
        "count": len(numbers),
        "count_read": f"{len(numbers):,}",
        "origin": origin,
        **parts,
        **_facts(model.graph, plan),
        **feature_parts(model.graph, name),
    }
    check = values["check"] = filled("check.h", values)
    files = {
        f"{name}.h": "header.h",
        f"{name}_weights.c": "weights.c",
        f"{name}.pc": "package.pc",
        f"{name}Config.cmake": "config.cmake",
        **{same: same for same in ("Makefile", "CMakeLists.txt", "README.md")},
    }
    images = {f"{name}_images.c": check + parts["image_code"]} if parts["image_code"] else {}
    return {
        f"{name}.c": check + code,
        **{file: filled(part, values) for file, part in files.items()},
        **images,
        "main.c": program(model, name),
    }


def _facts(graph: Graph, plan: Plan) -> dict[str, object]:
    """What the folder's files say of the network."""
    inputs, report = [node.shape for node in plan.program.inputs], analyze(graph)
    return {
        "title": graph.name,
        "version": __version__,
        "signature": graph.signature,
        "input": sum(map(prod, inputs)),
        "shape": " and ".join(map(format_shape, inputs)),
        "output": sum(value.elements for value in plan.program.outputs),
        "outputs": " and ".join(format_shape(graph[output].shape) for output in graph.outputs),
        "workspace": workspace_bytes(plan),
        "stack": STACK,
        "workspace_read": f"{workspace_bytes(plan):,}",
        "stack_read": f"{STACK:,}",
        "params": f"{report.params:,}",
        "macs": f"{report.macs:,}",
    }


def _rows(numbers: Sequence[float]) -> Iterator[str]:
    """Finite floats of single precision; nine digits bring each back."""
    for start in range(0, len(numbers), 8):
        row = tuple(numbers[start : start + 8])
        yield f"    {' '.join(['%#.9gf,'] * len(row))}" % row
