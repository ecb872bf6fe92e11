"""A compiled training step computes what PyTorch computes: outputs, gradients and statistics."""

from __future__ import annotations

import torch
from examples import examples
from hypothesis import given
from hypothesis import strategies as st
from training_graphs import graphs

from henet_arch.ir.graph import Graph
from henet_arch.runtime.training.verification import differences


@given(graphs(), st.sampled_from((2, 3, 16, 17)), st.integers(0, 9))
@examples(8)
def test_random_networks_agree_with_pytorch(graph: Graph, count: int, seed: int) -> None:
    torch.manual_seed(seed)
    assert not [each for each in differences(graph, count) if not each.holds]
