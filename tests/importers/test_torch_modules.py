"""Modules of PyTorch as graphs: the same outputs, counts and shapes."""

from __future__ import annotations

import copy
import json
import statistics
from collections.abc import Callable
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from importers.torch_modules import (
    PATTERNS,
    Attention,
    Body,
    Branch,
    Ends,
    Gathered,
    Heads,
    InPlace,
    ResponseOfChannels,
    SamePadding,
    Selective,
    Standardised,
    Twice,
)
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812
from torch.utils.flop_counter import FlopCounterMode

import henet_arch as ha
from henet_arch.importers._torch.export import _exported
from henet_arch.importers._torch.held import RecordingError
from henet_arch.importers._torch.network import network
from henet_arch.importers._torch.recorder import record
from henet_arch.ir.layers import BatchNorm2d, Opaque, Scale
from henet_arch.ir.model import Model
from henet_arch.ir.tensors import tensors_of
from henet_arch.support.errors import InputShapeError, RunError, SourceError

SHAPE = (3, 8, 8)


def _scrambled(module: nn.Module) -> nn.Module:
    """Signed weights and statistics, so that every layer shows."""
    torch.manual_seed(0)
    with torch.no_grad():
        for name, tensor in (*module.named_parameters(), *module.named_buffers()):
            if tensor.is_floating_point():
                tensor.uniform_(0.5, 2) if name.endswith("running_var") else tensor.normal_()
    return module.eval()


def _flops(module: nn.Module, device: str = "cpu") -> int:
    """PyTorch's count; on the meta device it takes attention apart."""
    there = module if device == "cpu" else copy.deepcopy(module).to(device)
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        there(torch.zeros(1, *SHAPE, device=device))
    return int(counter.get_total_flops())


def _numbers(model: Model) -> int:
    """Parameters of all layers, each once."""
    return sum(
        prod(map(int, shape))
        for node in model.graph
        if not node.shares
        for shape in node.layer.weights().values()
    )


@torch.no_grad()
def _assert_same_outputs(module: nn.Module, model: Model, shape: tuple[int, ...] = SHAPE) -> None:
    image = torch.randn(3, *shape, dtype=torch.float64)
    wanted = copy.deepcopy(module).double()(image)
    given = ha.to_torch(model).eval().double()(image)
    assert (wanted - given).abs().max() <= 1e-6 * wanted.abs().max()


@pytest.mark.parametrize("name", PATTERNS)
def test_patterns_become_layers_that_give_the_same(name: str) -> None:
    module = _scrambled(PATTERNS[name]())
    model = ha.load(module, SHAPE)
    assert not [node.layer for node in model.graph if isinstance(node.layer, Opaque)]
    assert 2 * sum(int(n.layer.ops(n.input_shapes, n.shape).mac) for n in model.graph) == _flops(
        module
    )
    _assert_same_outputs(module, model)


@pytest.mark.parametrize("name", [*sorted(PATTERNS), "Attention"])
def test_a_recording_is_what_export_gives(name: str) -> None:
    module = (PATTERNS | {"Attention": Attention})[name]().eval()
    shapes = {"x": SHAPE}
    with torch.no_grad():
        own = network(record(module, shapes, name)).graph
        exported = network(_exported(module, shapes, is_open=True)).graph
    assert [node[:5] for node in own] == [node[:5] for node in exported]
    assert own.outputs == exported.outputs


def test_a_recording_refuses_what_is_changed_through_a_view() -> None:
    class Spread(nn.Module):
        """A view of the second argument, of which no operator says so."""

        def forward(self, x: Tensor) -> Tensor:
            pooled = x.mean((2, 3))
            view = torch.atleast_3d(x * 2, pooled)[1]  # type: ignore[no-untyped-call]
            view.add_(1)
            return pooled * 2

    with pytest.raises(RecordingError, match="changed through another one"):
        record(Spread(), {"x": SHAPE}, "Spread")


