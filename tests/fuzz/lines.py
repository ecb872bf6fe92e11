"""Command lines of each command's own options: words that are right, nearly right and wrong."""

from __future__ import annotations

import string

from cli.commands import Parameter, commands, parameters
from fuzz.mutations import text_near
from hypothesis import strategies as st

from henet_arch import Spec, build, to_json

FILES: dict[str, str | bytes] = {
    "net.toml": "channels = [8, 16, 24]\nrepeats = 1\ninput = 15\n",
    "net.json": '{"family": "shufflenet", "channels": [4, 8], "repeats": [1], "input": 15}',
    "net.yaml": "family: mobilenet\nwidth: 0.1\ninput: 33\n",
    "graph.json": to_json(build(Spec(channels=(4, 8), repeats=1, input=9, name="graph"))),
    "bad.toml": "channels = [8, 16,",
    "empty.json": "",
    "machine.toml": 'name = "a"\npeak_gflops = 10\nbandwidth_gb_per_s = 2\n',
    "junk.safetensors": b"\x08\0\0\0\0\0\0\0{}      ",
    "image.svg": "<svg/>",
    "image.pgm": b"P5 2 2 255\n\x00\x80\xff\x01",
    "names.txt": "\n".join("abcdefghij"),
}
"""What lies in the folder where a command runs."""

_PATHS = (*FILES, "new.json", "new.csv", "new.svg", "new.html", "new", "none/new.json", ".", "-",
          "new.txt", "net.foo", "\x1b[2J.json", "x" * 300, "a\nb.md", "é.toml")  # fmt: skip
_SPECS = ("henet-r2", "shufflenet-r2", "lenet5", "net.toml", "net.json", "net.yaml", "graph.json",
          "bad.toml", "empty.json", "none.toml", "junk.safetensors", ".", "henet-r9",
          "resnet50")  # fmt: skip
_BY_NAME = {
    "family": ("henet", "shufflenet", "resnet", "lenet", "henet/shufflenet", "nope"),
    "layer": ("stage1", "stage1.block1", "stem.conv", "head.fc", "nowhere"),
    "padding": ("odd-resolution", "same", "valid"),
    "name": ("net", "a-b_c", "class", "9"),
    "device": ("cpu", "gpu", "none"),
    "convention": ("exact", "paper", "fvcore", "torch", "thop"),
    "analysis": ("receptive-field", "roofline", "mixing", "critical-path", "memory-timeline"),
    "target": ("torch", "c", "onnx"),
    "backend": ("eager", "c", "onnxruntime"),
    "init": ("kaiming", "gaussian"),
    "data": ("digits", "cifar10", "folder"),
    "schedule": ("quick", "paper"),
    "holdout": ("0.1", "0.5", "0", "1"),
    "mixup": ("0.2", "1", "0", "1e9"),
    "preprocessing": ("bytes", "unit", "imagenet", "nope"),
    "class_names": ("names.txt", "none.txt", "net.toml"),
    "resize": ("15", "40x50", "stretch", "1"),
    "pictures": ("image.pgm", "image.svg", ".", "none.pgm"),
    "jobs": ("1", "1", "0", "300"),
    "weights": ("junk.safetensors", "none.pt", "net.toml", "graph.json"),
    "compare": ("henet-r2", "net.toml", "none.toml"),
}  # fmt: skip
_BY_METAVAR = {
    "SOURCE": _SPECS,
    "SOURCE...": _SPECS,
    "A": (*_SPECS, "new.json"),
    "B": (*_SPECS, "new.json"),
    "C,C,...": ("24,48,96,192", "8,16", "4,8,12", "8"),
    "V,V,...": ("8..16:8,16", "8/16,24", "4..8"),
    "V[,V...]": ("1..3", "1", "1..2,2", "0/2"),
    "V": ("15", "15/31", "15..17"),
    "R[,R...]": ("1", "2,1,1", "0", "1,2"),
    "S[,S...]": ("2", "2,2,1,2", "1", "3"),
    "M[,M...]": ("0", "0.5,0.5,0.5", "127.5"),
    "K[,K...]": ("3", "5", "3,5,3,3", "4"),
    "SIZE": ("31", "15x31", "1x15x15", "8"),
    "N": ("1", "2", "10", "0", "100"),
    "BYTES": ("512KiB", "1M", "0"),
    "RULE": ("nearest-divisors", "depthwise", "dense", "1", "2"),
    "RULES": ("HA101", "HA1,HA3", "ALL", "HA999"),
    "NAME=VALUE": ("init=kaiming", "init=gaussian", "init=x", "folder=true", "init"),
    "KEY=VALUE": ("width=0.5", "last_width=next", "classes=7", "groups=2", "softmax=true"),
    "NAMES": ("C1", "C1,r,H", "K", "channels"),
    "NAME/NAME": ("henet", "henet/shufflenet"),
    "MEASURE=N": ("depth=20", "macs=10M", "params=1k"),
    "MEASURE,...": ("macs", "macs,depth", "none", "params"),
    "FORM": ("table", "json", "csv", "markdown", "html", "sarif", "text", "mermaid", "dot"),
    "FAMILY": ("henet", "lenet", "resnet"),
    "LAYER": ("stage1", "stem.conv"),
}
_WORD = st.text(string.printable, max_size=20) | st.text(max_size=8)
_EXTREME = ("", " ", "-", "--", "=", "-1", "1e9", "9" * 30, "x" * 5000, "٣", "nan", "\x1b[2J",
            "self=1", "__class__", "0x10", "1_000", "NaN", "../..", "%s", "\u202e")  # fmt: skip


