"""Weights by name and by order: what fits is taken, and what does not is named."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from cli.run import run
from importers.caffemodels import field, layer
from safetensors.torch import save_file
from torch import Tensor, nn
from weights.shuffled import drawn

import henet_arch as ha
from henet_arch.ir.layers import Conv2d, Input
from henet_arch.ir.model import Preprocessing
from henet_arch.ir.tensors import tensors_of
from henet_arch.support.errors import FileError, SourceError
from henet_arch.weights.matching import match

SPEC = ha.Spec(name="tiny", channels=(4, 8), repeats=1, input=(1, 7, 7), classes=10)
State = Mapping[str, Tensor]


def _module() -> nn.Module:
    return drawn(lambda: ha.to_torch(SPEC))


def _state() -> dict[str, Tensor]:
    return dict(_module().state_dict())


def _assert_are(model: ha.Model, state: State) -> None:
    assert model.weights is not None
    assert list(model.weights) == list(tensors_of(model.graph))
    for name, values in model.weights.items():
        np.testing.assert_array_equal(values, state[name].numpy())


LOOP = """
import torch
from safetensors.torch import save_file
import net

torch.manual_seed(0)
module = next(v for v in reversed(vars(net).values()) if isinstance(v, type))()
images, classes = torch.rand(32, 1, 31, 31), torch.randint(0, 10, (32,))
optimizer = torch.optim.SGD(module.parameters(), 0.05)
for _ in range(3):
    loss = torch.nn.functional.cross_entropy(module(images), classes)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
save_file(module.state_dict(), "w.safetensors")
torch.save(module.state_dict(), "w.pt")
torch.save({"epoch": 3, "state_dict": {f"model.{k}": v for k, v in module.state_dict().items()},
            "optimizer_states": [optimizer.state_dict()]}, "last.ckpt")
torch.save((images[:2], module.eval()(images[:2]).detach()), "expected.pt")
"""
"""A loop of a user's own, which knows nothing of henet-arch."""


