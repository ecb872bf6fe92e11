"""Files of weights are read exactly or refused, and tested as they were trained."""

from __future__ import annotations

import csv
import json
import os
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from unusual import KINDS, unusual

import henet_arch as ha
from henet_arch.support.errors import DataError, FileError, SourceError, TrainError
from henet_arch.support.tensor_file import read_header

np = pytest.importorskip("numpy")
pytest.importorskip("lightning")
pytestmark = pytest.mark.filterwarnings("ignore")

from safetensors.numpy import save_file as save_arrays  # noqa: E402
from safetensors.torch import save_file as save_tensors  # noqa: E402
from training.runs import SHORT, SPEC, train  # noqa: E402

from henet_arch.ir.tensors import tensors_of  # noqa: E402
from henet_arch.papers.runs import Run, read_runs  # noqa: E402
from henet_arch.runtime.torch.module import to_torch  # noqa: E402
from henet_arch.runtime.torch.weights import save_weights  # noqa: E402
from henet_arch.training.evaluation.scoring import MOST_BYTES, batch_of  # noqa: E402
from henet_arch.training.run import checkpoints  # noqa: E402
from henet_arch.training.settings import Settings  # noqa: E402

HALVES = [torch.bfloat16, torch.float16]


def _stored(path: Path, tensors: dict[str, Any], spec: ha.Spec = SPEC) -> None:
    """A file of weights as another program, or an older version, may write it."""
    pixels = {"mean": [1.0], "std": [1.0]}
    said = {"spec": spec.model_dump(mode="json"), "training": {"data": "digits", "pixels": pixels}}
    given = {name: torch.as_tensor(tensor) for name, tensor in tensors.items()}
    save_tensors(given, path, {"henet_arch": json.dumps(said)})


def test_evaluation_reads_the_weights_back(whole: Path) -> None:
    rows = list(csv.DictReader((whole / "metrics.csv").read_text().splitlines()))
    found = ha.evaluate(whole / "weights.safetensors")
    assert found.model.origin == SPEC
    assert found.model.class_names == tuple("0123456789")
    assert found.score.accuracy == pytest.approx(float(rows[-1]["test_accuracy"]))
    assert found.score.loss == pytest.approx(float(rows[-1]["test_loss"]), rel=1e-5)


def test_labels_go_by_the_names_of_the_network(whole: Path) -> None:
    model = ha.load(whole / "weights.safetensors")
    plain = ha.evaluate(model).score.confusion
    turned = ha.evaluate(replace(model, class_names=model.class_names[::-1]))
    assert turned.score.confusion == plain[::-1]
    assert turned.classes == model.class_names[::-1]
    assert not turned.note
    other = ha.evaluate(replace(model, class_names=tuple("abcdefghij")))
    assert other.score.confusion == plain
    assert other.note == (
        "the network calls its classes a, b, ..., and digits 0, 1, ...: taken in order"
    )


def test_a_table_names_rows_beside_a_class_that_is_called_true(whole: Path) -> None:
    found = replace(ha.evaluate(whole / "weights.safetensors"), classes=("true", *"012345678"))
    assert [row["true class"] for row in found.records()] == list(found.classes)
    assert all("true" in row for row in found.records())


def test_weights_say_what_they_began_from(whole: Path, tmp_path: Path) -> None:
    once = replace(SHORT, epochs=1)
    train(whole / "weights.safetensors", once, tmp_path / "more")
    train(whole / "weights.safetensors", replace(once, init="kaiming"), tmp_path / "anew")
    starts = {}
    for folder in (whole, tmp_path / "more", tmp_path / "anew"):
        said = json.loads(read_header(folder / "weights.safetensors").metadata["henet_arch"])
        starts[folder.name] = said["training"]["start"]
    assert starts == {whole.name: "", "more": "weights", "anew": ""}
    assert [run.deviations.get("start") for run in _runs(tmp_path)] == [None, "weights"]


def _runs(folder: Path) -> list[Run]:
    return [run for run in read_runs([folder]) if isinstance(run, Run)]


