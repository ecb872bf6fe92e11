"""ONNX files that are nearly right: changed fields, and changed bytes."""

from __future__ import annotations

from functools import cache
from math import inf
from typing import Any

import numpy as np
import onnx
from fuzz.mutations import NUMBERS, WORDS, bytes_near
from hypothesis import strategies as st
from onnx import TensorProto, helper, numpy_helper

_PARTS = """
c = Conv<kernel_shape = [3, 3], pads = [1, 1, 1, 1], strides = [2, 2]>(image, w, b)
n = BatchNormalization(c, b, b, b, v)
r = Relu(n)
d = Conv<auto_pad = "SAME_UPPER", group = 4>(r, g)
s1, s2 = Split<axis = 1>(d, halves)
j = Concat<axis = 1>(s1, s2)
t = Reshape(j, five)
u = Transpose<perm = [0, 2, 1, 3, 4]>(t)
x = Reshape(u, four)
p = GlobalAveragePool(x)
q = HardSigmoid<alpha = 0.16666667>(p)
m = Mul(x, q)
z = Resize<mode = "nearest", coordinate_transformation_mode = "asymmetric",
           nearest_mode = "floor">(m, , scales)
o = MaxPool<kernel_shape = [2, 2], strides = [2, 2], ceil_mode = 1>(z)
l = Transpose<perm = [0, 2, 3, 1]>(o)
y = MatMul(l, square)
k = Add(y, row)
h = Transpose<perm = [0, 3, 1, 2]>(k)
e = Slice(h, zero, two, one)
a = Pad(e, pads)
sh = Shape(a)
first = Gather<axis = 0>(sh, index)
minus = Constant<value = int64[1] {-1}>()
flat = Concat<axis = 0>(first, minus)
f = Reshape(a, flat)
out = Gemm<transB = 1>(f, dense, ten)
"""
_SHAPES = {
    "w": (4, 3, 3, 3), "b": (4,), "v": (4,), "g": (4, 1, 3, 3), "square": (4, 4), "row": (4,),
    "dense": (10, 100), "ten": (10,),
}  # fmt: skip
_INTEGERS = {
    "halves": [2, 2], "five": [0, 2, 2, 4, 4], "four": [0, 4, 4, 4], "zero": [0], "two": [4],
    "one": [1], "pads": [0, 0, 0, 0, 0, 0, 1, 1], "index": [0],
}  # fmt: skip


@cache
def base() -> bytes:
    """A small network of many operators."""
    random = np.random.default_rng(0)
    tensors = [
        numpy_helper.from_array(_values(random, name, shape), name)
        for name, shape in _SHAPES.items()
    ]
    tensors += [
        numpy_helper.from_array(np.array(value, np.int64), name)
        for name, value in _INTEGERS.items()
    ]
    tensors.append(numpy_helper.from_array(np.array([1, 1, 2, 2], np.float32), "scales"))
    text = f"net (float[N,3,8,8] image) => (float[N,10] out) {{{_PARTS}}}"
    graph = onnx.parser.parse_graph(text)
    graph.initializer.extend(tensors)
    opsets = [helper.make_opsetid("", 17)]
    return bytes(helper.make_model(graph, opset_imports=opsets).SerializeToString())


def _values(random: np.random.Generator, name: str, shape: tuple[int, ...]) -> Any:
    """Signed numbers; a variance has none below 0."""
    values = random.standard_normal(shape).astype(np.float32)
    return np.abs(values) if name == "v" else values


_WHOLE = (
    *(n for n in NUMBERS if isinstance(n, int) and -(2**63) <= n < 2**63),
    *(2**63 - 1, -(2**63), -2, 2**31 - 1, 2**31 + 7, 2**60),
)
_TEXTS = (*WORDS, "../../etc/passwd", "/etc/passwd", "data.bin", "x", "image", "out", "c",
          "__import__('os')", "SAME_UPPER", "Conv", "If", "Loop", "ConstantOfShape", "Reshape",
          "Expand", "Tile", "Range", "Resize", "Einsum", "ij,jk->ik")  # fmt: skip
_MOST_PLACES = 4_000


def _places(message: Any, depth: int = 0) -> list[tuple[Any, Any]]:
    """Every field that is set, in a message and in those inside it."""
    result = []
    for field, value in message.ListFields():
        result.append((message, field))
        if field.message_type and depth < 6:
            inner = value if _is_list(field) else [value]
            for each in inner:
                result += _places(each, depth + 1)
    return result


