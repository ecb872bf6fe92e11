"""Emitted PyTorch: reads well, is the network, and works wherever modules work."""

from __future__ import annotations

import copy
import io
import subprocess
import sys
import warnings
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import oracle
import pytest
import sympy
import torch
from all_graphs import all_graphs
from checkout import ROOT
from examples import examples
from exported import onnx_bytes
from graphs import graphs
from henet_arch.emitters import torch as emitter
from henet_arch.emitters._rows import EXPRESSIONS, MODULES
from hypothesis import assume, given
from strategies import networks, specs
from torch import nn

import henet_arch as ha
from henet_arch.ir import layers
from henet_arch.ir.graph import Graph, GraphBuilder
from henet_arch.ir.layer import KINDS
from henet_arch.runtime.torch import verification as verifier
from henet_arch.runtime.torch.scramble import scrambled
from henet_arch.runtime.torch.tensors import outputs_of
from henet_arch.runtime.torch.verification import verify


def _randomised(module: torch.nn.Module) -> torch.nn.Module:
    torch.manual_seed(0)
    return scrambled(module)


@torch.no_grad()
def _check_outputs(graph: Graph) -> None:
    module = _randomised(ha.to_torch(graph))
    images = [torch.randn(2, *node.shape) for node in graph if not node.inputs]
    found, expected = (
        outputs_of(module(*images)),
        oracle.outputs_of(graph, module.state_dict(), *images),
    )
    torch.testing.assert_close(found, expected)
    assert all(output.isfinite().all() for output in expected)


SPECS = {name: ha.preset(name) for name in ha.presets()}
LARGE = [name for name, s in SPECS.items() if s.input[1] > 65 and s.family != "henet"]
"""Presets for ImageNet that take smaller images too."""
FULL = [
    "alexnet", "densenet121", "googlenet-auxiliary", "mobilenet", "mobilenetv2", "resnet18",
    "resnet50", "shufflenet-v1-g3", "vgg11-bn", "xception", "efficientnet-b0", "efficientnet-lite0",
    "mobilenetv3-small", "regnetx-200mf", "regnety-200mf", "shufflenetv2", "squeezenet1_0",
]  # fmt: skip
"""One for each way that a family builds large networks; the others have other widths and depths."""
DEEPER = {
    "densenet169", "densenet201", "resnet34", "resnet101", "resnet152", "vgg13", "vgg16", "vgg19",
    "vgg13-bn", "vgg16-bn",
    *(f"efficientnet-{name}{size}" for name in ("b", "lite") for size in (1, 2, 3, 4)),
    *(name for name in SPECS if name.startswith("regnet") and not name.endswith("-200mf")),
}  # fmt: skip
"""The blocks of another preset, only more of them."""


def _reduced(name: str) -> Graph:
    spec = SPECS[name]
    if name in LARGE:
        spec = spec.replace(input=65)
        if isinstance(getattr(spec, "hidden", None), tuple):
            spec = spec.replace(hidden=(64, 64))
    return ha.build(spec)


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(SPECS.keys() - DEEPER))
def test_presets_run_as_their_graphs_say(name: str) -> None:
    graph = _reduced(name)
    assert verify(graph).holds
    _check_outputs(graph)


@pytest.mark.slow
@pytest.mark.parametrize("name", FULL)
def test_presets_have_their_shapes_wiring_and_counts_at_full_size(name: str) -> None:
    graph = ha.build(name)
    with torch.device("meta"):
        module = ha.to_torch(graph)
        checks = [*verifier._tensors(graph, module), *verifier._forward(graph, module)]
    assert all(check.holds for check in checks)


@pytest.mark.slow
@given(networks())
@examples(30)
def test_random_networks_are_verified_and_run_as_they_say(spec: ha.Spec) -> None:
    graph = ha.build(spec)
    assert verify(graph).holds
    _check_outputs(graph)


LARGEST = 100_000_000
"""Multiply-accumulates of random specs; a few that are larger would take most of the time."""


@pytest.mark.slow
@given(specs())
@examples(50)
def test_random_specs_are_verified(spec: ha.Spec) -> None:
    graph = ha.build(spec)
    assume(ha.analyze(graph).macs < LARGEST)
    found = verify(graph)
    assert found.holds, found.checks


