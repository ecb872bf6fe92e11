"""Random networks of declared blocks, each line with what PyTorch does for it.

A line's text and its meaning are drawn side by side, so that nothing here reads the language.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import torch
from hypothesis import strategies as st
from torch import Tensor

F = torch.nn.functional

Numbers = Mapping[str, Any]
Meaning = Callable[["Scope"], Tensor]


@dataclass
class Scope:
    """A block as PyTorch runs it."""

    prefix: str
    """The names of its layers begin so."""
    numbers: dict[str, Any]
    weights: Mapping[str, Tensor]
    values: dict[str, Tensor]
    before: Mapping[str, Tensor] | None = None

    def parameter(self, layer: str, name: str) -> Tensor | None:
        return self.weights.get(f"{self.prefix}{layer}.{name}")


class Number(NamedTuple):
    """An expression and its value."""

    text: str
    of: Callable[[Numbers], int]


class Condition(NamedTuple):
    """The same of a truth; no text where it always holds."""

    text: str
    of: Callable[[Numbers], bool]


class DrawnLine(NamedTuple):
    """A line of a block."""

    name: str
    text: str
    run: Callable[[Scope], None]


@dataclass
class DrawnNetwork:
    """A spec file, and the network that it is."""

    keys: dict[str, Any]
    own: str
    """The number `wide` of the block."""
    lines: list[DrawnLine]
    wide: Callable[[Numbers], int]
    first_stride: bool
    """Whether the first block of a stage has the stage's stride."""
    text: str = field(init=False)

    def __post_init__(self) -> None:
        stride = "stride = stride if first else 1" if self.first_stride else "stride = 1"
        keys = "".join(f"{key} = {_toml(value)}\n" for key, value in self.keys.items())
        lines = "".join(f"{line.text}\n" for line in self.lines)
        self.text = (
            f"{keys}\nnetwork = '''\n"
            "stem, act = conv(channels[0], 3, bias=bias), relu\n"
            "stage = stage for channels\n"
            "pool, flatten, fc = global_pool, flatten, linear(classes)\n'''\n"
            f"\n[blocks.stage]\nlayers = '''\nblock = unit({stride}) times repeat\n'''\n"
            f"\n[blocks.unit]\nwide = \"{self.own}\"\nlayers = '''\n"
            f"none = relu when wide < 0\n{lines}'''\n"
            "\n[blocks.projection]\nlayers = '''\n"
            "conv, bn = conv(C, stride=stride), norm\n'''\n"
        )

    def place(self, index: int) -> int:
        """The line of the file, from 1 on, on which a line of the block stands."""
        before = self.text.index("[blocks.unit]")
        return self.text.count("\n", 0, before) + 5 + index

    def reference(self, x: Tensor, weights: Mapping[str, Tensor]) -> Tensor:
        """What PyTorch gives for an image."""
        stem = Scope("", {}, weights, {"in": x})
        x = F.relu(_convolved(stem, "stem", x, 1, 1))
        for stage, (width, repeats, stride) in enumerate(
            zip(*(self.keys[key] for key in ("channels", "repeats", "strides")), strict=True), 1
        ):
            before: Mapping[str, Tensor] | None = None
            for number in range(1, repeats + 1):
                step = stride if self.first_stride and number == 1 else 1
                known = {"C": width, "Cin": x.shape[1], "stage": stage, "number": number,
                         "first": number == 1, "stride": step, "bias": self.keys["bias"],
                         "growth": self.keys["growth"]}  # fmt: skip
                known["wide"] = self.wide(known)
                scope = Scope(f"stage{stage}.block{number}.", known, weights, {"in": x}, before)
                for line in self.lines:
                    line.run(scope)
                x = scope.values[self.lines[-1].name]
                before = scope.values
        return _linear(stem, "fc", x.mean((2, 3)))


