"""What errors advise for blocks of one's own: it works, or it is not said."""

from __future__ import annotations

import re
from typing import Any

import pytest
from checkout import ROOT

import henet_arch as ha
from henet_arch.spec.blocks.kinds import KINDS
from henet_arch.support.errors import HenetArchError

HEAD = "pool, flatten, fc = global_pool, flatten, linear(classes)"
INVERTED = """conv1, bn1 = conv(wide), norm  when wide != Cin
conv2, bn2 = conv(wide, {window}), norm
conv3, bn3 = conv(C), norm
add = add(bn3, in)  when same_shape(bn3, in)"""


def _values(unit: str, **values: Any) -> dict[str, Any]:
    network = f"stem = conv(channels[0])\nstage = stage for channels\n{HEAD}"
    blocks = {
        "stage": {"layers": "block = unit times repeat"},
        "unit": {"layers": unit, **values.pop("own", {})},
    }
    given = {"network": network, "blocks": blocks, "channels": [16, 24], "repeats": [2, 3]}
    return {**given, **values}


def _refused(values: dict[str, Any]) -> HenetArchError:
    with pytest.raises(HenetArchError) as caught:
        ha.build(ha.Spec(**values))
    return caught.value


WINDOWS = [
    "3, groups=7",
    "3, groups=9",
    "3, groups=m",
    "9, 4, padding=0",
    "9, padding=0",
    "33, padding=1",
]


@pytest.mark.parametrize("window", WINDOWS)
@pytest.mark.parametrize("wide", ["4 * Cin", "Cin", "35 if stage == 1 else 36"])
def test_what_is_said_to_work_does(window: str, wide: str) -> None:
    rule = {"groups": 5} if "groups=m" in window else {}
    unit = INVERTED.format(window=window)
    values = _values(unit, input=[3, 32, 32], own={"wide": wide}, **rule)
    error = _refused(values)
    assert "past this layer" not in error.fix
    assert not error.why.startswith("bias:")
    for place, widths in re.findall(r"channels\[(\d)\] = ([\d or]+) works", error.fix):
        for width in widths.split(" or "):
            channels = [*values["channels"]]
            channels[int(place)] = int(width)
            assert ha.build(ha.Spec(**{**values, "channels": channels}))
    for widths in re.findall(r"channels = ([\d,]+) work", error.fix):
        assert ha.build(ha.Spec(**{**values, "channels": [*map(int, widths.split(","))]}))
    for size in re.findall(r"(\d+)x\d+ works", error.fix):
        assert ha.build(ha.Spec(**{**values, "input": int(size)}))


def test_no_width_is_named_where_none_helps() -> None:
    error = _refused(_values(INVERTED.format(window="3, groups=7"), own={"wide": "32"}))
    assert str(error).startswith("7 groups do not divide 32 input channels")
    assert error.fix == "other groups, or widths that they divide"


def test_remarks_are_no_reasons_of_errors() -> None:
    error = _refused(_values("a = conv(C, groups=7)  # why: a remark [Table 1]"))
    assert error.why.startswith("source: a = conv(C, groups=7) (")


def test_inputs_are_tried_with_all_blocks() -> None:
    """Each of eight blocks takes a quarter, so two of them would pass on far smaller maps."""
    values = _values("conv, bn = conv(C, 5, 4, padding=0), norm", channels=[4], repeats=[8])
    error = _refused({**values, "input": [3, 64, 64]})
    (size,) = map(int, re.findall(r"larger input: (\d+)x", error.fix))
    assert size > 4**7
    assert ha.build(ha.Spec(**{**values, "input": size}))


SAME = "when same_shape(...), or a 1x1 convolution"
ADVICE = [
    ("a = conv(C + 1)\nb = add(a, in)", f"{SAME} on the other path"),
    ("a = conv(C, 3, 2)\nb = multiply(a, in)", f"{SAME} with stride 2 on the other path"),
    ("a = conv(C, 3, padding=0)\nb = add(a, in)", "other numbers in that line"),
    ("a = conv(width / 5)", "round_to(..., 8) or //"),
    ("a = squeeze_excite(C / 125)", "round_to(..., 8) or //"),
    ("a = conv(C, bias=1)", "true or false"),
    ("a = max_pool(3, ceil=C)", "true or false"),
    ("a = relu when C", "a comparison, such as stride > 1"),
]  # fmt: skip


@pytest.mark.parametrize(("unit", "fix"), ADVICE)
def test_advice(unit: str, fix: str) -> None:
    own = {"width": 16} if "width" in unit else {}
    error = _refused(_values(unit, channels=[48], repeats=[1], **own))
    assert error.fix.startswith(fix)


def test_the_page_names_every_layer() -> None:
    rows = (ROOT / "docs" / "blocks.md").read_text("utf-8").splitlines()
    first = " ".join(row.split("|")[1] for row in rows if row.startswith("| `"))
    assert {*KINDS} <= {*re.findall(r"`(\w+)`", first)}