@pytest.mark.skipif(not (shutil.which("make") and shutil.which("cc")), reason="no C compiler")
@pytest.mark.slow
def test_a_plain_loop_over_the_emitted_module_ends_in_c(tmp_path: Path) -> None:
    options = "henet-r2 --input 1x31x31 --classes 10"
    assert run(*f"emit {options} --output net.py".split()).code == 0
    (tmp_path / "loop.py").write_text(LOOP)
    subprocess.run([sys.executable, "loop.py"], cwd=tmp_path, check=True, timeout=300)
    images, wanted = torch.load("expected.pt", weights_only=True)
    sources = []
    for name in ("w.safetensors", "w.pt", "last.ckpt"):
        folder = name.replace(".", "_")
        line = f"emit {options} --target c --weights {name} --output {folder}"
        outcome = run(*line.split())
        assert (outcome.code, outcome.out) == (0, "")
        assert ("the state dict is what last.ckpt has under 'state_dict'" in outcome.err) == (
            name == "last.ckpt"
        )
        sources.append({p.name: p.read_bytes() for p in Path(folder).glob("*.[ch]")})
    assert sources[0] == sources[1] == sources[2]
    subprocess.run(["make", "-C", "w_pt", "ARCH=-O1"], check=True, capture_output=True)
    program = next(path for path in Path("w_pt").iterdir() if path.suffix == ".h").with_suffix("")
    for image, scores in zip(images, wanted, strict=True):
        Path("image.bin").write_bytes(image.numpy().tobytes())
        ended = subprocess.run([program, "image.bin", "1"], check=True, capture_output=True)
        given = torch.tensor([float(word) for word in ended.stdout.split()])
        torch.testing.assert_close(given, scores, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("prefix", ["", "module.", "model.", "module._orig_mod.", "a.b.c."])
@pytest.mark.parametrize("ending", ["safetensors", "pt", "pth", "ckpt", "bin"])
def test_a_state_dict_under_any_prefix(prefix: str, ending: str) -> None:
    state = _state()
    named = {f"{prefix}{name}": tensor for name, tensor in state.items()}
    path = f"w.{ending}"
    (save_file if ending == "safetensors" else torch.save)(named, path)
    _assert_are(ha.with_weights(SPEC, path), state)
    _assert_are(ha.with_weights(SPEC, named), state)


def test_a_module_is_a_source(tmp_path: Path) -> None:
    module = _module()
    _assert_are(ha.with_weights(SPEC, module), module.state_dict())
    model = ha.with_weights(SPEC, module.state_dict())
    _assert_are(ha.with_weights(SPEC, model), module.state_dict())


def test_names_of_the_original_are_taken_and_it_runs_with_them(tmp_path: Path) -> None:
    """A module of somebody's own, of which some weights are computed from others."""
    (tmp_path / "own.py").write_text(
        "from torch import nn\n"
        "class Head(nn.Module):\n"
        "    def __init__(self):\n"
        "        super().__init__()\n"
        "        self.matrix = nn.Parameter(nn.Linear(4, 3).weight.detach())\n"
        "    def forward(self, x):\n"
        "        return nn.functional.linear(x.mean((2, 3)), self.matrix / self.matrix.norm())\n"
        "def build():\n"
        "    return nn.Sequential(nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), Head())\n"
    )
    script = "import own, torch; torch.manual_seed(7); torch.save(own.build().state_dict(), 'w.pt')"
    subprocess.run([sys.executable, "-c", script], cwd=tmp_path, check=True, timeout=300)
    sys.path.insert(0, str(tmp_path))
    try:
        source = "own:build"
        verified = run("verify", source, "--input", "1x6x6", "--weights", "w.pt", "-f", "json")
        assert verified.code == 0, verified.err
        names = [check["name"] for check in json.loads(verified.out)["checks"]]
        assert any("the original" in name and "difference" in name for name in names)
        model = ha.load(source, (1, 6, 6))
        other = ha.with_weights(model, "w.pt")
        state = torch.load("w.pt", weights_only=True)
        assert model.weights
        assert other.weights
        assert list(other.weights) == list(model.weights)
        matrix = state["3.matrix"] / state["3.matrix"].norm()
        (name,) = (name for name in other.weights if name.startswith("head"))
        np.testing.assert_allclose(other.weights[name], matrix.numpy(), rtol=1e-6)
        assert not np.allclose(model.weights[name], other.weights[name])
        emitted = dict(other.weights)  # under our names: its original has no place for them
        ours = ha.with_weights(model, emitted)
        assert ours.weights
        np.testing.assert_array_equal(ours.weights[name], emitted[name])
        Path("net.json").write_text(ha.to_json(model.graph))
        plain = {key: value for key, value in state.items() if not key.startswith("3")}
        with pytest.raises(FileError, match="is missing"):
            ha.with_weights("net.json", plain)
        save_file({k: torch.from_numpy(v) for k, v in emitted.items()}, "ours.safetensors")
        mine = run("verify", source, "--input", "1x6x6", "--weights", "ours.safetensors")
        assert mine.code == 0, mine.err
        assert "with its weights: " in mine.out
        assert "the original: " not in mine.out
    finally:
        sys.path.remove(str(tmp_path))
        sys.modules.pop("own", None)


def test_original_names_stay_with_a_graph() -> None:
    net = nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(), nn.Conv2d(4, 2, 1))
    graph = ha.load(net, (1, 6, 6)).graph
    model = ha.with_weights(ha.from_json(ha.to_json(graph)), net.state_dict())
    assert model.weights
    np.testing.assert_array_equal(
        model.weights["conv2d0.weight"], net.state_dict()["0.weight"].numpy()
    )
    assert set(net.state_dict()) & set(model.weights) == set()


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_an_onnx_file_is_a_source() -> None:
    """Its exporter folds batch norms, so that of a network without any is exported."""
    net = drawn(lambda: nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(), nn.Conv2d(4, 6, 3, groups=2)))
    torch.onnx.export(net, (torch.zeros(1, 1, 7, 7),), "net.onnx", dynamo=False)
    other = nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(), nn.Conv2d(4, 6, 3, groups=2))
    model = ha.load(other, (1, 7, 7))
    with pytest.raises(FileError, match="is missing") as caught:
        ha.with_weights(model, "net.onnx")
    assert "--match-by permutation" in caught.value.fix
    images = torch.randn(2, 1, 7, 7)
    with torch.no_grad():
        wanted = net(images)
        for way in ("permutation", "order"):
            module = ha.to_torch(ha.with_weights(model, "net.onnx", match_by=way)).eval()
            torch.testing.assert_close(module(images), wanted)