@pytest.mark.parametrize(
    "words", [{"holdout": "x"}, {"holdout": 1.5}, {"holdout": 0.1, "seed": 2**70}, {"seed": -1}]
)
def test_evaluations_out_of_bounds(whole: Path, words: dict[str, Any]) -> None:
    with pytest.raises(TrainError, match=r"(holdout|seed) = "):
        ha.evaluate(whole / "weights.safetensors", **words)


def test_weights_of_unknown_data_are_tested_on_what_is_named(whole: Path) -> None:
    model = replace(ha.load(whole / "weights.safetensors"), trained_on="")
    with pytest.raises(DataError, match="do not say which data they were trained on") as caught:
        ha.evaluate(model)
    assert caught.value.fix == "--data NAME, or image files"
    assert ha.evaluate(model, "digits") == replace(
        ha.evaluate(whole / "weights.safetensors"), model=model
    )


def test_large_images_are_tested_in_small_batches() -> None:
    assert batch_of(ha.build(SPEC)) == 500
    graph = ha.build(SPEC.replace(input=(1, 1000, 1000)))
    bytes_of_one = ha.analyze(graph).memory.peak_bytes
    assert 1 < batch_of(graph) < 500
    assert batch_of(graph) * bytes_of_one <= MOST_BYTES < (batch_of(graph) + 1) * bytes_of_one


def test_weights_that_do_not_fit(tmp_path: Path) -> None:
    path = tmp_path / "weights.safetensors"
    model = ha.load(SPEC)
    save_weights(path, to_torch(SPEC), model, {"data": "digits"})
    weights = ha.load(path).weights
    assert weights is not None
    tensors = dict(weights)
    with pytest.raises(
        FileError, match=r"stem\.conv\.weight is 12x1x3x3, and the network has 24x1"
    ):
        ha.with_weights(ha.load(SPEC.replace(channels=(24, 48))), path)
    with pytest.raises(FileError, match=r"block2.* is missing"):
        ha.with_weights(ha.load(SPEC.replace(repeats=2)), path)
    with pytest.raises(SourceError, match="does not say how its images were normalised"):
        ha.evaluate(path)
    _stored(path, {**tensors, "stem.conv.bias": np.full(12, np.nan, np.float32)})
    with pytest.raises(FileError, match=r"stem\.conv\.bias has values that are no finite"):
        ha.evaluate(path)
    _stored(path, {**tensors, "stem.conv.bias": np.zeros(12, np.int64)})
    with pytest.raises(FileError, match=r"stem\.conv\.bias has values of the type int64, and"):
        ha.load(path)
    save_arrays(tensors, path)
    with pytest.raises(FileError, match="does not say what network"):
        ha.load(path)


def test_weights_are_read_when_they_are_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "weights.safetensors"
    module = to_torch(SPEC)
    save_weights(path, module, ha.load(SPEC), {})
    weights = ha.load(path).weights
    assert weights is not None
    assert list(weights) == list(tensors_of(ha.build(SPEC)))
    for name, tensor in module.state_dict().items():
        if name in weights:
            np.testing.assert_array_equal(weights[name], tensor.numpy())
    save_weights(path, to_torch(SPEC), ha.load(SPEC), {"data": "digits"})
    with pytest.raises(FileError, match="has changed since it was opened"):
        weights["stem.conv.bias"]


def test_weights_of_a_graph_come_back(tmp_path: Path) -> None:
    """A network that no spec describes, and one whose file has a spec that builds another."""
    path, model = tmp_path / "w.safetensors", ha.load(ha.build(SPEC))
    save_weights(path, to_torch(SPEC), model, {})
    assert ha.load(path).graph == model.graph
    with pytest.raises(SourceError, match=r"a plan .* needs a spec, and the file .* has none"):
        ha.plan(path)
    other = replace(model, origin=SPEC.replace(groups="dense"))
    save_weights(path, to_torch(SPEC), other, {})
    assert ha.load(path).graph == model.graph
    assert ha.load(path).origin.title == f"the file {path}"


