"""Every pass keeps what networks of all kinds of layers compute."""

from __future__ import annotations

import torch
from examples import examples
from hypothesis import assume, given
from lowering.functional import outputs, random_tensors
from lowering.interpreter import check_against
from lowering.strangers import strangers

from henet_arch.ir.graph import Graph


@given(strangers())
@examples(120)
def test_random_graphs(graph: Graph) -> None:
    tensors = random_tensors(graph)
    made = torch.Generator().manual_seed(1)
    image = torch.randn(2, *graph.input_shape, dtype=torch.float64, generator=made)
    expected = outputs(graph, tensors, image)
    assume(all(bool(value.isfinite().all()) for value in expected))
    check_against(graph, tensors, image, expected)
