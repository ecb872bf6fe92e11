"""Files of `torch.save`: state dicts are read, and nothing else is, nor does any code run."""

from __future__ import annotations

import io
import os
import random
import zipfile
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn
from weights.shuffled import drawn

import henet_arch as ha
from henet_arch.importers import IMPORTERS
from henet_arch.support.errors import FileError, HenetArchError

SPEC = ha.Spec(name="tiny", channels=(4, 8), repeats=1, input=(1, 7, 7), classes=10)


def _state() -> dict[str, Any]:
    return dict(drawn(lambda: ha.to_torch(SPEC)).state_dict())


def _taken(path: str | Path) -> None:
    model = ha.with_weights(SPEC, path)
    assert model.weights
    for name, tensor in _state().items():
        if name in model.weights:
            np.testing.assert_array_equal(model.weights[name], tensor.numpy())


@pytest.mark.parametrize("place", ["state_dict", "model_state_dict", "model", "net", "ema.model"])
def test_a_state_dict_among_other_things(place: str) -> None:
    optimizer = torch.optim.Adam(nn.Linear(2, 2).parameters())
    content = {"epoch": 3, "best": 0.5, "optimizer": optimizer.state_dict(), place: _state()}
    torch.save(content, "w.pt")
    _taken("w.pt")
    tensors = IMPORTERS["checkpoint"].tensors
    assert tensors
    assert tensors(Path("w.pt")).notes == (f"the state dict is what w.pt has under {place!r}",)


def test_the_usual_place_comes_first() -> None:
    torch.save({"ema": {"x": torch.ones(1)}, "state_dict": _state()}, "w.pt")
    _taken("w.pt")
    torch.save({"a": _state(), "b": _state()}, "w.pt")
    with pytest.raises(FileError, match="has several state dicts: a, b") as caught:
        ha.with_weights(SPEC, "w.pt")
    assert "checkpoint['a']" in caught.value.fix


def test_files_of_older_versions_are_read() -> None:
    torch.save(OrderedDict(_state()), "w.pth", _use_new_zipfile_serialization=False)
    _taken("w.pth")


def test_names_without_a_known_ending() -> None:
    torch.save(_state(), "w.pth.tar")
    _taken("w.pth.tar")
    torch.save(_state(), "weights", _use_new_zipfile_serialization=False)
    _taken("weights")


class _Bomb:
    """What runs a command where it is unpickled."""

    def __init__(self, *command: Any) -> None:
        self.command = command

    def __reduce__(self) -> tuple[Any, ...]:
        return self.command[0], self.command[1:]


BOMBS = {
    "system": _Bomb(os.system, "touch ran"),
    "eval": _Bomb(eval, "open('ran', 'w')"),
    "bytearray": _Bomb(bytearray, 10**12),
}


@pytest.mark.parametrize("zipped", [True, False])
@pytest.mark.parametrize("name", BOMBS)
def test_code_in_a_file_does_not_run(name: str, zipped: bool) -> None:
    for content in (BOMBS[name], {**_state(), "x": BOMBS[name]}, {"state_dict": BOMBS[name]}):
        torch.save(content, "w.pt", _use_new_zipfile_serialization=zipped)
        with pytest.raises(FileError, match=r"w\.pt holds more than tensors") as caught:
            ha.with_weights(SPEC, "w.pt")
        assert name in caught.value.what
        assert "no code of a file is run" in caught.value.why
        assert not Path("ran").exists()


def test_whole_modules_and_programs_are_refused() -> None:
    torch.save(nn.Linear(2, 2), "w.pt")
    with pytest.raises(FileError, match=r"more than tensors: torch\.nn\.modules") as caught:
        ha.with_weights(SPEC, "w.pt")
    assert "torch.save(module.state_dict()" in caught.value.fix
    with pytest.warns(DeprecationWarning, match="deprecated"):
        torch.jit.save(torch.jit.script(nn.Linear(2, 2)), "w.pt")
    with pytest.raises(FileError, match="a program of TorchScript"):
        ha.with_weights(SPEC, "w.pt")