@given(graphs() | all_graphs())
@examples(80)
def test_random_graphs_are_verified_and_run_as_they_say(graph: Graph) -> None:
    found = verify(graph)
    assert found.holds, (ha.emit(graph).text, found.checks)
    _check_outputs(graph)


@given(graphs() | all_graphs())
@examples(30)
def test_random_sources_are_formatted_and_compile(graph: Graph) -> None:
    source = ha.emit(graph).text
    compile(source, "net.py", "exec")
    assert max(map(len, source.splitlines())) <= 88


CHECKED: list[str | ha.Spec] = [
    "henet-r3",
    "shufflenet-r2",
    ha.Spec(repeats=20, channels=(24, 48)),
    ha.Spec(family="shufflenet", channels=(12, 24), repeats=9, kernels=5),
    ha.Spec(repeats=0, padding="same"),
    ha.Spec(channels=(12,) * 12, input=(3, 8191, 8191)),
    "googlenet-auxiliary",
    "densenet-bc-100-12",
    "mobilenetv2",
    "resnet20",
    "xception",
    "efficientnet-b0",
    "mobilenetv3-small",
    "regnety-200mf",
    "shufflenetv2",
    "squeezenet1_1",
    ha.Spec(family="resnet", features_only=True, groups="nearest-divisors"),
]


@pytest.mark.slow
def test_emitted_files_pass_ruff_and_mypy(tmp_path: Path) -> None:
    """All in one go, since mypy reads PyTorch's types anew in every run."""
    for index, spec in enumerate(CHECKED):
        ha.emit(spec).save(tmp_path / f"net{index}.py")
    for tool in (
        ("ruff", "check", "--isolated", "--select", "E,F,W,I,UP,B,N,SIM,PIE,C4"),
        ("ruff", "format", "--isolated", "--check"),
        ("mypy", "--config-file", ROOT / "pyproject.toml", "--cache-dir", ROOT / ".mypy_cache"),
    ):
        command = [sys.executable, "-m", *tool, "."]
        ended = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)
        assert ended.returncode == 0, ended.stdout + ended.stderr


def test_repeats_are_loops() -> None:
    shallow, deep = (ha.emit(ha.Spec(repeats=repeats)).text for repeats in (9, 900))
    assert deep.count("nn.Conv2d") == shallow.count("nn.Conv2d")
    assert abs(len(deep.splitlines()) - len(shallow.splitlines())) < 5
    assert "block57" not in deep


def _flat(layers_of_one: int, repeats: int, prefix: str = "") -> Graph:
    """Numbered layers without scopes."""
    builder = GraphBuilder("flat")
    node = builder.add("image", layers.Input((4, 5, 5)))
    for index in range(1, repeats + 1):
        kinds = [layers.Conv2d(4, 4, (1, 1)), layers.BatchNorm2d(4), layers.Elementwise("relu")]
        for kind in kinds[:layers_of_one]:
            node = builder.add(f"{prefix}{kind.kind.replace('2d', '')}{index}", kind, [node])
    return builder.finish()


@pytest.mark.parametrize("kinds", [1, 2, 3])
@pytest.mark.parametrize("prefix", ["", "a.", "a_long_name_of_a_layer_so_that_lines_are_full_"])
def test_numbered_layers_without_scopes(kinds: int, prefix: str) -> None:
    graph = _flat(kinds, 9, prefix)
    found = verify(graph)
    assert found.holds, found.checks
    _check_outputs(graph)


def test_long_chains_and_joins_can_be_read_by_python() -> None:
    builder = GraphBuilder("long")
    node = builder.add("image", layers.Input((1, 2, 2)))
    for index in range(300):
        node = builder.add(f"r{index:03}", layers.Elementwise("relu"), [node])
    joined = builder.add("sum", layers.Add(), [node] * 400)
    builder.add("concat", layers.Concat(), [joined] * 400)
    assert verify(builder.finish()).holds
    builder = GraphBuilder("longer")
    node = builder.add("image", layers.Input((1, 2, 2)))
    builder.add("sum", layers.Add(), [node] * 3000)
    with pytest.raises(ha.HenetArchError, match="add of 3,000 inputs"):
        ha.emit(builder.finish())


def test_two_inputs() -> None:
    builder = GraphBuilder("two")
    one, two = (builder.add(f"image{i}", layers.Input((i, 4, 4))) for i in (1, 2))
    builder.add("concat", layers.Concat(), [two, one])
    assert verify(builder.finish()).holds