def test_what_changes_channels_by_an_operator_changes_them_once() -> None:
    class Scaled(Body):
        def body(self, x: Tensor) -> Tensor:
            x[:, 2:4] *= 2
            x[:, 6:].relu_()
            return x

    module = _scrambled(Scaled())
    model = ha.load(module, SHAPE)
    kinds = [node.layer.kind for node in model.graph]
    assert (kinds.count("affine"), kinds.count("relu"), kinds.count("concat")) == (1, 1, 2)
    _assert_same_outputs(module, model)


KINDS = {
    "Shuffle": {"channel_shuffle": 1},
    "SqueezeExcite": {"unflatten": 1, "multiply": 1},
    "HardSwish": {"hardswish": 3},
    "Gates": {"silu": 1, "mish": 1},
    "SamePadding": {"conv2d": 2, "max_pool2d": 1, "pad2d": 0},
    "ChannelsLast": {"layer_norm": 1, "conv2d": 3, "scale": 1},
    "Tokens": {"layer_norm": 1, "conv2d": 2},
    "Standardised": {"conv2d": 2},
    "Norms": {"scale": 1, "prelu": 2},
}


@pytest.mark.parametrize("name", KINDS)
def test_patterns_are_one_layer(name: str) -> None:
    kinds = [node.layer.kind for node in ha.load(PATTERNS[name](), SHAPE).graph]
    assert {kind: kinds.count(kind) for kind in KINDS[name]} == KINDS[name]


def test_same_padding_lies_in_the_layers() -> None:
    graph = ha.load(SamePadding(), SHAPE).graph
    assert [n.layer.sides for n in graph if n.layer.window][1:] == [(0, 1, 0, 1), (1, 0, 1, 0)]


def test_names_are_those_of_the_modules() -> None:
    graph = ha.load(Twice(), SHAPE).graph
    names = {node.name: node.original for node in graph}
    assert names["stem"] == ""
    assert names["block.conv2d0"] == "block.0"
    assert names["block_2.relu1"] == "block.1"
    assert graph["block_2.conv2d0"].shares == "block.conv2d0"
    assert graph["second"].shares == "first"


