"""Emitted PyTorch of layers that share weights, of joins and slices in blocks, of opaque layers."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import torch
from checkout import ROOT
from oracle import outputs_of as expected_of

import henet_arch as ha
from henet_arch.ir import layers
from henet_arch.ir.graph import Graph, GraphBuilder, Node
from henet_arch.ir.layer import Layer
from henet_arch.ir.tensors import tensors_of
from henet_arch.runtime.torch.scramble import scrambled
from henet_arch.runtime.torch.tensors import outputs_of
from henet_arch.runtime.torch.verification import verify


def _check(graph: Graph) -> str:
    """Its source, once it is the network that the graph says."""
    found = verify(graph)
    assert found.holds, found
    torch.manual_seed(0)
    module = scrambled(ha.to_torch(graph))
    assert {key for key in module.state_dict() if "num_batches" not in key} == {*tensors_of(graph)}
    images = [torch.randn(2, *node.shape) for node in graph if not node.inputs]
    with torch.no_grad():
        given = outputs_of(module(*images))
    torch.testing.assert_close(given, expected_of(graph, module.state_dict(), *images))
    return ha.emit(graph).text


def _shared(scopes: tuple[str, str]) -> Graph:
    builder = GraphBuilder("shared")
    node = builder.add("image", layers.Input((4, 6, 6)))
    conv = layers.Conv2d(4, 4, (3, 3), padding=(1, 1))
    first = builder.add(f"{scopes[0]}conv1", conv, node)
    second = builder.add(f"{scopes[1]}conv2", conv, first, shares=first.name)
    third = builder.add(f"{scopes[1]}conv3", conv, second, shares=second.name)
    return builder.finish([third, first])


@pytest.mark.parametrize(
    "scopes", [("", ""), ("a.", "a."), ("a.b.", "a."), ("a.", "b."), ("", "b."), ("a.", "")]
)
def test_a_module_is_used_again(scopes: tuple[str, str]) -> None:
    source = _check(_shared(scopes))
    assert source.count("nn.Conv2d(") == 1


def test_blocks_that_repeat_and_share_inside() -> None:
    builder = GraphBuilder("blocks")
    node = builder.add("image", layers.Input((4, 6, 6)))
    conv = layers.Conv2d(4, 4, (1, 1))
    for number in range(1, 9):
        first = builder.add(f"block{number}.conv", conv, node)
        again = builder.add(f"block{number}.again", conv, first, shares=first.name)
        node = builder.add(f"block{number}.add", layers.Add(), [node, again])
    source = _check(builder.finish())
    assert "        y: Tensor = self.conv(x)\n        y = self.conv(y)\n" in source


def test_another_layer_with_the_same_weights_is_refused() -> None:
    builder = GraphBuilder("net")
    node = builder.add("image", layers.Input((4, 6, 6)))
    node = builder.add("a", layers.Conv2d(4, 4, (3, 3), padding=(1, 1)), node)
    builder.add("b", layers.Conv2d(4, 4, (3, 3)), node, shares="a")
    with pytest.raises(ha.HenetArchError, match="uses the weights of 'a', and is another layer"):
        ha.emit(builder.finish())


def test_an_opaque_layer_is_refused_by_name() -> None:
    builder = GraphBuilder("net")
    node = builder.add("image", layers.Input((4, 6, 6)))
    builder.add("odd", layers.Opaque("aten.roll", ((4, 6, 6),), (4, 6, 6), cost=()), node)
    with pytest.raises(ha.HenetArchError, match=r"aten\.roll computes is not known") as error:
        ha.emit(builder.finish())
    assert error.value.where == "odd"
    assert error.value.fix


def _split(widths: tuple[int, ...]) -> Graph:
    """Blocks that work on half of the channels, as ShuffleNetV2's do."""
    builder = GraphBuilder("split")
    node = builder.add("image", layers.Input((widths[0], 6, 6)))
    for number, width in enumerate(widths, 1):
        scope, half = f"block{number}", width // 2
        node = builder.add(f"{scope}.widen", layers.Conv2d(int(node.channels), width, (1, 1)), node)
        kept = builder.add(f"{scope}.kept", layers.SliceChannels(0, half), node)
        other = builder.add(f"{scope}.other", layers.SliceChannels(half, width), node)
        other = builder.add(f"{scope}.conv", layers.Conv2d(half, half, (1, 1)), other)
        gate = builder.add(f"{scope}.pool", layers.GlobalAvgPool2d(), other)
        gate = builder.add(f"{scope}.sigmoid", layers.Elementwise("sigmoid"), gate)
        other = builder.add(f"{scope}.scale", layers.Multiply(), [other, gate])
        joined = builder.add(f"{scope}.concat", layers.Concat(), [kept, other])
        shuffle = layers.ChannelShuffle(2)
        node = builder.add(f"{scope}.shuffle", shuffle, joined)
    return builder.finish()


