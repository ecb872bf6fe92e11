"""Every network as a `Model`, whatever names it or holds it."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from os import PathLike, fspath
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from ..ir.graph import Graph
from ..ir.model import Model, Python
from ..ir.transform import resized
from ..spec.build import build
from ..spec.presets import find_preset, presets
from ..spec.spec import Spec
from ..support.errors import FileError, SourceError, UnknownNameError, nearest
from ..support.files import read_start
from ..support.limits import LARGEST_SPEC_FILE, LONGEST_TITLE, MAX_BLOCKS, TITLE
from . import IMPORTERS
from .importer import Importer, InputShape, OwnTensors
from .run_files import WEIGHTS

if TYPE_CHECKING:
    from torch.nn import Module

    Source: TypeAlias = Model | Graph | Spec | Module | str | PathLike[str]
else:
    Source = object
"""What names or holds a network; text is a preset's name, a path, or `package.module:name`."""


def load(
    source: Source, input_shape: InputShape | None = None, *, max_blocks: int = MAX_BLOCKS
) -> Model:
    """The network that `source` names or holds, with what is known of it.

    Arguments and errors are those of `henet_arch.load`, which also takes weights for it.
    """
    network = resolve(source, input_shape)
    if isinstance(network, Spec):
        return Model(build(network, max_blocks), network)
    return network


def resolve(source: Source, input_shape: InputShape | None = None) -> Spec | Model:
    """What `load` takes, as a model, or as a spec that is not built yet.

    Raises:
        UnknownNameError, FileError, SpecError, GraphError, ShapeError: as `load` does.
    """
    if isinstance(source, Spec):
        return source.with_input(input_shape)
    if isinstance(source, Graph):
        source = Model(source, Python(f"the graph {source.name}"))
    if isinstance(source, Model):
        return resized(source, input_shape)
    if isinstance(source, str) and (may_be_preset(source) or not source):
        if spec := find_preset(source):
            return spec.with_input(input_shape)
        if not os.path.lexists(source):
            raise _unknown(source)
    if importer := _reader_of(source):
        return importer.load_object(source, input_shape)  # type: ignore[misc]
    if not isinstance(source, str | PathLike):
        raise UnknownNameError(
            f"{source!r:.99} names no network",
            fix="a Model, a Graph, a Spec, a PyTorch module, a preset's name, or a file's path",
        )
    path = Path(fspath(source))
    importer = importer_of(path)
    if importer.load is None:
        raise FileError(
            f"no network is read from {path}, only {importer.title}",
            fix=f"NETWORK --weights {path}, or ha.with_weights(network, path)",
        )
    return importer.load(path, input_shape)


def _reader_of(source: object) -> Importer | None:
    """The importer of an object, or of what a text names that is no file's path."""
    if isinstance(source, PathLike) or (isinstance(source, str) and os.path.lexists(source)):
        return None
    return next((i for i in _all() if i.objects and i.objects(source)), None)


def spec_of(network: Spec | Model) -> Spec | None:
    """The spec that a network is built from, where there is one."""
    origin = network.origin if isinstance(network, Model) else network
    return origin if isinstance(origin, Spec) else None


def resolve_spec(source: Source, what: str) -> Spec:
    """The spec of `source`, which `what` cannot do without.

    Args:
        source: What `load` takes.
        what: What is asked of the network, as a message begins with it: `a plan`.

    Raises:
        SourceError: the network is not built from a spec; and all that `resolve` raises.
    """
    network = resolve(source)
    origin = network.origin if isinstance(network, Model) else network
    if isinstance(origin, Spec):
        return origin
    raise SourceError(
        f"{what} needs a spec, and {origin.title} has none",
        why="only a spec has numbers from which rules build a network",
        fix="a preset's name (henet-arch list) or a spec file",
    )


def may_be_preset(word: str) -> bool:
    """Whether a preset can have that name; anything else is the path of a file."""
    return len(word) <= LONGEST_TITLE and re.fullmatch(TITLE, word) is not None


def importer_of(path: Path) -> Importer:
    """What reads the file: by its ending, or else by how it begins.

    Raises:
        UnknownNameError: there is neither a file at `path` nor a format with its ending.
        FileError: the file cannot be read, or is of no known format.
    """
    if os.path.isfile(path / WEIGHTS):
        raise FileError(f"{path} is a folder, and weights are in it", fix=str(path / WEIGHTS))
    own = (IMPORTERS[name] for name in IMPORTERS.own)
    fitting = _with_ending(path, own) or _with_ending(path, _all())
    if not fitting and not os.path.lexists(path):
        raise _unknown(str(path))
    if len(fitting) != 1:
        start = read_start(path, LARGEST_SPEC_FILE)
        for importer in fitting or _all():
            if importer.recognizes and importer.recognizes(start):
                return importer
        fitting = [importer for importer in fitting if not importer.recognizes]
    if not fitting:
        raise FileError(f"{str(path)!r} is of no known format", fix=_files())
    return fitting[0]


def path_of(source: object) -> Path | None:
    """The file that a source names; None where it is or names something else."""
    if not isinstance(source, str | PathLike):
        return None
    is_name = isinstance(source, str) and (may_be_preset(source) or _reader_of(source))
    return None if is_name and not os.path.lexists(source) else Path(fspath(source))


def own_tensors(model: Model) -> OwnTensors | None:
    """The tensors of a network by the names of its original, where that takes others."""
    for importer in _all():
        if importer.own_tensors and (own := importer.own_tensors(model)):
            return own
    return None


def _with_ending(path: Path, importers: Iterable[Importer]) -> list[Importer]:
    return [importer for importer in importers if path.suffix.lower() in importer.endings]


def _all() -> Iterator[Importer]:
    return (importer for _, importer in IMPORTERS.items())


def _unknown(name: str) -> UnknownNameError:
    return UnknownNameError(
        f"{name[:99]!r} is neither a preset nor a file",
        fix=f"{nearest(name[:99], presets())} or {_files()}",
    )


def _files() -> str:
    """A sentence on what else names a network."""
    *most, last = (f"{i.title} ({', '.join(i.endings)})" for i in _all() if i.load)
    return f"a file with {', '.join(most)} or {last}; or package.module:name"
