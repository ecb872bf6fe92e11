"""Random weights are distributed as those of the emitted module, and drawn without PyTorch."""

from __future__ import annotations

from math import sqrt
from typing import Any

import pytest

np = pytest.importorskip("numpy")
import torch  # noqa: E402
from every_kind import L, Net, everything  # noqa: E402

import henet_arch as ha  # noqa: E402
from henet_arch.ir.tensors import tensors_of  # noqa: E402
from henet_arch.runtime.initial import drawn, weights_of  # noqa: E402
from henet_arch.support.errors import UnknownNameError  # noqa: E402


def _weights(graph: ha.Graph, init: str) -> Any:
    return drawn(ha.load(graph), init).weights


@pytest.mark.parametrize("init", ["kaiming", "gaussian"])
def test_each_tensor_starts_as_the_modules_does(init: str) -> None:
    net = Net("wide")
    x = net.put(L.Conv2d(8, 96, 5), net.put(L.Input((8, 9, 9))))
    x = net.put(L.ConvTranspose2d(96, 64, 3, groups=2), x)
    net.put(L.Linear(64, 500), net.put(L.Flatten(), net.put(L.GlobalAvgPool2d(), x)))
    torch.manual_seed(0)
    for graph in (net.finish(), everything()):
        state = ha.to_torch(graph, init).state_dict()
        weights = _weights(graph, init)
        assert {key: values.shape for key, values in weights.items()} == tensors_of(graph)
        for key, values in weights.items():
            wanted = state[key].numpy()
            assert values.dtype == np.float32
            if values.size < 5000 or not wanted.std():
                assert bool(wanted.std()) == bool(values.std())
                assert wanted.std() or np.array_equal(values, wanted)
                continue
            assert abs(values.std() / wanted.std() - 1) < 5 / sqrt(values.size)
            assert abs(values.mean()) < 5 * wanted.std() / sqrt(values.size)


def test_they_are_the_same_each_time() -> None:
    graph = ha.build("lenet5")
    first, again = _weights(graph, "kaiming"), weights_of(ha.load(graph))
    assert all(np.array_equal(first[key], again[key]) for key in first)
    with pytest.raises(UnknownNameError, match="unknown initialisation 'other'"):
        drawn(ha.load(graph), "other")
