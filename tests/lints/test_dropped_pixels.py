"""Which pixels windows read, tap by tap; and that vast windows are arithmetic."""

from __future__ import annotations

import pytest
from examples import examples
from hypothesis import assume, given
from hypothesis import strategies as st

import henet_arch as ha
from henet_arch.ir.dims import Pair, Window
from henet_arch.ir.graph import GraphBuilder
from henet_arch.ir.layers import Conv2d, Input
from henet_arch.lints.dropped_pixels import _along


def pairs(sizes: tuple[int, int, int, int]) -> tuple[Pair, Pair, Pair, Pair]:
    """Kernel, stride, padding and dilation, the same along both axes."""
    kernel, stride, padding, dilation = ((size, size) for size in sizes)
    return kernel, stride, padding, dilation


@examples(150)
@given(
    st.integers(1, 6),
    st.integers(1, 9),
    st.integers(0, 9),
    st.integers(1, 6),
    st.integers(1, 40),
    st.booleans(),
)
def test_pixels_are_read_by_some_tap_of_some_window(
    kernel: int, stride: int, padding: int, dilation: int, size: int, ceil_mode: bool
) -> None:
    sizes = Window(*pairs((kernel, stride, padding, dilation)))
    window = sizes._replace(ceil_mode=ceil_mode and 2 * padding <= kernel)
    count = int(window.output(size, size)[0])
    assume(count > 0)
    reads = {
        place * stride - padding + tap * dilation for place in range(count) for tap in range(kernel)
    }
    assert _along(window, 0, size) == sum(1 << pixel for pixel in reads if 0 <= pixel < size)


@pytest.mark.parametrize(
    ("sizes", "unread"),
    [
        ((3, 10**12, 1, 1), 144 - 4),
        ((3, 10**12, 10**12, 1), 144 - 9),
        ((10**12, 1, 5 * 10**11, 1), 0),
        ((10**11, 10**12, 10**12, 10), 144 - 4),
        ((5 * 10**11 + 1, 1, 5 * 10**11, 2), 0),
    ],
)
def test_vast_windows_are_arithmetic(sizes: tuple[int, int, int, int], unread: int) -> None:
    builder = GraphBuilder("net", "test")
    image = builder.add("image", Input((2, 12, 12)))
    builder.add("conv", Conv2d(2, 2, *pairs(sizes)), [image])
    found = [each.finding.what for each in ha.lint(builder.finish(), ["HA201"]).diagnostics]
    assert [what.split()[0] for what in found] == ([str(unread)] if unread else [])