def _is_list(field: Any) -> bool:
    return bool(getattr(field, "is_repeated", False))


@st.composite
def onnx_files(draw: st.DrawFn) -> bytes:
    """Bytes that are nearly an ONNX file."""
    content = base()
    kind = draw(st.sampled_from(("fields",) * 5 + ("bytes", "outside", "large")))
    if kind == "bytes":
        return draw(bytes_near(content))
    model = onnx.ModelProto.FromString(content)
    if kind == "outside":
        _outside(draw, model)
    if kind == "large":
        _large(draw, model)
    for _ in range(draw(st.integers(0 if kind != "fields" else 1, 4))):
        _change(draw, model)
    return bytes(model.SerializeToString())


def _change(draw: st.DrawFn, model: Any) -> None:
    """Change one field, or the list that it is."""
    places = _places(model)[:_MOST_PLACES]
    message, field = draw(st.sampled_from(places))
    name = field.name
    if not _is_list(field):
        if field.message_type:
            message.ClearField(name)
        else:
            setattr(message, name, _scalar(draw, field))
        return
    values = getattr(message, name)
    action = draw(st.sampled_from(("one", "one", "remove", "repeat", "swap", "many")))
    at = draw(st.integers(0, len(values) - 1))
    if action == "remove":
        del values[at]
    elif field.message_type:
        other = draw(st.integers(0, len(values) - 1))
        if action == "swap":
            held = type(values[at])()
            held.CopyFrom(values[at])
            values[at].CopyFrom(values[other])
            values[other].CopyFrom(held)
        else:
            values.add().CopyFrom(values[at])
    elif action == "many":
        values.extend([values[at]] * draw(st.sampled_from((2, 30, 70, 3000))))
    elif action == "repeat":
        values.append(values[at])
    else:
        values[at] = _scalar(draw, field)


def _scalar(draw: st.DrawFn, field: Any) -> Any:
    if field.cpp_type == field.CPPTYPE_ENUM:
        return draw(st.sampled_from([value.number for value in field.enum_type.values]))
    if field.cpp_type in (field.CPPTYPE_INT32, field.CPPTYPE_INT64):
        number = draw(st.sampled_from(_WHOLE) | st.integers(-3, 40))
        return number if field.cpp_type == field.CPPTYPE_INT64 else number % 2**31
    if field.cpp_type in (field.CPPTYPE_FLOAT, field.CPPTYPE_DOUBLE):
        return float(
            draw(st.sampled_from([n for n in NUMBERS if abs(n) < 1e38 or n in (inf, -inf)]))
        )
    text = draw(st.sampled_from(_TEXTS)).encode("utf-8", "replace").decode()
    return text if field.type == field.TYPE_STRING else text.encode()


def _outside(draw: st.DrawFn, model: Any) -> None:
    """Put the data of a tensor into a file, which may be of any name."""
    tensor = draw(st.sampled_from(list(model.graph.initializer)))
    tensor.data_location = TensorProto.EXTERNAL
    tensor.ClearField("raw_data")
    for key in ("location", "offset", "length"):
        entry = tensor.external_data.add()
        entry.key = key
        entry.value = (
            draw(st.sampled_from(_TEXTS)).encode("utf-8", "replace").decode()
            if key == "location"
            else str(draw(st.sampled_from(_WHOLE)))
        )


def _large(draw: st.DrawFn, model: Any) -> None:
    """Put a node that makes much of little in front of the others."""
    size = draw(st.sampled_from((2**20, 2**31, 2**40, 2**60)))
    graph = model.graph
    tensor = numpy_helper.from_array(np.array([size], np.int64), "size")
    graph.initializer.append(tensor)
    kind, inputs = draw(
        st.sampled_from(
            (
                ("ConstantOfShape", ["size"]),
                ("Expand", ["v", "size"]),
                ("Tile", ["v", "size"]),
                ("Range", ["zero0", "size", "one0"]),
                ("OneHot", ["zero", "size", "pads"]),
            )
        )
    )
    for name, value in (("zero0", 0), ("one0", 1)):
        graph.initializer.append(numpy_helper.from_array(np.array(value, np.int64), name))
    nodes = [helper.make_node(kind, inputs, ["much"])]
    if draw(st.booleans()):
        nodes.append(helper.make_node("Add", ["much", "much"], ["more"]))
    nodes += list(graph.node)
    del graph.node[:]
    graph.node.extend(nodes)
    if draw(st.booleans()):
        graph.node[-1].input[2] = "much"
