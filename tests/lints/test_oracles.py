"""What the rules claim, held against PyTorch and networkx."""

from __future__ import annotations

import re
from dataclasses import replace

import networkx
import torch
from analyzers.gradients import touched, traced
from examples import examples
from graphs import graphs
from hypothesis import assume, given
from hypothesis import strategies as st
from lints.twins import TWINS, chain, conv, joined
from strategies import specs

import henet_arch as ha
from henet_arch.ir.graph import Graph, GraphBuilder, Node
from henet_arch.ir.layer import Layer
from henet_arch.ir.layers import (
    BatchNorm2d,
    ChannelShuffle,
    Conv2d,
    Elementwise,
    Input,
    MaxPool2d,
)
from henet_arch.runtime.torch.scramble import scrambled
from henet_arch.runtime.torch.tensors import outputs_of


def largest_gradient(parameter: torch.Tensor) -> float:
    """The largest absolute value of what the last backward pass gave it."""
    assert parameter.grad is not None
    return parameter.grad.abs().max().item()


@examples(5)
@given(specs(repeats=1, kernels=3, family="henet", bias=True))
def test_a_bias_before_batch_norm_changes_nothing_and_does_not_learn(spec: ha.Spec) -> None:
    graph = ha.build(spec)
    torch.manual_seed(0)
    module = ha.to_torch(graph, "kaiming").double().train()
    names = [told.finding.layers[0] for told in ha.lint(graph, ["HA101"]).diagnostics]
    image = torch.randn(4, *graph.input_shape, dtype=torch.float64)
    biases = [dict(module.named_parameters())[f"{name}.bias"] for name in names]
    assert len(biases) == sum(n.layer.kind == "conv2d" for n in graph)
    for bias in biases:
        torch.nn.init.normal_(bias)
    before = module(image)
    (before * torch.randn_like(before)).sum().backward()
    largest = max(largest_gradient(parameter) for parameter in module.parameters())
    assert all(largest_gradient(bias) < 1e-7 * largest for bias in biases)
    for bias in biases:
        torch.nn.init.zeros_(bias)
    torch.testing.assert_close(module(image), before)


def test_a_bias_that_something_else_reads_matters() -> None:
    """All readers are norms, or the rule is silent and the bias learns."""
    assert not ha.lint(chain(conv(bias=True)), ["HA101"]).diagnostics
    for second, count in ((BatchNorm2d(8), 1), (Elementwise("relu"), 0)):

        def made(builder: GraphBuilder, x: Node, second: Layer = second) -> list[Node]:
            x = builder.add("conv", conv(bias=True), [x])
            return [builder.add("norm", BatchNorm2d(8), [x]), builder.add("other", second, [x])]

        graph = joined(made)
        assert len(ha.lint(graph, ["HA101"]).diagnostics) == count
        assert not ha.lint(replace(graph, outputs=("norm", "conv")), ["HA101"]).diagnostics
        module = ha.to_torch(graph).double().train()
        outputs = outputs_of(module(torch.randn(2, 8, 9, 9, dtype=torch.float64)))
        sum((o * torch.randn_like(o)).sum() for o in outputs).backward()
        (bias,) = [p for name, p in module.named_parameters() if name == "conv.bias"]
        assert (largest_gradient(bias) < 1e-9) == bool(count)


def _shuffled(shuffle: bool, last: Conv2d) -> Graph:
    middle: list[Layer] = [ChannelShuffle(2)] if shuffle else []
    return chain(
        conv(), *middle, BatchNorm2d(8), conv(8, 3, 1, 1, groups=8), Elementwise("relu"), last
    )