class Wrapped(nn.Module):
    """What prepares an image and has another module do the rest."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.model(x / 255)
        return y


def test_a_module_that_only_wraps_lends_no_name() -> None:
    module = ha.to_torch("henet-r2")
    plain = ha.load(module, (3, 31, 31)).graph
    originals = {node.name: node.original or node.name for node in plain if node.layer.weights()}
    for wrapped, path in (
        (nn.Sequential(module), "0."),
        (Wrapped(Wrapped(module)), "model.model."),
    ):
        graph = ha.load(wrapped, (3, 31, 31)).graph
        found = {node.name: node.original for node in graph if node.layer.weights()}
        assert found == {name: f"{path}{original}" for name, original in originals.items()}


class _Fixed(nn.Module):
    """A mean and a deviation, and a filter, that are buffers, and a frozen convolution."""

    mean: Tensor
    deviation: Tensor
    blur: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("mean", torch.rand(3, 1, 1))
        self.register_buffer("deviation", torch.rand(3, 1, 1) + 1)
        self.register_buffer("blur", torch.full((8, 1, 3, 3), 1 / 9))
        self.conv = nn.Conv2d(3, 8, 3).requires_grad_(False)
        self.scores = nn.Linear(8, 10)

    def forward(self, images: Tensor) -> Tensor:
        made = self.conv((images - self.mean) / self.deviation)
        scores: Tensor = self.scores(F.conv2d(made, self.blur, groups=8).mean((2, 3)))
        return scores


def test_buffers_are_no_parameters() -> None:
    module = _Fixed()
    model = ha.load(module, (3, 9, 9))
    report = ha.analyze(model)
    numbers = [sum(p.numel() for p in own.parameters()) for own in (module, module.scores)]
    assert [report.parameters.total, sum(report.parameters.trainable_by_layer)] == numbers
    assert report.parameters.weight_bytes == 4 * (numbers[0] + 3 + 3 + 8 * 9)
    assert report.tied_params == report.unread_params == 0
    assert ha.formula(model, "params").substitute(H=9, W=9, K=10) == numbers[0]


def test_tied_weights_count_once() -> None:
    module = Twice()
    model = ha.load(module, SHAPE)
    assert _numbers(model) == sum(p.numel() for p in module.parameters())
    assert set(model.weights or ()) == set(tensors_of(model.graph))


class Tied(nn.Module):
    """One weight in two convolutions with biases of their own, and turned in a third layer."""

    def __init__(self) -> None:
        super().__init__()
        self.down = nn.Conv2d(3, 8, 3)
        self.again = nn.Conv2d(3, 8, 3)
        self.again.weight = self.down.weight
        self.head = nn.Linear(8, 5)
        self.halves = nn.Parameter(torch.randn(6, 8))

    def forward(self, x: Tensor) -> Tensor:
        x = self.down(x)[:, :, :4, :4] + self.again(x)[:, :, 1:5, 1:5]
        x = nn.functional.conv_transpose2d(x, self.down.weight)
        x = self.down(x).mean((2, 3))
        x = nn.functional.linear(self.head(x), self.head.weight.t())
        first, second = self.halves.chunk(2)
        return nn.functional.linear(x, first) + nn.functional.linear(x, second)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of PyTorch's own exporter
@pytest.mark.parametrize("form", ["module", "onnx"])
def test_weights_in_several_layers_count_once(form: str, tmp_path: Path) -> None:
    module = Tied().eval()
    source: Any = module
    params = sum(p.numel() for p in module.parameters())
    twice = 2 * module.down.weight.numel() + module.head.weight.numel()
    if form == "onnx":
        source = tmp_path / "tied.onnx"
        torch.onnx.export(module, (torch.randn(1, *SHAPE),), source, dynamo=False)
        turned = module.head.weight.numel()  # the exporter writes it as a tensor of its own
        params, twice = params + turned, twice - turned
    model = ha.load(source, SHAPE if form == "module" else None)
    report = ha.analyze(model)
    built = ha.analyze(model.graph)
    assert report.params == params
    assert report.tied_params == built.params - report.params == twice
    assert report.parameters.weight_bytes == built.parameters.weight_bytes
    assert sum(report.parameters.trainable_by_layer) == report.params
    assert f"{twice:,} parameters are those of an earlier layer too, and count once" in str(report)
    assert "earlier layer" not in str(built)


def test_what_no_output_needs_is_counted_aside() -> None:
    model = ha.load(Heads(), SHAPE)
    report = ha.analyze(model)
    assert report.params + report.unread_params == sum(p.numel() for p in Heads().parameters())
    assert report.unread_params == model.unread_params == 2 * (8 * 5 + 5)
    assert "90 more parameters of the source" in str(report)
    assert "more parameters" not in str(ha.analyze(ha.load(Twice(), SHAPE)))


def test_an_operator_that_is_no_layer_is_seen_in_every_form() -> None:
    module = Selective()
    graph = ha.load(module, SHAPE).graph
    operators = {node.layer.operator for node in graph if isinstance(node.layer, Opaque)}
    assert operators == {"aten.view", "aten.reshape", "aten.sum"}
    assert ha.analyze(graph).params == sum(p.numel() for p in module.parameters())


def test_a_recording_runs_over_no_tensor(monkeypatch: pytest.MonkeyPatch) -> None:
    lengths: list[int] = []
    own: Any = torch.Tensor.__iter__

    def noted(tensor: Tensor) -> Any:
        lengths.append(len(tensor))
        return own(tensor)

    monkeypatch.setattr(torch.Tensor, "__iter__", noted)
    graph = ha.load(Gathered(), SHAPE).graph
    assert "aten.index" in {n.layer.operator for n in graph if isinstance(n.layer, Opaque)}
    assert max(lengths, default=0) <= 1


def test_a_layer_has_its_line_of_the_source() -> None:
    (decision,) = ha.load(Standardised(), SHAPE).graph["conv2d"].because
    assert decision.rule == "source"
    assert decision.reason.startswith("return F.conv2d(x, (self.weight - mean)")
    assert decision.source.startswith("torch_modules.py:")


def test_weights_are_the_modules_own() -> None:
    module = Twice()
    weights = ha.load(module, SHAPE).weights
    assert weights is not None
    assert np.shares_memory(weights["stem.weight"], module.stem.weight.detach().numpy())
    assert weights["first.weight"].shape == (8, 8, 1, 1)


def test_the_meta_device_is_enough() -> None:
    with torch.device("meta"):
        module = Standardised()
    model = ha.load(module, SHAPE)
    own = ha.load(Standardised(), SHAPE)
    assert model.weights is None
    assert [n[:5] for n in model.graph] == [n[:5] for n in own.graph]


def test_the_module_comes_back_as_it_was() -> None:
    class Tricky(Body):
        norm: nn.BatchNorm2d
        drop: nn.Dropout

        def body(self, x: Tensor) -> Tensor:
            self.seen = x.shape
            assert self.norm.num_batches_tracked is not None
            self.norm.num_batches_tracked.add_(1)
            y: Tensor = self.drop(self.norm(x))
            return y

    module = Tricky()
    module.norm, module.drop = nn.BatchNorm2d(8), nn.Dropout(0.3)
    module.norm.eval()
    module.stem.requires_grad_(False)
    calls: list[Any] = []
    module.register_forward_hook(lambda *given: calls.append(1))
    state = {name: value.clone() for name, value in module.state_dict().items()}
    before = [
        (
            part,
            dict(part.__dict__),
            [id(v) for v in (*part._parameters.values(), *part._buffers.values())],
        )
        for part in module.modules()
    ]
    model = ha.load(module, SHAPE)
    assert all(torch.equal(value, state[name]) for name, value in module.state_dict().items())
    assert [part.training for part in module.modules()] == [True, True, True, False, True]
    for part, attributes, tensors in before:
        assert part.__dict__ == attributes
        values = (*part._parameters.values(), *part._buffers.values())
        assert [id(value) for value in values] == tensors
    assert "seen" not in module.__dict__
    assert not module.stem.weight.requires_grad
    assert {"batch_norm2d", "dropout"} <= {node.layer.kind for node in model.graph}


def test_several_inputs_and_outputs() -> None:
    model = ha.load(Ends(), {"image": (3, 6, 6), "mask": (1, 6, 6)})
    assert model.graph.outputs == ("multiply", "affine")
    assert model.graph["multiply"].inputs == ("conv", "mask")
    with pytest.raises(SourceError, match="takes the inputs image, mask") as error:
        ha.load(Ends(), (3, 6, 6))
    assert "mask=3x224x224" in str(error.value)
    with pytest.raises(InputShapeError, match="does not say what its input is"):
        ha.load(Ends())


def test_attention_is_opaque_with_its_cost() -> None:
    module = _scrambled(Attention())
    model = ha.load(module, SHAPE)
    opaque = [node.layer for node in model.graph if isinstance(node.layer, Opaque)]
    assert opaque
    assert all(layer.cost_known for layer in opaque)
    macs = sum(int(n.layer.ops(n.input_shapes, n.shape).mac) for n in model.graph)
    assert 2 * macs == _flops(module, "meta")
    assert _numbers(model) == sum(p.numel() for p in module.parameters())
    assert {name for layer in opaque for name, _ in layer.tensors} >= {"token", "position"}


def test_what_an_opaque_operator_gives_stays_a_map() -> None:
    graph = ha.load(ResponseOfChannels(), SHAPE).graph
    (node,) = [node for node in graph if isinstance(node.layer, Opaque)]
    assert (node.shape, node.layer.cost_known) == ((8, 1, 1), True)
    assert graph["linear"].layer.kind == "conv2d"
    assert graph["scale"].layer == Scale(8)


def test_an_unknown_operator_is_opaque() -> None:
    class Unknown(Body):
        def body(self, x: Tensor) -> Tensor:
            real: Tensor = torch.fft.fft(x).real
            return real + torch.roll(x, 1, 2)

    layers = [n.layer for n in ha.load(Unknown(), SHAPE).graph if isinstance(n.layer, Opaque)]
    costs = {layer.operator: layer.cost for layer in layers}
    assert costs["aten.fft_fft"] is None
    assert costs["aten.roll"] == ()


@pytest.mark.parametrize(
    ("function", "costs"),
    [
        (lambda x: torch.cat([x, x[:, :0]], 1), {"aten.slice": (), "aten.cat": ()}),
        (lambda x: torch.swapaxes(x, 2, 3), {}),
        (lambda x: F.pad(x, (1, 1, 1, 1), "circular"), {"aten.pad": ()}),
        (lambda x: torch.max(x.mean(1, keepdim=True), x), {}),
    ],
)
def test_what_a_network_may_do_refuses_none(
    function: Callable[[Tensor], Tensor], costs: dict[str, Any]
) -> None:
    class Own(Body):
        def body(self, x: Tensor) -> Tensor:
            return function(x)

    layers = [n.layer for n in ha.load(Own(), SHAPE).graph if isinstance(n.layer, Opaque)]
    assert {layer.operator: layer.cost for layer in layers} == costs


def test_a_parameter_of_a_list_is_held_by_what_reads_it() -> None:
    class Listed(Body):
        def __init__(self) -> None:
            super().__init__()
            self.places = nn.ParameterList([nn.Parameter(torch.ones(1, 8, 8, 8))])

        def body(self, x: Tensor) -> Tensor:
            y: Tensor = x + self.places[0]
            return y

    module = Listed()
    model = ha.load(module, SHAPE)
    assert _numbers(model) == sum(p.numel() for p in module.parameters())


def test_a_mean_of_all_batches_stays_one() -> None:
    (layer,) = (n.layer for n in ha.load(nn.BatchNorm2d(3, momentum=None), SHAPE).graph if n.inputs)
    assert layer == BatchNorm2d(3, momentum=None)


def test_what_changes_a_part_in_place_is_unknown() -> None:
    class Part(Body):
        def body(self, x: Tensor) -> Tensor:
            x[:, :, :2].mul_(3)
            return x

    model = ha.load(Part(), SHAPE)
    (layer,) = [n.layer for n in model.graph if isinstance(n.layer, Opaque)]
    assert layer.operator == "aten.mul_"
    assert not layer.cost_known


def test_a_branch_on_values_names_its_line(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(RunError, match="Branch branches on the values of a tensor") as error:
        ha.load(Branch(), SHAPE)
    assert "torch_modules.py:" in error.value.where
    assert capfd.readouterr() == ("", "")


def test_an_input_that_does_not_fit_names_the_line() -> None:
    with pytest.raises(RunError, match="InPlace fails on the input 4x8x8") as error:
        ha.load(InPlace(), (4, 8, 8))
    assert "torch_modules.py:" in error.value.where


def test_a_size_without_channels_is_told_so() -> None:
    with pytest.raises(RunError, match="fails on the input 8x9") as error:
        ha.load(InPlace(), (8, 9))
    assert error.value.fix.endswith("with its channels: 3x8x9")


def test_lazy_layers_are_to_run_first() -> None:
    lazy = nn.Sequential(nn.LazyConv2d(4, 3), nn.ReLU())
    with pytest.raises(RunError) as error:
        ha.load(lazy, (3, 8, 8))
    assert error.value.fix.startswith("one forward pass of the module first")
    lazy(torch.zeros(1, 3, 8, 8))
    assert ha.analyze(ha.load(lazy, (3, 8, 8))).parameters.total == 4 * 28


def test_copies_on_several_devices_are_one_network() -> None:
    module = nn.Sequential(nn.Conv2d(3, 4, 3))
    plain, spread = (ha.load(m, (3, 8, 8)) for m in (module, nn.DataParallel(module)))
    assert spread.graph == plain.graph
    assert ha.verify(spread, "torch").holds


NAMES = ("build", "ChannelsLast", "instance")


@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_a_factory_a_class_or_an_instance(name: str) -> None:
    model = ha.load(f"importers.torch_modules:{name}", SHAPE)
    assert model.graph.input_shape == SHAPE


BAD_NAMES = {
    "importers.torch_modules:broken": "ValueError: no such thing",
    "importers.torch_modules:number": "is no network, but a value of the type int",
    "importers.torch_modules:missing": "has no missing",
    "importers.torch_modules:instances": "did you mean instance",
    "importers.no_such_file:build": "there is no module no_such_file in importers",
    "importers.torch_module:build": "did you mean torch_modules",
    "importers.torch_modules.build:net": "importers.torch_modules is one file",
    "importer:build": "run in its folder, or add that to PYTHONPATH",
    "importers.torch_modules:Ends.forward": "cannot be made",
}


@pytest.mark.parametrize("name", BAD_NAMES)
def test_a_name_that_makes_no_module(name: str) -> None:
    with pytest.raises(SourceError) as error:
        ha.load(name, SHAPE)
    assert BAD_NAMES[name] in str(error.value)


def test_a_missing_module_and_one_that_it_imports(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("weird_nets.py").write_text("import of_no_such_name\n")
    with pytest.raises(SourceError, match="there is no module wierd_nets") as missing:
        ha.load("wierd_nets:build", SHAPE)
    assert "did you mean weird_nets?" in missing.value.fix
    assert not missing.value.where
    with pytest.raises(SourceError, match="weird_nets:build cannot be made") as broken:
        ha.load("weird_nets:build", SHAPE)
    assert broken.value.where == "weird_nets.py:1"
    assert "of_no_such_name" in broken.value.why
    assert broken.value.fix == 'python -c "import weird_nets" shows more'


def test_an_error_of_the_users_code_has_its_line() -> None:
    with pytest.raises(SourceError) as error:
        ha.load("importers.torch_modules:broken", SHAPE)
    assert error.value.where.startswith("torch_modules.py:")


def test_half_precision() -> None:
    model = ha.load(Standardised().half(), SHAPE)
    assert {node.element_type.name for node in model.graph} == {"float16"}


@st.composite
def modules(draw: st.DrawFn) -> nn.Module:
    """Random layers one after the other."""
    channels = draw(st.sampled_from((2, 4, 6)))
    layers: list[nn.Module] = [nn.Conv2d(3, channels, 3, padding=1)]
    makers = draw(st.lists(st.sampled_from(_choices(channels)), min_size=1, max_size=5))
    layers += [make() for make in makers]
    return _scrambled(nn.Sequential(*layers))


def _choices(channels: int) -> list[Any]:
    return [
        lambda: nn.Conv2d(channels, channels, 3, padding=1, groups=2),
        lambda: nn.Conv2d(channels, channels, 3, padding="same", dilation=2),
        lambda: nn.BatchNorm2d(channels),
        lambda: nn.GroupNorm(2, channels),
        lambda: nn.MaxPool2d(3, 1, 1),
        lambda: nn.AvgPool2d(2, 1, ceil_mode=True),
        lambda: nn.ChannelShuffle(2),
        lambda: nn.PReLU(channels),
        *(lambda name=name: getattr(nn, name)() for name in _FUNCTIONS),
    ]


_FUNCTIONS = ("ReLU", "SiLU", "GELU", "ELU", "Mish", "Hardswish", "Softplus", "Hardtanh", "Tanh")


@settings(max_examples=10)
@given(modules())
def test_random_modules(module: nn.Module) -> None:
    model = ha.load(module, (3, 9, 10))
    _assert_same_outputs(module, model, (3, 9, 10))
    assert _numbers(model) == sum(p.numel() for p in module.parameters())


def test_nothing_is_printed(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    ha.load(Twice(), SHAPE)
    assert capfd.readouterr() == ("", "")


def test_every_command_counts_tied_weights_once(tmp_path: Path) -> None:
    model = ha.load(Tied().eval(), SHAPE)
    report = ha.analyze(model)
    assert ha.diff(report, model).to_dict()["totals"]["params"]["difference"] == 0
    assert ha.formula(model, "params", symbols=[]).substitute() == report.params
    again = next(node for node in model.graph if f"{node.name}.weight" in model.tied)
    row = next(layer for layer in report.layers if layer.node is again)
    assert row.params == prod(again.layer.weights()["bias"])
    assert f" params            {row.params}\n" in str(ha.explain(model, again.name))
    paper = next(layer for layer in ha.analyze(model, "paper").layers if layer.node is again)
    assert paper.params == row.params
    saved = tmp_path / "tied.json"
    saved.write_text(json.dumps(report.to_dict()))
    assert ha.diff(saved, model).to_dict()["totals"]["params"]["difference"] == 0


class Normalised(nn.Module):
    """Takes a mean for each channel away, and one for each place."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("mean", torch.tensor([0.5, -0.25, 0.125]).reshape(3, 1, 1))
        self.conv = nn.utils.parametrizations.spectral_norm(nn.Conv2d(3, 4, 3))

    def forward(self, x: Tensor) -> Tensor:
        assert isinstance(self.mean, Tensor)
        result: Tensor = self.conv(x - self.mean)
        return result


