"""What a source of weights has: tensors by name, each read when it is asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from ..ir.dims import Shape
from ..ir.graph import Graph
from ..ir.model import Model
from ..ir.tensors import held_by, is_counter
from ..support.errors import SourceError
from ..support.optional import first_line, need

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Entry(NamedTuple):
    """A tensor that has not been read."""

    type: str
    """The name of its type, as numpy or PyTorch has it."""
    shape: Shape


@dataclass(frozen=True)
class Tensors:
    """The tensors of a file, of a network or of a state dict.

    Args:
        title: What messages call the source.
        entries: The tensors by name.
        read: Reads one of them, of fewer bits than float32 as float32.
        in_order: Whether they stand in the order in which their network has them.
        notes: What to say of how they were found.
        completed: The model with what the source says of its images and classes.
        graph: The network that they are of, where the source says it.
    """

    title: str
    entries: Mapping[str, Entry]
    read: Callable[[str], NDArray[Any]]
    in_order: bool = False
    notes: tuple[str, ...] = ()
    completed: Callable[[Model], Model] = lambda model: model
    graph: Callable[[], Graph] | None = None

    def without_counters(self) -> Tensors:
        """The same without what batch norms of PyTorch keep besides."""
        entries = {name: entry for name, entry in self.entries.items() if not is_counter(name)}
        return replace(self, entries=entries)


def entry_of(value: Any) -> Entry:
    """What is said of a tensor of PyTorch, or of an array."""
    return Entry(str(value.dtype).removeprefix("torch."), tuple(value.shape))


def of_model(model: Model) -> Tensors:
    """The weights of a network.

    Raises:
        SourceError: it has none.
    """
    weights = model.weights
    if weights is None:
        raise SourceError(
            f"{model.origin.title} has no weights", fix="a network with weights, or a file of them"
        )
    entries = {
        f"{node.name}.{key}": Entry(node.element_type.name, shape)
        for node in model.graph
        if not node.shares
        for key, shape in held_by(node).items()
    }
    return Tensors(
        model.origin.title,
        entries,
        weights.__getitem__,
        True,
        completed=partial(_as_known, model),
        graph=lambda: model.graph,
    )


def _as_known(source: Model, model: Model) -> Model:
    """The model with what is known of the images that a source's weights are for."""
    return replace(
        model,
        preprocessing=source.preprocessing or model.preprocessing,
        class_names=source.class_names or model.class_names,
        trained_on=source.trained_on,
        split=source.split,
    )


def of_state(state: Mapping[str, Any]) -> Tensors:
    """A state dict: tensors of PyTorch, or arrays.

    Raises:
        SourceError: it holds something else.
    """
    for name, value in state.items():
        if not isinstance(name, str) or not (hasattr(value, "shape") and hasattr(value, "dtype")):
            raise SourceError(
                f"{name!r:.99} of the state dict is {type(value).__name__}, and no tensor",
                fix="module.state_dict()",
            )
    entries = {name: entry_of(value) for name, value in state.items()}
    return Tensors("the state dict", entries, partial(_read, state), in_order=True)


def _read(state: Mapping[str, Any], name: str) -> NDArray[Any]:
    try:
        return array_of(state[name])
    except (TypeError, RuntimeError, NotImplementedError) as error:  # no values, or no plain ones
        raise SourceError(
            f"{name:.99} of the state dict cannot be read",
            why=first_line(error),
            fix="plain tensors with values",
        ) from None


def array_of(value: Any) -> NDArray[Any]:
    """A tensor of PyTorch, or an array, as an array."""
    if hasattr(value, "detach"):
        value = value.detach().cpu()
        value = (value.float() if value.element_size() < _SINGLE else value).numpy()
    array: NDArray[Any] = need("numpy", "weights").array(value)
    return array


_SINGLE = 4
"""Bytes of a float32."""