def test_slices_of_several_widths_are_one_class() -> None:
    source = _check(_split((4, 8, 12)))
    assert source.count("class ") == 2
    assert "        self.out_channels = out_channels\n" in source
    assert "        y: Tensor = x[:, : self.out_channels]\n" in source
    assert "        x = x[:, self.out_channels : self.mid_channels]\n" in source
    assert "        x = x * z\n" in source


def test_expressions_read_as_people_write_them() -> None:
    builder = GraphBuilder("written")
    x = builder.add("image", layers.Input((6, 8, 8)))

    def add(name: str, layer: Layer, *inputs: Node) -> Node:
        return builder.add(name, layer, inputs)

    ends = [
        add("slice", layers.SliceChannels(2, 5), x),
        add("first", layers.SliceChannels(0, 3), x),
        add("step", layers.SliceChannels(1, 6, 2), x),
        add("crop", layers.Crop2d((1, 0, 0, 2)), x),
        add("fourth", layers.Crop2d((0, 0, 1, 0), (2, 2)), x),
        add("mean", layers.ChannelMean(), x),
        add("most", layers.ChannelMax(), x),
        add("affine", layers.Elementwise("affine", (0.5, 1.0)), x),
        add("minus", layers.Elementwise("affine", (1.0, -1.5)), x),
        add("clip", layers.Elementwise("clip", (0.0, 1.0)), x),
        add("square", layers.Elementwise("square"), x),
        add("product", layers.Multiply(), x, x, x),
        add("largest", layers.Maximum(), x, x),
        add("zeros", layers.Pad2d((0, 1, 0, 1)), x),
        add("mirror", layers.Pad2d(2, "reflect"), x),  # type: ignore[arg-type]
        add("up", layers.Resize((2.0, 2.0), mode="bilinear"), x),
    ]
    source = _check(builder.finish(ends))
    for text in (
        "x[:, 2:5]", "x[:, :3]", "x[:, 1:6:2]", "x[:, :, 1:, :-2]", "x.mean(dim=1, keepdim=True)",
        "x.amax(dim=1, keepdim=True)", "x * 0.5 + 1.0", "x - 1.5", "x.clamp(0.0, 1.0)",
        "torch.square(x)", "x * x * x", "torch.maximum(x, x)", "nn.ZeroPad2d((0, 1, 0, 1))",
        "nn.ReflectionPad2d(2)", 'nn.Upsample(scale_factor=2.0, mode="bilinear")',
    ):  # fmt: skip
        assert text in source, text


def _every_norm() -> Graph:
    builder = GraphBuilder("norms")
    node = builder.add("image", layers.Input((4, 8, 8)))
    for name, layer in (
        ("up", layers.ConvTranspose2d(4, 6, (3, 3), (2, 2), (1, 1), (1, 1))),
        ("pool", layers.AvgPool2d((2, 2), (2, 2), (0, 1, 0, 1), count_include_pad=False)),
        ("over_channels", layers.LayerNorm(6, 1e-6)),
        ("in_groups", layers.GroupNorm(2, 6)),
        ("scale", layers.Scale(6)),
        ("slopes", layers.PReLU(6)),
        ("norm", layers.BatchNorm2d(6)),
        ("root", layers.Elementwise("power", (2.0,))),
        ("flat", layers.Flatten()),
        ("of_vectors", layers.BatchNorm1d(384, affine=False)),
        ("over_all", layers.LayerNorm(384, bias=False)),
        ("back", layers.Unflatten()),
    ):
        node = builder.add(name, layer, node)
    return builder.finish()


def test_norms_and_what_torch_has_no_module_for() -> None:
    _check(_every_norm())


@pytest.mark.slow
def test_the_sources_pass_ruff_and_mypy(tmp_path: Path) -> None:
    graphs = _every_norm(), _split((4, 8)), *(_shared(own) for own in (("", ""), ("a.", "b.")))
    for index, graph in enumerate(graphs):
        ha.emit(graph).save(tmp_path / f"net{index}.py")
    for tool in (
        ("ruff", "check", "--isolated", "--select", "E,F,W,I,UP,B,N,SIM,PIE,C4"),
        ("ruff", "format", "--isolated", "--check"),
        ("mypy", "--config-file", ROOT / "pyproject.toml", "--cache-dir", ROOT / ".mypy_cache"),
    ):
        command = [sys.executable, "-m", *tool, "."]
        ended = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)
        assert ended.returncode == 0, ended.stdout + ended.stderr


def test_a_start_anew_resets_every_kind_of_weights() -> None:
    module = scrambled(ha.to_torch(_every_norm()))
    module.reset_parameters()  # type: ignore[operator]
    state = module.state_dict()
    assert bool((state["scale.weight"] == 1).all())
    assert bool((state["scale.bias"] == 0).all())
    assert bool((state["slopes.weight"] == 0.25).all())
    assert bool((state["over_channels.weight"] == 1).all())
    assert bool((state["up.bias"] == 0).all())
    assert bool((state["norm.running_var"] == 1).all())
