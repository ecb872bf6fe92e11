"""Odd-resolution padding and the planner behind it, against trying every size."""

from __future__ import annotations

import pytest
import sympy
from henet_arch.rules.resolution import chain, odd_resolution, plan, rule, same, valid
from hypothesis import given
from hypothesis import strategies as st

from henet_arch.ir.dims import Window
from henet_arch.support.errors import LimitError, RuleError, UnknownNameError


@given(st.integers(2, 500))
def test_3x3_is_padded_on_even_sizes_only(size: int) -> None:
    padding, why = odd_resolution(size, 3, 2)
    assert padding == (0 if size % 2 else 1)
    assert str(size) in why.reason


@given(st.integers(8, 500), st.sampled_from((3, 5, 7, 9)))
def test_no_pixel_is_dropped_and_less_padding_would_lose_the_size(size: int, kernel: int) -> None:
    padding, why = odd_resolution(size, kernel, 2)
    assert f"padding {padding}" in why.reason
    assert ("drops no pixel" in why.reason) == (kernel == 3)
    window = Window((kernel, kernel), (2, 2), (padding, padding))
    output = window.output(size, size)[0]
    assert (output - 1) * 2 - padding + kernel >= size
    assert output == size // 2


def test_a_3x3_needs_all_of_its_padding() -> None:
    output = Window((3, 3), (2, 2), (0, 0)).output(32, 32)[0]
    assert (output - 1) * 2 + 3 < 32, "without padding the last pixel of an even size is dropped"


@pytest.mark.parametrize("kernel", [3, 5, 7])
def test_a_size_left_open_is_halved_as_its_numbers_are(kernel: int) -> None:
    size = sympy.Symbol("H", integer=True, positive=True)
    padding, _ = odd_resolution(size, kernel, 2)
    output = Window((kernel, kernel), (2, 2), (padding, padding)).output(size, size)[0]
    assert output == size // 2


def test_other_paddings() -> None:
    assert odd_resolution(31, 5, 1)[0] == same(31, 5, 1)[0] == 2
    assert valid(32, 3, 2)[0] == 0
    assert "1 of 32 pixels" in valid(32, 3, 2)[1].reason
    assert "2 of 2 pixels" in valid(2, 3, 2)[1].reason
    assert rule("same") is same
    with pytest.raises(UnknownNameError, match="unknown padding rule 'sam'"):
        rule("sam")
    for kernel, stride in ((3, 3), (1, 2)):
        with pytest.raises(RuleError, match=f"{kernel}x{kernel} kernel with stride {stride}"):
            odd_resolution(31, kernel, stride)


def _sizes(size: int, layers: int) -> list[int]:
    sizes = [size]
    for _ in range(layers):
        padding = odd_resolution(sizes[-1], 3, 2)[0]
        sizes.append(Window((3, 3), (2, 2), (padding, padding)).output(sizes[-1], 1)[0])
    return sizes


@pytest.mark.parametrize(
    ("size", "layers", "last_odd", "inputs"),
    [
        (32, 4, False, [31, 47]),
        (31, 4, False, [31]),
        (224, 5, False, [223, 255]),
        (224, 5, True, [191, 255]),
        (3, 4, False, [31]),
        (1, 1, False, [3]),
    ],
)
def test_plans(size: int, layers: int, last_odd: bool, inputs: list[int]) -> None:
    assert [found.input for found in plan(size, layers, last_odd)] == inputs


@given(st.integers(1, 600), st.integers(1, 6), st.booleans())
def test_plans_are_the_nearest_that_exist(size: int, layers: int, last_odd: bool) -> None:
    def fits(candidate: int) -> bool:
        sizes = _sizes(candidate, layers)
        odd = sizes if last_odd else sizes[:-1]
        return sizes[-1] >= 1 and all(each % 2 for each in odd)

    good = [candidate for candidate in range(2, 2000) if fits(candidate)]
    below = [candidate for candidate in good if candidate <= size]
    above = [candidate for candidate in good if candidate >= size]
    expected = sorted({*below[-1:], *above[:1]})
    if size in good:
        expected = [size]
    found = plan(size, layers, last_odd)
    assert [each.input for each in found] == expected
    assert all(list(each.sizes) == _sizes(each.input, layers) for each in found)


@given(st.integers(1, 600), st.integers(1, 6))
def test_chains_are_the_sizes_of_convolutions(size: int, layers: int) -> None:
    try:
        found = chain(size, layers)
    except RuleError:
        assert size < 2**layers
    else:
        assert list(found.sizes) == _sizes(size, layers)


def test_plans_out_of_bounds() -> None:
    with pytest.raises(RuleError, match="no plan for a size of 0"):
        plan(0, 3)
    with pytest.raises(RuleError, match="with 0 stride-2 layers"):
        plan(31, 0)
    with pytest.raises(LimitError, match="limit of 40"):
        plan(31, 41)
