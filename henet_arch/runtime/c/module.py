"""A compiled network as a PyTorch module."""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn

from ...ir.graph import Graph
from ...ir.scope import words
from ...ir.tensors import is_counter, tensors_of
from ...support.errors import RunError
from .loading import load


class NativeModule(nn.Module):
    """A compiled network for inference: `(N, C, H, W) -> (N, K)`, or a tuple of several outputs.

    Its state dict has the keys of the emitted PyTorch module; what is loaded is folded again.
    """

    def __init__(self, graph: Graph, state: dict[str, Tensor]) -> None:
        super().__init__()
        self._keys = tuple(tensors_of(graph))
        for key in self._keys:
            *path, name = words(key)
            place: nn.Module = self
            for part in path:
                if not hasattr(place, part):
                    place.add_module(part, nn.Module())
                place = place.get_submodule(part)
            place.register_buffer(name, state[key].detach().clone())
        self._network = load(graph, self._state())
        self.register_load_state_dict_pre_hook(_without_counters)  # type: ignore[no-untyped-call]
        self.register_load_state_dict_post_hook(_refolded)  # type: ignore[no-untyped-call]
        self.eval()

    def forward(self, images: Tensor) -> Any:
        """The outputs for a batch, or for one image."""
        return self._network(images)

    def train(self, mode: bool = True) -> NativeModule:
        """Refuse training.

        Raises:
            RunError: `mode` asks for it.
        """
        if mode:
            raise RunError("compiled C does inference only", fix="ha.to_torch(graph) to train")
        return super().train(mode)

    def _state(self) -> dict[str, Tensor]:
        """The tensors by state-dict key."""
        return {key: self.get_buffer(key) for key in self._keys}


def _without_counters(module: nn.Module, state: dict[str, Any], *_: Any) -> None:
    for key in [key for key in state if is_counter(key)]:
        del state[key]


def _refolded(module: NativeModule, _: Any) -> None:
    module._network.load(module._state())
