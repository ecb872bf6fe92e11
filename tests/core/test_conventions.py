"""The counters themselves are the oracle: each counts our emitted module as its convention says."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Callable
from typing import Any

import pytest
from examples import examples
from hypothesis import given
from strategies import networks, specs

import henet_arch as ha
from henet_arch import layers
from henet_arch.conventions import conventions
from henet_arch.graph import Graph, Node
from henet_arch.layer import KINDS, Layer
from henet_arch.measures import measure

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.filterwarnings("ignore")  # the counters' own


def _torch(module: Any, image: Any) -> int:
    from torch.utils.flop_counter import FlopCounterMode

    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        module(image)
    return int(counter.get_total_flops())


def _fvcore(module: Any, image: Any) -> int:
    counter = pytest.importorskip("fvcore.nn").FlopCountAnalysis(module, image)
    counter.unsupported_ops_warnings(False).uncalled_modules_warnings(False)
    return int(counter.total())


def _thop(module: Any, image: Any) -> int:
    operations, _ = pytest.importorskip("thop").profile(module, (image,), verbose=False)
    return int(operations)


def _torchinfo(module: Any, image: Any) -> int:
    summary = pytest.importorskip("torchinfo").summary
    return int(summary(module, tuple(image.shape), verbose=0).total_mult_adds)


def _ptflops(module: Any, image: Any) -> int:
    count = pytest.importorskip("ptflops").get_model_complexity_info
    found = count(module, tuple(image.shape[1:]), as_strings=False, print_per_layer_stat=False)
    return int(found[0])


def _calflops(module: Any, image: Any) -> int:
    count = pytest.importorskip("calflops").calculate_flops
    shape = tuple(image.shape)
    return int(count(module, shape, print_results=False, output_as_string=False)[0])


COUNTERS: dict[str, Callable[[Any, Any], int]] = {
    "calflops": _calflops,
    "fvcore": _fvcore,
    "ptflops": _ptflops,
    "thop": _thop,
    "torch": _torch,
    "torchinfo": _torchinfo,
}
NETWORKS = [
    "henet-r2", "henet-r3", "henet-r4",
    "shufflenet-r2", "shufflenet-r3", "shufflenet-r4", "shufflenet-r5",
    "lenet5", "nin-cifar10", "resnet20", "mobilenet-025", "mobilenetv2-035",
]  # fmt: skip


def _counted(name: str, graph: Graph) -> int:
    module = ha.to_torch(graph).eval()
    with contextlib.redirect_stdout(io.StringIO()):
        return COUNTERS[name](module, torch.zeros(1, *graph.input_shape))


@pytest.mark.parametrize("name", COUNTERS)
@pytest.mark.parametrize("preset", NETWORKS)
def test_presets(name: str, preset: str) -> None:
    graph = ha.build(preset)
    assert ha.analyze(graph, name).macs == _counted(name, graph)


@pytest.mark.parametrize("name", COUNTERS)
@examples(6)
@given(spec=specs() | networks())
def test_random_networks(name: str, spec: ha.Spec) -> None:
    graph = ha.build(spec)
    assert ha.analyze(graph, name).macs == _counted(name, graph)


def test_every_convention_is_held_against_something() -> None:
    assert conventions().keys() == {"exact", "paper", "netscope", *COUNTERS}
    assert [*conventions()][:2] == ["exact", "paper"]


@pytest.mark.parametrize("name", conventions())
def test_a_convention_has_the_name_of_its_file(name: str) -> None:
    how = conventions()[name]
    assert how.name == name
    assert how.weights.keys() <= {"*", *KINDS}


def _netscope(layer: Layer, shape: tuple[int, ...]) -> int:
    node = Node("x", layer, ("input",), (shape,), layer.infer(shape))
    return int(conventions()["netscope"].macs(node, layer.ops((shape,), node.shape)))


def test_netscope_by_hand() -> None:
    conv = layers.Conv2d(6, 4, (3, 2), (2, 1), (1, 0), groups=2)
    assert _netscope(conv, (6, 5, 4)) == 3 * 2 * (3 * 3) * 6 * 4
    assert _netscope(layers.Linear(7, 3), (7,)) == 7 * 3
    assert _netscope(layers.BatchNorm2d(3), (3, 4, 5)) == 3 * 4 * 5
    assert _netscope(layers.LocalResponseNorm(5), (7, 2, 3)) == 7 * 2 * 3 * 5
    assert _netscope(layers.ReLU(), (3, 4, 5)) == 0


def test_parameters_are_those_of_the_built_network_but_for_the_paper() -> None:
    counted = {name: ha.analyze("henet-r3", name).params for name in conventions()}
    assert counted.pop("paper") == 641_218
    assert set(counted.values()) == {87_058}


def test_what_is_no_operation_is_a_size() -> None:
    node = ha.build("henet-r2")["stem.bn"]
    ops = node.layer.ops(node.input_shapes, node.shape)
    assert measure("params", node, ops) == 2 * 24
    assert measure("inputs", node, ops) == measure("outputs", node, ops) == 24 * 31 * 31
    assert measure("sqrt", node, ops) == 24