def test_without_a_shuffle_that_is_not_seen_other_weights_give_the_same() -> None:
    """Channel `order[c]` of the plain network plays the part of channel `c` of the shuffled one."""
    with_it, without = (_shuffled(shuffle, conv(4)) for shuffle in (True, False))
    assert [f.finding.layers for f in ha.lint(with_it, ["HA103"]).diagnostics] == [("layer2",)]
    shuffle = with_it["layer2"]
    order = [shuffle.layer.reads(c, shuffle.input_shapes)[0][0] for c in range(8)]
    torch.manual_seed(0)
    first, second = (scrambled(ha.to_torch(graph)).double() for graph in (with_it, without))
    weights = {}
    for key, tensor in first.state_dict().items():
        name, _, rest = key.partition(".")
        number = int(name.removeprefix("layer"))
        moved = tensor.clone()
        if number in (3, 4) and tensor.dim():
            moved[order] = tensor
        elif number == 6:
            moved[:, order] = tensor
        weights[f"layer{number - (number > 2)}.{rest}"] = moved
    second.load_state_dict(weights)
    image = torch.randn(1, 8, 8, 8, dtype=torch.float64)
    torch.testing.assert_close(first(image), second(image))


def test_a_shuffle_that_is_seen_changes_what_depends_on_what() -> None:
    with_it, without = (_shuffled(shuffle, conv(4, groups=4)) for shuffle in (True, False))
    assert not ha.lint(with_it, ["HA103"]).diagnostics
    reads = []
    for graph in (with_it, without):
        split = chain(*(replaced(node.layer) for node in graph if node.inputs))
        image, (value,) = traced(split, [split.outputs[0]])
        reads.append([touched(image, value[:, c]).flatten(1).any(1).tolist() for c in range(4)])
    assert reads[0] != reads[1]


def replaced(layer: Layer) -> Layer:
    """A dense first convolution would hide which channels go where."""
    return conv(8, groups=8) if layer == conv() else layer


@st.composite
def _stacks(draw: st.DrawFn) -> Graph:
    """A grouped convolution of the image, and convolutions, shuffles and norms after it."""
    layers: list[Layer] = [conv(groups=draw(st.sampled_from((2, 4))))]
    for _ in range(draw(st.integers(1, 5))):
        groups = draw(st.sampled_from((1, 2, 2, 4, 4, 8)))
        choices = (
            conv(groups=groups),
            conv(groups=groups),
            ChannelShuffle(groups),
            Elementwise("relu"),
        )
        layers.append(draw(st.sampled_from(choices)))
    return chain(*layers, size=2)


@examples(40)
@given(_stacks())
def test_groups_that_never_mix_have_a_jacobian_of_blocks(graph: Graph) -> None:
    names = [node.name for node in graph if node.inputs]
    image, values = traced(graph, names)
    groups = graph["layer1"].layer.attributes()["groups"]
    most = 0
    for value in values:
        for channel in range(8):
            inputs = touched(image, value[:, channel]).flatten(1).any(1)
            most = max(most, int(inputs.view(groups, -1).any(1).sum()))
    later = [n.layer for n in graph if n.layer.kind == "conv2d" and n.name != "layer1"]
    again = any(layer.attributes()["groups"] < 8 for layer in later)
    fired = {told.finding.layers[0] for told in ha.lint(graph, ["HA102"]).diagnostics}
    assert ("layer1" in fired) == (most == 1 and again)
    if "layer1" in fired:
        (told, *_) = ha.lint(graph, ["HA102"]).diagnostics
        _, second, *_ = told.finding.layers
        fixed = [n.layer for n in graph if n.inputs]
        at = int(second.removeprefix("layer")) - 1
        if told.finding.advice == f"1 group in {second}":
            fixed[at] = conv()
        else:
            assert told.finding.advice.startswith(f"a shuffle in {groups} groups before {second}")
            fixed.insert(at, ChannelShuffle(groups))
        starts = [
            f.finding.layers[0] for f in ha.lint(chain(*fixed, size=2), ["HA102"]).diagnostics
        ]
        assert "layer1" not in starts


