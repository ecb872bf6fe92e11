"""Options of layers that no family uses: what is emitted does as PyTorch's own modules do."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from typing import Any

import pytest
import sympy
import torch
from examples import examples
from hypothesis import given
from hypothesis import strategies as st

import henet_arch as ha
from henet_arch.ir import layers
from henet_arch.ir.graph import Graph, GraphBuilder
from henet_arch.ir.layer import Layer
from henet_arch.ir.layers import BatchNorm2d, Elementwise, Input
from henet_arch.runtime.c import load
from henet_arch.runtime.c import verification as c
from henet_arch.runtime.torch.verification import verify

F = torch.nn.functional
AvgPool2d: Any = layers.AvgPool2d
MaxPool2d: Any = layers.MaxPool2d
Conv2d: Any = layers.Conv2d  # which is given numbers and lists here


def chain(*chained: Layer, shape: tuple[int, int, int] = (4, 7, 6)) -> Graph:
    """The layers one after the other."""
    builder = GraphBuilder("chain")
    x = builder.add("image", Input(shape))
    for index, layer in enumerate(chained):
        x = builder.add(f"layer{index}", layer, [x])
    return builder.finish()


def check(graph: Graph) -> None:
    """The graph as JSON, as PyTorch and as C is the same network."""
    assert ha.from_json(ha.to_json(graph)) == graph
    assert verify(graph).holds
    if shutil.which("cc"):
        checks = c.verify(graph, ("-march=native", "-O1"))
        assert checks.holds, [check for check in checks.checks if not check.holds]


NORM = BatchNorm2d(4, eps=0.5, momentum=0.01)


def test_batch_norms_have_an_eps_and_a_momentum() -> None:
    graph = chain(Conv2d(4, 4, 3), NORM, Elementwise("relu"), NORM, BatchNorm2d(4, momentum=None))
    check(graph)
    source = ha.emit(graph).text
    assert "nn.BatchNorm2d(4, eps=0.5, momentum=0.01)" in source
    assert "nn.BatchNorm2d(4, momentum=None)" in source
    norm: Any = ha.to_torch(graph).get_submodule("layer1")
    assert (norm.eps, norm.momentum) == (0.5, 0.01)


def test_what_is_usual_stays_unsaid() -> None:
    usual, other = chain(BatchNorm2d(4)), chain(NORM)
    for graph, keys in ((usual, {"channels"}), (other, {"channels", "eps", "momentum"})):
        assert json.loads(ha.to_json(graph))["nodes"][1]["attributes"].keys() == keys
        assert ha.analyze(graph).to_dict()["layers"][1]["attributes"].keys() == keys
    told = str(ha.diff(usual, other))
    assert "eps" in told
    assert "1e-05" in told


def test_blocks_that_differ_in_a_momentum_alone_are_one_class() -> None:
    builder = GraphBuilder("blocks")
    x = builder.add("image", Input((4, 7, 6)))
    for index, momentum in enumerate((None, 0.5, None)):
        x = builder.add(f"block{index}.conv", Conv2d(4, 4, 1), [x])
        x = builder.add(f"block{index}.norm", BatchNorm2d(4, momentum=momentum), [x])
        skip = builder.add(f"block{index}.relu", Elementwise("relu"), [x])
        x = builder.add(f"block{index}.conv2", Conv2d(4, 4, 1), [skip])
    graph = builder.finish()
    assert "momentum: None | float" in ha.emit(graph).text
    check(graph)


SIDES = st.tuples(*[st.integers(0, 2)] * 4)


@examples(6)
@given(
    sides=SIDES,
    kernel=st.tuples(st.integers(1, 3), st.integers(1, 3)),
    stride=st.tuples(st.integers(1, 3), st.integers(1, 2)),
    dilation=st.integers(1, 2),
    groups=st.sampled_from((1, 2, 4)),
)
def test_convolutions_pad_by_side(
    sides: Any, kernel: Any, stride: Any, dilation: int, groups: int
) -> None:
    conv = Conv2d(4, 8, kernel, stride, sides, dilation, groups)
    graph = chain(conv, Elementwise("relu"), Conv2d(8, 4, 1))
    above, below, left, right = sides
    x, weight = torch.randn(1, 4, 7, 6), torch.randn(8, 4 // groups, *kernel)
    x = F.pad(x, (left, right, above, below))
    wanted = F.conv2d(x, weight, None, stride, 0, dilation, groups)
    assert graph["layer0"].shape == tuple(wanted.shape[1:])
    check(graph)


@examples(6)
@given(sides=SIDES, stride=st.integers(1, 3), largest=st.booleans())
def test_pools_pad_by_side(sides: Any, stride: int, largest: bool) -> None:
    pool = (MaxPool2d if largest else AvgPool2d)(4, stride, sides)
    graph = chain(Conv2d(4, 4, 1), pool, Conv2d(4, 4, 1))
    above, below, left, right = sides
    x = F.pad(torch.randn(1, 4, 7, 6), (left, right, above, below))
    wanted = (F.max_pool2d if largest else F.avg_pool2d)(x, 4, stride)
    assert graph["layer1"].shape == tuple(wanted.shape[1:])
    check(graph)


@pytest.mark.filterwarnings("ignore:Using padding='same' with even")
@pytest.mark.parametrize("kernel", [(2, 3), (4, 4), (1, 5)])
@pytest.mark.parametrize("dilation", [1, 2])
def test_same_is_what_pytorch_pads(kernel: tuple[int, int], dilation: int) -> None:
    theirs = torch.nn.Conv2d(4, 4, kernel, padding="same", dilation=dilation)
    graph = chain(Conv2d(4, 4, kernel, 1, "same", dilation))
    assert graph["layer0"].shape == (4, 7, 6)
    module = ha.to_torch(graph)
    module.load_state_dict({f"layer0.{k}": v for k, v in theirs.state_dict().items()})
    x = torch.randn(2, 4, 9, 8)
    with torch.no_grad():
        torch.testing.assert_close(module(x), theirs(x))


def test_blocks_that_pad_differently_are_two_classes() -> None:
    builder = GraphBuilder("blocks")
    x = builder.add("image", Input((4, 7, 6)))
    for index, padding in enumerate(((0, 1, 1, 0), (1, 0, 1, 0), (0, 1, 1, 0), (1, 1))):
        conv = Conv2d(4, 4, 2 + (index == 3), padding=padding)
        x = builder.add(f"block{index}.conv", conv, [x])
        x = builder.add(f"block{index}.relu", Elementwise("relu"), [x])
        skip = builder.add(f"block{index}.conv2", Conv2d(4, 4, 1), [x])
        x = builder.add(f"block{index}.add", layers.Add(), [x, skip])
    check(builder.finish())


def test_open_sizes_pad_by_side() -> None:
    height = sympy.Symbol("H", integer=True, positive=True)
    window = Conv2d(4, 4, 3, 2, (0, 1, 2, 2)).window
    for size in (3, 4, 7):
        opened = window.output(height, 6)[0]
        assert opened.subs(height, size) == window.output(size, 6)[0] == (size - 2) // 2 + 1


def test_pixels_that_padding_by_side_saves_are_not_dropped() -> None:
    def dropped(padding: Any) -> int:
        graph = chain(Conv2d(4, 4, 1), Conv2d(4, 4, 2, 2, padding), shape=(4, 5, 5))
        return sum(found.rule.id == "HA201" for found in ha.lint(graph).diagnostics)

    assert dropped((0, 0)) == 1
    assert dropped((0, 1, 0, 1)) == dropped((1, 0, 1, 0)) == 0


@pytest.mark.parametrize(
    "make",
    [
        lambda: Conv2d(4, 4, 3, 2, "same"),
        lambda: Conv2d(4, 4, 3, padding="full"),
        lambda: Conv2d(4, 4, 3, padding=(1, 2, 3)),
        lambda: Conv2d(4, 4, 3, padding=(1, 2, 3, -1)),
        lambda: MaxPool2d(3, 1, "same"),
        lambda: AvgPool2d(3, 1, (0, 1, 0, 1), ceil_mode=True),
        lambda: chain(MaxPool2d(3, 1, (0, 2, 0, 0))),
    ],
)
def test_other_paddings_are_refused(make: Any) -> None:
    with pytest.raises(ha.HenetArchError):
        make()


@examples(8)
@given(
    padding=st.tuples(st.integers(0, 1), st.integers(0, 1)),
    stride=st.integers(1, 3),
    ceil_mode=st.booleans(),
    counted=st.booleans(),
    divisor=st.sampled_from((None, 1, 5)),
)
def test_average_pools_divide_as_pytorch_does(
    padding: Any, stride: int, ceil_mode: bool, counted: bool, divisor: int | None
) -> None:
    pool = AvgPool2d((3, 2), stride, padding, ceil_mode, counted, divisor)
    theirs = torch.nn.AvgPool2d((3, 2), stride, padding, ceil_mode, counted, divisor)
    graph = chain(Conv2d(4, 4, 1), pool, Elementwise("hardsigmoid"), Conv2d(4, 4, 3, 1, 2))
    x = torch.randn(1, 4, 7, 6)
    assert graph["layer1"].shape == tuple(theirs(x).shape[1:])
    assert torch.equal(ha.to_torch(graph).get_submodule("layer1")(x), theirs(x))
    check(graph)


def test_a_mean_of_the_whole_map_has_its_divisor() -> None:
    for divisor in (None, 7):
        check(chain(Conv2d(4, 4, 1), AvgPool2d((7, 6), 1, 0, divisor_override=divisor)))


@pytest.mark.skipif(not shutil.which("cc"), reason="no C compiler")
def test_means_without_a_padding_by_side() -> None:
    graph = chain(AvgPool2d(3, 2, (0, 1, 1, 0), count_include_pad=False))
    x = torch.randn(1, 4, 7, 6)
    padded, ones = (F.pad(y, (1, 0, 0, 1)) for y in (x, torch.ones_like(x)))
    wanted = F.avg_pool2d(padded, 3, 2) / F.avg_pool2d(ones, 3, 2)
    torch.testing.assert_close(load(graph, {})(x), wanted)
    torch.testing.assert_close(ha.to_torch(graph)(x), wanted)


@pytest.mark.parametrize("value", [0, -1, 2.5, True, "3"])
def test_other_divisors_are_refused(value: Any) -> None:
    with pytest.raises(ha.HenetArchError):
        AvgPool2d(3, 1, divisor_override=value)


@pytest.mark.parametrize("layer", [{"eps": -1e-9}, {"momentum": 1.5}, {"eps": float("inf")}])
def test_what_no_batch_norm_has(layer: dict[str, Any]) -> None:
    with pytest.raises(ha.HenetArchError):
        replace(BatchNorm2d(4), **layer)