def test_a_caffemodel_with_its_settings_is_a_source(tmp_path: Path) -> None:
    values = [np.random.default_rng(0).normal(size=s).astype("f") for s in ((3, 2, 3, 3), (3,))]
    dims = b"".join(field(4, size) for size in (1, 2, 4, 4))
    conv = field(1, 3) + field(4, 3) + field(3, 1)
    (tmp_path / "w.caffemodel").write_bytes(
        field(1, b"whole")
        + field(3, b"d")
        + dims
        + layer("c", "Convolution", "d", field(106, conv), *values)
    )
    net = nn.Sequential(nn.Conv2d(2, 3, 3, padding=1))
    model = ha.with_weights(ha.load(net, (2, 4, 4)), "w.caffemodel", match_by="order")
    assert model.weights
    for got, wanted in zip(model.weights.values(), values, strict=True):
        np.testing.assert_array_equal(got, wanted)


def _renamed(state: State) -> dict[str, Tensor]:
    return {
        name.replace("stage1.block1", "layers.0").replace("stem", "first").replace("head", "last"):
        tensor for name, tensor in state.items()
    }  # fmt: skip


def test_other_names_in_the_same_order(tmp_path: Path) -> None:
    state = _state()
    torch.save(_renamed(state), "w.pt")
    with pytest.raises(FileError, match=r"stem\.conv\.weight, 4x1x3x3, is missing"):
        ha.with_weights(SPEC, "w.pt", "names")
    ha.save(SPEC, "tiny.toml")
    plain = run("emit", "tiny.toml", "--weights", "w.pt", "-o", "net.py")
    assert (plain.code, plain.out) == (3, "")
    assert "fix:   --match-by order" in plain.err
    outcome = run("emit", "tiny.toml", "--weights", "w.pt", "--match-by", "order", "-o", "net.py")
    assert (outcome.code, outcome.out) == (0, "")
    rows = {tuple(line.split()) for line in outcome.err.splitlines()}
    assert ("theirs", "ours", "shape") in rows
    assert ("first.conv.weight", "stem.conv.weight", "4x1x3x3") in rows
    assert ("last.fc.bias", "head.fc.bias", "10") in rows
    model = ha.with_weights(SPEC, "w.pt", "order")
    _assert_are(model, state)
    records = match(ha.load(SPEC), "w.pt", "order").records()
    assert [record["ours"] for record in records] == list(tensors_of(model.graph))


def test_order_is_of_layers_of_one_kind() -> None:
    """Norms that are defined behind all convolutions are still those of their own order."""
    state = _renamed(_state())
    moved = {name: state[name] for name in sorted(state, key=lambda name: "bn" in name)}
    _assert_are(ha.with_weights(SPEC, moved, "order"), _state())


def test_layers_whose_names_agree_stay_where_they_are() -> None:
    """The second stands first in the file, and only one of three has another name."""
    net = nn.Sequential(*(nn.Conv2d(2, 2, 1) for _ in range(3)))
    graph = ha.load(net, (2, 4, 4))
    state = net.state_dict()
    moved = {f"net.conv2d{name}": state[name] for name in reversed(list(state))}
    renamed = {name.replace("conv2d0", "begin"): tensor for name, tensor in moved.items()}
    model = ha.with_weights(graph, renamed, "order")
    assert model.weights
    for name, tensor in state.items():
        np.testing.assert_array_equal(model.weights[f"conv2d{name}"], tensor.numpy())