@st.composite
def _windows(draw: st.DrawFn) -> Graph:
    """One or two windows over one map of any size, every setting but the size of their output."""

    def layer() -> Layer:
        kernel, stride = draw(st.integers(1, 4)), draw(st.integers(1, 4))
        if draw(st.booleans()):
            return MaxPool2d((kernel, kernel), (stride, stride), ceil_mode=draw(st.booleans()))
        padding, dilation = (draw(st.integers(0, 2)), draw(st.integers(0, 2))), (1, 2)
        return Conv2d(2, 1, (kernel, 2), (stride, 2), padding, dilation)

    builder = GraphBuilder("windows", "test")
    sizes = draw(st.integers(4, 9)), draw(st.integers(4, 9))
    x = builder.add("image", Conv2d(2, 2, (1, 1)), [builder.add("input", Input((2, *sizes)))])
    names = ("first", "second")[: draw(st.integers(1, 2))]
    return builder.finish([builder.add(name, layer(), [x]) for name in names])


@examples(60)
@given(_windows())
def test_dropped_pixels_have_no_gradient(graph: Graph) -> None:
    image, values = traced(graph, graph.outputs)
    seen = torch.stack([touched(image, value) for value in values]).any(0).any(0)
    unread = int((~seen).sum())
    found = ha.lint(graph, ["HA201"]).diagnostics
    told = [re.match(r"(\d+) of (\d+) pixels of image", f.finding.what) for f in found]
    assert [(int(m[1]), int(m[2])) for m in told if m] == (
        [(unread, seen.numel())] if unread else []
    )
    if not found:
        return
    rows, columns = (int((~seen.any(axis)).sum()) for axis in (1, 0))
    for count, what in ((rows, "row"), (columns, "column")):
        assert (f" {what}" in found[0].finding.what) == (count > 0)


def test_dead_weights_have_no_gradient() -> None:
    graph = ha.build(ha.Spec(channels=(6, 12), repeats=1, input=7, classes=1, softmax=True))
    module = ha.to_torch(graph).double().train()
    module(torch.randn(3, 3, 7, 7, dtype=torch.float64)).sum().backward()
    assert all(p.grad is None or not p.grad.any() for p in module.parameters())
    (told,) = ha.lint(graph, ["HA104"]).diagnostics
    assert told.finding.layers == tuple(n.name for n in graph if n.name not in graph.outputs)

    branch = TWINS["dead-branch"][0]
    assert isinstance(branch, Graph)
    (told,) = ha.lint(branch, ["HA104"]).diagnostics
    module = ha.to_torch(branch).double()
    module(torch.randn(1, 8, 9, 9, dtype=torch.float64)).sum().backward()
    gradients = {name: p.grad is not None for name, p in module.named_parameters()}
    assert gradients["main.weight"]
    dead = {f"{name}.weight" for name in told.finding.layers}
    assert not any(given for name, given in gradients.items() if name in dead)


@examples(50)
@given(graphs())
def test_dead_layers_are_those_that_reach_no_output(graph: Graph) -> None:
    live = set(graph.outputs).union(*(networkx.ancestors(graph.nx, o) for o in graph.outputs))
    branches = [told.finding.layers for told in ha.lint(graph, ["HA104"]).diagnostics]
    dead = graph.nx.subgraph(set(graph.nx) - live)
    assert sorted(map(sorted, branches)) == sorted(
        map(sorted, networkx.weakly_connected_components(dead))
    )


@examples(5)
@given(specs(family="henet", repeats=2, kernels=3, rectify="branch"))
def test_sums_of_rectified_branches_only_grow(spec: ha.Spec) -> None:
    graph = ha.build(spec)
    names = [told.finding.layers[0] for told in ha.lint(graph, ["HA106"]).diagnostics]
    assume(names)
    skips = [graph[name].inputs[1] for name in names]
    module = ha.to_torch(replace(graph, outputs=tuple(dict.fromkeys((*names, *skips))))).eval()
    values = outputs_of(module(torch.randn(1, *graph.input_shape)))
    by_name = dict(zip(dict.fromkeys((*names, *skips)), values, strict=True))
    for name, skip in zip(names, skips, strict=True):
        assert (by_name[name] >= by_name[skip]).all()
