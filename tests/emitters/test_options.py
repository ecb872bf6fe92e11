"""Options of layers that no family uses: what is emitted does as PyTorch's own modules do."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace

import pytest

import henet_arch as ha
from henet_arch.ir.graph import Graph, GraphBuilder
from henet_arch.ir.layer import Layer
from henet_arch.ir.layers import BatchNorm2d, Conv2d, Elementwise, Input

torch = pytest.importorskip("torch")
from henet_arch.runtime.c import verification as c  # noqa: E402
from henet_arch.runtime.torch.verification import verify  # noqa: E402


def chain(*layers: Layer, shape: tuple[int, int, int] = (4, 7, 6)) -> Graph:
    """The layers one after the other."""
    builder = GraphBuilder("chain")
    x = builder.add("image", Input(shape))
    for index, layer in enumerate(layers):
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
    norm = ha.to_torch(graph).get_submodule("layer1")
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


@pytest.mark.parametrize("layer", [{"eps": -1e-9}, {"momentum": 1.5}, {"eps": float("inf")}])
def test_what_no_batch_norm_has(layer: dict[str, float]) -> None:
    with pytest.raises(ha.HenetArchError):
        replace(BatchNorm2d(4), **layer)
