"""Prototxts and caffemodels that are nearly right, and what holds for them."""

from __future__ import annotations

import contextlib
import re
from functools import cache
from pathlib import Path

from fuzz.bounds import bounded, command, folder
from fuzz.mutations import bytes_near, text_near
from hypothesis import strategies as st
from importers import caffe_nets
from importers.caffemodels import caffemodel, random_blobs

import henet_arch as ha
from henet_arch.importers._caffe.build import build
from henet_arch.importers._caffe.files import imported
from henet_arch.importers._caffe.network import read_network
from henet_arch.importers._caffe.text import parse
from henet_arch.ir.tensors import tensors_of
from henet_arch.support.errors import HenetArchError

Example = tuple[str, bytes]
"""The text of a prototxt, and the caffemodel beside it or nothing."""

_VALUES = (
    "0", "-1", "1", "2", "3", "7", "1000", "2147483648", "9223372036854775808", "1e309", "nan",
    "0x7fffffff", "true", '"data"', '"conv1"', '"fc"', '"../../etc/passwd"', '"\\000"', "{ }", "[]",
    "[1, 2, 3]", "{ dim: 1 dim: 3 dim: 9223372036854775807 dim: 8 }", '"__import__(\'os\')"',
    "a {" * 40, "a { " * 100_000, "CONVOLUTION", "MAX", "99999999999999999999999999", '"x" "y"',
)  # fmt: skip
_WORDS = re.compile(r"(?<=: )\S+|[a-z_]+(?=:| \{)|\{ .*? \}")


def _small() -> str:
    """A net of most kinds of layers that fits together."""
    net = caffe_nets.Prototxt("small", (3, 12, 12))
    x = net.relu("relu1", net.norm("bn1", net.conv("conv1", "data", 6, 3, pad=1, group=3)))
    y = net.shuffle("shuffle", net.pool("pool", x, "AVE", 3, 2, 1), 3)
    z = net.pool("pool2", x, "MAX", 3, 2)
    z = net.layer("slice", "Slice", [z], "left", 'top: "right" slice_param { slice_point: 2 }')
    z = net.concat("concat", "left", "right", "right")
    y = net.layer("crop", "Crop", [y, z])
    x = net.add("sum", y, net.conv("conv2", z, 6, 1))
    net.layer("prob", "Softmax", [net.fc("fc", net.lrn("lrn", x), 5)])
    return net.text


@cache
def _texts() -> tuple[str, ...]:
    return _small(), caffe_nets.V1, caffe_nets.segmenter()


@cache
def _weights(text: str) -> bytes:
    with folder({"net.prototxt": text}):
        return caffemodel(random_blobs(imported(Path("net.prototxt"))))


@st.composite
def examples(draw: st.DrawFn) -> Example:
    """A network with a few words, lines or characters changed, and perhaps weights."""
    right = text = draw(st.sampled_from(_texts()))
    for _ in range(draw(st.integers(0, 3))):
        places = list(_WORDS.finditer(text))
        place = draw(st.sampled_from(places)) if places else None
        if place:
            other = draw(st.sampled_from(_VALUES) | st.sampled_from(places).map(lambda m: m[0]))
            text = text[: place.start()] + other + text[place.end() :]
    if draw(st.integers(0, 3)) == 0:
        text = draw(text_near(text))
    if draw(st.integers(0, 3)) == 0:
        lines = text.splitlines()
        at, to = draw(st.integers(0, len(lines))), draw(st.integers(0, len(lines)))
        text = "\n".join([*lines[:at], *lines[to : to + 8], *lines[at + draw(st.integers(0, 4)) :]])
    content = _weights(right) if draw(st.booleans()) else b""
    if content and draw(st.booleans()):
        content = draw(bytes_near(content))
    return text, content


def check(example: Example) -> None:
    """The network is right or refused: every weight has its shape, and its code is as analyzed."""
    text, content = example
    files: dict[str, str | bytes] = {"net.prototxt": text}
    if content:
        files["net.caffemodel"] = content
    with folder(files), bounded():
        tried(Path("net.prototxt"))
    with folder(files):
        command("lint", "net.prototxt")


def tried(path: Path) -> bool:
    """Whether the file holds a network, all of whose weights can be read.

    Raises:
        AssertionError: an error says too much, or a weight has another shape.
    """
    try:
        model = ha.load(path)
        for name, shape in tensors_of(model.graph).items() if model.weights else ():
            assert model.weights
            assert model.weights[name].shape == shape
        ha.analyze(model)
    except HenetArchError as error:
        assert len(str(error)) < 10_000
        assert str(error).isprintable() or "\n" in str(error)
        return False
    with contextlib.suppress(HenetArchError):
        assert "../" not in ha.emit(model.graph, "torch").text
    try:
        text = ha.emit(model.graph, "caffe").text
    except HenetArchError:
        return True
    written = build(read_network(parse(text)), "net.prototxt").graph
    assert [written[name].shape for name in written.outputs] == [
        model.graph[name].shape for name in model.graph.outputs
    ]
    return True
