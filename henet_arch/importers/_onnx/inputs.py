"""The sizes of a network's inputs, where a file or its user fixes them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ...ir.dims import Shape
from ...support.errors import FileError, InputShapeError, look_up
from ...support.limits import LARGEST
from ..importer import InputShape
from .network import Sizes, Value
from .tensors import HIGHEST_RANK, type_name
from .text import require_text


@dataclass(eq=False)
class _Input:
    """An input as the file declares it: sizes are numbers, or names of what is open."""

    name: str
    type: str
    sizes: list[int | str] | None
    channels: int
    """What its first convolution takes; as many as usual images have where there is none."""


def sized_inputs(
    declared: Iterable[Any], given: InputShape | None, channels: Mapping[str, int]
) -> list[Value]:
    """The inputs with all their sizes; a batch that is open becomes 1.

    Args:
        declared: The ValueInfoProto of each input that is no weight.
        given: What the user asks for.
        channels: How many the convolutions take that read an input, by its name.

    Raises:
        InputShapeError: sizes are open, and `given` does not say them or does not fit.
        UnknownNameError: `given` names an input that there is not.
        FileError: an input is no tensor, or its sizes cannot be.
    """
    inputs = [_declared(info, channels.get(info.name, _USUAL[0])) for info in declared]
    fixed: dict[str, int] = {}
    for one, shape in _asked(inputs, given).items():
        _fix(one, tuple(shape), fixed)
    for one in inputs:
        if one.sizes and isinstance(one.sizes[0], str):
            fixed.setdefault(_key(one, 0), 1)
    shapes = [_fixed(one, fixed) for one in inputs]
    if None in shapes:
        raise _open(inputs)
    return [Value(one.name, shape, one.type) for one, shape in zip(inputs, shapes, strict=True)]


def _declared(info: Any, channels: int) -> _Input:
    require_text(info.name)
    if not info.type.HasField("tensor_type"):
        kind = info.type.WhichOneof("value") or "of no type"
        raise FileError(f"the input {info.name!r:.99} is {kind}, and no tensor")
    tensor = info.type.tensor_type
    type_ = type_name(tensor.elem_type)
    if not type_ or type_ == "string":
        raise FileError(f"the input {info.name!r:.99} has elements of type {type_ or 'unknown'}")
    if not tensor.HasField("shape"):
        return _Input(info.name, type_, None, channels)
    if len(tensor.shape.dim) > HIGHEST_RANK:
        raise FileError(f"the input {info.name!r:.99} has {len(tensor.shape.dim)} axes")
    sizes = [_size(dim, info.name) for dim in tensor.shape.dim]
    return _Input(info.name, type_, sizes, channels)


def _size(dim: Any, name: str) -> int | str:
    """A size, or the name of an open one, which may be "": some write 0 or -1 for that."""
    require_text(dim.dim_param)
    if not dim.HasField("dim_value"):
        return dim.dim_param if dim.dim_param.isidentifier() else ""
    if dim.dim_value > LARGEST:
        raise FileError(f"the input {name!r:.99} has a size of {dim.dim_value}")
    return max(dim.dim_value, 0) or ""


def _key(one: _Input, axis: int) -> str:
    """What stands for an open size: its name, which several inputs may have in common."""
    size = one.sizes[axis] if one.sizes else ""
    return f"name {size}" if size else f"axis {axis} of {one.name}"


def _asked(inputs: list[_Input], given: InputShape | None) -> dict[_Input, Shape]:
    """The shapes that are asked for, by input."""
    if given is None:
        return {}
    if isinstance(given, Mapping):
        named = {one.name: one for one in inputs}
        return {look_up(name, named, "input"): shape for name, shape in given.items()}
    fitting = [one for one in inputs if one.sizes is None or len(one.sizes) == len(given) + 1]
    fitting = fitting or [one for one in inputs if len(given) == 2 and _is_map(one)]
    if not fitting:
        raise _misfit(given, inputs)
    return {fitting[0]: given}


def _is_map(one: _Input) -> bool:
    return one.sizes is not None and len(one.sizes) == 4


def _fix(one: _Input, shape: Shape, fixed: dict[str, int]) -> None:
    """Give an input its sizes: all but the batch, or the height and width of a map."""
    if one.sizes is None:
        one.sizes = [""] * (len(shape) + 1)
    first = len(one.sizes) - len(shape)
    if first != 1 and not (first == 2 and _is_map(one)):
        raise _misfit(shape, [one])
    for axis, size in enumerate(shape, first):
        if not isinstance(size, int) or isinstance(size, bool) or not 1 <= size <= LARGEST:
            raise _misfit(shape, [one])
        if isinstance(one.sizes[axis], str):
            key = _key(one, axis)
            if fixed.setdefault(key, size) != size:
                raise InputShapeError(
                    f"the size {one.sizes[axis]} is {fixed[key]} and {size}",
                    where=f"the input {one.name}",
                    why="inputs that name an open size alike have the same",
                    fix=f"one size for {one.sizes[axis]} in all inputs",
                )
        else:
            one.sizes[axis] = size


def _fixed(one: _Input, fixed: Mapping[str, int]) -> Sizes | None:
    """All sizes of an input; None where one is open."""
    sizes = [
        fixed.get(_key(one, axis), 0) if isinstance(size, str) else size
        for axis, size in enumerate(one.sizes or ())
    ]
    return None if one.sizes is None or 0 in sizes else tuple(sizes)


def _misfit(given: Iterable[object], inputs: Iterable[_Input]) -> InputShapeError:
    listed = list(inputs)
    return InputShapeError(
        f"no input takes the shape {'x'.join(map(str, given))}",
        where=", ".join(map(_text, listed)),
        fix=f"a shape without the batch, such as {_advice(listed)}",
    )


def _open(inputs: Iterable[_Input]) -> InputShapeError:
    """What to say of inputs that leave sizes open."""
    listed = list(inputs)
    texts = [_text(one) for one in listed if _is_open(one)]
    return InputShapeError(
        f"the network leaves sizes of its input open: {', '.join(texts)}",
        why="its costs depend on them",
        fix=_advice(listed),
    )


_USUAL = (3, 224, 224)
"""An image where the network says nothing."""


def _advice(inputs: Sequence[_Input]) -> str:
    """An option with the sizes that the network has, and usual ones for those that are open."""
    shapes = {one.name: _usual(one) for one in inputs}
    if len(set(shapes.values())) == 1:
        return f"--input {next(iter(shapes.values()))}"
    return "--input " + ",".join(f"{name:.99}={shape}" for name, shape in shapes.items())


def _usual(one: _Input) -> str:
    sizes = (one.sizes or [""] * 4)[1:]
    usual = (one.channels, *_USUAL[1:]) if len(sizes) == len(_USUAL) else (1,) * len(sizes)
    pairs = zip(sizes, usual, strict=True)
    return "x".join(str(other if isinstance(size, str) else size) for size, other in pairs)


def _is_open(one: _Input) -> bool:
    return one.sizes is None or any(isinstance(size, str) for size in one.sizes[1:])


def _text(one: _Input) -> str:
    """An input with its sizes but the batch: `images 3 x height x width`."""
    if one.sizes is None:
        return f"{one.name:.99} (of no known rank)"
    return f"{one.name:.99} {' x '.join(str(size or '?')[:40] for size in one.sizes[1:])}"