@pytest.mark.parametrize("prefix", ["", "net."])
@pytest.mark.parametrize("in_file", [False, True])
def test_blocks_that_are_counted_from_another_number(prefix: str, in_file: bool) -> None:
    """Two names of three are the same on both sides, of different layers."""
    builder = ha.GraphBuilder("counted")
    node = builder.add("image", Input((4, 8, 8)))
    for number in (1, 2, 3):
        conv = Conv2d(4, 4, (1, 1), bias=False)
        node = builder.add(f"stage1.block{number}.conv", conv, node)
    state = {
        f"{prefix}stage1.block{number}.conv.weight": torch.full((4, 4, 1, 1), float(number))
        for number in (0, 1, 2)
    }
    if in_file:
        save_file(state, "counted.safetensors")
    model = ha.with_weights(
        builder.finish(), "counted.safetensors" if in_file else state, match_by="order"
    )
    assert model.weights
    numbers = [model.weights[f"stage1.block{n}.conv.weight"].max() for n in (1, 2, 3)]
    assert numbers == [0, 1, 2]


def test_order_that_a_file_does_not_keep() -> None:
    net = nn.Sequential(*(nn.Conv2d(1, 1, 3) for _ in range(12)))
    state = {f"convs.{name}": tensor for name, tensor in net.state_dict().items()}
    save_file(state, "numbers.safetensors")
    model = ha.with_weights(ha.load(net, (1, 31, 31)), "numbers.safetensors", "order")
    assert model.weights
    for number in range(12):
        np.testing.assert_array_equal(
            model.weights[f"conv2d{number}.weight"], state[f"convs.{number}.weight"].numpy()
        )
    words = {name.replace("convs.1.", "convs.second."): t for name, t in state.items()}
    save_file(words, "words.safetensors")
    with pytest.raises(FileError, match=r"nothing says whether convs\.11 or convs\.second") as e:
        ha.with_weights(ha.load(net, (1, 31, 31)), "words.safetensors", "order")
    assert "torch.save" in e.value.fix


def _without(state: dict[str, Tensor]) -> dict[str, Tensor]:
    return {name: tensor for name, tensor in state.items() if name != "head.fc.bias"}


MISFITS: dict[str, tuple[Callable[[dict[str, Tensor]], dict[str, Any]], str, str]] = {
    "missing": (_without, "head.fc.bias, 10, is missing",
                "1 of the network's 44 tensors are missing"),
    "more": (lambda s: {**s, "loss.weight": torch.ones(10), "z": torch.ones(1)},
             "loss.weight is 10, and the network has none", "2 of the 46 tensors there"),
    "a scalar more": (lambda s: {**s, "scale": torch.tensor(1.0)},
                      "scale is 1, and the network has none", "1 of the 45 tensors there"),
    "another shape": (lambda s: {**s, "head.fc.bias": torch.ones(9)},
                      "head.fc.bias is 9, and the network has 10", "1 have another shape"),
    "a path": (lambda s: {**s, "../x": torch.ones(1)}, "../x is 1, and the network has none", ""),
    "nothing": (lambda s: {"x": torch.ones(1)}, "stem.conv.weight, 4x1x3x3, is missing",
                "no name is the same: there the first is x"),
}  # fmt: skip


@pytest.mark.parametrize("case", MISFITS)
@pytest.mark.parametrize("ending", ["safetensors", "pt"])
def test_weights_that_do_not_fit_are_named(case: str, ending: str) -> None:
    change, what, why = MISFITS[case]
    path = f"w.{ending}"
    (save_file if ending == "safetensors" else torch.save)(change(_state()), path)
    with pytest.raises(FileError) as caught:
        ha.with_weights(SPEC, path)
    assert what in caught.value.what
    assert caught.value.where == path
    assert why in caught.value.why
    assert "order" not in caught.value.fix
    with pytest.raises(FileError, match="do not fit tiny: of layers with tensors of"):
        ha.with_weights(SPEC, path, "order")


