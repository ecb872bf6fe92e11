"""Emits a graph as portable C that needs nothing but the C library."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from ...ir.graph import Graph
from ...ir.model import Model
from ...lowering.account import Account
from ...lowering.plan import plan
from ...support.errors import EmitError
from .._initial import INITS, check_init
from .._target import Target, option
from .folders import built, folder
from .names import identifier
from .source import source, workspace_bytes

__all__ = ["TARGET", "C", "explain", "identifier", "source", "workspace_bytes"]


@dataclass(frozen=True)
class C(Target):
    """The source without weights, or a folder with them that compiles by itself.

    `kernels` says which kernel computes a convolution that two can compute, by its signature, as
    `henet_arch.runtime.c.tuning.tuned` measures it.
    """

    name = "c"
    endings = (".c",)
    writes_folders = True

    init: str | None = option(None, "How the random weights of a folder start: kaiming", INITS)
    kernels: Mapping[str, str] | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.init and not self.folder:
            raise EmitError(
                "init has no effect: a file of C is without weights", fix="the path of a folder"
            )

    @property
    def initial_weights(self) -> str | None:
        return (self.init or "kaiming") if self.folder else None

    @property
    def describes_images(self) -> bool:
        return self.folder

    def emit(self, model: Model) -> dict[str, bytes]:
        """One file of source, or the folder's files.

        Raises:
            EmitError: C has no kernel for a layer; or the folder's weights are missing, or not
                finite once folded.
            LimitError: the weights are too many to be written as text.
        """
        check_init(self.init, model)
        network_plan = plan(model.graph, self.kernels)
        if self.folder:
            texts = folder(model, network_plan)
        else:
            name = identifier(model.name)
            texts = {f"{name}.c": source(network_plan, name)}
        return {name: text.encode() for name, text in texts.items()}

    def built(self, files: Collection[str]) -> set[str]:
        return built(files)


TARGET = C


def explain(graph: Graph, scope: str | None = None) -> Account:
    """What becomes of each layer, or of those in the layer, block or stage `scope`.

    Raises:
        EmitError: C has no kernel for a layer.
        UnknownNameError: there is no such layer, block or stage.
    """
    return Account(graph, plan(graph), scope)
