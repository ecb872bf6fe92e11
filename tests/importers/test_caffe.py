"""Caffe's networks as graphs: what files say in every form that people have written."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from importers import caffe_nets

import henet_arch as ha
from henet_arch.importers._caffe.build import Imported, build
from henet_arch.importers._caffe.files import load
from henet_arch.importers._caffe.network import read_network
from henet_arch.importers._caffe.text import parse
from henet_arch.importers.importer import InputShape
from henet_arch.ir.graph import Graph
from henet_arch.ir.layers import AvgPool2d, ChannelShuffle, Elementwise, MaxPool2d, Opaque
from henet_arch.support.errors import FileError, HenetArchError, InputShapeError, ShapeError


def read(text: str, input_shape: InputShape | None = None) -> Imported:
    """The network of a text."""
    return build(read_network(parse(text)), "net.prototxt", input_shape)


def graph_of(*layers: str, shape: str = "3x8x8") -> Graph:
    """The graph of layers in short, each of which reads the one before.

    A layer is `Kind settings`, `Kind(x0, x1) settings` with the blobs that it reads, or
    `Kind | fields` with fields beside its settings; the layers give `x1`, `x2`, ...
    """
    dims = " ".join(f"dim: {size}" for size in (1, *shape.split("x")))
    lines = [f'input: "x0" input_shape {{ {dims} }}']
    for index, layer in enumerate(layers):
        match = re.fullmatch(r"(\w+)(?:\((.*?)\))? ?(.*)", layer)
        assert match
        kind, bottoms, settings = match.groups()
        read_ = bottoms.split(", ") if bottoms else [f"x{index}"]
        words = "" if "bottom:" in settings else " ".join(f'bottom: "{x}"' for x in read_)
        inner = settings.removeprefix("| ")
        if inner == settings:
            inner = f"{_SETTINGS.get(kind, kind.lower())}_param {{ {settings} }}"
        top = "" if "top:" in settings else f'top: "x{index + 1}"'
        lines.append(f'layer {{ name: "l{index + 1}" type: "{kind}" {words} {top} {inner} }}')
    return read("\n".join(lines)).graph


_SETTINGS = {
    "BatchNorm": "batch_norm",
    "ConvolutionDepthwise": "convolution",
    "Deconvolution": "convolution",
    "InnerProduct": "inner_product",
    "Normalize": "norm",
    "PriorBox": "prior_box",
    "ShuffleChannel": "shuffle_channel",
}
"""What a layer's settings are called where that is not its type."""


def wiring(graph: Graph) -> list[list[int]]:
    """What each layer reads, by positions."""
    return [[graph.positions[name] for name in node.inputs] for node in graph]


@pytest.mark.parametrize("repeats", [2, 3])
@pytest.mark.parametrize("as_ours", [False, True])
def test_henet_by_hand_is_henet_by_rule(repeats: int, as_ours: bool) -> None:
    """After the paper's Table 2; where the file has the rule's names, the graph has them too."""
    graph = read(caffe_nets.henet(repeats, as_ours=as_ours)).graph
    wanted = ha.build(f"henet-r{repeats}")
    assert [n.layer for n in graph] == [n.layer for n in wanted]
    assert [n.shape for n in graph] == [n.shape for n in wanted]
    assert wiring(graph) == wiring(wanted)
    assert ha.analyze(graph).params == ha.analyze(wanted).params
    if as_ours:
        assert [n.name for n in graph][1:] == [n.name for n in wanted][1:]
        assert graph["stage2.block1.conv1"].original == "stage2/block1/conv1"
    else:
        assert graph["he2_conv.layer2_elewise"].original == "he2_conv/2_elewise"


def test_a_layer_says_where_it_stands() -> None:
    text = caffe_nets.henet(2)
    graph = read(text).graph
    node = graph["he2_conv.layer2_elewise"]
    (decision,) = node.because
    assert decision[:2] == ("source", "layer 'he2_conv/2_elewise' (Eltwise)")
    file, _, line = decision.source.partition(":")
    assert file == "net.prototxt"
    assert text.splitlines()[int(line) - 1 : int(line) + 1] == [
        "layer {",
        '  name: "he2_conv/2_elewise"',
    ]
    assert [d.reason for d in graph["bn1"].because] == [
        "layer 'bn1' (BatchNorm)",
        "layer 'bn1_scale' (Scale)",
    ]