def _right(parameter: Parameter) -> tuple[str, ...]:
    if parameter.choices:
        return parameter.choices
    if parameter.name in _BY_NAME:
        return _BY_NAME[parameter.name]
    if parameter.is_path:
        return _BY_METAVAR.get(parameter.metavar, _PATHS)
    return _BY_METAVAR.get(parameter.metavar, ("1", "0.5", "a"))


@st.composite
def _value(draw: st.DrawFn, parameter: Parameter) -> str:
    right = draw(st.sampled_from(_right(parameter)))
    kind = draw(st.sampled_from((*("right",) * 7, "near", "extreme", "any")))
    if kind == "near":
        return draw(text_near(right))
    if kind == "extreme":
        return draw(st.sampled_from(_EXTREME))
    return draw(_WORD) if kind == "any" else right


@st.composite
def _given(draw: st.DrawFn, parameter: Parameter) -> list[str]:
    """The words for one argument or option."""
    if not parameter.flag:
        return [draw(_value(parameter))]
    flag = parameter.flag
    if parameter.is_switch:
        no = f"--no-{flag[2:]}"
        return [draw(st.sampled_from((flag, flag, no, f"{flag}=1")))]
    value = draw(_value(parameter))
    return [f"{flag}={value}"] if draw(st.booleans()) else [flag, value]


_SLOW = frozenset({"scheduler", "tune"})
"""Options that wait for a network, or measure."""


@st.composite
def command_lines(draw: st.DrawFn, names: tuple[str, ...] = ()) -> list[str]:
    """A command with some of its arguments and options."""
    name = draw(st.sampled_from(names or tuple(commands())))
    known = [parameter for parameter in parameters(name) if parameter.name not in _SLOW]
    words = [name if draw(st.integers(0, 19)) else draw(_WORD)]
    for parameter in known:
        likely = 9 if parameter.required else 4 if not parameter.flag else 1
        if draw(st.integers(0, 9)) < likely:
            words += draw(_given(parameter))
    if draw(st.integers(0, 9)) == 0:
        at = draw(st.integers(1, len(words)))
        words.insert(at, draw(st.sampled_from(_EXTREME) | _WORD))
    return [word.replace("\0", "") for word in words]
