"""Elements that do not depend on the inputs, computed when they are asked for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import reduce
from math import isfinite, prod
from struct import pack, unpack
from typing import TYPE_CHECKING, Any

from ...support.errors import LimitError
from ...support.optional import need

if TYPE_CHECKING:
    from numpy.typing import NDArray

SMALL = 256
"""Elements of what is computed at once and kept: sizes, axes, single numbers."""
FEW = 65_536
"""Elements of what may be computed to look at it, such as the channels' factors."""
MOST = 2**29
"""Bytes of one constant that is computed; the largest layer of a VGG has 411 MB."""
_MOST_TOGETHER = 640_000_000
"""Bytes of all that is computed to read one constant."""
_GLANCE = 2**24
"""Bytes of all that is computed to look whether a constant is one number."""
_WIDE = {"complex128": 16, "complex64": 8, "float64": 8, "int64": 8, "string": 64, "uint64": 8}
"""Bytes of an element, where they are more than 4."""
DEEPEST = 64
"""Steps from what the file holds to what is computed of it."""


@dataclass(frozen=True, eq=False)
class Constant:
    """A tensor that a file holds, or that is computed of such.

    Attributes:
        shape: Its sizes.
        type: Of its elements, as numpy calls it, and `bfloat16`, which is read as float32.
        make: Gives the elements, of those of the sources in their order.
        sources: What it is computed of.
        key: Equal for what is the same tensor of the file, and computed alike of it.
        depth: The longest way from what the file holds.
    """

    shape: tuple[int, ...]
    type: str
    make: Callable[..., Any] = field(repr=False)
    sources: tuple[Constant, ...] = field(default=(), repr=False)
    key: Any = field(default=None, repr=False)
    depth: int = 0
    _kept: list[Any] = field(default_factory=list, repr=False)

    @property
    def count(self) -> int:
        """How many elements it has."""
        return prod(self.shape)

    @property
    def bytes(self) -> int:
        """Bytes that its elements take in memory, at most."""
        return self.count * _WIDE.get(self.type, 4)

    def roots(self) -> set[Constant]:
        """What the file holds that it is computed of; itself where it is not computed."""
        seen, waiting = {self}, [self]
        while waiting:
            more = set(waiting.pop().sources) - seen
            seen |= more
            waiting += more
        return {each for each in seen if not each.sources}

    def small(self) -> NDArray[Any] | None:
        """Its elements where they are few; None for a large one."""
        if self.count > SMALL:
            return None
        if not self._kept:
            self._kept.append(self.read())
        kept: NDArray[Any] = self._kept[0]
        return kept

    def read(self) -> NDArray[Any]:
        """All its elements.

        Raises:
            FileError: the file does not hold them.
            LimitError: more is computed for it than memory should hold.
        """
        return _Reading(_MOST_TOGETHER).of(self)

    def uniform(self) -> float | None:
        """The number that all its elements are; None where they differ or are many."""
        if not 0 < self.count <= FEW or self.type == "string":
            return None
        try:
            values = _Reading(_GLANCE).of(self)
        except LimitError:
            return None
        first = values.ravel()[0]
        return plain(float(first), self.type) if bool((values == first).all()) else None

    def transposed(self) -> Constant:
        """A matrix with its rows as columns."""
        return derived(("T",), self.shape[::-1], self.type, lambda a: a.T, (self,))

    def reshaped(self, *shape: int) -> Constant:
        """The same elements in another shape."""
        return derived(("shape", shape), shape, self.type, lambda a: a.reshape(shape), (self,))

    def times(self, factor: float) -> Constant:
        """Its elements times a number."""
        if factor == 1:
            return self
        return derived(("*", factor), self.shape, self.type, lambda a: a * factor, (self,))


class _Reading:
    """One reading of a constant, in which each source is computed once."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._bytes = 0
        self._done: dict[int, Any] = {}

    def of(self, constant: Constant) -> NDArray[Any]:
        if constant._kept:
            kept: NDArray[Any] = constant._kept[0]
            return kept
        if id(constant) not in self._done:
            sources = [self.of(source) for source in constant.sources]
            if constant.sources:
                self._spend(constant.bytes)
            self._done[id(constant)] = constant.make(*sources)
        done: NDArray[Any] = self._done[id(constant)]
        return done

    def _spend(self, count: int) -> None:
        self._bytes += count
        if self._bytes > self._limit:
            raise LimitError(
                f"more than {self._limit:,} bytes are computed for one tensor",
                fix="fold the constants of the file with ONNX's own tools",
            )


def derived(
    step: Any,
    shape: Sequence[int],
    type_: str,
    make: Callable[..., Any],
    sources: tuple[Constant, ...],
) -> Constant:
    """What is computed of other constants.

    Args:
        step: What is computed; equal for equal functions.
        shape: Of the result.
        type_: Of the result.
        make: Computes it.
        sources: What it takes.

    Raises:
        LimitError: it is too large, or too many steps from what the file holds.
    """
    depth = 1 + max((source.depth for source in sources), default=0)
    key = (step, sources[0].key) if len(sources) == 1 else object()
    constant = Constant(tuple(shape), type_, make, sources, key, depth)
    if constant.bytes > MOST or depth > DEEPEST:
        raise LimitError(
            f"a constant of {constant.count:,} elements, {depth} steps from what the file holds",
            why=f"at most {MOST:,} bytes and {DEEPEST} steps are computed",
            fix="fold the constants of the file with ONNX's own tools",
        )
    if constant.count > SMALL or any(source.count > SMALL for source in sources):
        return constant
    return held(constant.read(), type_, key)


def held(values: NDArray[Any], type_: str, key: Any = None) -> Constant:
    """A few elements as a constant; without a key none is the same."""
    return Constant(values.shape, type_, lambda: values, key=key or object(), _kept=[values])


_HELD = {"float32": ("f", 3.4028234e38), "float16": ("e", 65504.0)}
"""How `struct` writes types of fewer bits than Python's numbers, and about what they hold."""


def plain(value: float, type_: str = "float32") -> float:
    """The shortest decimal number that is this one in that type: 1e-5 for 9.99999974e-06."""
    code, largest = _HELD.get(type_, ("", 0.0))
    for digits in range(3, 10) if code and isfinite(value) else ():
        short = float(f"{value:.{digits}g}")
        if abs(short) <= largest and unpack(code, pack(code, short))[0] == value:
            return short
    return value


def of_numbers(values: Sequence[int] | int) -> Constant:
    """Whole numbers as a constant."""
    np = need("numpy", "onnx")
    return held(np.asarray(values, np.int64), "int64")


def broadcast(*shapes: tuple[int, ...]) -> tuple[int, ...]:
    """The shape of several tensors together, as numpy has it.

    Raises:
        ValueError: they do not fit.
    """
    return reduce(_broadcast, shapes, ())


def _broadcast(one: tuple[int, ...], other: tuple[int, ...]) -> tuple[int, ...]:
    rank = max(len(one), len(other))
    padded = ((1,) * (rank - len(shape)) + shape for shape in (one, other))
    sizes = []
    for a, b in zip(*padded, strict=True):
        if a != b and 1 not in (a, b):
            raise ValueError(f"{a} and {b} are neither equal nor 1")
        sizes.append(b if a == 1 else a)
    return tuple(sizes)