def test_a_sum_that_does_not_fit_names_the_blob_that_was_meant(tmp_path: Path) -> None:
    path = tmp_path / "henet.prototxt"
    right = '  bottom: "he2_conv/2_conv2"\n  bottom: "he2_conv/1_elewise"\n'
    text = caffe_nets.henet(2)
    assert text.count(right) == 1
    path.write_text(text.replace(right, right.replace("elewise", "concat")))
    with pytest.raises(ShapeError) as caught:
        load(path)
    error = caught.value
    lines = path.read_text().splitlines()
    line = lines.index('  name: "he2_conv/2_elewise"')
    meant = lines.index('  name: "he2_conv/1_elewise"')
    assert error.what == "cannot join 96x15x15 with 48x15x15"
    assert error.where == (
        f"{path}, line {line}, layer 'he2_conv/2_elewise' (Eltwise), input 48x15x15, 96x15x15"
    )
    assert error.fix == (
        f"did you mean 'he2_conv/1_elewise' (48x15x15, line {meant}) instead of "
        "'he2_conv/1_concat'?"
    )


def test_the_file_of_2014() -> None:
    graph = read(caffe_nets.V1).graph
    kinds = {n.name: n.layer.kind for n in graph}
    assert kinds == {
        "data": "input",
        "conv1": "conv2d",
        "relu1": "leaky_relu",
        "pool1": "avg_pool2d",
        "left": "slice_channels",
        "right": "slice_channels",
        "tanh": "tanh",
        "cat": "concat",
        "mix_coeff0": "affine",
        "mix_coeff1": "affine",
        "mix": "add",
        "power": "affine",
        "fc_flatten": "flatten",
        "fc": "linear",
        "prob": "softmax",
    }
    assert graph.signature == "3x33x33 -> 5"
    assert graph.name == "CaffeNet"


_CONV = """layer { name: "c" type: "Convolution" bottom: "d" top: "c"
  convolution_param { num_output: 2 kernel_size: 3 } }"""
_TRAIN = """
layer { name: "d" type: "Data" top: "d" top: "label" include { phase: TRAIN } %s }
layer { name: "l" type: "SoftmaxWithLoss" bottom: "c" bottom: "label" top: "l" }
"""


@pytest.mark.parametrize(
    ("source", "shape"),
    [
        ('input: "d" input_dim: 9 input_dim: 3 input_dim: 7 input_dim: 5', (3, 7, 5)),
        ('input: "d" input_shape { dim: 9 dim: 3 dim: 7 dim: 5 }', (3, 7, 5)),
        ('input: "d" input_shape { dim: [9, 3, 7, 5] }', (3, 7, 5)),
        (
            'layer { name: "i" type: "Input" top: "d" input_param { shape { dim: 9 dim: 3 '
            'dim: 7 dim: 5 } } }',
            (3, 7, 5),
        ),
        (
            'layer { name: "i" type: "Data" top: "d" top: "l" transform_param { crop_size: 6 } }',
            (3, 6, 6),
        ),
        ('layer { name: "i" type: "Data" top: "d" data_param { crop_size: 6 } }', (3, 6, 6)),
        ('layers { name: "i" type: DATA top: "d" data_param { crop_size: 6 } }', (3, 6, 6)),
        (
            'layer { name: "i" type: "Data" top: "d" transform_param { crop_size: 6 '
            'force_gray: true } }',
            (1, 6, 6),
        ),
        (
            'layer { name: "i" type: "ImageData" top: "d" image_data_param { new_height: 6 '
            'new_width: 8 is_color: false } }',
            (1, 6, 8),
        ),
        (
            'layer { name: "i" type: "MemoryData" top: "d" top: "l" memory_data_param { '
            'batch_size: 2 channels: 4 height: 5 width: 6 } }',
            (4, 5, 6),
        ),
        (
            'layer { name: "i" type: "DummyData" top: "d" dummy_data_param { num: 2 '
            'channels: 4 height: 5 width: 6 } }',
            (4, 5, 6),
        ),
        (
            'layer { name: "i" type: "DummyData" top: "d" dummy_data_param { shape { dim: 2 '
            'dim: 4 dim: 5 dim: 6 } } }',
            (4, 5, 6),
        ),
    ],
)  # fmt: skip
def test_where_the_image_comes_from(source: str, shape: tuple[int, ...]) -> None:
    assert read(f"{source}\n{_CONV}").graph.input_shape == shape


