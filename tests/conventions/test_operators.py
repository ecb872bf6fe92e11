"""Opaque layers: counters of operators are the oracle; of those of modules nothing is said."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from peer_counters import COUNTERS
from torch import nn
from torch.nn.functional import scaled_dot_product_attention

import henet_arch as ha
from henet_arch.analyzers.reconcile import Reconciliation
from henet_arch.support.errors import RuleError

pytestmark = pytest.mark.filterwarnings("ignore")  # the counters' own

SIZE = (4, 6, 6)
OF_OPERATORS = ("fvcore", "torch")
OF_MODULES = sorted({"netscope", "paper", *COUNTERS} - {*OF_OPERATORS})


class After(nn.Module):
    """What a function makes of a convolution's map, with modules of its own."""

    def __init__(self, function: Callable[..., Any], *modules: nn.Module) -> None:
        super().__init__()
        self.conv = nn.Conv2d(4, 4, 1)
        self.function = function
        self.own = nn.ModuleList(modules)

    def forward(self, image: Any) -> Any:
        return self.function(self.conv(image), *self.own)


def _attend(x: Any, project: Any, end: Any) -> Any:
    query, key, value = project(x.flatten(1, 2)).chunk(3, -1)
    return end((query @ key.transpose(1, 2)).softmax(-1) @ value)


CASES: dict[str, Callable[[], nn.Module]] = {
    "conv1d": lambda: After(lambda x, m: m(x.flatten(2)), nn.Conv1d(4, 8, 3, bias=False)),
    "conv1d groups": lambda: After(lambda x, m: m(x.flatten(2)), nn.Conv1d(4, 8, 3, groups=2)),
    "conv3d": lambda: After(lambda x, m: m(x.unflatten(1, (2, 2))), nn.Conv3d(2, 8, (1, 3, 3))),
    "transposed": lambda: After(lambda x, m: m(x.flatten(2)), nn.ConvTranspose1d(4, 8, 3, 2)),
    "linear of maps": lambda: After(lambda x, m: m(x), nn.Linear(6, 5)),
    "matmul": lambda: After(lambda x: x @ x),
    "bmm": lambda: After(lambda x: torch.bmm(x[0], x[0])[None]),
    "einsum": lambda: After(lambda x: torch.einsum("bcij,bcjk->bcik", x, x)),
    "attention": lambda: After(lambda x: scaled_dot_product_attention(x, x, x)),
    "self-attention": lambda: After(_attend, nn.Linear(6, 18), nn.Linear(6, 6)),
    "batch norm": lambda: After(lambda x, m: m(x.flatten(2)), nn.BatchNorm1d(4)),
    "layer norm": lambda: After(lambda x, m: m(x), nn.LayerNorm(6)),
    "layer norm without": lambda: After(
        lambda x, m: m(x), nn.LayerNorm(6, elementwise_affine=False)
    ),
    "group norm": lambda: After(lambda x, m: m(x.flatten(2)), nn.GroupNorm(2, 4)),
    "instance norm": lambda: After(lambda x, m: m(x.flatten(2)), nn.InstanceNorm1d(4)),
    "softmax of rows": lambda: After(lambda x: x.softmax(-1)),
    "pool of rows": lambda: After(lambda x, m: m(x.flatten(2)), nn.AvgPool1d(3)),
    "moved": lambda: After(lambda x: x.roll(1, 2)),
}


@pytest.mark.parametrize("name", OF_OPERATORS)
@pytest.mark.parametrize("case", CASES)
def test_what_a_counter_of_operators_counts_of_them(case: str, name: str) -> None:
    model = ha.load(CASES[case]().eval(), SIZE)
    report = ha.analyze(model, name)
    with torch.no_grad():
        theirs = COUNTERS[name](CASES[case]().eval(), torch.randn(1, *SIZE))
    assert not report.unknown
    assert report.macs == theirs.operations


@pytest.mark.parametrize("name", OF_MODULES)
def test_what_a_counter_of_modules_counts_of_them_is_unknown(name: str) -> None:
    matmul, moved = (ha.load(CASES[case]().eval(), SIZE) for case in ("matmul", "moved"))
    exact = ha.analyze(matmul).macs
    counted = ha.analyze(matmul, name)
    (node,) = counted.unknown
    assert node.layer.kind == "opaque"
    assert counted.macs < exact
    layer = next(layer for layer in counted.to_dict()["layers"] if layer["name"] == node.name)
    assert layer["macs"] is None
    assert layer["ops"] == {"mac": 4 * 6 * 6 * 6}
    assert not ha.analyze(moved, name).unknown
    with pytest.raises(RuleError, match=f"(?s){node.name} is unknown.*as {name}"):
        ha.formula(matmul, "macs", symbols=[], convention=name)


def test_reconcile_says_which_totals_lack_something() -> None:
    result = Reconciliation(ha.load(CASES["matmul"]().eval(), SIZE).graph)
    lacking = {count.convention.name for count in result.counts if count.unknown}
    assert lacking == {*OF_MODULES}
    text = " ".join(str(result).split())
    assert "a counter of modules does not say what it counts of operators: aten.matmul" in text
    row = next(line for line in str(result).splitlines() if line.startswith(" thop"))
    assert "≥" in row
    assert row.endswith("unknown")