@pytest.mark.parametrize("read", [0, 1, 2])
def test_inputs_that_nothing_reads_are_arguments(read: int) -> None:
    builder = GraphBuilder("net")
    images = [builder.add(f"stem.image{i}", layers.Input((i + 1, 4, 4))) for i in range(3)]
    x = builder.add("stem.conv", layers.Conv2d(read + 1, 4, (3, 3)), [images[read]])
    builder.add("dead", layers.Elementwise("relu"), [x])
    graph = builder.finish([builder.add("tanh", layers.Elementwise("tanh"), [x])])
    assert "def forward(self, x: Tensor, y: Tensor, z: Tensor) -> Tensor:" in ha.emit(graph).text
    assert verify(graph).holds


@pytest.mark.parametrize("target", ["torch", "c"])
@pytest.mark.parametrize("index", [0, 1])
def test_names_that_no_builder_has_checked_are_refused(target: str, index: int) -> None:
    nodes = list(_single("a").nodes)
    nodes[index] = nodes[index]._replace(name="a */ abort(); = 1); import os; os.abort(); (self.b")
    with pytest.raises(ha.HenetArchError, match="is not a layer name"):
        ha.emit(Graph("hostile", None, tuple(nodes), (nodes[1].name,)), target)


def test_it_imports_nothing_but_torch() -> None:
    lines = ha.emit("henet-r3").text.splitlines()
    imports = {line.split()[1] for line in lines if line.startswith(("import ", "from "))}
    assert imports <= {"torch", "collections"}


def test_the_docstring_tells_counts_and_source() -> None:
    head = ha.emit("henet-r3").text.split('"""')[1]
    assert "87,058 parameters and 10,046,040 multiply-accumulates" in head
    assert "HENet (Zhu and Zhang)" in head


def test_initialisation() -> None:
    torch.manual_seed(0)
    gaussian, kaiming = (ha.to_torch("henet-r3", init=init) for init in ("gaussian", "kaiming"))
    drawn = gaussian.get_parameter("stage3.block1.conv2.weight").std().item()
    assert drawn == pytest.approx(0.01, rel=0.1)
    drawn = kaiming.get_parameter("stage3.block1.conv2.weight").std().item()
    assert drawn == pytest.approx((2 / (96 / 8 * 9)) ** 0.5, rel=0.1)
    assert not gaussian.get_parameter("head.fc.bias").any()
    with pytest.raises(ha.HenetArchError, match="unknown init 'xavier'"):
        ha.emit("henet-r3", init="xavier")


Forward = Callable[[torch.Tensor], torch.Tensor]


@pytest.mark.parametrize("name", ["henet-r2", "shufflenet-r2"])
@pytest.mark.filterwarnings("ignore")
@pytest.mark.slow
class TestModules:
    """What people do with modules."""

    @pytest.fixture
    def module(self, name: str) -> torch.nn.Module:
        return _randomised(ha.to_torch(name))

    @pytest.fixture
    def image(self) -> torch.Tensor:
        return torch.randn(2, 3, 31, 31)

    def _same(self, module: Forward, other: Forward, image: torch.Tensor, **close: Any) -> None:
        with torch.no_grad():
            torch.testing.assert_close(module(image), other(image), **close)

    def test_trace(self, module: torch.nn.Module, image: torch.Tensor) -> None:
        self._same(module, torch.jit.trace(module, image), image)  # type: ignore[no-untyped-call]

    def test_export(self, module: torch.nn.Module, image: torch.Tensor) -> None:
        self._same(module, torch.export.export(module, (image,)).module(), image)

    def test_compile_captures_one_whole_graph(
        self, module: torch.nn.Module, image: torch.Tensor
    ) -> None:
        torch.compiler.reset()
        self._same(module, torch.compile(module, backend="eager", fullgraph=True), image)

    def test_a_loop_is_captured_too(self, name: str) -> None:
        family = name.partition("-")[0]
        deep = _randomised(ha.to_torch(ha.Spec(family=family, channels=(12, 24), repeats=7)))
        torch.compiler.reset()
        compiled = torch.compile(deep, backend="eager", fullgraph=True)
        self._same(deep, compiled, torch.randn(2, 3, 31, 31))

    def test_onnx(self, module: torch.nn.Module, image: torch.Tensor) -> None:
        onnx = pytest.importorskip("onnx")
        runtime = pytest.importorskip("onnxruntime")
        content = onnx_bytes(module, image)
        onnx.checker.check_model(content, full_check=True)
        session = runtime.InferenceSession(content)
        (found,) = session.run(None, {session.get_inputs()[0].name: image.numpy()})
        torch.testing.assert_close(
            torch.from_numpy(found), module(image).detach(), rtol=1e-4, atol=1e-4
        )

    def test_channels_last(self, module: torch.nn.Module, image: torch.Tensor) -> None:
        turned = copy.deepcopy(module)
        turned.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self._same(module, turned, image, rtol=1e-4, atol=1e-4)

    def test_bfloat16_trains(self, module: torch.nn.Module, image: torch.Tensor) -> None:
        small = copy.deepcopy(module).bfloat16().train()
        small(image.bfloat16()).float().square().mean().backward()
        assert all(p.grad is not None and p.grad.isfinite().all() for p in small.parameters())

    def test_state_dict_round_trip(self, module: torch.nn.Module, image: torch.Tensor) -> None:
        content = io.BytesIO()
        torch.save(module.state_dict(), content)
        content.seek(0)
        other: Any = copy.deepcopy(module)
        other.reset_parameters()
        other.load_state_dict(torch.load(content, weights_only=True))
        self._same(module, other, image)


