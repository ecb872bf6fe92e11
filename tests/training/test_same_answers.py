"""A data set's images as files: evaluate, the emitted module and C give the same classes."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from cli.run import run

import henet_arch as ha
from henet_arch.ir.model import Model

np = pytest.importorskip("numpy")
torch = pytest.importorskip("torch")
pytest.importorskip("lightning")
pytest.importorskip("sklearn")
safetensors = pytest.importorskip("safetensors.torch")

from henet_arch.runtime.image_files import read_image  # noqa: E402
from henet_arch.training import datasets  # noqa: E402

SPEC = ha.Spec(name="net", channels=(8, 16), repeats=0, input=(1, 15, 15))
NUMBERS = tuple("0123456789")


@pytest.fixture(scope="module")
def run_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A short training, beside the 360 test images as files, their values 0 to 16 as they were."""
    folder = tmp_path_factory.mktemp("digits")
    ha.train(SPEC, folder / "run", epochs=2, batch=64, rate=0.5)
    (folder / "images").mkdir()
    data = datasets.load("digits")
    for index, image in enumerate(data.test.images.numpy()):
        values = np.rint(image / (255 / 16)).astype(np.uint8)
        path = folder / "images" / f"{index:03}.pgm"
        path.write_bytes(b"P5\n# of scikit-learn\n8 8\n16\n" + values.tobytes())
        np.testing.assert_array_equal(read_image(path), image)
    return folder


@pytest.fixture(scope="module")
def evaluated(run_folder: Path) -> list[str]:
    """What `evaluate` says of each file, which is right as often as the training says."""
    found = ha.classify(run_folder / "run" / "weights.safetensors", run_folder / "images")
    labels = datasets.load("digits").test.labels.tolist()
    answers = [record["class"] for record in found.records()]
    right = sum(answer == str(label) for answer, label in zip(answers, labels, strict=True))
    score = ha.evaluate(run_folder / "run" / "weights.safetensors").score
    assert right == round(score.accuracy * len(labels))
    assert right > len(labels) / 3
    return answers


def test_trained_weights_say_what_images_become(run_folder: Path) -> None:
    model: Model = ha.load(run_folder / "run" / "weights.safetensors")
    assert model.class_names == NUMBERS
    assert model.preprocessing
    assert (model.preprocessing.channel_order, model.preprocessing.resize) == ("grey", None)


@pytest.mark.skipif(not (shutil.which("cc") and shutil.which("make")), reason="no C compiler")
def test_the_folder_of_c_by_the_commands_of_its_readme(
    run_folder: Path, evaluated: list[str]
) -> None:
    folder = run_folder / "net"
    outcome = run("emit", str(run_folder / "run" / "weights.safetensors"), "-o", str(folder))
    assert outcome == (0, "", "")
    readme = (folder / "README.md").read_text()
    assert "make && ./net" in readme
    assert "./net a.ppm b.pgm" in readme
    paths = sorted((run_folder / "images").iterdir())
    subprocess.run(["make", "-C", folder, "ARCH=-O1"], check=True, capture_output=True)
    ran = subprocess.run([folder / "net", *paths], capture_output=True, text=True, check=True)
    lines = [line.split("\t") for line in ran.stdout.splitlines()]
    assert [line[0] for line in lines] == list(map(str, paths))
    assert [line[1] for line in lines] == evaluated
    by_compiled = ha.classify(
        run_folder / "run" / "weights.safetensors", run_folder / "images", backend="c"
    )
    for line, answer in zip(lines, by_compiled.answers, strict=True):
        assert float(line[2].removesuffix(" %")) / 100 == pytest.approx(answer.shares[0], abs=1e-4)


def test_the_emitted_module_beside_its_weights(run_folder: Path, evaluated: list[str]) -> None:
    path = run_folder / "net.py"
    outcome = run("emit", str(run_folder / "run" / "weights.safetensors"), "-o", str(path))
    assert outcome == (0, "", "")
    spec = importlib.util.spec_from_file_location("net", path)
    assert spec
    assert spec.loader
    module: Any = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    network = module.Net().eval()
    network.load_state_dict(safetensors.load_file(path.with_suffix(".safetensors")), strict=False)
    images = [read_image(path) for path in sorted((run_folder / "images").iterdir())]
    with torch.no_grad():
        batch = torch.from_numpy(np.stack(images)).permute(0, 3, 1, 2)
        best = network(module.preprocess(batch)).argmax(1)
    assert [module.CLASSES[index] for index in best] == evaluated
