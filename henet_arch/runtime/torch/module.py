"""Emitted source as a live PyTorch module."""

from __future__ import annotations

import linecache
from itertools import count
from types import ModuleType
from typing import TYPE_CHECKING, Literal

from ...emitters import torch as emitter
from ...importers.load import Source, load
from ...support.errors import RunError, UnknownNameError, nearest
from ...support.optional import first_line, need

if TYPE_CHECKING:
    from torch import nn

_numbers = count(1)


def to_torch(
    source: Source, init: str | None = None, backend: Literal["torch", "c"] = "torch"
) -> nn.Module:
    """A network as a PyTorch module, with its weights where it has any.

    Args:
        source: What `load` takes.
        init: How weights start, `gaussian` or `kaiming`; without it the source's own weights, or
            else the family's way.
        backend: `c` for compiled C in a module that does inference only: it takes and gives what
            the emitted module does, and has its state dict.

    Raises:
        ExtraError: PyTorch is not installed.
        EmitError: the backend has no such layer, or a name or size cannot be emitted.
        CompileError: there is no C compiler, or it fails.
        UnknownNameError: there is no such backend; and all that `load` raises.
    """
    need("torch", "torch")
    model = load(source)
    module = from_source(emitter.source(model.graph, init))
    if model.weights is not None and init is None:
        from .weights import load_into

        load_into(module, model.weights)
    if backend == "torch":
        return module
    if backend != "c":
        raise UnknownNameError(f"unknown backend {backend!r}", fix=nearest(backend, ("torch", "c")))
    from ..c.module import NativeModule

    return NativeModule(model.graph, module.state_dict())


def channels_last(module: nn.Module) -> nn.Module:
    """`module` with its weights in the memory format in which its convolutions train faster."""
    import torch

    return module.to(memory_format=torch.channels_last)  # type: ignore[call-overload,no-any-return]


def from_source(source: str) -> nn.Module:
    """The network of emitted `source`, run in a namespace of its own.

    Tracebacks and debuggers show the source's lines.

    Raises:
        RunError: PyTorch cannot make it, for want of memory.
    """
    name = f"henet_arch_emitted_{next(_numbers)}"
    filename = f"<{name}>"
    module = ModuleType(name)
    linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
    exec(compile(source, filename, "exec"), module.__dict__)  # noqa: S102  (we wrote it)
    classes = [value for value in vars(module).values() if isinstance(value, type)]
    try:
        network: nn.Module = classes[-1]()
    except RuntimeError as error:  # PyTorch's own, where memory does not suffice
        raise RunError(f"PyTorch cannot make the network: {first_line(error)}") from None
    return network