def test_an_image_whose_size_no_file_says(tmp_path: Path) -> None:
    path = tmp_path / "train_val.prototxt"
    path.write_text(_TRAIN.replace('layer { name: "l"', _CONV + ' layer { name: "l"') % "")
    with pytest.raises(InputShapeError, match="leaves open the input 'd' ") as caught:
        load(path)
    assert caught.value.fix == "--input 3x224x224"
    assert str(path) in caught.value.where
    graph = load(path, (3, 7, 9)).graph
    assert [n.name for n in graph] == ["d", "c"]
    assert graph.signature == "3x7x9 -> 2x5x7"
    assert load(path, {"d": (5, 7, 9)}).graph.input_shape == (5, 7, 9)
    with pytest.raises(InputShapeError, match="has no input 'data'"):
        load(path, {"data": (5, 7, 9)})
    with pytest.raises(InputShapeError, match="channels that the file does not say"):
        load(path, (7, 9))
    path.write_text(path.read_text().replace("include", "transform_param { crop_size: 8 } include"))
    assert load(path).graph.input_shape == (3, 8, 8)
    assert load(path, (7, 9)).graph.input_shape == (3, 7, 9)


def test_phases() -> None:
    text = """
    input: "d" input_dim: 1 input_dim: 1 input_dim: 4 input_dim: 4  state { level: 2 stage: "a" }
    layer { name: "train" type: "ReLU" bottom: "d" top: "y" include { phase: TRAIN } }
    layer { name: "test" type: "ReLU" bottom: "d" top: "y" include { phase: TEST } }
    layer { name: "no" type: "TanH" bottom: "y" top: "z" exclude { phase: TEST } }
    layer { name: "low" type: "TanH" bottom: "y" top: "z" include { max_level: 1 } }
    layer { name: "high" type: "Sigmoid" bottom: "y" top: "z" include { min_level: 2 } }
    layer { name: "b" type: "TanH" bottom: "z" top: "u" include { stage: "b" }
      include { not_stage: "a" } }
    layer { name: "a" type: "ELU" bottom: "z" top: "u" include { stage: "a" } }
    """
    assert [n.name for n in read(text).graph] == ["d", "test", "high", "a"]
    with pytest.raises(FileError, match="rules to include and to exclude it"):
        read(
            text.replace(
                "exclude { phase: TEST }", "exclude { phase: TEST } include { phase: TEST }"
            )
        )


def test_what_only_measures_is_left_out() -> None:
    text = """
    layer { name: "d" type: "Data" top: "d" top: "label" transform_param { crop_size: 4 } }
    layer { name: "fc" type: "InnerProduct" bottom: "d" top: "fc"
      inner_product_param { num_output: 3 } }
    layer { name: "aux" type: "InnerProduct" bottom: "d" top: "aux"
      inner_product_param { num_output: 2 } }
    layer { name: "hush" type: "ReLU" bottom: "aux" top: "hush" }
    layer { name: "s" type: "Silence" bottom: "hush" }
    layer { name: "shift" type: "Power" bottom: "label" top: "shifted" power_param { shift: 1 } }
    layer { name: "loss" type: "SoftmaxWithLoss" bottom: "fc" bottom: "shifted" top: "loss" }
    layer { name: "acc" type: "Accuracy" bottom: "fc" bottom: "label" top: "acc" }
    """
    graph = read(text).graph
    assert [n.name for n in graph if n.inputs] == ["fc_flatten", "fc", "aux_flatten", "aux", "hush"]
    assert graph.outputs == ("fc",)


def test_several_inputs_and_outputs() -> None:
    text = """
    input: "a" input: "b" input: "unread"
    input_shape { dim: 1 dim: 2 dim: 4 dim: 4 } input_shape { dim: 1 dim: 3 dim: 4 dim: 4 }
    input_shape { dim: 1 dim: 7 }
    layer { name: "cat" type: "Concat" bottom: "a" bottom: "b" top: "cat" }
    layer { name: "one" type: "ReLU" bottom: "cat" top: "one" }
    layer { name: "s" type: "Slice" bottom: "cat" top: "p" top: "q" slice_param { slice_point: 1 } }
    layer { name: "two" type: "TanH" bottom: "q" top: "two" }
    """
    graph = read(text).graph
    assert [n.name for n in graph if not n.inputs] == ["a", "b"]
    assert graph.outputs == ("two", "one", "p")
    assert read(text, {"b": (5, 4, 4)}).graph["cat"].shape == (7, 4, 4)
    with pytest.raises(ShapeError, match="cannot concatenate 3x4x4 with 2x5x5"):
        read(text, (2, 5, 5))