def test_training_starts_from_weights(whole: Path, tmp_path: Path) -> None:
    source, slow = whole / "weights.safetensors", Settings(epochs=1, rate=1e-6)
    trained = train(source, slow, tmp_path / "on")
    anew = train(source, replace(slow, init="kaiming"), tmp_path / "anew")
    before = ha.evaluate(source).score.accuracy
    assert trained.accuracies[-1] > before - 0.05
    assert anew.accuracies[-1] < before - 0.2


@pytest.mark.parametrize("kind", HALVES, ids=str)
def test_every_value_of_sixteen_bits_is_read_exactly(tmp_path: Path, kind: torch.dtype) -> None:
    bits = torch.arange(2**16, dtype=torch.int32).to(torch.uint16).view(kind)
    _stored(tmp_path / "w", {"all": bits})
    values = read_header(tmp_path / "w").read("all")
    assert values.dtype == np.float32
    np.testing.assert_array_equal(values, bits.float().numpy())


@pytest.mark.parametrize("kind", [*HALVES, torch.float64], ids=str)
def test_weights_of_other_types_are_evaluated(tmp_path: Path, kind: torch.dtype) -> None:
    state = to_torch(SPEC).state_dict()
    stored = {key: t.to(kind) if t.is_floating_point() else t for key, t in state.items()}
    _stored(tmp_path / "w", stored)
    _stored(tmp_path / "same", {key: t.to(state[key].dtype) for key, t in stored.items()})
    assert ha.evaluate(tmp_path / "w") == ha.evaluate(tmp_path / "same")


@pytest.mark.parametrize("kind", [torch.float8_e4m3fn, torch.int8, torch.bool], ids=str)
def test_weights_of_types_that_are_no_weights(tmp_path: Path, kind: torch.dtype) -> None:
    state = to_torch(SPEC).state_dict()
    _stored(tmp_path / "w", state | {"stem.conv.bias": torch.zeros(12).to(kind)})
    with pytest.raises(FileError, match=r"stem\.conv\.bias has values of the type") as caught:
        ha.evaluate(tmp_path / "w")
    assert "bfloat16" in caught.value.fix


@pytest.mark.parametrize("kind", KINDS)
def test_only_regular_files_are_read(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "checkpoint.safetensors"
    unusual(path, kind)
    for read in (ha.load, checkpoints.read):
        with pytest.raises(FileError):
            read(path)
    with pytest.raises(FileError):
        train(SPEC, SHORT, tmp_path, resume=True)


def test_a_file_of_zeros_is_not_read_to_its_end(tmp_path: Path) -> None:
    path = tmp_path / "w.safetensors"
    path.touch()
    os.truncate(path, 4 * 10**9)
    start = time.monotonic()
    for read in (ha.load, checkpoints.read):
        with pytest.raises(FileError, match="begins with a header"):
            read(path)
    assert time.monotonic() - start < 1


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"features_only": True}, "one score for each class"),
        ({"softmax": True}, "one score for each class"),
        ({"family": "resnet", "input": (1, 30_000, 30_000)}, "bytes for its maps"),
        ({"classes": 9}, "digits has 10 classes"),
    ],
)
def test_weights_with_a_hostile_spec(tmp_path: Path, changes: dict[str, Any], message: str) -> None:
    spec = SPEC.replace(**changes)
    shapes = tensors_of(ha.build(spec))
    _stored(tmp_path / "w", {key: torch.zeros(shape) for key, shape in shapes.items()}, spec)
    with pytest.raises(ha.HenetArchError, match=message):
        ha.evaluate(tmp_path / "w")


def test_a_counter_of_another_shape_is_not_loaded(tmp_path: Path) -> None:
    state = to_torch(SPEC).state_dict()
    counters = [key for key in state if key.endswith("num_batches_tracked")]
    _stored(tmp_path / "w", state | {key: torch.zeros(3) for key in counters})
    assert counters
    assert ha.evaluate(tmp_path / "w").score.images == 360