@pytest.mark.parametrize("kind", [torch.float16, torch.bfloat16])
def test_fewer_bits_are_widened_and_it_is_said(kind: torch.dtype) -> None:
    state = {name: t.to(kind) if t.is_floating_point() else t for name, t in _state().items()}
    save_file(state, "w.safetensors")
    torch.save(state, "w.pt")
    ha.save(SPEC, "tiny.toml")
    for path in ("w.safetensors", "w.pt"):
        model = ha.with_weights(SPEC, path)
        assert model.weights
        for name, values in model.weights.items():
            assert values.dtype == np.float32
            np.testing.assert_array_equal(values, state[name].float().numpy())
        outcome = run("emit", "tiny.toml", "--weights", path, "-o", "net.py")
        name = str(kind).removeprefix("torch.")
        note = f"note: 44 tensors of {path} are {name}, and are read as float32"
        assert outcome.err.splitlines() == [note, "wrote net.py, net.safetensors"]


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
@pytest.mark.parametrize("ending", ["safetensors", "pt"])
def test_numbers_that_are_none_are_refused_where_they_are_read(value: float, ending: str) -> None:
    state = {**_state(), "head.fc.bias": torch.full((10,), value)}
    path = f"w.{ending}"
    (save_file if ending == "safetensors" else torch.save)(state, path)
    model = ha.with_weights(SPEC, path)
    assert model.weights
    assert model.weights["head.fc.weight"].shape == (10, 8)
    with pytest.raises(FileError, match=r"head\.fc\.bias has values that are no finite numbers"):
        model.weights["head.fc.bias"]
    ha.save(SPEC, "tiny.toml")
    outcome = run("emit", "tiny.toml", "--weights", path, "--target", "c", "-o", "folder")
    assert outcome.code == 3
    assert not Path("folder").exists()


@pytest.mark.parametrize("kind", [torch.int64, torch.int8, torch.bool, torch.complex64])
def test_weights_are_floats(kind: torch.dtype) -> None:
    state = {**_state(), "head.fc.bias": torch.ones(10).to(kind)}
    torch.save(state, "w.pt")
    with pytest.raises(FileError, match=r"head\.fc\.bias has values of the type"):
        ha.with_weights(SPEC, "w.pt")


def test_a_file_that_changes_is_not_read() -> None:
    torch.save(_state(), "w.pt")
    model = ha.with_weights(SPEC, "w.pt")
    torch.save({**_state(), "more": torch.ones(9)}, "w.pt")
    assert model.weights
    with pytest.raises(FileError, match="has changed since"):
        model.weights["head.fc.bias"]


def test_what_is_known_of_the_images_stays() -> None:
    """Weights of a loop say nothing of them, and the network did."""
    pixels = Preprocessing((1.0,) * 3, (2.0,) * 3)
    before = replace(
        ha.load(SPEC), preprocessing=pixels, class_names=("a", "b"), trained_on="digits"
    )
    model = ha.with_weights(before, _state())
    assert (model.preprocessing, model.class_names, model.trained_on) == (pixels, ("a", "b"), "")
    save_file(_state(), "w.safetensors")
    assert ha.with_weights(before, "w.safetensors").preprocessing == pixels


def test_training_and_evaluation_take_weights(tmp_path: Path) -> None:
    assert run("train", "henet-r2", "--input", "1x7x7", "--channels", "4,8", "--repeats", "1",
               "--epochs", "1", "--batch", "720", "-o", "run").code == 0  # fmt: skip
    saved = ha.load("run/weights.safetensors")
    assert saved.weights
    state = {name: torch.from_numpy(values) for name, values in saved.weights.items()}
    torch.save(state, "w.pt")
    before = run("evaluate", "run/weights.safetensors", "-f", "json")
    for words in (["run/weights.safetensors", "--weights", "w.pt"],
                  ["henet-r2", "--input", "1x7x7", "--channels", "4,8", "--repeats", "1",
                   "--weights", "run/weights.safetensors"]):  # fmt: skip
        after = run("evaluate", *words, "--data", "digits", "-f", "json")
        assert after.code == 0, after.err
        assert json.loads(after.out)["accuracy"] == json.loads(before.out)["accuracy"]
    unknown = run("evaluate", "henet-r2", "--input", "1x7x7", "--channels", "4,8",
                  "--repeats", "1", "--weights", "w.pt")  # fmt: skip
    assert unknown.code == 3
    assert "does not say how its images were normalised" in unknown.err
    line = "train run/weights.safetensors --weights w.pt --init kaiming -o more"
    refused = run(*line.split())
    assert refused.code == 2
    assert "--weights changes nothing here: --init starts anew" in " ".join(refused.err.split())