@pytest.mark.parametrize(
    ("layers", "kinds", "shape"),
    [
        (
            ('Convolution num_output: 6 kernel_h: 1 kernel_w: 3 pad_w: 1 stride: 2',),
            ['conv2d'],
            (6, 4, 4),
        ),
        (
            (
                'Convolution num_output: 6 kernel_size: 3 kernel_size: 5 stride: [1, 2] '
                'dilation: 2',
            ),
            ['conv2d'],
            (6, 4, 0),
        ),
        (
            ('ConvolutionDepthwise num_output: 3 kernel_size: 3 bias_term: false',),
            ['conv2d'],
            (3, 6, 6),
        ),
        (
            ('Deconvolution num_output: 4 kernel_size: 4 stride: 2 pad: 1',),
            ['conv_transpose2d'],
            (4, 16, 16),
        ),
        (('ReLU negative_slope: 0.1',), ['leaky_relu'], (3, 8, 8)),
        (('PReLU',), ['prelu'], (3, 8, 8)),
        (('ELU',), ['elu'], (3, 8, 8)),
        (('BNLL',), ['softplus'], (3, 8, 8)),
        (('AbsVal',), ['abs'], (3, 8, 8)),
        (('Exp',), ['exp'], (3, 8, 8)),
        (('Exp base: 2 shift: 1',), ['affine', 'exp'], (3, 8, 8)),
        (('Log base: 10 scale: 2 shift: 9',), ['affine', 'log', 'affine'], (3, 8, 8)),
        (('Power power: 2 shift: 1',), ['affine', 'square'], (3, 8, 8)),
        (('Power power: 0.5',), ['sqrt'], (3, 8, 8)),
        (('Power power: -1',), ['reciprocal'], (3, 8, 8)),
        (('Power power: 1.5',), ['power'], (3, 8, 8)),
        (('Power scale: 2 shift: 1',), ['affine'], (3, 8, 8)),
        (('Swish',), ['silu'], (3, 8, 8)),
        (('Swish beta: 2',), ['affine', 'sigmoid', 'multiply'], (3, 8, 8)),
        (('Clip min: 0 max: 6',), ['relu6'], (3, 8, 8)),
        (('Clip min: 0 max: 5',), ['clip'], (3, 8, 8)),
        (('BatchNorm',), ['batch_norm2d'], (3, 8, 8)),
        (('BatchNorm', 'Scale bias_term: true'), ['batch_norm2d'], (3, 8, 8)),
        (('BatchNorm', 'Scale'), ['batch_norm2d', 'scale'], (3, 8, 8)),
        (
            ('BatchNorm', 'Scale(x1) bias_term: true', 'Eltwise(x1, x2)'),
            ['batch_norm2d', 'scale', 'add'],
            (3, 8, 8),
        ),
        (('Flatten', 'BatchNorm', 'Scale bias_term: true'), ['flatten', 'batch_norm1d'], (192,)),
        (('Bias',), ['scale'], (3, 8, 8)),
        (('Scale axis: 1 num_axes: 3',), ['opaque'], (3, 8, 8)),
        (
            ('Pooling pool: AVE global_pooling: true', 'Flatten', 'Scale(x0, x2) axis: 0'),
            ['global_avg_pool2d', 'multiply'],
            (3, 8, 8),
        ),
        (
            (
                'Pooling pool: AVE global_pooling: true',
                'Reshape shape { dim: 0 dim: -1 }',
                'Bias(x0, x2) axis: 0',
            ),
            ['global_avg_pool2d', 'add'],
            (3, 8, 8),
        ),
        (
            ('Pooling global_pooling: true', 'Flatten', 'TanH', 'Scale(x0, x3) axis: 0'),
            ['global_max_pool2d', 'flatten', 'tanh', 'unflatten', 'multiply'],
            (3, 8, 8),
        ),
        (
            ('Pooling global_pooling: true', 'Flatten', 'Scale(x0, x2) axis: 0', 'TanH(x2)'),
            ['global_max_pool2d', 'flatten', 'unflatten', 'multiply', 'tanh'],
            (3,),
        ),
        (
            ('Pooling global_pooling: true', 'Axpy(x1, x0, x0)'),
            ['global_max_pool2d', 'multiply', 'add'],
            (3, 8, 8),
        ),
        (('Eltwise(x0, x0) coeff: 1 coeff: -1',), ['subtract'], (3, 8, 8)),
        (('Eltwise(x0, x0) operation: PROD',), ['multiply'], (3, 8, 8)),
        (('Eltwise(x0, x0, x0) operation: MAX',), ['maximum'], (3, 8, 8)),
        (('Concat(x0, x0) axis: -2',), ['opaque'], (3, 16, 8)),
        (('LRN',), ['local_response_norm'], (3, 8, 8)),
        (
            ('LRN norm_region: WITHIN_CHANNEL',),
            ['square', 'avg_pool2d', 'affine', 'power', 'multiply'],
            (3, 8, 8),
        ),
        (('InnerProduct num_output: 5',), ['flatten', 'linear'], (5,)),
        (('InnerProduct num_output: 5 axis: 2',), ['opaque'], (3, 5)),
        (('Flatten axis: 2',), ['opaque'], (3, 64)),
        (('Reshape shape { dim: 0 dim: -1 }',), ['flatten'], (192,)),
        (('Reshape shape { dim: 1 dim: 3 dim: 8 dim: 8 }', 'ReLU'), ['relu'], (3, 8, 8)),
        (
            ('Flatten', 'Reshape shape { dim: 0 dim: 0 dim: 1 dim: 1 }'),
            ['flatten', 'unflatten'],
            (192, 1, 1),
        ),
        (('Reshape shape { dim: 4 dim: -1 } axis: 2',), ['opaque'], (3, 4, 16)),
        (('Permute order: 0 order: 2 order: 3 order: 1',), ['opaque'], (8, 8, 3)),
        (('Softmax axis: 3',), ['opaque'], (3, 8, 8)),
        (('Dropout',), ['dropout'], (3, 8, 8)),
        (('Interp zoom_factor: 2',), ['resize'], (3, 15, 15)),
        (('Interp height: 5 width: 6 pad_end: -1',), ['crop2d', 'resize'], (3, 5, 6)),
        (('Upsample scale: 3',), ['resize'], (3, 24, 24)),
        (
            ('Pooling kernel_size: 3 stride: 2', 'Crop(x0, x1) offset: 2'),
            ['max_pool2d', 'crop2d'],
            (3, 4, 4),
        ),
        (('ShuffleChannel group: 3',), ['channel_shuffle'], (3, 8, 8)),
        (('Normalize across_spatial: false channel_shared: false',), ['opaque'], (3, 8, 8)),
        (
            ('PriorBox(x0, x0) min_size: 30 max_size: 60 aspect_ratio: 2 aspect_ratio: 3',),
            ['opaque'],
            (2, 1536),
        ),
        (('Reduction operation: MEAN axis: 2',), ['global_avg_pool2d', 'flatten'], (3,)),
        (('Tile tiles: 2',), ['opaque'], (6, 8, 8)),
        (('SPP pyramid_height: 2',), ['opaque'], (15,)),
        (('MVN',), ['opaque'], (3, 8, 8)),
        (('ArgMax axis: 1',), ['opaque'], (1, 8, 8)),
    ],
)  # fmt: skip
def test_what_a_layer_becomes(
    layers: tuple[str, ...], kinds: list[str], shape: tuple[int, ...]
) -> None:
    if 0 in shape:  # the window does not fit
        with pytest.raises(ShapeError, match="does not fit"):
            graph_of(*layers)
        return
    graph = graph_of(*layers)
    assert [n.layer.kind for n in graph if n.inputs] == kinds
    assert graph.output_shape == shape
    assert all(n.layer.cost_known for n in graph)


