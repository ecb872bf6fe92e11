"""Random preprocessings for Hypothesis."""

from __future__ import annotations

from hypothesis import strategies as st

from henet_arch.ir.preprocessing import ORDERS, Preprocessing

_MEANS = st.floats(-200, 200, width=32)
_STDS = st.floats(0.125, 200, width=32)


@st.composite
def preprocessings(
    draw: st.DrawFn,
    orders: tuple[str, ...] = tuple(ORDERS),
    least: tuple[int, int] = (1, 1),
) -> Preprocessing:
    """Of images in one of these orders, which cover at least that size where they are cut."""
    order = draw(st.sampled_from(orders))
    count = ORDERS[order] or draw(st.integers(1, 5))
    mean, std = (draw(st.tuples(*[each] * count)) for each in (_MEANS, _STDS))
    sizes = st.tuples(*(st.integers(side, side + 20) for side in least))
    scale = draw(st.sampled_from((1.0, 1 / 255, 0.5)))
    return Preprocessing(mean, std, order, scale, draw(st.none() | sizes))