def test_another_network_in_the_file_is_said() -> None:
    module = _module()
    model = ha.load(SPEC)
    from henet_arch.runtime.torch.weights import save_weights

    save_weights(Path("w.safetensors"), module, model, {"data": "digits"})
    ha.save(SPEC.replace(softmax=True), "soft.toml")
    outcome = run("emit", "soft.toml", "--weights", "w.safetensors", "-o", "net.py")
    assert outcome.code == 0
    assert "note: the network in w.safetensors is another one" in outcome.err
    assert "softmax" in outcome.err
    ha.save(SPEC, "same.toml")
    assert run("emit", "same.toml", "--weights", "w.safetensors", "-o", "net.py").err == (
        "wrote net.py, net.safetensors\n"
    )


def test_a_way_without_weights_is_refused() -> None:
    for line in ("emit --match-by order", "verify --match-by names", "train --match-by order"):
        outcome = run(*line.split())
        assert (outcome.code, outcome.out) == (2, "")
        assert "--match-by changes nothing here: it is of --weights" in " ".join(
            outcome.err.split()
        )


def test_state_dicts_of_something_else() -> None:
    states: list[Any] = [{"x": 3}, {1: torch.ones(1)}]
    for state in states:
        with pytest.raises(SourceError, match="of the state dict is"):
            ha.with_weights(SPEC, state)


def test_a_state_dict_without_values() -> None:
    state = {**_state(), "head.fc.bias": torch.ones(10, device="meta")}
    model = ha.with_weights(SPEC, state)
    assert model.weights
    with pytest.raises(SourceError, match=r"head\.fc\.bias of the state dict cannot be read"):
        model.weights["head.fc.bias"]


def test_many_names_are_answered(tmp_path: Path) -> None:
    count = 100_000
    header = {f"layer{i}.weight": {"dtype": "F32", "shape": [1], "data_offsets": [4 * i, 4 * i + 4]}
              for i in range(count)}  # fmt: skip
    text = json.dumps(header, separators=(",", ":")).encode()
    with (tmp_path / "w.safetensors").open("wb") as file:
        file.write(len(text).to_bytes(8, "little") + text)
        file.truncate(8 + len(text) + 4 * count)
    with pytest.raises(FileError, match=r"stem\.conv\.weight, 4x1x3x3, is missing"):
        ha.with_weights(SPEC, "w.safetensors")


def test_an_option_names_no_code_that_runs(tmp_path: Path) -> None:
    """A path with a colon that is no module's, and one that is not there."""
    for source in ("none/net.pt", "none.safetensors", "a b:c", "henet-r2"):
        outcome = run("emit", "--weights", source, "-o", "net.py")
        assert outcome.code == 3
        assert "fix:" in outcome.err


def test_weights_that_are_read_are_not_written_over() -> None:
    ha.save(SPEC, "tiny.toml")
    save_file(_state(), "net.safetensors")
    before = Path("net.safetensors").read_bytes()
    outcome = run("emit", "tiny.toml", "--weights", "net.safetensors", "-o", "net.py")
    assert (outcome.code, outcome.out) == (2, "")
    assert "are the same file" in " ".join(outcome.err.split())
    assert Path("net.safetensors").read_bytes() == before
    assert not Path("net.py").exists()
