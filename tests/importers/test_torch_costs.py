"""The cost of every operator that has a row, against PyTorch's flop counter."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor
from torch.nn import functional as F  # noqa: N812
from torch.utils.flop_counter import FlopCounterMode

from henet_arch.importers._torch.costs import PRODUCTS, _Operands, cost_of
from henet_arch.importers._torch.recorder import record
from henet_arch.importers._torch.values import Draft, Value, plain
from henet_arch.ir.dims import Cost
from henet_arch.ir.layer import Ops
from henet_arch.ir.layers import Input

CASES: dict[str, Callable[[Tensor], Tensor]] = {
    "adaptive_avg_pool1d": lambda x: F.adaptive_avg_pool1d(x, 2),
    "adaptive_avg_pool2d": lambda x: F.adaptive_avg_pool2d(x, 2),
    "addmm": lambda x: torch.addmm(x[0], x[0], x[0].t()),
    "avg_pool1d": lambda x: F.avg_pool1d(x, 2),
    "avg_pool2d": lambda x: F.avg_pool2d(x, 2),
    "avg_pool3d": lambda x: F.avg_pool3d(x[:, None, None], (1, 2, 2)),
    "baddbmm": lambda x: torch.baddbmm(x, x, x.transpose(1, 2)),
    "batch_norm": lambda x: F.batch_norm(x, x.new_ones(6), x.new_ones(6)),
    "bmm": lambda x: torch.bmm(x, x.transpose(1, 2)),
    "conv1d": lambda x: F.conv1d(x, x.new_ones(4, 2, 3), groups=3),
    "conv2d": lambda x: F.conv2d(x[:, None], x.new_ones(4, 1, 3, 2)),
    "conv3d": lambda x: F.conv3d(x[:, None, None], x.new_ones(4, 1, 1, 3, 2)),
    "conv_transpose1d": lambda x: F.conv_transpose1d(x, x.new_ones(6, 4, 3)),
    "conv_transpose2d": lambda x: F.conv_transpose2d(x[:, None], x.new_ones(1, 4, 3, 2)),
    "convolution": lambda x: torch.convolution(
        x, x.new_ones(4, 6, 3), None, [1], [0], [1], False, [0], 1
    ),
    "einsum": lambda x: torch.einsum("nij,kj->nik", x, x.new_ones(5, 6)),
    "group_norm": lambda x: F.group_norm(x, 3),
    "instance_norm": lambda x: F.instance_norm(x),
    "layer_norm": lambda x: F.layer_norm(x, (6,)),
    "leaky_relu": lambda x: F.leaky_relu(x, 0.2),
    "linear": lambda x: F.linear(x, x.new_ones(5, 6), x.new_ones(5)),
    "log_softmax": lambda x: x.log_softmax(1),
    "matmul": lambda x: x @ x.transpose(1, 2),
    "max_pool1d": lambda x: F.max_pool1d(x, 2),
    "max_pool2d": lambda x: F.max_pool2d(x, 2),
    "mm": lambda x: torch.mm(x[0], x[0].t()),
    "prelu": lambda x: F.prelu(x, x.new_ones(6)),
    "scaled_dot_product_attention": lambda x: F.scaled_dot_product_attention(x, x, x[..., :4]),
    "softmax": lambda x: x.softmax(1),
}
NO_MODULE = {"getitem"}
"""What takes apart the results of others."""


class Applied(torch.nn.Module):
    def __init__(self, function: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.function = function

    def forward(self, x: Tensor) -> Tensor:
        return self.function(x)


def _cost(function: Callable[[Tensor], Tensor], word: str) -> Cost:
    """What the operation `word` of a function costs, which runs on an image of 6x6."""
    trace = record(Applied(function), {"x": (6, 6)}, word)
    known = {
        name: Value(Draft(Input((1,)), (), (1,), "float32", None), plain(1), sizes)
        for operation in trace.operations
        for name, sizes in zip(operation.results, operation.sizes, strict=True)
    }
    ((_, sizes, _),) = trace.inputs.values()
    known["x"] = Value(Draft(Input((1,)), (), (1,), "float32", None), plain(1), sizes)
    (operation,) = (o for o in trace.operations if o.word == word)
    return cost_of(operation, known)


def test_every_row_has_a_case() -> None:
    assert {*CASES} == PRODUCTS.keys() - NO_MODULE


@pytest.mark.parametrize("word", CASES)
def test_costs(word: str) -> None:
    cost = _cost(CASES[word], word)
    assert cost is not None
    with FlopCounterMode(display=False) as counter:
        CASES[word](torch.zeros(1, 6, 6, device="meta"))
    assert 2 * dict(cost).get("mac", 0) == counter.get_total_flops()


@pytest.mark.parametrize(
    ("word", "wanted"),
    [
        ("log_softmax", {"add": 6 * (6 + 5 + 6), "exp": 36, "log": 6, "compare": 30}),
        ("adaptive_avg_pool1d", {"add": 36 - 12, "div": 12}),
    ],
)
def test_operations_besides_multiplications(word: str, wanted: dict[str, int]) -> None:
    assert dict(_cost(CASES[word], word) or ()) == wanted


@given(st.integers(1, 30), st.integers(1, 30))
def test_windows_that_share_elements_add_them_again(size: int, parts: int) -> None:
    """Each element of the output is a mean of as many as its gradient reaches."""
    x = torch.zeros(1, 1, size, requires_grad=True)
    pooled = F.adaptive_avg_pool1d(x, parts)[0, 0]
    read = sum(int((torch.autograd.grad(y, x, retain_graph=True)[0] != 0).sum()) for y in pooled)
    at = _Operands(
        record(
            Applied(lambda x: F.adaptive_avg_pool1d(x, parts)), {"x": (1, size)}, "pool"
        ).operations[0],
        {"x": Value(Draft(Input((1,)), (), (1,), "float32", None), plain(1), (1, 1, size))},
    )
    assert PRODUCTS["adaptive_avg_pool1d"](at) == Ops(add=read - parts, div=parts)


CONSTRUCTORS: dict[str, Callable[[Tensor], Tensor]] = {
    "empty_like": lambda x: x + torch.empty_like(x).fill_(0),
    "full_like": lambda x: x + torch.full_like(x, 2),
    "new_empty": lambda x: x + x.new_empty(6).fill_(0),
    "new_full": lambda x: x + x.new_full((6,), 2),
    "new_ones": lambda x: x + x.new_ones(6),
    "new_zeros": lambda x: x + x.new_zeros(6),
    "ones_like": lambda x: x + torch.ones_like(x),
    "zeros_like": lambda x: x + torch.zeros_like(x),
}


@pytest.mark.parametrize("word", CONSTRUCTORS)
def test_what_makes_a_tensor_of_one_value_computes_nothing(word: str) -> None:
    assert _cost(CONSTRUCTORS[word], word) == ()
