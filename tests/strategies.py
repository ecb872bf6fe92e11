"""Random specs for Hypothesis."""

from __future__ import annotations

from math import inf
from typing import Any

from hypothesis import assume
from hypothesis import strategies as st

from henet_arch.engine import reach
from henet_arch.spec import Spec

WIDTHS = (2, 4, 6, 8, 12, 16, 20, 24, 30, 32, 36, 48, 64, 72, 96, 100, 144, 192)


@st.composite
def specs(draw: st.DrawFn, **fixed: Any) -> Spec:
    """Specs of every family that a network can be built from."""
    family = fixed.get("family") or draw(st.sampled_from(("henet", "shufflenet")))
    count = draw(st.integers(2, 5))
    smallest = 2 ** (count + 1) - 1
    widths = draw(st.lists(st.sampled_from(WIDTHS), min_size=count, max_size=count))
    values: dict[str, Any] = {
        "family": family,
        "channels": tuple(sorted(widths)),
        "repeats": draw(st.integers(0, 3) | st.tuples(*[st.integers(0, 3)] * (count - 1))),
        "input": (
            draw(st.integers(1, 4)),
            draw(st.integers(smallest, smallest + 20)),
            draw(st.integers(smallest, smallest + 20)),
        ),
        "classes": draw(st.integers(1, 20)),
        "kernels": draw(st.sampled_from((3, 5, 7))),
        "strides": draw(st.sampled_from((2, 2, 1))),
        "groups": draw(st.sampled_from((None, "nearest-divisors", "depthwise", "dense", 1, 2, 4))),
        "padding": draw(st.sampled_from(("odd-resolution", "same", "valid"))),
    }
    if family == "henet":
        values["last_width"] = draw(st.sampled_from(("keep", "next")))
    spec = Spec(**{**values, **fixed})
    assume(reach(spec) == inf)
    return spec
