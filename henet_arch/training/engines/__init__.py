"""The engines, one file each: `ENGINE` is a `henet_arch.training.engine.Engine`."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from ...ir.graph import Graph
from ...support.errors import HenetArchError
from ...support.plugins import Parts

if TYPE_CHECKING:  # the names of the engines are asked for without PyTorch
    from torch import nn

    from ..engine import Engine, Network

ENGINES: Parts[Engine] = Parts("training.engines", "ENGINE", "engine")
_FASTEST, _ALWAYS = "native", "torch"


class Choice(NamedTuple):
    """An engine, and why no faster one was chosen."""

    name: str
    engine: Engine
    reason: str = ""
    is_asked_for: bool = False
    """Whether it was named, so that no other one takes its place."""

    def prepare(
        self, graph: Graph, module: nn.Module, threads: int, say: Callable[[str], None]
    ) -> Network:
        """The network as the engine trains it; where it cannot here, as PyTorch does.

        Args:
            graph: The network.
            module: The emitted one, whose parameters are trained.
            threads: Those of a step.
            say: Told where another engine takes its place.

        Raises:
            HenetArchError: the engine cannot prepare the network, and was asked for.
        """
        try:
            return self.engine.prepare(graph, module, threads)
        except HenetArchError as error:
            if self.is_asked_for:
                raise
            first, *_ = error.what.splitlines()
            instead = _always(first.rstrip(":"))
            say(str(instead))
            return instead.engine.prepare(graph, module, threads)

    def __str__(self) -> str:
        return f"engine: {self.name}" + (f" ({self.reason})" if self.reason else "")


def choose(name: str | None, graph: Graph, device: str) -> Choice:
    """The engine `name`, or the fastest that can train the network here where it is None.

    Raises:
        UnknownNameError: there is none of that name.
        HenetArchError: it cannot train the network, or not on that device.
    """
    wanted = name or _FASTEST
    engine = ENGINES[wanted]
    try:
        engine.check(graph, device)
    except HenetArchError as error:
        if name:
            raise
        return _always(f"{error.what}, at {error.where}" if error.where else error.what)
    return Choice(wanted, engine, is_asked_for=bool(name))


def _always(reason: str) -> Choice:
    """The engine that trains every network, and why it was chosen."""
    return Choice(_ALWAYS, ENGINES[_ALWAYS], reason)
