"""What the Caffe target writes gives the numbers of the graph: in OpenCV, and read back by us."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from caffe_cases import BOTH, GRAPHS, chain
from caffe_graphs import caffe_graphs
from cli.run import run
from examples import examples
from hypothesis import HealthCheck, assume, given
from hypothesis import strategies as st
from numpy.typing import NDArray
from strategies import networks, specs

import henet_arch as ha
from henet_arch.ir.graph import Graph
from henet_arch.ir.layers import Add, BatchNorm1d, Conv2d, Input, Subtract
from henet_arch.ir.model import Model
from henet_arch.runtime.caffe import faults, running, verification
from henet_arch.runtime.torch.comparison import difference
from henet_arch.runtime.torch.scramble import scrambled
from henet_arch.runtime.torch.tensors import outputs_of
from henet_arch.support.errors import EmitError, RunError

np = pytest.importorskip("numpy")
pytest.importorskip("cv2")
TOLERANCE = 1e-4
"""Of the largest output."""


def scramble(graph: Graph) -> tuple[Model, torch.nn.Module]:
    """A model with signed weights and random statistics, and the same as a module."""
    torch.manual_seed(0)
    module = scrambled(ha.to_torch(graph))
    weights = {name: tensor.numpy() for name, tensor in module.state_dict().items()}
    return replace(ha.load(graph), weights=weights), module


def images(graph: Graph) -> dict[str, torch.Tensor]:
    torch.manual_seed(1)
    return {node.name: torch.randn(1, *node.shape) for node in graph if not node.inputs}


def check(graph: Graph, folder: Path, dialect: str, shuffle: str = "ShuffleChannel") -> None:
    """What is written gives what the graph gives: read back, and in OpenCV.

    Raises:
        EmitError: Caffe cannot hold the graph.
    """
    model, module = scramble(graph)
    emitted = ha.emit(model, "caffe", dialect=dialect, shuffle=shuffle)
    inputs = images(graph)
    with torch.no_grad():
        wanted = [out.numpy() for out in outputs_of(module.double()(
            *(image.double() for image in inputs.values())))]  # fmt: skip
    emitted.save(folder / "net.prototxt")
    again = ha.load(folder / "net.prototxt")
    assert len(again.graph.outputs) == len(wanted)
    with torch.no_grad():
        read = [inputs[node.name].double() for node in again.graph if not node.inputs]
        given = outputs_of(ha.to_torch(again).double().eval()(*read))
    _assert_near([out.numpy() for out in given], wanted, 1e-9)
    if dialect == "opencv" and shuffle == "ShuffleChannel" and not _is_wrong(graph):
        results = running.outputs(model)([image.numpy() for image in inputs.values()])
        _assert_near(list(results), wanted, TOLERANCE)


def _is_wrong(graph: Graph) -> bool:
    """Whether OpenCV is known to compute a layer wrongly."""
    try:
        faults.check(graph)
    except RunError:
        return True
    return False


def _assert_near(given: list[NDArray[Any]], wanted: list[NDArray[Any]], tolerance: float) -> None:
    for mine, theirs in zip(given, wanted, strict=True):
        assert mine.shape == theirs.shape
        assert difference(mine, theirs, 0.1) <= tolerance


KINDS = [
    pytest.param(graph, dialect, id=f"{graph.nodes[-1].layer.kind} {dialect}")
    for graph, dialects in GRAPHS
    for dialect in dialects
]


@pytest.mark.parametrize(("graph", "dialect"), KINDS)
def test_every_kind_gives_the_same_numbers(graph: Graph, dialect: str, tmp_path: Path) -> None:
    check(graph, tmp_path, dialect)


@given(caffe_graphs(), st.sampled_from(BOTH), st.sampled_from(("ShuffleChannel", "Permute")))
@examples(15, deadline=None, suppress_health_check=list(HealthCheck))
def test_random_graphs(
    tmp_path_factory: pytest.TempPathFactory, graph: Graph, dialect: str, shuffle: str
) -> None:
    try:
        check(graph, tmp_path_factory.mktemp("random"), dialect, shuffle)
    except EmitError as error:
        assert error.where in graph
        assert error.fix
        assume(False)


@given(specs() | networks())
@examples(6, deadline=None, suppress_health_check=list(HealthCheck))
def test_random_specs(tmp_path_factory: pytest.TempPathFactory, spec: ha.Spec) -> None:
    try:
        check(ha.build(spec), tmp_path_factory.mktemp("random"), "opencv")
    except EmitError as error:
        assert error.fix
        assume(False)


SMALL: dict[str, ha.Spec] = {
    "henet": ha.Spec(channels=(4, 8), repeats=1, input=15),
    "mobilenetv2": ha.Spec(
        family="mobilenetv2", width=0.2, repeats=(1, 2, 0, 2, 1, 0, 1), last=24, input=33
    ),
}


@pytest.mark.parametrize("name", SMALL)
def test_verify_holds_the_files_in_opencv_against_pytorch(name: str) -> None:
    checked = ha.verify(SMALL[name], "caffe")
    assert checked.holds, checked.checks
    shapes, *outputs = checked.checks
    assert shapes.name == "layer output shapes"
    assert int(shapes.found) == sum(bool(node.inputs) for node in ha.build(SMALL[name]))
    assert any("difference" in check.name for check in outputs)
    assert "OpenCV 4" in checked.subject


@pytest.mark.parametrize(
    ("name", "old", "new", "wrong"),
    [
        ("henet", b"stride: 2", b"stride: 1", "OpenCV cannot run the network"),
        ("mobilenetv2", b"pad: 1", b"pad: 3", "layer output shapes"),
        ("henet", b'type: "ReLU"', b'type: "TanH"', "head.fc, difference"),
    ],
)
def test_verify_finds_what_is_wrong(
    name: str, old: bytes, new: bytes, wrong: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(model: Model, weights: Any = None) -> list[bytes]:
        text, *others = files(model, weights)
        assert old in text
        return [text.replace(old, new, 1), *others]

    files = running.files
    monkeypatch.setattr(verification, "files", broken)
    try:
        checks = ha.verify(SMALL[name], "caffe").checks
    except RunError as error:
        assert error.what.startswith(wrong)
    else:
        assert wrong in {check.name for check in checks if not check.holds}


def test_the_command_verifies_caffe() -> None:
    ha.save(SMALL["henet"], "net.toml")
    outcome = run("verify", "net.toml", "--target", "caffe")
    assert outcome.code == 0
    assert "the emitted prototxt, in OpenCV" in outcome.out
    assert run("verify", "mobilenetv3-small", "--target", "caffe").code == 3


@pytest.mark.parametrize(
    ("layer", "shape", "wrong"),
    [
        (Conv2d(4, 4, (3, 3), padding=(1, 1), groups=4), (4, 1, 5), True),
        (Conv2d(4, 4, (3, 3), padding=(0, 1), groups=4), (4, 3, 1), True),
        (Conv2d(4, 4, (3, 3), padding=(1, 1), dilation=(2, 2), groups=4), (4, 3, 5), True),
        (Conv2d(4, 4, (3, 3), padding=(1, 1), groups=4), (4, 2, 2), False),
        (Conv2d(4, 4, (5, 5), padding=(2, 2), groups=4), (4, 1, 1), False),
        (Conv2d(4, 4, (3, 3), padding=(1, 1), groups=2), (4, 1, 1), False),
        (Conv2d(4, 8, (3, 3), padding=(1, 1), groups=4), (4, 1, 1), False),
    ],
)
def test_what_opencv_computes_wrongly_is_not_verified(
    layer: Conv2d, shape: tuple[int, ...], wrong: bool
) -> None:
    """Its own numbers say so; another version of it may be right."""
    graph = chain(layer, shape=shape)
    model, module = scramble(graph)
    (image,) = images(graph).values()
    with torch.no_grad():
        wanted = module.double()(image.double()).numpy()
    (given,) = running.outputs(model)([image.numpy()])
    if not wrong:
        _assert_near([given], [wanted], TOLERANCE)
    elif np.abs(given - wanted).max() < TOLERANCE:
        pytest.skip("this OpenCV is right")
    assert _is_wrong(graph) == wrong
    if wrong:
        with pytest.raises(
            RunError, match="computes a 3x3 depthwise convolution wrongly"
        ) as caught:
            verification.verify(model)
        assert caught.value.where.startswith("layer1, input 4x")


def test_opencv_fuses_no_layers_where_its_numbers_count() -> None:
    """It fuses a batch norm of a vector with the sum before it, and gives other numbers."""
    builder = ha.GraphBuilder("fused")
    image = builder.add("image", Input((6,)))
    norm = builder.add("norm", BatchNorm1d(6), builder.add("sum", Add(), [image, image]))
    model, module = scramble(builder.finish(norm))
    inputs = images(model.graph)["image"]
    with torch.no_grad():
        wanted = module.double()(inputs.double()).numpy()
    _assert_near(list(running.outputs(model)([inputs.numpy()])), [wanted], TOLERANCE)


def test_several_inputs_are_run_and_not_verified() -> None:
    graph = next(graph for graph, _ in GRAPHS if graph.name == "joined")
    builder = ha.GraphBuilder("two")
    left, right = (builder.add(name, graph.nodes[0].layer) for name in ("left", "right"))
    builder.add("sum", Subtract(), [left, right])
    model = ha.load(builder.finish())
    one, two = np.ones((1, 4, 5, 6), np.float32), np.full((1, 4, 5, 6), 3, np.float32)
    (result,) = running.outputs(model)([one, two])
    assert (result == -2).all()
    for call in (running.prepare, verification.verify):
        with pytest.raises(RunError, match="two takes 2 inputs"):
            call(model)


def test_a_network_that_opencv_cannot_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "files", lambda model: [b"layer {"])
    with pytest.raises(RunError, match="OpenCV cannot read the network"):
        running.outputs(ha.load(SMALL["henet"]))
    monkeypatch.setattr(running, "files", lambda model: [ha.emit("henet-r2", "caffe").content])
    with pytest.raises(RunError, match="OpenCV cannot run the network"):
        running.outputs(ha.load("henet-r2"))([np.zeros((1, 5, 5, 5), np.float32)])
