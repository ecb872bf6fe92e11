"""Caffe's weights: blobs as every age of Caffe has written them."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from importers import caffe_nets
from importers.caffemodels import blob, caffemodel, field, random_blobs, varint
from numpy.typing import NDArray

import henet_arch as ha
from henet_arch.importers._caffe.caffemodel import read_caffemodel
from henet_arch.importers._caffe.files import imported, input_names, load
from henet_arch.ir.model import File
from henet_arch.ir.tensors import tensors_of
from henet_arch.support.errors import FileError, HenetArchError

NET = """
input: "d" input_dim: 1 input_dim: 2 input_dim: 4 input_dim: 4
layer { name: "c" type: "Convolution" bottom: "d" top: "c"
  convolution_param { num_output: 3 kernel_size: 3 } }
layer { name: "n" type: "BatchNorm" bottom: "c" top: "c" }
layer { name: "s" type: "Scale" bottom: "c" top: "c" scale_param { bias_term: true } }
layer { name: "m" type: "BatchNorm" bottom: "c" top: "m" }
layer { name: "f" type: "InnerProduct" bottom: "m" top: "f"
  inner_product_param { num_output: 5 transpose: true } }
layer { name: "g" type: "Fancy" bottom: "f" top: "g" }
"""


def _arange(*shape: int) -> NDArray[Any]:
    return np.arange(np.prod(shape), dtype=np.float32).reshape(shape) - 3


BLOBS: dict[str, list[NDArray[Any]]] = {
    "c": [_arange(3, 2, 3, 3), _arange(3)],
    "n": [_arange(3), _arange(3) + 9, np.full(1, 4, np.float32)],
    "s": [_arange(3) * 2, _arange(3) * 3],
    "m": [_arange(3), _arange(3) + 9, np.zeros(1, np.float32)],
    "f": [_arange(12, 5), _arange(5)],
}


@pytest.fixture
def net(tmp_path: Path) -> Path:
    path = tmp_path / "net.prototxt"
    path.write_text(NET)
    return path


def _with(net: Path, content: bytes) -> Any:
    path = net.with_name("w.caffemodel")
    path.write_bytes(content)
    return ha.with_weights(load(net), path)


@pytest.mark.parametrize("old", [False, True])
@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_every_form_of_blobs(net: Path, old: bool, packed: bool, kind: type) -> None:
    blobs: dict[str, list[NDArray[Any]]] = {
        name: [values.astype(kind) for values in each] for name, each in BLOBS.items()
    }
    model = _with(net, caffemodel(blobs, old=old, packed=packed))
    assert set(model.weights) == set(tensors_of(model.graph))
    wanted = {
        "c.weight": BLOBS["c"][0], "c.bias": BLOBS["c"][1],
        "n.running_mean": BLOBS["n"][0] / 4, "n.running_var": BLOBS["n"][1] / 4,
        "n.weight": BLOBS["s"][0], "n.bias": BLOBS["s"][1],
        "m.running_mean": np.zeros(3), "m.running_var": np.zeros(3),
        "f.weight": BLOBS["f"][0].T, "f.bias": BLOBS["f"][1],
    }  # fmt: skip
    assert set(wanted) == set(model.weights)
    for name, values in wanted.items():
        got = model.weights[name]
        assert got.dtype == np.float32
        assert got.shape == tensors_of(model.graph)[name]
        np.testing.assert_array_equal(got, values)


def test_blobs_of_unknown_layers_are_its_tensors(net: Path) -> None:
    model = _with(net, caffemodel({**BLOBS, "g": [_arange(2, 7)]}))
    assert model.graph["g"].layer.weights() == {"blob0": (2, 7)}
    np.testing.assert_array_equal(model.weights["g.blob0"], _arange(2, 7))
    assert ha.analyze(model).params == ha.analyze(load(net)).params + 14


def test_weights_beside_the_network(net: Path) -> None:
    assert load(net).weights is None
    beside = net.with_suffix(".caffemodel")
    beside.write_bytes(caffemodel(BLOBS))
    model = load(net)
    assert model.weights
    assert model.origin == File(str(net), "caffe", str(beside))
    np.testing.assert_array_equal(model.weights["c.bias"], BLOBS["c"][1])
    assert load(net, (2, 5, 5)).weights is None  # what is fully connected has other weights then
    assert load(net, (2, 4, 4)).weights
    beside.write_bytes(b"\x00" * 9)
    with pytest.raises(FileError, match=r"\.caffemodel is no caffemodel") as caught:
        load(net)
    assert caught.value.where == f"{beside}, which is read since it lies beside {net}"
    assert "begins no field of protobuf" in caught.value.why
    net.write_text("]")
    with pytest.raises(FileError) as first:
        load(net)
    assert first.value.where == f"{net}, line 1"


def test_a_file_that_changes_is_not_read(net: Path) -> None:
    model = _with(net, caffemodel(BLOBS))
    path = net.with_name("w.caffemodel")
    path.write_bytes(path.read_bytes() + b"\x00")
    with pytest.raises(FileError, match="has changed since"):
        model.weights["c.bias"]


@pytest.mark.parametrize(
    ("blobs", "says"),
    [
        ({"c": None}, "layer 'c' has no blobs there"),
        ({"c": BLOBS["c"][:1]}, "layer 'c' has 1 blobs there, and needs 2"),
        ({"c": [_arange(3, 2, 5, 3), _arange(3)]}, "blob 0 of layer 'c' is 3x2x5x3 there, and 3x2"),
        ({"f": [_arange(5, 12), _arange(5)]}, "blob 0 of layer 'f' is 5x12 there, and 12x5"),
        ({"n": BLOBS["n"][:2]}, "layer 'n' has 2 blobs there, and needs 3"),
        ({"s": [_arange(3), _arange(4)]}, "blob 1 of layer 's' is 4 there, and 3"),
    ],
)  # fmt: skip
def test_weights_of_another_network(net: Path, blobs: dict[str, Any], says: str) -> None:
    held = {name: each for name, each in {**BLOBS, **blobs}.items() if each}
    with pytest.raises(FileError) as caught:
        _with(net, caffemodel(held))
    assert says in caught.value.what
    assert str(net.with_name("w.caffemodel")) in caught.value.where


def test_numbers_that_are_none(net: Path) -> None:
    model = _with(
        net, caffemodel({**BLOBS, "c": [np.full((3, 2, 3, 3), np.inf, np.float32), BLOBS["c"][1]]})
    )
    with pytest.raises(FileError, match="no finite numbers"):
        model.weights["c.weight"]
    short = field(1, b"c") + field(7, blob(BLOBS["c"][0])[:-8])
    with pytest.raises(HenetArchError):
        _with(net, field(100, short) + caffemodel(BLOBS))


def test_blobs_alone_belong_to_a_prototxt(tmp_path: Path) -> None:
    (tmp_path / "w.caffemodel").write_bytes(caffemodel(BLOBS))
    with pytest.raises(FileError, match="holds weights, and not how the layers are connected"):
        ha.with_weights(ha.load("henet-r2"), tmp_path / "w.caffemodel")


def _text(number: int, text: str) -> bytes:
    return field(number, text.encode())


def _whole(*layers: bytes) -> bytes:
    """A caffemodel with settings: a network's name, an input and layers."""
    dims = b"".join(field(4, size) for size in (1, 2, 4, 4))
    return _text(1, "whole") + _text(3, "d") + dims + b"".join(layers)