SPLIT = "Reshape shape { dim: 0 dim: 3 dim: 2 dim: 8 dim: 8 }"
TURN = "Permute order: 0 order: 2 order: 1"
MERGE = "Reshape shape { dim: 0 dim: -1 dim: 8 dim: 8 }"


@pytest.mark.parametrize(
    "layers",
    [
        (SPLIT, TURN, MERGE),
        (SPLIT, f"{TURN} order: 3 order: 4", "Reshape shape { dim: 1 dim: 6 dim: 8 dim: -1 }"),
        (
            "Reshape shape { dim: 3 dim: -1 } axis: 1 num_axes: 1",
            TURN,
            "Reshape shape { dim: -1 } axis: 1 num_axes: 2",
        ),
        ("Reshape shape { dim: 0 dim: 3 dim: 2 dim: -1 }", TURN, MERGE),
    ],
)
def test_three_layers_that_shuffle(layers: tuple[str, ...]) -> None:
    graph = graph_of(*layers, "ReLU", shape="6x8x8")
    assert [n.layer for n in graph if n.inputs] == [ChannelShuffle(3), Elementwise("relu")]
    assert [d.reason for d in graph["l3"].because] == [
        "layer 'l1' (Reshape)", "layer 'l2' (Permute)", "layer 'l3' (Reshape)",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("layers", "opaque"),
    [
        ((SPLIT, f"{TURN} order: 4 order: 3", MERGE), 3),
        ((SPLIT, "Permute order: 0 order: 1", MERGE), 2),
        (("Reshape shape { dim: 0 dim: 6 dim: 2 dim: 4 dim: 8 }", TURN, MERGE), 3),
        ((SPLIT, TURN, "Reshape shape { dim: 0 dim: 6 dim: 16 dim: 4 }"), 3),
        ((SPLIT, TURN, MERGE, "ReLU(x2)"), 3),
        ((SPLIT, TURN, "Reshape shape { dim: 0 dim: 3 dim: 2 dim: 8 dim: 8 }", TURN, MERGE), 5),
    ],
)
def test_three_layers_that_do_not_shuffle(layers: tuple[str, ...], opaque: int) -> None:
    """They only move elements, or one of them is read by others too."""
    graph = graph_of(*layers, shape="6x8x8")
    kinds = [n.layer.kind for n in graph]
    assert kinds.count("opaque") == opaque
    assert "channel_shuffle" not in kinds


