"""A data set's images as files: all that is emitted of trained weights gives the same classes."""

from __future__ import annotations

import importlib.util
import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any, NamedTuple

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


class Trained(NamedTuple):
    """The command line's words for a trained network, and a folder with the images' files."""

    words: tuple[str, ...]
    folder: Path

    def emitted(self, name: str, *words: str) -> Path:
        """What `emit` writes of it."""
        path = self.folder / name
        assert run("emit", *self.words, *words, "-o", str(path)).code == 0
        return path

    @property
    def images(self) -> list[Path]:
        return sorted((self.folder / "images").iterdir())


def _by_train(folder: Path) -> tuple[str, ...]:
    """By the product's own training, whose weights say all else."""
    ha.train(SPEC, folder / "run", epochs=2, batch=64, rate=0.5)
    return (str(folder / "run" / "weights.safetensors"),)


def _by_a_loop(folder: Path) -> tuple[str, ...]:
    """By a loop of one's own over the emitted module."""
    ha.save(SPEC, folder / "spec.toml")
    (folder / "names.txt").write_text("\n".join(NUMBERS))
    facts = ("--mean", "77", "--std", "96", "--channel-order", "grey", "--resize", "stretch")
    words = (str(folder / "spec.toml"), *facts, "--class-names", str(folder / "names.txt"))
    assert run("emit", *words, "-o", str(folder / "loop.py")).code == 0
    module = _imported(folder / "loop.py")
    torch.manual_seed(0)
    network = module.Net()
    data = datasets.load("digits").train
    optimizer = torch.optim.SGD(network.parameters(), lr=0.1, momentum=0.9)
    for _ in range(60):
        chosen = torch.randint(len(data), (64,))
        images = module.preprocess(data.images[chosen].permute(0, 3, 1, 2))
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(network(images), data.labels[chosen]).backward()
        optimizer.step()
    torch.save(network.state_dict(), folder / "loop.pt")
    return (*words, "--weights", str(folder / "loop.pt"))


def _imported(path: Path) -> Any:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module", params=[_by_train, _by_a_loop], ids=["train", "loop"])
def trained(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Trained:
    """A short training, beside the 360 test images as files, their values 0 to 16 as they were."""
    folder = tmp_path_factory.mktemp("digits")
    (folder / "images").mkdir()
    data = datasets.load("digits")
    for index, image in enumerate(data.test.images.numpy()):
        values = np.rint(image / (255 / 16)).astype(np.uint8)
        path = folder / "images" / f"{index:03}.pgm"
        path.write_bytes(b"P5\n# of scikit-learn\n8 8\n16\n" + values.tobytes())
        np.testing.assert_array_equal(read_image(path), image)
    return Trained(request.param(folder), folder)


@pytest.fixture(scope="module")
def answers(trained: Trained) -> list[str]:
    """What `evaluate` says of each file, right for most of them."""
    classes = _evaluated(*trained.words, folder=trained.folder)
    labels = datasets.load("digits").test.labels.tolist()
    right = sum(answer == str(label) for answer, label in zip(classes, labels, strict=True))
    assert right > len(labels) / 2
    if len(trained.words) == 1:
        assert right == round(ha.evaluate(trained.words[0]).score.accuracy * len(labels))
    return classes


def _evaluated(source: str, *words: str, folder: Path) -> list[str]:
    outcome = run("evaluate", source, str(folder / "images"), *words, "-f", "json")
    assert (outcome.code, outcome.err) == (0, "")
    return [image["classes"][0]["class"] for image in json.loads(outcome.out)["images"]]


def test_weights_of_train_say_what_images_become(trained: Trained) -> None:
    if len(trained.words) > 1:
        pytest.skip("another training's weights say nothing")
    model: Model = ha.load(trained.words[0])
    assert model.class_names == NUMBERS
    assert model.preprocessing
    assert (model.preprocessing.channel_order, model.preprocessing.resize) == ("grey", None)


@pytest.mark.skipif(not (shutil.which("cc") and shutil.which("make")), reason="no C compiler")
def test_the_folder_of_c_by_the_commands_of_its_readme(
    trained: Trained, answers: list[str]
) -> None:
    folder = trained.emitted("net")
    readme = (folder / "README.md").read_text()
    assert "make && ./net" in readme
    assert "./net a.ppm b.pgm" in readme
    subprocess.run(["make", "-C", folder, "ARCH=-O1"], check=True, capture_output=True)
    ran = subprocess.run(
        [folder / "net", *trained.images], capture_output=True, text=True, check=True
    )
    lines = [line.split("\t") for line in ran.stdout.splitlines()]
    assert [line[0] for line in lines] == list(map(str, trained.images))
    assert [line[1] for line in lines] == answers


def test_the_emitted_module_beside_its_weights(trained: Trained, answers: list[str]) -> None:
    path = trained.emitted("net.py")
    module = _imported(path)
    network = module.Net().eval()
    network.load_state_dict(safetensors.load_file(path.with_suffix(".safetensors")), strict=False)
    with torch.no_grad():
        batch = torch.from_numpy(np.stack(list(map(read_image, trained.images))))
        best = network(module.preprocess(batch.permute(0, 3, 1, 2))).argmax(1)
    assert [module.CLASSES[index] for index in best] == answers


def test_an_onnx_file_says_all_of_it(trained: Trained, answers: list[str]) -> None:
    pytest.importorskip("onnxruntime")
    words = (str(trained.emitted("net.onnx")), "--backend", "onnxruntime")
    assert _evaluated(*words, folder=trained.folder) == answers


def test_a_prototxt_says_it_in_a_comment(trained: Trained, answers: list[str]) -> None:
    """Caffe's files have no room for it, so that options repeat the comment's numbers."""
    pytest.importorskip("cv2")
    path = trained.emitted("net.prototxt")
    comment = re.search(r"mean (\S+); std (\S+)\.", path.read_text())
    assert comment
    mean, std = comment.groups()
    facts = ("--mean", mean, "--std", std, "--channel-order", "grey", "--resize", "stretch")
    words = (str(path), *facts, "--backend", "opencv")
    assert _evaluated(*words, folder=trained.folder) == answers


def test_the_backend_c(trained: Trained, answers: list[str]) -> None:
    assert _evaluated(*trained.words, "--backend", "c", folder=trained.folder) == answers


BACKENDS = {"c": "C", "eager-folded": "folded PyTorch", "onnxruntime": "ONNX Runtime"}


def _tested(path: Path, *words: str) -> dict[str, Any]:
    outcome = run("evaluate", str(path), "--data", "digits", *words, "-f", "json")
    assert (outcome.code, outcome.err) == (0, "")
    said: dict[str, Any] = json.loads(outcome.out)
    return said


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_data_set_is_tested_by_any_backend(trained: Trained, backend: str) -> None:
    path = trained.emitted("net.onnx")
    usual, said = _tested(path), _tested(path, "--backend", backend)
    assert (usual.pop("runner"), said.pop("runner")) == ("PyTorch", BACKENDS[backend])
    assert said.pop("loss") == pytest.approx(usual.pop("loss"), rel=1e-5)
    assert said == usual
