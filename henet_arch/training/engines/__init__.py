"""The engines, one file each: `ENGINE` is a `henet_arch.training.engine.Engine`."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ...ir.graph import Graph
from ...support.errors import HenetArchError
from ...support.plugins import Parts

if TYPE_CHECKING:  # the names of the engines are asked for without PyTorch
    from ..engine import Engine

ENGINES: Parts[Engine] = Parts("training.engines", "ENGINE", "engine")
_FASTEST, _ALWAYS = "native", "torch"


class Choice(NamedTuple):
    """An engine, and why no faster one was chosen."""

    name: str
    engine: Engine
    reason: str = ""

    def __str__(self) -> str:
        return f"engine: {self.name}" + (f" ({self.reason})" if self.reason else "")


def choose(name: str | None, graph: Graph, device: str) -> Choice:
    """The engine `name`, or the fastest that can train the network here where it is None.

    Raises:
        UnknownNameError: there is none of that name.
        HenetArchError: it cannot train the network, or not on that device.
    """
    if name is not None:
        engine = ENGINES[name]
        engine.check(graph, device)
        return Choice(name, engine)
    try:
        return choose(_FASTEST, graph, device)
    except HenetArchError as error:
        reason = f"{error.what}, at {error.where}" if error.where else error.what
        return Choice(_ALWAYS, ENGINES[_ALWAYS], reason)