def test_slips_in_a_pattern_are_found_where_they_are() -> None:
    with pytest.raises(FileError, match="unknown field 'ordr'") as caught:
        graph_of(SPLIT, "Permute ordr: 0", MERGE, shape="6x8x8")
    assert caught.value.where == "line 3"
    with pytest.raises(ShapeError, match="384 elements have no shape of") as shape:
        graph_of("Reshape shape { dim: 0 dim: 7 dim: 8 }", TURN, MERGE, shape="6x8x8")
    assert "layer 'l1' (Reshape)" in shape.value.where
    with pytest.raises(ShapeError, match="does not go by channel with 6x8x8"):
        graph_of(
            'Slice | top: "x1" top: "rest" slice_param { slice_point: 2 }',
            "Pooling global_pooling: true",
            "Flatten",
            "Scale(x0, x3) axis: 0",
            shape="6x8x8",
        )


def test_the_share_of_a_batch_in_the_statistics() -> None:
    graph = graph_of(*(f"BatchNorm {say}" for say in (
        "", "moving_average_fraction: 0.99", "moving_average_fraction: 1",
    )))  # fmt: skip
    assert [n.layer.momentum for n in graph if n.inputs] == [0.1, 0.01, None]  # type: ignore[attr-defined]


def test_an_input_is_called_as_its_layer() -> None:
    shape = "input_param { shape { dim: 1 dim: 3 dim: 8 dim: 8 } }"
    relu = 'layer { name: "r" type: "ReLU" bottom: "data" top: "r" }'
    text = f'layer {{ name: "image" type: "Input" top: "data" {shape} }} {relu}'
    image = read(text, {"data": (1, 4, 4)}).graph["image"]
    assert (image.original, image.shape) == ("data", (1, 4, 4))
    several = read(text.replace('top: "data"', 'top: "data" top: "b"', 1) + relu.replace(
        '"data"', '"b"').replace('"r"', '"s"')).graph  # fmt: skip
    assert [n.name for n in several if not n.inputs] == ["data", "b"]


def test_parts_that_nobody_reads_are_left_out() -> None:
    graph = read("""
    input: "x" input_dim: 1 input_dim: 6 input_dim: 4 input_dim: 4
    layer { name: "s" type: "Slice" bottom: "x" top: "a/kept" top: "rest" top: "b"
      slice_param { slice_point: 2 slice_point: 3 } }
    layer { name: "hush" type: "Silence" bottom: "rest" }
    layer { name: "r" type: "ReLU" bottom: "a/kept" top: "r" }
    """).graph
    assert [n.name for n in graph] == ["x", "a.kept", "b", "r"]
    assert graph.outputs == ("r", "b")


