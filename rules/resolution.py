"""How much a layer that halves the resolution is padded, and which input sizes suit it.

A padding rule takes the size, kernel and stride along one axis and returns the padding on each
side, with the reason.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ..ir.dims import Dim, certainly_below
from ..ir.graph import Decision
from ..support.errors import LimitError, RuleError, look_up
from ..support.limits import MOST_HALVINGS

_SOURCE = "HENet section 3.3"


def odd_resolution(size: Dim, kernel: int, stride: int) -> tuple[Dim, Decision]:
    """For a 3x3 kernel no padding on odd sizes and 1 on even ones, so that no pixel is dropped.

    A larger kernel is padded by as much more as it reaches further, which gives the same sizes.

    Raises:
        RuleError: the stride is neither 1 nor 2, or a stride of 2 meets a kernel below 3.
    Source: the HENet paper, section 3.3, selection of the input image size.
    """
    if stride == 1:
        return same(size, kernel, stride)
    if stride != 2 or kernel < 3 or kernel % 2 == 0:
        raise RuleError(
            f"odd-resolution has no padding for a {kernel}x{kernel} kernel with stride {stride}",
            why=f"it is defined for odd kernels of 3 or more with stride 1 or 2 ({_SOURCE})",
            fix="padding = 'same', or stride 2 with an odd kernel of 3 or more",
        )
    if not isinstance(size, int):
        return _open_size(size, kernel)
    even = size % 2 == 0
    padding = (kernel - 3) // 2 + even
    reason = f"{size} is {'even' if even else 'odd'}: padding {padding} " + (
        "is the least that drops no pixel" if kernel == 3 else "gives the size that a 3x3 gives"
    )
    return padding, Decision("odd-resolution", reason, _SOURCE)


def _open_size(size: Dim, kernel: int) -> tuple[Dim, Decision]:
    """The padding that is read, on average of both sides, where nobody knows if `size` is odd.

    An even size is padded by 1 more than an odd one, of which the far side is never read. So the
    output is `size // 2` either way.
    """
    reason = f"{size} is halved, rounded down"
    return size // 2 - 1 - (size - kernel) / 2, Decision("odd-resolution", reason, _SOURCE)


def same(size: int, kernel: int, stride: int) -> tuple[int, Decision]:
    """Half the kernel on each side, as most networks do."""
    padding = (kernel - 1) // 2
    reason = f"padding {padding} is half of the kernel {kernel}"
    return padding, Decision("same", reason, "common practice")


def valid(size: int, kernel: int, stride: int) -> tuple[int, Decision]:
    """No padding; the reason says how many pixels are never read."""
    dropped = size if certainly_below(size, kernel) else (size - kernel) % stride
    reason = f"no padding: {dropped} of {size} pixels on the far side are never read"
    return 0, Decision("valid", reason, "spec: padding")


RULES = {"odd-resolution": odd_resolution, "same": same, "valid": valid}


def rule(choice: str) -> Callable[[int, int, int], tuple[int, Decision]]:
    """The padding rule of that name.

    Raises:
        UnknownNameError: no rule has that name.
    """
    return look_up(choice, RULES, "padding rule")


@dataclass(frozen=True)
class Chain:
    """The sizes that an input runs through."""

    sizes: tuple[int, ...]

    @property
    def input(self) -> int:
        return self.sizes[0]

    @property
    def last(self) -> int:
        return self.sizes[-1]

    @property
    def odd(self) -> int:
        """How many of the stride-2 layers meet an odd size."""
        return sum(size % 2 for size in self.sizes[:-1])


def chain(size: int, layers: int) -> Chain:
    """The sizes after each of `layers` stride-2 layers padded by `odd_resolution`.

    Raises:
        RuleError: a layer meets a size of 1 or less.
    """
    sizes = [size]
    for _ in range(layers):
        if sizes[-1] < 2:
            smallest = 2 ** (layers + 1) - 1
            raise RuleError(
                f"an input of {size} is too small for {layers} stride-2 layers: "
                + " -> ".join(map(str, sizes)),
                why=f"a stride-2 layer needs a size of 2 or more ({_SOURCE})",
                fix=f"{smallest} is the smallest input that meets odd sizes only",
            )
        sizes.append(sizes[-1] // 2)
    return Chain(tuple(sizes))


def plan(size: int, layers: int, last_odd: bool = False) -> tuple[Chain, ...]:
    """The inputs nearest to `size`, below and above, with odd sizes at every stride-2 layer.

    Every size n of `layers` halvings n -> (n - 1) / 2 is odd when n + 1 is a multiple of
    2**layers, and the last one too when it is a multiple of 2**(layers + 1). One chain comes back
    when `size` itself is such an input or no smaller one exists.

    Raises:
        LimitError: more than 40 layers.
        RuleError: `size` or `layers` is below 1.
    Source: the HENet paper, section 3.3.
    """
    if size < 1 or layers < 1:
        raise RuleError(
            f"no plan for a size of {size} with {layers} stride-2 layers",
            fix="sizes and layers of 1 or more",
        )
    if layers > MOST_HALVINGS:
        raise LimitError(f"{layers} stride-2 layers are more than the limit of {MOST_HALVINGS}")
    step = 2 ** (layers + last_odd)
    smallest = 2 ** (layers + 1) - 1
    below = (size + 1) // step * step - 1
    result = {max(below, smallest), max(below if below == size else below + step, smallest)}
    return tuple(chain(n, layers) for n in sorted(result))