def test_a_caffemodel_alone(tmp_path: Path) -> None:
    path = tmp_path / "whole.caffemodel"
    conv = field(1, 3) + field(4, 3) + field(3, 1)
    path.write_bytes(
        _whole(
            field(100, _text(1, "c") + _text(2, "Convolution") + _text(3, "d") + _text(4, "c")
                  + field(106, conv) + b"".join(field(7, blob(b)) for b in BLOBS["c"])),
            field(100, _text(1, "r") + _text(2, "ReLU") + _text(3, "c") + _text(4, "c")
                  + field(123, varint(1 << 3 | 5) + np.float32(0.25).tobytes())),
            field(100, _text(1, "x") + _text(2, "Dropout") + _text(3, "c") + _text(4, "c")
                  + field(8, field(1, 0))),
        )
    )  # fmt: skip
    model = ha.load(path)
    assert [(n.name, n.layer.kind) for n in model.graph] == [
        ("d", "input"), ("c", "conv2d"), ("r", "leaky_relu"),
    ]  # fmt: skip
    assert model.graph["r"].layer.attributes() == {"negative_slope": 0.25}
    assert model.graph["c"].because[0].source == "whole.caffemodel"
    assert model.graph.name == "whole"
    assert input_names(path) == ["d"]
    np.testing.assert_array_equal(model.weights["c.weight"], BLOBS["c"][0])  # type: ignore[index]


