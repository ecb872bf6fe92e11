"""Random blocks are the networks that PyTorch runs; damaged ones are refused by their line.

HENET_ARCH_EXAMPLES=400 tries thousands.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from block_networks import DrawnNetwork, block_networks
from examples import examples
from hypothesis import assume, given
from hypothesis import strategies as st

import henet_arch as ha
from henet_arch.spec.build import build
from henet_arch.spec.files import dumps, load, parse
from henet_arch.support.errors import HenetArchError


@given(block_networks(), st.integers(0, 9))
@examples(12)
def test_valid_blocks_are_the_network_that_pytorch_runs(drawn: DrawnNetwork, seed: int) -> None:
    spec = parse(drawn.text, "toml")
    module = ha.to_torch(spec).double().eval()
    generator = torch.Generator().manual_seed(seed)
    state = module.state_dict()
    for name, tensor in state.items():
        if tensor.is_floating_point():
            values = torch.randn(tensor.shape, generator=generator, dtype=tensor.dtype)
            tensor.copy_(values.abs() + 0.5 if name.endswith("running_var") else values)
    x = torch.randn((2, *spec.input), generator=generator, dtype=torch.float64)
    with torch.no_grad():
        ours, theirs = module(x), drawn.reference(x, state)
    assert ours.shape == theirs.shape
    torch.testing.assert_close(ours, theirs, rtol=1e-9, atol=1e-9)
    read = {name for name, tensor in state.items() if tensor.is_floating_point()}
    assert len(read) == sum(
        len(node.layer.weights()) + len([b for b in node.layer.buffers() if "num" not in b])
        for node in build(spec)
    )


@given(block_networks(), st.sampled_from(("toml", "json", "yaml")))
@examples(12)
def test_blocks_come_back_from_files(drawn: DrawnNetwork, form: str) -> None:
    spec = parse(drawn.text, "toml")
    again = parse(dumps(spec, form), form)
    assert again == spec
    assert build(again).nodes == build(spec).nodes


def _unknown_layer(line: str) -> str:
    return re.sub(r"= (\w+)", r"= \1x", line)


def _unknown_number(line: str) -> str:
    return line if " when " in line else line.partition("#")[0] + " when nothing > 1"


def _unknown_line(line: str) -> str:
    return line if " of " in line or "when" in line else line.partition("#")[0] + " of nowhere"


def _open(line: str) -> str:
    return re.sub(r"\)([^)]*)$", r"\1", line, count=1) if ")" in line.partition("#")[0] else line


def _unknown_argument(line: str) -> str:
    return re.sub(r"(conv|pool)\(", r"\1(wrong=1, ", line)


def _forbidden_name(line: str) -> str:
    return re.sub(r"^\w+ =", "in =", line)


def _foreign_character(line: str) -> str:
    return re.sub(r"^(\w+) =", r"\1 = $", line)


def _wrong_groups(line: str) -> str:
    return re.sub(r"\bconv\((?!.*groups)", "conv(groups=7919, channels=", line, count=1)


_WIDTH = re.compile(r"\bconv\((?!kernel|groups|channels)([^,)]*)")


def _fraction(line: str) -> str:
    return _WIDTH.sub(r"conv((\1) / 7919", line, count=1)


def _nothing(line: str) -> str:
    return _WIDTH.sub(r"conv(0 * (\1)", line, count=1)


def _no_equals(line: str) -> str:
    return line.replace(" = ", " ", 1)


DAMAGES: dict[str, Callable[[str], str]] = {
    function.__name__.removeprefix("_"): function
    for function in (
        _unknown_layer, _unknown_number, _unknown_line, _open, _unknown_argument,
        _forbidden_name, _foreign_character, _wrong_groups, _fraction, _nothing, _no_equals,
    )
}  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("blocks")


@given(drawn=block_networks(), damage=st.sampled_from(sorted(DAMAGES)), data=st.data())
@examples(30)
def test_damaged_blocks_are_refused_by_their_line(
    folder: Path, drawn: DrawnNetwork, damage: str, data: st.DataObject
) -> None:
    index = data.draw(st.integers(0, len(drawn.lines) - 1))
    number = drawn.place(index)
    lines = drawn.text.splitlines()
    damaged = DAMAGES[damage](lines[number - 1])
    assume(damaged != lines[number - 1])
    assume(sum(drawn.keys["repeats"]) > 0)
    lines[number - 1] = damaged
    path = folder / "net.toml"
    path.write_text("\n".join(lines))
    with pytest.raises(HenetArchError) as caught:
        build(load(path))
    assert re.match(rf".*net\.toml, line {number}, column \d+", caught.value.where), caught.value
    assert caught.value.what