@pytest.mark.parametrize(
    ("layer", "says", "fix"),
    [
        ('Convolution num_output: 4', 'has no kernel_size', 'kernel_size: 3'),
        ('Convolution kernel_size: 3', 'num_output = 0 is below 1', ''),
        (
            'Convolution num_output: 4 kernel_size: 3 pading: 1',
            "unknown field 'pading'",
            'did you mean pad',
        ),
        ('Convolution num_output: 4 num_output: 4 kernel_size: 3', 'num_output is there twice', ''),
        (
            'Convolution num_output: "4" kernel_size: 3',
            "num_output is '4', not a value without quotes",
            '',
        ),
        ('Convolution num_output: 4 kernel_size: -3', 'kernel', ''),
        (
            'Convolution num_output: 4 kernel_size: 3 group: 2',
            '2 groups do not divide 3 input channels',
            '',
        ),
        ('Convolution num_output: 4 kernel_size: 3 stride: 0', 'stride', ''),
        (
            'Convolution num_output: 99999999999999 kernel_size: 3',
            'is beyond 1,000,000,000,000',
            '',
        ),
        (
            'Convolution | convolution_parm { num_output: 4 kernel_size: 3 }',
            "unknown field 'convolution_parm'",
            'did you mean convolution_param',
        ),
        ('Convolutoin | phase: TEST', "unknown type 'Convolutoin'", 'did you mean Convolution'),
        ('Relu', "unknown type 'Relu'", 'did you mean ReLU'),
        ('Pooling kernel_size: 9', 'a window of 9 does not fit a map of 8', ''),
        ('Pooling kernel_size: 2 pad: 2', 'padding 2 is no less than the kernel', ''),
        ('Pooling pool: MEAN kernel_size: 2', "pool = 'MEAN' is unknown", 'MAX, AVE'),
        ('Pooling pool: 7 kernel_size: 2', "pool = '7' is unknown", ''),
        ('Slice slice_point: 2', '1 slice_point for 1 blobs', ''),
        ('Softmax axis: 0', "axis 0 is the batch's", ''),
        ('Softmax axis: 4', 'axis 4 of a blob of 4 axes', ''),
        ('Reshape shape { dim: 0 dim: 5 }', '192 elements have no shape', ''),
        ('Reshape shape { dim: 3 dim: -1 }', 'mixes images of a batch', ''),
        ('Permute order: 1 order: 0', "no order of one image's", ''),
        ('LRN local_size: 4', 'local_size = 4 is not odd', ''),
        ('Exp base: -2', 'base = -2.0 has no logarithm', ''),
        ('ReLU negative_slope: nan', 'not a finite number', ''),
        ('ReLU | relu_param: 3', "relu_param is '3', not fields in braces", ''),
        ('Dropout dropout_ratio: 1', 'a dropout of 1.0', ''),
        ('ReLU(nothing)', "blob 'nothing' is read before any layer gives it", ''),
        ('Eltwise', 'joins 1 blobs and takes 2 or more', ''),
        ('InnerProduct num_output: 1e3', "num_output is '1e3', not a whole number", ''),
        ('ReLU | include { phase: TESTING }', "phase = 'TESTING' is unknown", 'TRAIN, TEST'),
    ],
)  # fmt: skip
def test_a_layer_that_is_wrong(layer: str, says: str, fix: str) -> None:
    with pytest.raises(HenetArchError) as caught:
        graph_of(layer)
    assert says in caught.value.what
    assert fix in caught.value.fix
    assert "line 2" in caught.value.where


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "it holds no network"),
        ('net: "a.prototxt" base_lr: 0.1', "it holds a solver and no network"),
        ("layer: 3", "layer is '3', not fields in braces"),
        ('layer { name: "a" }', "layer 'a' has no type"),
        ('layers { layer { name: "a" type: "conv" } bottom: "x" top: "y" }', "oldest format"),
        ('layr { name: "a" type: "ReLU" }', "unknown field 'layr'"),
        ('layer { name: "a" type: "ReLU" top: "y" }', "it reads no blob"),
        ('layer { name: "a" type: "Data" top: "y" }', "no layer reads an input"),
        (
            'input: "d" input_dim: 1 layer { name: "a" type: "ReLU" bottom: "d" top: "y" }',
            '1 input_dim for 1 inputs',
        ),
        (
            'input: "d" input_shape { dim: 1 dim: 3 } layer { type: "Silence" bottom: "d" }',
            'no layer reads an input',
        ),
    ],
)  # fmt: skip
def test_a_file_that_is_no_network(text: str, says: str) -> None:
    with pytest.raises(HenetArchError) as caught:
        read(text)
    assert says in caught.value.what


def test_unknown_layers_are_opaque() -> None:
    graph = graph_of(
        "ReLU", 'Fancy | top: "x2" top: "other" fancy_param { depth: 3 }', "ReLU", "ROIPooling(x3)"
    )
    fancy = graph["l2"]
    assert isinstance(fancy.layer, Opaque)
    assert fancy.layer.operator == "Fancy"
    assert fancy.layer.cost is None
    assert "its output is taken to be as its input" in fancy.because[-1].reason
    assert [n.name for n in graph if not n.layer.cost_known] == ["l2", "l4"]


def test_parameters_with_one_name_are_shared() -> None:
    conv = "convolution_param { num_output: 3 kernel_size: 3 pad: 1 }"
    both = 'Convolution | param {{ name: "{0}w" }} param {{ name: "{0}b" }} '
    one = 'Convolution | param { name: "aw" } '
    graph = graph_of(*(both.format(name) + conv for name in "aab"), one + conv)
    assert [n.shares for n in graph] == ["", "", "l1", "", ""]
    assert ha.analyze(graph).params == 3 * (3 * 27 + 3)


