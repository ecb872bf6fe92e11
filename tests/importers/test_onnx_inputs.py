"""Open sizes of several inputs of an ONNX file."""

from __future__ import annotations

from pathlib import Path

import pytest

import henet_arch as ha
from henet_arch.support.errors import InputShapeError

onnx = pytest.importorskip("onnx")


@pytest.fixture
def added(tmp_path: Path) -> Path:
    """Two maps of one open height and width, added."""
    helper, floats = onnx.helper, onnx.TensorProto.FLOAT
    inputs = [
        helper.make_tensor_value_info(name, floats, ["n", 3, "h", "w"]) for name in ("a", "b")
    ]
    output = helper.make_tensor_value_info("c", floats, ["n", 3, "h", "w"])
    graph = helper.make_graph([helper.make_node("Add", ["a", "b"], ["c"])], "g", inputs, [output])
    path = tmp_path / "added.onnx"
    onnx.save(helper.make_model(graph), path)
    return path


def test_one_open_size_is_the_same_wherever_it_stands(added: Path) -> None:
    model = ha.load(added, {"a": (3, 8, 9), "b": (3, 8, 9)})
    assert [node.shape for node in model.graph if not node.inputs] == [(3, 8, 9)] * 2
    assert ha.load(added, {"a": (3, 8, 9)}).graph == model.graph
    with pytest.raises(InputShapeError, match="the size h is 8 and 9") as caught:
        ha.load(added, {"a": (3, 8, 8), "b": (3, 9, 8)})
    assert caught.value.where == "the input b"
