"""Empty, damaged and cut files of every format say what is so, where, and what to do."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import henet_arch as ha
from henet_arch.support.errors import FileError

torch = pytest.importorskip("torch")
safetensors = pytest.importorskip("safetensors.torch")
pytest.importorskip("onnx")

SPEC = ha.Spec(channels=(4, 8), repeats=1, input=(1, 7, 7), classes=10)
ENDINGS = ("toml", "json", "yaml", "prototxt", "caffemodel", "onnx", "safetensors", "pt", "pt2")
READER = ("DecodeError", "BadZip", "EOFError", "char ", "delimiter", "JSONDecode", "Traceback")
"""Words of what reads a file, of which a user knows nothing."""


def _errors(path: Path) -> Iterator[FileError]:
    """What is said of a file as a network, and as weights."""
    for read in (ha.load, lambda path: ha.with_weights(SPEC, path)):
        with pytest.raises(FileError) as caught:
            read(path)
        yield caught.value


@pytest.mark.parametrize("ending", ENDINGS)
def test_empty_files(ending: str, tmp_path: Path) -> None:
    path = tmp_path / f"net.{ending}"
    path.touch()
    as_network, as_weights = _errors(path)
    assert as_weights.what == f"{path} is empty"
    assert as_network.what == as_weights.what or ending == "pt"
    assert as_network.fix
    assert as_weights.fix


@pytest.mark.parametrize("ending", ENDINGS)
def test_files_of_something_else(ending: str, tmp_path: Path) -> None:
    path = tmp_path / f"net.{ending}"
    path.write_bytes(bytes(range(128, 256)) * 3)
    for error in _errors(path):
        assert path.name in error.what
        assert error.fix
        assert not any(word in str(error) for word in READER)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the weights of a network in each format."""
    folder = tmp_path_factory.mktemp("whole")
    module = ha.to_torch(SPEC)
    safetensors.save_file(module.state_dict(), folder / "net.safetensors")
    torch.save(module.state_dict(), folder / "net.pt")
    for target, name in (("onnx", "net.onnx"), ("caffe", "net.prototxt")):
        ha.emit(ha.with_weights(SPEC, module), target).save(folder / name)
    return folder


@pytest.mark.parametrize("ending", ["safetensors", "pt", "onnx", "caffemodel"])
@pytest.mark.parametrize("share", [0.01, 0.5, 0.99])
def test_files_that_are_cut_off(ending: str, share: float, whole: Path, tmp_path: Path) -> None:
    path = tmp_path / f"net.{ending}"
    content = (whole / path.name).read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    *_, error = _errors(path)
    assert path.name in error.what
    assert "cut off" in error.why or "damaged" in error.what
    assert error.fix
    assert not any(word in str(error) for word in READER)


@pytest.mark.parametrize(
    ("name", "text", "line"),
    [
        ("net.toml", "classes = 10\nchannels = [24,\n", 2),
        ("net.toml", "classes = 10\nchannels = [24 48]\n", 2),
        ("net.json", '{"classes": 10,\n"channels": [24,,]}', 2),
        ("net.yaml", "classes: 10\nchannels: [24\nfamily: }\n", 3),
    ],
)
def test_text_that_is_not_of_its_format(name: str, text: str, line: int, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_text(text)
    with pytest.raises(FileError) as caught:
        ha.load(path)
    assert caught.value.where == f"{path}, line {line}"
    assert "line" not in caught.value.what
    assert "document" not in caught.value.what
    assert caught.value.fix