def test_a_caffemodel_of_2014_alone(tmp_path: Path) -> None:
    path = tmp_path / "old.caffemodel"
    pool = field(1, 1) + field(2, 3) + field(3, 2)
    layer = _text(2, "d") + _text(3, "p") + _text(4, "pool") + field(5, 17) + field(19, pool)
    first = _text(2, "p") + _text(3, "r") + _text(4, "relu") + field(5, 18)
    weights = field(2, _text(4, "c") + field(5, 4) + _text(2, "r") + _text(3, "c")
                    + field(10, field(1, 3) + field(4, 1))
                    + field(6, blob(_arange(3, 2, 1, 1), legacy=True))
                    + field(6, blob(_arange(3), legacy=True)))  # fmt: skip
    path.write_bytes(_whole(field(2, layer), field(2, first), weights))
    graph = ha.load(path).graph
    assert [n.layer.kind for n in graph] == ["input", "avg_pool2d", "relu", "conv2d"]
    field_13 = field(2, layer[:-len(field(19, pool))] + field(19, pool + field(13, 1)))  # fmt: skip
    path.write_bytes(_whole(field_13, field(2, first), weights))
    with pytest.raises(FileError, match="field 13 of pooling_param is round_mode in BVLC"):
        ha.load(path)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff" * 20,
        b"\x00\x00",
        field(100, _text(1, "c")),
        varint(100 << 3 | 2) + varint(2 << 30),
        varint(100 << 3 | 2) + varint(2**63),
        field(100, field(7, varint(5 << 3 | 2) + varint(2**31))),
        field(100, field(7, field(7, field(1, varint(2**62) * 4)) + field(5, b"1234"))),
        field(100, field(7, field(7, field(1, b"\x01" * 1000)))),
        field(100, field(7, field(5, b"123"))),
        field(100, field(7, varint(5 << 3 | 1) + b"12345678")),
        b"\x0b" * 1000,
    ],
)
def test_what_is_no_caffemodel(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "w.caffemodel"
    path.write_bytes(content)
    with pytest.raises(FileError) as caught:
        read_caffemodel(path)
    assert str(path) in str(caught.value)


def test_many_small_fields_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "w.caffemodel"
    monkeypatch.setattr("henet_arch.importers._caffe.wire._MOST_FIELDS", 1000)
    path.write_bytes(b"\x08\x01" * 1001)
    with pytest.raises(FileError, match="more than 1,000 fields"):
        read_caffemodel(path)


def test_many_numbers_one_by_one_take_no_long_time(tmp_path: Path) -> None:
    path = tmp_path / "w.caffemodel"
    start = time.process_time()
    values = np.zeros(2_000_000, np.float32)
    path.write_bytes(caffemodel({"a": [values]}, packed=False))
    assert read_caffemodel(path).layers["a"][0].count == 2_000_000
    assert time.process_time() - start < 5


@given(st.data())
def test_any_bytes_are_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    content = bytearray(caffemodel(BLOBS, packed=data.draw(st.booleans())))
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    folder = tmp_path_factory.mktemp("bytes")
    (folder / "net.prototxt").write_text(NET)
    (folder / "net.caffemodel").write_bytes(bytes(content))
    try:
        model = load(folder / "net.prototxt")
        assert model.weights
        for name, values in model.weights.items():
            assert values.shape == tensors_of(model.graph)[name]
            assert np.isfinite(values).all()
    except HenetArchError as error:
        assert len(str(error)) < 2000


def test_random_blobs_fit_every_network(tmp_path: Path) -> None:
    for index, text in enumerate((caffe_nets.V1, caffe_nets.henet(), caffe_nets.shufflenet())):
        path = tmp_path / f"{index}.prototxt"
        path.write_text(text)
        content = caffemodel(random_blobs(imported(path)), old=index == 0)
        path.with_suffix(".caffemodel").write_bytes(content)
        model = load(path)
        assert model.weights
        assert {k: v.shape for k, v in model.weights.items()} == tensors_of(model.graph)
