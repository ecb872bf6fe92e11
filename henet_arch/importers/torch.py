"""PyTorch's networks: modules, `package.module:name`, and files that `torch.export` saves.

A module's own code runs to find its operators; so does that which `package.module:name` names.
Nothing of a file runs.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..ir.dims import format_shape
from ..ir.model import File, Model, Origin, Python
from ..ir.scope import words
from ..ir.tensors import tensors_of
from ..support.errors import HenetArchError, InputShapeError, in_file
from ..support.optional import need
from .importer import Importer, InputShape, OwnTensors, input_shape_of

if TYPE_CHECKING:
    from torch import nn

    from ._torch.finish import Network
    from ._torch.trace import Sizes

_NAMED = r"[A-Za-z_][\w.]{0,199}:[A-Za-z_][\w.]{0,199}"


def load(path: Path, input_shape: InputShape | None) -> Model:
    """The network of a `.pt2` file; nothing in it is executed.

    Raises:
        FileError: the file is damaged, from an older PyTorch, or has pickled objects inside.
        InputShapeError: it is a program for inputs of another size.
        ExtraError: PyTorch is not installed.
    """
    need("torch", "torch")
    from ._torch.archive import damaged, read_archive
    from ._torch.network import network

    trace = read_archive(path)
    _check_shape(path, trace.inputs, input_shape)
    try:
        with in_file(path):
            result = network(trace)
    except HenetArchError:
        raise
    except Exception as error:  # what the file says does not hold together
        raise damaged(path, error) from None
    return _model(result, File(str(path)))


def _check_shape(
    path: Path, inputs: Mapping[str, tuple[str, Sizes, str]], input_shape: InputShape | None
) -> None:
    """Refuse another size than the program has been exported for."""
    shapes = {name: tuple(sizes[1:]) for name, sizes, _ in inputs.values()}
    first = next(iter(shapes), "")
    given = input_shape if isinstance(input_shape, Mapping) else {first: input_shape or ()}
    for name, shape in given.items():
        own = shapes.get(name, ())
        if shape and tuple(shape) not in (own, own[1:]):
            raise InputShapeError(
                f"the input {name} of {path} is {format_shape(own)}, not {format_shape(shape)}",
                why="an exported program holds for the size that it was exported with",
                fix="the file without --input, or the module itself",
            )


def load_object(source: object, input_shape: InputShape | None) -> Model:
    """The network of a module, or of what `package.module:name` names.

    Raises:
        InputShapeError: no shape is given.
        SourceError: there is no such module, or it takes other inputs.
        RunError: the module fails on such an input, or branches on values.
        ExtraError: PyTorch is not installed.
    """
    need("torch", "torch")
    from ._torch.factory import module_of

    title = source if isinstance(source, str) else f"the module {type(source).__name__}"
    module = module_of(source)
    if input_shape is None:
        raise InputShapeError(
            f"{title} does not say what its input is", fix="--input 3x224x224, or input_shape"
        )
    return _of_module(module, title, input_shape)


def _of_module(module: nn.Module, title: str, input_shape: InputShape) -> Model:
    from ._torch.export import export
    from ._torch.network import network
    from ._torch.recorder import by_place

    trace = export(module, input_shape)
    arguments = () if by_place(module, trace.inputs) else tuple(trace.inputs)
    return _model(network(trace), Python(title, module, "torch", arguments))


def _model(result: Network, origin: Origin) -> Model:
    from ._torch.weights import weights_of

    weights = weights_of(result.weights, tensors_of(result.graph))
    return Model(
        result.graph,
        origin,
        weights,
        unread_params=result.unread_params,
        frozen=result.frozen,
        tied=result.tied,
        constants=result.constants,
    )


def own_tensors(model: Model) -> OwnTensors | None:
    """The tensors of a module's state dict; None where the network is of no module.

    Raises:
        ExtraError: PyTorch is not installed.
    """
    origin = model.origin
    if not isinstance(origin, Python) or origin.format != "torch":
        return None
    from ._torch.state import filled, shapes_of

    def made(values: Mapping[str, Any]) -> Model:
        module = filled(origin.value, values)
        made = _of_module(module, origin.description, input_shape_of(model.graph))
        return replace(model, weights=made.weights, origin=made.origin)

    return OwnTensors(shapes_of(origin.value), made)


def file_of(name: str) -> Path | None:
    """The file of `package.module:name`, where it lies in a folder that Python looks into.

    Nothing is imported.
    """
    if not _is_ours(name):
        return None
    place = Path(*words(name.partition(":")[0]))
    folders = (Path.cwd(), *map(Path, sys.path))
    files = (folder / p for folder in folders for p in (f"{place}.py", place / "__init__.py"))
    return next((file for file in files if file.is_file()), None)


def _is_ours(source: object) -> bool:
    """Whether it is a module of PyTorch, which is not imported for this, or names one."""
    if isinstance(source, str):
        return re.fullmatch(_NAMED, source) is not None
    bases = type(source).__mro__
    return any(b.__module__ == "torch.nn.modules.module" and b.__name__ == "Module" for b in bases)


IMPORTER = Importer(
    "a program of PyTorch",
    (".pt2",),
    load,
    objects=_is_ours,
    load_object=load_object,
    own_tensors=own_tensors,
)