def _toml(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _convolved(scope: Scope, name: str, x: Tensor, stride: int, groups: int) -> Tensor:
    weight = scope.parameter(name, "weight")
    assert weight is not None
    half = (weight.shape[-1] - 1) // 2
    return F.conv2d(x, weight, scope.parameter(name, "bias"), stride, half, 1, groups)


def _linear(scope: Scope, name: str, x: Tensor) -> Tensor:
    weight = scope.parameter(name, "weight")
    assert weight is not None
    return F.linear(x, weight, scope.parameter(name, "bias"))


def _normed(scope: Scope, name: str, x: Tensor) -> Tensor:
    return F.batch_norm(
        x,
        scope.parameter(name, "running_mean"),
        scope.parameter(name, "running_var"),
        scope.parameter(name, "weight"),
        scope.parameter(name, "bias"),
    )


def _shuffled(x: Tensor, groups: int) -> Tensor:
    count, channels, height, width = x.shape
    return (
        x.reshape(count, groups, channels // groups, height, width).transpose(1, 2).reshape(x.shape)
    )


def nearest(width: int) -> tuple[int, int]:
    """m and n by a search of its own."""
    n = max(n for n in range(1, width) if width % n == 0 and n < width // n)
    return width // n, n


ALWAYS = Condition("", lambda _: True)
CONDITIONS = (
    ALWAYS,
    ALWAYS,
    Condition("first", lambda n: bool(n["first"])),
    Condition("not first", lambda n: not n["first"]),
    Condition("stage == 1", lambda n: n["stage"] == 1),
    Condition("number >= 2 or bias", lambda n: n["number"] >= 2 or n["bias"]),
    Condition("growth > 2 and stride == 1", lambda n: n["growth"] > 2 and n["stride"] == 1),
    Condition("C != Cin", lambda n: bool(n["C"] != n["Cin"])),
)
WIDTHS = (
    Number("C", lambda n: int(n["C"])),
    Number("2 * C", lambda n: int(2 * n["C"])),
    Number("C / 2", lambda n: int(n["C"] // 2)),
    Number("wide", lambda n: int(n["wide"])),
    Number("C + growth", lambda n: int(n["C"] + n["growth"])),
    Number("max(C // 3, 4)", lambda n: max(int(n["C"]) // 3, 4)),
    Number("C if first else C + 2", lambda n: int(n["C"] + 2 * (not n["first"]))),
)
OWN = (
    Number("growth * C", lambda n: int(n["growth"] * n["C"])),
    Number("round_to(1.5 * Cin, 4)", lambda n: _rounded(3 * n["Cin"], 4)),
    Number("C - C % 3 + 1", lambda n: int(n["C"] - n["C"] % 3 + 1)),
)
FUNCTIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "relu": F.relu,
    "relu6": F.relu6,
    "hardswish": F.hardswish,
    "silu": F.silu,
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
}


def _rounded(twice: int, unit: int) -> int:
    """The multiple of `unit` nearest to half of `twice`, the upper of two, never 10 % below."""
    below = twice // 2 // unit * unit
    nearest_one = below if twice - 2 * below < unit else below + unit
    result = max(unit, nearest_one)
    return result + unit if 20 * result < 9 * twice else result


class _Block:
    """Draws the lines of a block one after another."""

    def __init__(self, draw: st.DrawFn) -> None:
        self.draw = draw
        self.lines: list[DrawnLine] = []
        self.last = "in"
        self.strided = {"in"}
        """The values that are as large as the block's input."""
        self.square: set[str] = set()
        """The values that have the stage's width."""

    def add(self, name: str, text: str, condition: Condition, source: str, of: Meaning) -> None:
        """A line that reads `source`, or passes it on."""
        explicit = source != self.last or self.draw(st.booleans())
        if "(" in text and text.startswith(("add", "concat", "multiply")):
            explicit = False
        text = f"{name} = {text}" + f" of {source}" * explicit
        text += f" when {condition.text}" * bool(condition.text)
        if self.draw(st.integers(0, 5)) == 0:
            text += "  # why: a reason [Table 1]"

        def run(scope: Scope) -> None:
            there = condition.of(scope.numbers)
            scope.values[name] = of(scope) if there else scope.values[source]

        self.lines.append(DrawnLine(name, text, run))
        self.last = name

    def source(self) -> str:
        """The line before, or any other."""
        names = ["in", *(line.name for line in self.lines)]
        return self.last if self.draw(st.integers(0, 3)) else self.draw(st.sampled_from(names))

    def same(self, name: str, source: str) -> None:
        """Note that a line has the shape of another."""
        for group in (self.strided, self.square):
            if source in group:
                group.add(name)


def _conv(block: _Block, name: str) -> None:
    draw, source = block.draw, block.source()
    width = draw(st.sampled_from(WIDTHS))
    kernel = draw(st.sampled_from((1, 3, 5)))
    strides = draw(st.booleans()) and source in block.strided
    given = [width.text, str(kernel)] if kernel > 1 or draw(st.booleans()) else [width.text]
    given += ["stride=stride"] * strides
    grouped = width.text == "C" and source in block.square and draw(st.booleans())
    given += [draw(st.sampled_from(("groups=m", "groups=m(C)")))] if grouped else []
    bias = draw(st.sampled_from(("", "bias=bias", "bias=false", "bias=not first")))
    given += [bias] if bias else []

    def of(scope: Scope) -> Tensor:
        groups = nearest(scope.numbers["C"])[0] if grouped else 1
        stride = scope.numbers["stride"] if strides else 1
        x = _convolved(scope, name, scope.values[source], stride, groups)
        assert x.shape[1] == width.of(scope.numbers)
        return x

    block.add(name, f"conv({', '.join(given)})", ALWAYS, source, of)
    if source in block.strided and not strides:
        block.strided.add(name)
    if width.text == "C":
        block.square.add(name)


def _pointwise(block: _Block, name: str) -> None:
    source, condition = block.source(), block.draw(st.sampled_from(CONDITIONS))
    function = block.draw(st.sampled_from(sorted(FUNCTIONS)))
    text = function if block.draw(st.booleans()) else f'activation("{function}")'
    block.add(name, text, condition, source, lambda s: FUNCTIONS[function](s.values[source]))
    block.same(name, source)


def _norm(block: _Block, name: str) -> None:
    source, condition = block.source(), block.draw(st.sampled_from(CONDITIONS))
    block.add(name, "norm", condition, source, lambda s: _normed(s, name, s.values[source]))
    block.same(name, source)


def _depthwise(block: _Block, name: str) -> None:
    source, condition = block.source(), block.draw(st.sampled_from(CONDITIONS))
    text = f"conv(kernel=3, groups=channels({source}), bias=false)"

    def of(scope: Scope) -> Tensor:
        x = scope.values[source]
        return _convolved(scope, name, x, 1, x.shape[1])

    block.add(name, text, condition, source, of)
    block.same(name, source)


def _pool(block: _Block, name: str) -> None:
    source = block.source()
    kind = block.draw(st.sampled_from(("max_pool", "avg_pool")))
    pool = F.max_pool2d if kind == "max_pool" else F.avg_pool2d
    text = f"{kind}(3, 1)"
    block.add(name, text, ALWAYS, source, lambda s: pool(s.values[source], 3, 1, 1))
    block.same(name, source)


def _shuffle(block: _Block, name: str) -> None:
    source = block.draw(st.sampled_from([*sorted(block.square), "in"]))
    if source == "in":
        return _pointwise(block, name)
    condition = block.draw(st.sampled_from(CONDITIONS))
    text = block.draw(st.sampled_from(("shuffle(m)", "shuffle(n)")))
    index = 0 if text == "shuffle(m)" else 1

    def of(scope: Scope) -> Tensor:
        return _shuffled(scope.values[source], nearest(scope.numbers["C"])[index])

    block.add(name, text, condition, source, of)
    return block.same(name, source)


def _slice(block: _Block, name: str) -> None:
    source = block.source()
    text = f"slice(channels({source}) // 2, channels({source}))"

    def of(scope: Scope) -> Tensor:
        x = scope.values[source]
        return x[:, x.shape[1] // 2 :]

    block.add(name, text, ALWAYS, source, of)
    if source in block.strided:
        block.strided.add(name)


def _excite(block: _Block, name: str) -> None:
    source, condition = block.source(), block.draw(st.sampled_from(CONDITIONS))
    text = f'squeeze_excite(max(channels({source}) // 4, 1), gate="hardsigmoid")'

    def of(scope: Scope) -> Tensor:
        x = scope.values[source]
        inner = Scope(f"{scope.prefix}{name}.", {}, scope.weights, {})
        means = F.relu(_convolved(inner, "conv1", x.mean((2, 3), keepdim=True), 1, 1))
        return x * F.hardsigmoid(_convolved(inner, "conv2", means, 1, 1))

    block.add(name, text, condition, source, of)
    block.same(name, source)


def _projection(block: _Block, name: str) -> None:
    """Another block, in the shape of a strided convolution to C."""

    def of(scope: Scope) -> Tensor:
        inner = Scope(f"{scope.prefix}{name}.", {}, scope.weights, {})
        stride = scope.numbers["stride"]
        return _normed(inner, "bn", _convolved(inner, "conv", scope.values["in"], stride, 1))

    block.add(name, "projection", ALWAYS, "in", of)
    block.square.add(name)


def _add(block: _Block, name: str) -> None:
    """The sum of two values where they have one shape."""
    names = ["in", *(line.name for line in block.lines)]
    one, other = block.draw(st.sampled_from(names)), block.draw(st.sampled_from(names))
    text = f"add({one}, {other}) when same_shape({one}, {other})"

    def of(scope: Scope) -> Tensor:
        a, b = scope.values[one], scope.values[other]
        return a + b if a.shape == b.shape else a

    block.add(name, text, ALWAYS, one, of)
    block.same(name, one)


def _concat(block: _Block, name: str) -> None:
    names = [*sorted(block.strided)]
    one, other = block.draw(st.sampled_from(names)), block.draw(st.sampled_from(names))

    def of(scope: Scope) -> Tensor:
        return torch.cat((scope.values[one], scope.values[other]), 1)

    block.add(name, f"concat({one}, {other})", ALWAYS, one, of)
    block.strided.add(name)


_LINES = (
    _conv, _conv, _conv, _pointwise, _norm, _depthwise, _pool, _shuffle, _slice, _excite,
    _projection, _add, _concat,
)  # fmt: skip


@st.composite
def block_networks(draw: st.DrawFn) -> DrawnNetwork:
    """Networks of which every line is valid for all of their numbers."""
    stages = draw(st.integers(1, 3))
    block = _Block(draw)
    for index in range(draw(st.integers(1, 7))):
        draw(st.sampled_from(_LINES))(block, f"y{index}")
    if draw(st.booleans()):
        _end_in_sum(block)
    elif draw(st.booleans()):
        _end_in_block_before(block)
    own = draw(st.sampled_from(OWN))
    keys = {
        "name": '"drawn"',
        "input": [draw(st.integers(1, 3)), draw(st.integers(8, 13)), draw(st.integers(8, 13))],
        "classes": draw(st.integers(1, 5)),
        "channels": [draw(st.sampled_from((6, 8, 12, 16))) for _ in range(stages)],
        "repeats": [draw(st.integers(0, 3)) for _ in range(stages)],
        "strides": [draw(st.integers(1, 2)) for _ in range(stages)],
        "growth": draw(st.integers(1, 3)),
        "bias": draw(st.booleans()),
    }
    drawn = DrawnNetwork(keys, own.text, block.lines, own.of, draw(st.booleans()))
    return _with_read_keys(drawn)


def _end_in_sum(block: _Block) -> None:
    """The last line added to the input, behind a projection where the shapes differ."""
    last, name = block.last, "y8"
    source = block.last
    text = "conv(C, 1)"
    block.add(name, text, ALWAYS, source, lambda s: _convolved(s, name, s.values[source], 1, 1))
    text = f"add({name}, {last}) when same_shape({name}, {last})"

    def of(scope: Scope) -> Tensor:
        a, b = scope.values[name], scope.values[last]
        return a + b if a.shape == b.shape else a

    block.add("sum", text, ALWAYS, name, of)


def _end_in_block_before(block: _Block) -> None:
    """The last line, as wide as the stage, and what the block before had there, joined."""
    source = block.last
    text = "conv(C, 1, bias=false)"
    block.add("y8", text, ALWAYS, source, lambda s: _convolved(s, "y8", s.values[source], 1, 1))
    text = "concat(y8, before.y8) when not first and stride == 1 and height(in) == height(y8)"

    def of(scope: Scope) -> Tensor:
        now, numbers = scope.values["y8"], scope.numbers
        as_large = scope.values["in"].shape[2] == now.shape[2]
        if numbers["first"] or numbers["stride"] != 1 or not as_large or scope.before is None:
            return now
        return torch.cat((now, scope.before["y8"]), 1)

    block.add("joined", text, ALWAYS, "y8", of)


def _with_read_keys(drawn: DrawnNetwork) -> DrawnNetwork:
    """The same without keys that no line reads, and with the rule for groups if one decides."""
    import re

    body = drawn.text[drawn.text.index("network") :]
    keys = dict(drawn.keys)
    if not re.search(r"\bgrowth\b", body):
        keys["growth"] = None
    if not re.search(r"\bstride if\b", body):
        keys["strides"] = None
    lines = {key: value for key, value in keys.items() if value is not None}
    if re.search(r"\b[mn]\b", body.partition("[blocks.unit]")[2]):
        lines["groups"] = '"nearest-divisors"'
    shown = "".join(f"{key} = {_toml(value)}\n" for key, value in lines.items())
    drawn.text = f"{shown}\n{body}"
    return drawn
