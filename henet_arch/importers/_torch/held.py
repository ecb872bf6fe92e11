"""What each tensor of a recording holds, and which others lie in its memory."""

from __future__ import annotations

from typing import Any

import torch

from .trace import Ref, Tensor, memory_of


class RecordingError(Exception):
    """The module does what a recording cannot show."""


class Held:
    """What each tensor without numbers holds now: an input, a weight or a result, by its name."""

    def __init__(self) -> None:
        self.tensors: dict[str, Tensor] = {}
        """Parameters, buffers and constants."""
        self._refs: dict[int, Ref] = {}
        """What each tensor holds, by its identity."""
        self._kept: list[Any] = []
        """All tensors, so that none gets the identity of another."""
        self._storages: dict[int, set[int]] = {}
        """The tensors, by identity, of each piece of memory."""
        self._explained: set[int] = set()
        """Tensors of which the operations tell what else lies in their memory."""
        self._stale: set[int] = set()
        """Tensors that were changed through another one of which they do not."""
        self._metas: dict[int, torch.Tensor] = {}
        """Constants of the code without their numbers, by their identity."""

    def __contains__(self, tensor: torch.Tensor) -> bool:
        return id(tensor) in self._refs

    def __getitem__(self, tensor: torch.Tensor) -> Ref:
        """What the tensor holds now.

        Raises:
            RecordingError: nothing tells what it holds.
        """
        if id(tensor) in self._stale:
            raise RecordingError("a tensor was changed through another one")
        if tensor not in self:
            raise RecordingError("a tensor comes from outside PyTorch's functions")
        return self._refs[id(tensor)]

    def bind(self, tensor: torch.Tensor, name: str, *, is_view: bool = False) -> None:
        """Say what the tensor holds from here on; `is_view` says that an operation tells so."""
        self._refs[id(tensor)] = Ref(name)
        self._kept.append(tensor)
        if is_view or not self._sharing(tensor):
            self._explained.add(id(tensor))
        self._storages.setdefault(memory_of(tensor), set()).add(id(tensor))

    def enter(
        self, name: str, value: torch.Tensor, meta: torch.Tensor, *, is_parameter: bool = False
    ) -> None:
        """Enter a parameter, buffer or constant; one that has a name keeps it."""
        if meta in self:
            return
        self.tensors[name] = Tensor.of(name, value, is_parameter=is_parameter)
        self.bind(meta, name)

    def without_numbers(self, value: Any) -> Any:
        """A constant of the code as a tensor that holds it; anything else as it is."""
        if not isinstance(value, torch.Tensor) or value.is_meta:
            return value
        if id(value) not in self._metas:
            self._kept.append(value)
            self._metas[id(value)] = meta = value.detach().to("meta")
            self.enter(f"constant{len(self._metas)}", value, meta)
        return self._metas[id(value)]

    def overwrite(self, tensor: torch.Tensor, *, is_told: bool) -> None:
        """Others in the same memory no longer hold what was noted of them.

        The operations tell what they hold where an operator that `is_told` to work in place changed
        what they explain.
        """
        others = self._sharing(tensor)
        if not (is_told and self._explained.issuperset({id(tensor), *others})):
            self._stale |= others

    def _sharing(self, tensor: torch.Tensor) -> set[int]:
        """Others in its memory."""
        return self._storages.get(memory_of(tensor), set()) - {id(tensor)}
