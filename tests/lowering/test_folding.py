"""Norms folded into the layers before them: the same numbers, with fewer layers."""

from __future__ import annotations

from typing import Any

import pytest

np = pytest.importorskip("numpy")
import torch  # noqa: E402
from emitted_onnx import computed, images_of, model_of  # noqa: E402
from every_kind import L, Net  # noqa: E402
from examples import SHARE, examples  # noqa: E402
from hypothesis import HealthCheck, assume, given  # noqa: E402
from lowering.strangers import strangers  # noqa: E402

from henet_arch.ir.graph import Graph  # noqa: E402
from henet_arch.ir.tensors import tensors_of  # noqa: E402
from henet_arch.lowering.folding import folded  # noqa: E402
from henet_arch.runtime.torch.comparison import difference  # noqa: E402
from henet_arch.support.errors import EmitError  # noqa: E402


def _same(graph: Graph) -> Graph:
    """The folded graph, which computes what the graph does."""
    model = model_of(graph)
    plain = folded(model)
    weights: Any = plain.weights
    assert {key: weights[key].shape for key in weights} == tensors_of(plain.graph)
    images = images_of(graph)
    wanted = [t.numpy() for t in computed(model, images, torch.float64)]
    if not all(np.isfinite(each).all() and np.abs(each).max() < 1e6 for each in wanted):
        assume(False)
    given_ = [t.numpy() for t in computed(plain, images, torch.float64)]
    assert [each.shape for each in given_] == [each.shape for each in wanted]
    assert max(map(difference, given_, wanted)) < 1e-4
    return plain.graph


def _kinds(graph: Graph) -> list[str]:
    return [node.layer.kind for node in graph if node.inputs]


@pytest.mark.parametrize(
    "layer",
    [
        L.Conv2d(6, 8, 3, groups=2, bias=False), L.Conv2d(6, 8, 3),
        L.ConvTranspose2d(6, 8, 3, 2, groups=2, bias=False), L.ConvTranspose2d(6, 8, 2),
        L.BatchNorm2d(6, affine=False), L.Scale(6, bias=False), L.Scale(6, weight=False),
    ],
)  # fmt: skip
def test_into_each_kind(layer: Any) -> None:
    net = Net("net")
    x = net.put(layer, net.put(L.Input((6, 7, 5))))
    x = net.put(L.BatchNorm2d(x.channels, eps=0.3), x)
    x = net.put(L.Scale(x.channels), net.put(L.Dropout(), x))
    net.put(L.Elementwise("relu"), x)
    assert _kinds(_same(net.finish())) == [layer.kind, "dropout", "relu"]


def test_into_a_product_with_vectors() -> None:
    net = Net("net")
    x = net.put(L.Linear(9, 7, bias=False), net.put(L.Input((9,))))
    net.put(L.BatchNorm1d(7), x)
    graph = _same(net.finish())
    assert _kinds(graph) == ["linear"]
    assert graph.outputs == ("layer1",)


def test_what_others_need_stays() -> None:
    net = Net("net")
    image = net.put(L.Input((4, 7, 5)))
    read = net.put(L.Conv2d(4, 4, 1), image)
    norm = net.put(L.BatchNorm2d(4), read)
    shared = net.add("shared", L.Conv2d(4, 4, 1), [norm])
    one = net.put(L.BatchNorm2d(4), shared)
    two = net.put(L.BatchNorm2d(4), net.add("again", L.Conv2d(4, 4, 1), [one], shares="shared"))
    graph = net.finish([two, net.put(L.Elementwise("relu"), read)])
    assert _kinds(_same(graph)) == _kinds(graph)


@given(strangers())
@examples(15, suppress_health_check=list(HealthCheck), derandomize=SHARE <= 1)
def test_any_graph(graph: Graph) -> None:
    _same(graph)


def test_numbers_that_are_not_finite_are_refused() -> None:
    net = Net("net")
    net.put(L.BatchNorm2d(4), net.put(L.Conv2d(4, 4, 1), net.put(L.Input((4, 7, 5)))))
    model = model_of(net.finish())
    weights: Any = model.weights
    weights["layer2.running_var"][1] = -1
    plain: Any = folded(model).weights
    with pytest.raises(EmitError, match="a running variance of layer2 is -1"):
        plain["layer1.weight"]
    weights["layer2.running_var"][1] = 1
    weights["layer1.weight"][:] = 3e38
    weights["layer2.weight"][:] = 10
    with pytest.raises(EmitError, match="the weights of layer1 are not finite"):
        plain["layer1.weight"]