class ImageAndNumbers(nn.Module):
    """A pooled map beside a vector that comes in."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3)
        self.head = nn.Linear(6, 5)

    def forward(self, image: Tensor, numbers: Tensor) -> Tensor:
        result: Tensor = self.head(torch.cat([self.conv(image).mean((2, 3)), numbers], 1))
        return result


def test_what_many_modules_do_can_be_emitted_and_is_the_same() -> None:
    normalised = ha.load(Normalised().eval(), SHAPE)
    assert not any(isinstance(node.layer, Opaque) for node in normalised.graph)
    both = ha.load(ImageAndNumbers().eval(), {"image": SHAPE, "numbers": (2,)})
    assert not any(isinstance(node.layer, Opaque) for node in both.graph)
    for model in (normalised, both):
        verification = ha.verify(model)
        assert verification.holds, verification
        assert any(check.name.startswith("the original") for check in verification.checks)


def test_a_conversion_costs_nothing() -> None:
    class Half(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return x.half().double().bfloat16().float()

    assert not ha.analyze(ha.load(Half(), SHAPE)).unknown


def test_pads_that_no_pool_takes_stay_before_it() -> None:
    class Pools(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            wide = F.avg_pool2d(F.pad(x, (2, 2, 2, 2)), 2)
            up = F.avg_pool2d(F.pad(x, (0, 1, 0, 1)), 2, 2, ceil_mode=True)
            least = F.max_pool2d(F.pad(x, (2, 0, 2, 0)), 2)
            return wide.mean((2, 3)) + up.mean((2, 3)) + least.mean((2, 3))

    model = ha.load(Pools().eval(), (3, 9, 9))
    assert [node.layer.kind for node in model.graph].count("pad2d") == 3
    assert not any(isinstance(node.layer, Opaque) for node in model.graph)
    image = torch.randn(2, 3, 9, 9)
    assert torch.allclose(ha.to_torch(model)(image), Pools()(image), atol=1e-6)


def test_tensors_of_all_images_have_no_numbers() -> None:
    class Added(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            made = torch.ones(x.size(0), x.size(1), 1, 1)
            assert made.is_meta == x.is_meta
            return x + 2 * made

    model = ha.load(Added(), SHAPE)
    image = torch.randn(2, *SHAPE)
    assert torch.equal(ha.to_torch(model)(image), image + 2)


def test_pythons_own_library_is_not_the_users_line() -> None:
    class Listed(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return x * statistics.mean([])

    with pytest.raises(RunError) as caught:
        ha.load(Listed(), SHAPE)
    assert caught.value.where.startswith("test_torch_modules.py:")