def test_names_of_layers_and_networks() -> None:
    text = """
    name: "my net: v2.0/\\303\\251"
    input: "d" input_dim: 1 input_dim: 1 input_dim: 4 input_dim: 4
    layer { name: "../../etc/passwd" type: "ReLU" bottom: "d" top: "a" }
    layer { name: "__import__('os').system('x')" type: "ReLU" bottom: "a" top: "b" }
    layer { type: "ReLU" bottom: "b" top: "c" }
    layer { name: "conv/a" type: "ReLU" bottom: "c" top: "e" }
    layer { name: "conv" type: "ReLU" bottom: "e" top: "f" }
    layer { name: "conv" type: "ReLU" bottom: "f" top: "g" }
    """
    graph = read(text).graph
    assert graph.name == "my_net_v2_0"
    names = [n.name for n in graph][1:]
    assert names == [
        "etc.passwd",
        "import____os.system__x",
        "relu",
        "conv.a",
        "conv.conv",
        "conv.conv_2",
    ]
    assert graph["etc.passwd"].original == "../../etc/passwd"
    assert "import os" not in ha.emit(graph, "torch").text


def _caffe_pool(
    x: np.ndarray[Any, Any], kernel: int, stride: int, pad: int, kind: str, ceil: bool
) -> np.ndarray[Any, Any]:
    """What Caffe's PoolingLayer computes, loop by loop."""
    sizes = []
    for size in x.shape[1:]:
        room = size + 2 * pad - kernel
        count = (-(-room // stride) if ceil else room // stride) + 1
        if pad and (count - 1) * stride >= size + pad:
            count -= 1
        sizes.append(count)
    out = np.zeros((x.shape[0], *sizes))
    for i, j in np.ndindex(*sizes):
        (top, bottom), (left, right) = (
            (k * stride - pad, min(k * stride - pad + kernel, size + pad))
            for k, size in zip((i, j), x.shape[1:], strict=True)
        )
        area = (bottom - top) * (right - left)
        window = x[:, max(top, 0) : min(bottom, x.shape[1]), max(left, 0) : min(right, x.shape[2])]
        out[:, i, j] = window.max((1, 2)) if kind == "MAX" else window.sum((1, 2)) / area
    return out


@given(
    st.tuples(st.integers(1, 9), st.integers(1, 9)),
    st.integers(1, 5), st.integers(1, 5), st.integers(0, 3),
    st.sampled_from(["MAX", "AVE"]), st.sampled_from(["", "round_mode: FLOOR", "ceil_mode: false"]),
)  # fmt: skip
def test_pools_are_those_of_caffe(
    size: tuple[int, int], kernel: int, stride: int, pad: int, kind: str, mode: str
) -> None:
    """Where a window begins beyond the map Caffe computes no sense; such a layer is opaque."""
    settings = f"pool: {kind} kernel_size: {kernel} stride: {stride} pad: {pad} {mode}"
    layer, shape = f"Pooling {settings}", f"2x{size[0]}x{size[1]}"
    room = min(size) + 2 * pad - kernel
    if pad >= kernel or (room // stride if mode else -(-room // stride)) < 0:  # no window at all
        with pytest.raises(ShapeError):
            graph_of(layer, shape=shape)
        return
    node = graph_of(layer, shape=shape).nodes[-1]
    x = np.random.default_rng(0).standard_normal((2, *size))
    ceil = not mode
    if isinstance(node.layer, Opaque):
        beyond = any((n - 1) * stride >= s + pad for n, s in zip(node.shape[1:], size, strict=True))
        assert beyond or 2 * pad > kernel
        return
    wanted = _caffe_pool(x, kernel, stride, pad, kind, ceil)
    assert node.shape == wanted.shape
    pool = node.layer
    assert isinstance(pool, MaxPool2d | AvgPool2d)
    functions: dict[str, Any] = {
        "MAX": torch.nn.functional.max_pool2d,
        "AVE": torch.nn.functional.avg_pool2d,
    }
    y = functions[kind](
        torch.tensor(x)[None], pool.kernel, pool.stride, pool.padding, ceil_mode=pool.ceil_mode
    )
    np.testing.assert_allclose(y[0].numpy(), wanted, atol=1e-12)


def test_every_command_takes_it(tmp_path: Path) -> None:
    path = tmp_path / "henet.prototxt"
    path.write_text(caffe_nets.henet(2))
    model = ha.load(path)
    assert model.origin.title == f"the file {path}"
    assert ha.analyze(path).macs == ha.analyze("henet-r2").macs
    assert "HENet" in ha.emit(path, "torch").text