def _quantized() -> Any:
    return torch.quantize_per_tensor(torch.ones(10), 0.1, 0, torch.qint8)


@pytest.mark.filterwarnings("ignore")
def test_what_is_no_plain_tensor_is_named() -> None:
    for value in (3, "text", [torch.ones(10)], torch.ones(10).to_sparse(), _quantized(),
                  torch.ones(10, device="meta")):  # fmt: skip
        torch.save({**_state(), "head.fc.bias": value}, "w.pt")
        with pytest.raises(FileError, match=r"'head\.fc\.bias' is no plain tensor, but"):
            ha.with_weights(SPEC, "w.pt")
    contents: list[Any] = [[], {}, 3, {"epoch": 3}, {"a": {}}]
    for content in contents:
        torch.save(content, "w.pt")
        with pytest.raises(FileError, match="no tensors by name"):
            ha.with_weights(SPEC, "w.pt")


def test_a_checkpoint_is_no_network() -> None:
    torch.save(_state(), "w.pt")
    with pytest.raises(FileError, match=r"no network is read from w\.pt, only weights of") as e:
        ha.load("w.pt")
    assert "--weights w.pt" in e.value.fix


def _zipped(**changes: Any) -> bytes:
    """A state dict whose archive is written anew, with other parts or another compression."""
    buffer, result = io.BytesIO(), io.BytesIO()
    torch.save(_state(), buffer)
    method = changes.pop("method", zipfile.ZIP_STORED)
    with zipfile.ZipFile(buffer) as old, zipfile.ZipFile(result, "w", method) as new:
        for info in old.infolist():
            content = changes.get(info.filename.rpartition("/")[2], old.read(info))
            if content is not None:
                new.writestr(info.filename, content)
    return result.getvalue()


HOSTILE: dict[str, Callable[[], bytes]] = {
    "empty": lambda: b"",
    "text": lambda: b"weights",
    "a pickle": lambda: b"\x80\x02}.",
    "no entries": lambda: b"PK\x05\x06" + 18 * b"\0",
    "compressed": lambda: _zipped(method=zipfile.ZIP_DEFLATED),
    "no names": lambda: _zipped(**{"data.pkl": None}),
    "other names": lambda: _zipped(**{"data.pkl": b"\x80\x02K\x03."}),
    "no storage": lambda: _zipped(**{"0": None}),
    "long names": lambda: _zipped(**{"data.pkl": bytes(65 << 20)}),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_no_state_dict(name: str) -> None:
    Path("w.pt").write_bytes(HOSTILE[name]())
    with pytest.raises(FileError) as caught:
        ha.with_weights(SPEC, "w.pt")
    assert "weights_only" not in str(caught.value)  # as PyTorch advises to leave it out


def test_a_tensor_larger_than_its_storage_is_not_made() -> None:
    """A terabyte that is one number repeated: its shape is refused, and it is never copied."""
    torch.save({**_state(), "head.fc.bias": torch.ones(1).expand(2**38)}, "w.pt")
    with pytest.raises(FileError, match=r"head\.fc\.bias is 274877906944, and the network has 10"):
        ha.with_weights(SPEC, "w.pt")


@pytest.mark.parametrize("zipped", [True, False])
def test_damaged_files(zipped: bool) -> None:
    """Bytes that are changed, cut or repeated: a typed error, or weights."""
    buffer = io.BytesIO()
    torch.save(_state(), buffer, _use_new_zipfile_serialization=zipped)
    data, chance = buffer.getvalue(), random.Random(0)
    for _ in range(60):
        changed = bytearray(data[: chance.randrange(len(data))] if chance.random() < 0.3 else data)
        for _ in range(chance.randrange(1, 9)):
            if changed:
                changed[chance.randrange(len(changed))] = chance.randrange(256)
        Path("w.pt").write_bytes(changed)
        try:
            model = ha.with_weights(SPEC, "w.pt")
            assert model.weights
            list(model.weights.values())
        except HenetArchError as error:
            assert len(str(error)) < 2000