def test_every_kind_has_a_row() -> None:
    assert {*MODULES, *EXPRESSIONS} == set(KINDS) - {"input", "opaque"}
    assert not set(MODULES) & set(EXPRESSIONS)


def test_a_kind_without_a_row_is_an_error_that_names_both(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(MODULES, "relu")
    with pytest.raises(ha.HenetArchError, match="target torch has no row for the kind 'relu'"):
        ha.emit("henet-r2")


def _single(name: str) -> Graph:
    builder = GraphBuilder("one")
    image = builder.add("image", layers.Input((2, 3, 3)))
    builder.add(name, layers.Elementwise("relu"), [image])
    return builder.finish()


@pytest.mark.parametrize("name", ["forward", "a.train", "state_dict.b", "_hidden", "a.__init__"])
def test_names_that_nn_module_has_are_refused(name: str) -> None:
    with pytest.raises(ha.HenetArchError, match="cannot be an attribute of an nn"):
        ha.emit(_single(name))


def test_the_reserved_names_are_those_of_modules() -> None:
    module = nn.Sequential(nn.ReLU())
    public = {name for name in (*dir(module), *vars(module)) if not name.startswith("_")}
    assert public - {"0"} <= emitter._RESERVED


@pytest.mark.parametrize("name", ["x", "self", "torch", "nn", "Tensor", "chain", "none", "true1.a"])
def test_names_of_the_emitted_code_are_no_trouble(name: str) -> None:
    assert verify(_single(name)).holds


@pytest.mark.parametrize("title", ["Tensor", "nn", "torch", "None", "class", "a" * 64])
def test_titles_become_classes_that_hide_nothing(title: str) -> None:
    graph = ha.build(ha.Spec(name=title, channels=(4, 8)))
    assert verify(graph).holds


@pytest.mark.parametrize("target", ["torch", "c"])
@pytest.mark.parametrize("field", ["name", "family"])
def test_titles_that_no_builder_has_checked_are_refused(target: str, field: str) -> None:
    hostile: dict[str, Any] = {field: '"""\nimport os; os.abort()\\ */ abort();'}
    with pytest.raises(ha.HenetArchError, match="is not a name"):
        ha.emit(replace(_single("a"), **hostile), target)


def test_sizes_that_are_symbols_are_refused() -> None:
    builder = GraphBuilder("open")
    image = builder.add("image", layers.Input((sympy.Symbol("C"), 3, 3)))
    builder.add("norm", layers.BatchNorm2d(sympy.Symbol("C")), [image])
    with pytest.raises(ha.HenetArchError, match="C is no number"):
        ha.emit(builder.finish())


def test_an_unknown_target() -> None:
    with pytest.raises(ha.HenetArchError, match="unknown target 'troch'"):
        ha.emit("henet-r2", "troch")


def test_emission_loads_no_torch() -> None:
    code = "import sys, henet_arch as ha; ha.emit('henet-r2'); print('torch' in sys.modules)"
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ended.stdout.strip() == "False"


def test_warnings_are_not_silenced_for_users() -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        ha.to_torch("henet-r2")
    assert not caught
