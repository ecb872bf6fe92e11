"""`--features-only` and `--strides`: the same maps of a network from wherever it comes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy
import pytest
import torch
from cli.run import run

import henet_arch as ha
from henet_arch.ir.features import feature_strides

NET = "mobilenetv2-035"
SIZE = ("--input", "64")
MAPS = [[8, 32, 32], [8, 16, 16], [16, 8, 8], [32, 4, 4], [112, 2, 2]]
FEATURES = ("--features-only", "--strides", "8,16")


def _outputs(*arguments: str) -> list[Any]:
    data = json.loads(run("analyze", *arguments, "-f", "json").out)
    return [(output["shape"], output["stride"]) for output in data["outputs"]]


def _source(kind: str, folder: Path) -> str:
    """The file or the name of a network that is made for it."""
    if kind == "preset":
        return NET
    path = folder / f"net.{kind}"
    command = ("spec", NET) if kind == "toml" else ("emit", NET, *SIZE)
    assert run(*command, "--output", str(path)).code == 0
    return str(path)


@pytest.mark.parametrize("kind", ["preset", "toml", "onnx", "prototxt"])
def test_the_maps_are_the_same_from_anywhere(kind: str, tmp_path: Path) -> None:
    source = _source(kind, tmp_path)
    size = SIZE if kind in ("preset", "toml") else ()
    strides = [2, 4, 8, 16, 32]
    assert _outputs(source, *size, "--features-only") == [
        (shape, [stride, stride]) for shape, stride in zip(MAPS, strides, strict=True)
    ]
    assert _outputs(source, *size, *FEATURES) == [(MAPS[2], [8, 8]), (MAPS[3], [16, 16])]
    refused = run("analyze", source, *size, "--features-only", "--strides", "8,64")
    assert refused.code == 3
    assert "has no feature map at stride 64" in refused.err
    assert "strides that it has: 2, 4, 8, 16, 32" in refused.err


def test_a_module_of_pytorch_has_them_too() -> None:
    module = ha.to_torch(ha.preset(NET).replace(input=64))
    model = ha.features(ha.load(module, (3, 64, 64)), (8, 16))
    assert [list(model.graph[name].shape) for name in model.graph.outputs] == MAPS[2:4]
    assert feature_strides(model.graph) == (8, 16)
    assert model.weights is not None
    assert all(key.rpartition(".")[0] in model.graph for key in model.weights)


@pytest.mark.parametrize(
    "command",
    [
        "analyze", "draw -f text", "emit", "emit --target c", "emit --target caffe", "explain",
        "lint", "reconcile", "time --runs 1 --passes 1", "verify", "verify --target onnx",
    ],
)  # fmt: skip
def test_every_command_takes_them(command: str, tmp_path: Path) -> None:
    source = _source("onnx", tmp_path)
    verb, *options = command.split()
    done = run(verb, source, *options, *FEATURES)
    assert (done.code, "error" in done.err) == (0, False)
    assert "stage6" not in done.out


def test_what_lies_behind_has_no_weights(tmp_path: Path) -> None:
    source = _source("onnx", tmp_path)
    assert run("emit", source, *FEATURES, "--output", "part.py").code == 0
    part = ha.load(tmp_path / "part.safetensors")
    assert part.graph.gives_features
    assert part.weights is not None
    assert not [key for key in part.weights if key.startswith(("stage6", "stage7", "head"))]
    whole = ha.load(source).weights
    assert whole is not None
    assert all(numpy.array_equal(part.weights[key], whole[key]) for key in part.weights)


@torch.no_grad()
def test_weights_of_the_whole_network_fit(tmp_path: Path) -> None:
    source = _source("onnx", tmp_path)
    done = run("emit", NET, *SIZE, *FEATURES, "--weights", source, "--output", "part.onnx")
    assert done.code == 0
    assert "67 tensors of the file" in done.err
    assert "are of layers behind the feature maps" in done.err
    ours, theirs = ha.load(tmp_path / "part.onnx").weights, ha.features(source, (8, 16)).weights
    assert ours is not None
    assert theirs is not None
    assert sorted(ours) == sorted(theirs)
    assert all(numpy.array_equal(ours[key], theirs[key]) for key in ours)
    other = run("emit", "resnet18", *FEATURES, "--weights", source, "--output", "x.onnx")
    assert other.code == 3
    assert "the weights do not fit resnet18-features-only-8-16" in other.err


def test_strides_are_of_a_familys_blocks_without_features() -> None:
    assert "unknown key 'strides'" in run("analyze", "resnet18", "--strides", "8").err
    graph = ha.build(ha.Spec(strides=(2, 2, 1, 2), features_only=True))
    options = ("--features-only", "--set", "strides=2,2,1,2", "-f", "json")
    data = json.loads(run("analyze", "henet-r3", *options).out)
    assert [output["stride"][0] for output in data["outputs"]] == list(feature_strides(graph))
    spec = json.loads(run("spec", "henet-r3", *FEATURES, "-f", "json").out)
    assert (spec["features_only"], spec["feature_strides"], spec["strides"]) == (True, [8, 16], 2)


def test_a_header_of_c_has_the_maps_as_constants(tmp_path: Path) -> None:
    assert run("emit", NET, *SIZE, *FEATURES, "--name", "net", "--target", "c", "-o", "c").code == 0
    header = (tmp_path / "c" / "net.h").read_text()
    for line in (
        "NET_FEATURES 2 ",
        "NET_FEATURE_CHANNELS {16, 32}",
        "NET_FEATURE_STRIDES {8, 16}",
        "NET_FEATURE_HEIGHTS {8, 4}",
        "NET_FEATURE_WIDTHS {8, 4}",
        "NET_FEATURE_STARTS {0, 1024}",
    ):
        assert f"#define {line}" in header
    assert run("emit", NET, *SIZE, "--name", "net", "--target", "c", "-o", "d").code == 0
    assert "FEATURE" not in (tmp_path / "d" / "net.h").read_text()
