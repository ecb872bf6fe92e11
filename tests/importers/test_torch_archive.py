"""`.pt2` files: the module's own graph, and typed errors for what is no program."""

from __future__ import annotations

import io
import json
import random
import zipfile
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from importers.torch_modules import ChannelsLast, CopiedThenChanged, Partial, Splits, Twice
from torch import nn

import henet_arch as ha
from henet_arch.support.errors import FileError, HenetArchError, InputShapeError

SHAPE = (3, 8, 8)


def _saved(module: nn.Module, path: Path, *, is_open: bool = True) -> Path:
    sizes: Any = ({0: torch.export.Dim.AUTO},) if is_open else None
    with torch.no_grad():
        image = torch.zeros(4 if is_open else 1, *SHAPE)
        program = torch.export.export(module.eval(), (image,), dynamic_shapes=sizes)
    torch.export.save(program, path)
    return path


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.manual_seed(0)
    return _saved(Twice(), tmp_path_factory.mktemp("pt2") / "twice.pt2")


@pytest.fixture(scope="module")
def parts(file: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(file) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.mark.parametrize("is_open", [True, False])
@pytest.mark.parametrize("module", [ChannelsLast, CopiedThenChanged, Partial, Splits, Twice])
def test_a_file_is_the_module(module: type[nn.Module], is_open: bool, tmp_path: Path) -> None:
    torch.manual_seed(0)
    made = module()
    own = ha.load(made, SHAPE)
    model = ha.load(_saved(made, tmp_path / "net.pt2", is_open=is_open))
    assert [n[:5] for n in model.graph] == [n[:5] for n in own.graph]
    assert model.graph.outputs == own.graph.outputs
    assert own.weights is not None
    assert model.weights is not None
    assert list(model.weights) == list(own.weights)
    for name, values in own.weights.items():
        assert np.array_equal(model.weights[name], values)


def test_a_file_holds_for_its_own_size(file: Path) -> None:
    assert ha.load(file, (8, 8)).graph.input_shape == SHAPE
    with pytest.raises(InputShapeError, match="is 3x8x8, not 3x9x9"):
        ha.load(file, (3, 9, 9))


def _written(parts: dict[str, bytes], path: Path, **changes: bytes) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in parts.items():
            end = name.rpartition("/")[2].replace(".", "_")
            archive.writestr(name, changes.get(end, data))
    return path


def test_pickled_weights_are_refused(parts: dict[str, bytes], tmp_path: Path) -> None:
    (name,) = (name for name in parts if name.endswith("model_weights_config.json"))
    config = json.loads(parts[name])
    next(iter(config["config"].values()))["use_pickle"] = True
    changed = _written(
        parts, tmp_path / "net.pt2", model_weights_config_json=json.dumps(config).encode()
    )
    with pytest.raises(FileError, match="has pickled objects inside"):
        ha.load(changed)


class _Bomb:
    def __reduce__(self) -> tuple[Any, ...]:
        return (pytest.fail, ("executed",))


def test_pickles_and_code_in_a_file_are_not_run(parts: dict[str, bytes], tmp_path: Path) -> None:
    buffer = io.BytesIO()
    torch.save(_Bomb(), buffer)
    (name,) = (name for name in parts if name.endswith("models/model.json"))
    program = json.loads(parts[name])
    symbol = "Symbol('s77', positive=True, integer=True)"
    code = "__import__('pytest').fail('executed')"
    text = json.dumps(program).replace(symbol, code)
    program["guards_code"] = [code]
    for changes in ({"model_pt": buffer.getvalue()}, {"model_json": text.encode()}):
        changed = _written(parts, tmp_path / "net.pt2", **changes)
        with suppress(HenetArchError):
            assert ha.load(changed).graph.input_shape == SHAPE


NO_PROGRAMS = {
    "empty": b"",
    "text": b"conv2d",
    "no entries": b"PK\x05\x06" + 18 * b"\0",
}


@pytest.mark.parametrize("name", NO_PROGRAMS)
def test_what_is_no_program(name: str, tmp_path: Path) -> None:
    path = tmp_path / "net.pt2"
    path.write_bytes(NO_PROGRAMS[name])
    with pytest.raises(FileError):
        ha.load(path)


def test_a_weight_that_is_too_short(parts: dict[str, bytes], tmp_path: Path) -> None:
    model = ha.load(_written(parts, tmp_path / "net.pt2", weight_0=b"abc"))
    assert model.weights is not None
    with pytest.raises(FileError, match="cannot be read"):
        list(model.weights.values())


@pytest.mark.parametrize("seed", range(8))
def test_damaged_files(seed: int, file: Path, tmp_path: Path) -> None:
    """Bytes that are changed, cut or repeated: a typed error, or a network."""
    chance = random.Random(seed)
    data = file.read_bytes()
    for _ in range(8):
        changed = bytearray(data[: chance.randrange(len(data))] if chance.random() < 0.3 else data)
        for _ in range(chance.randrange(1, 9)):
            if changed:
                changed[chance.randrange(len(changed))] = chance.randrange(256)
        _loads_or_says_why(bytes(changed), tmp_path)


def _values(item: Any) -> list[tuple[Any, Any]]:
    """The places of all values."""
    keys: Any = list(item) if isinstance(item, dict) else range(len(item))
    own = [(item, key) for key in keys]
    return own + [
        place for key in keys if isinstance(item[key], dict | list) for place in _values(item[key])
    ]


ODD: list[Any] = [
    None, -1, 0, 2**63, 1e308, "", "../x", [], {}, [[]], {"as_int": 2**62}, True,
    "torch.ops.aten.zeros.default",
]  # fmt: skip


@pytest.mark.parametrize("seed", range(8))
def test_programs_that_do_not_hold_together(
    seed: int, parts: dict[str, bytes], tmp_path: Path
) -> None:
    """Values of another type or size, at random places of the JSON."""
    chance = random.Random(seed)
    names = [name for name in parts if name.endswith((".json",))]
    for _ in range(12):
        name = chance.choice(names)
        program = json.loads(parts[name])
        for _ in range(chance.randrange(1, 4)):
            places = _values(program)
            if places:
                item, key = chance.choice(places)
                item[key] = chance.choice(ODD)
        changed = {name.rpartition("/")[2].replace(".", "_"): json.dumps(program).encode()}
        path = _written(parts, tmp_path / "net.pt2", **changed)
        _loads_or_says_why(path.read_bytes(), tmp_path)


def _loads_or_says_why(data: bytes, folder: Path) -> None:
    path = folder / "changed.pt2"
    path.write_bytes(data)
    try:
        model = ha.load(path)
        for name in model.weights or ():
            model.weights[name]  # type: ignore[index]
    except HenetArchError as error:
        assert str(error)
