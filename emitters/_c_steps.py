"""Each step of a plan as one function of C, with all its sizes as numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import groupby

from ..dims import show
from ..lowering.blocking import COMPONENTS, blocks, inside, lane_width, tiles, weight_count
from ..lowering.layout import rounded
from ..lowering.plan import Plan
from ..lowering.program import Step
from ..lowering.scratch import packed, transformed
from ..lowering.sweep import Sweep, sweep
from ..lowering.zeros import source_row
from ._c_finish import Finishing
from ._c_tables import Tables


@dataclass
class Kernels:
    """What the functions of all steps need: tables, and kernels that they share."""

    tables: Tables = field(default_factory=Tables)
    sweeps: set[tuple[int, str]] = field(default_factory=set)
    """Rows of the block, and how it ends."""
    finishes: dict[str, str] = field(default_factory=dict)
    """From a finish's name to its macro."""
    parts: set[str] = field(default_factory=set)
    """Which of the files of C are needed."""
    largest: set[str] = field(default_factory=set)
    rows: set[str] = field(default_factory=set)
    """Finishes of rows that Winograd has made."""

    def sweep(self, size: int, finishing: Finishing) -> str:
        """The name of the kernel for a block of `size` channels."""
        self.finish(finishing)
        self.sweeps.add((size, finishing.name))
        return f"sweep{size}_{finishing.name}"

    def finish(self, finishing: Finishing) -> None:
        self.finishes.setdefault(finishing.name, finishing.macro())


class Writer:
    """Writes one step."""

    def __init__(self, plan: Plan, step: Step, kernels: Kernels) -> None:
        self.plan, self.step, self.kernels = plan, step, kernels
        self.finishing = Finishing(plan, step)
        self.found = sweep(step)
        self.row = plan.layout.rows[step.name]
        self.row_in = source_row(plan.layout, step)
        self.planes = [plan.offset(plane) for plane in step.source.planes]
        self.size = step.size[0] * self.row

    @property
    def swept(self) -> Sweep:
        assert self.found
        return self.found

    @property
    def ends(self) -> str:
        """The table of the places where each channel is stored and loaded."""
        places = [place for channel in self.finishing.places for place in channel]
        return self.kernels.tables.name(places)

    @property
    def kept(self) -> str:
        """The table that says which elements of a row are its own."""
        columns = [-1] * self.step.size[1] + [0] * (self.row - self.step.size[1])
        repeated = columns * (1 + 64 // self.row + 1)
        return self.kernels.tables.name(repeated[: self.row + 64])

    def table(self, values: list[int]) -> str:
        return self.kernels.tables.name(values)

    def lines(self) -> Iterator[str]:
        """The body of the step's function."""
        yield from _BODIES[self.plan.choices[self.step.name].kernel](self)
        yield from self.clears()

    def clears(self) -> Iterator[str]:
        """Zeros around what was stored, where someone reads them."""
        stores = zip(self.plan.program.stored[self.step.name], self.finishing.stores(), strict=True)
        single = self.plan.choices[self.step.name].kernel in ("lanes", "mean")
        for point, place in stores:
            lying = self.plan.layout.points[self.step.name, point]
            first = 1 if single else lying.length
            if first < lying.plane or lying.lead:
                self.kernels.parts.add("moves.h")
                yield (
                    f"clear(ws, {self.ends} + {place}, {self.finishing.every}, "
                    f"{self.step.channels}, {first}, {lying.plane}, {lying.lead});"
                )

    def taps(self) -> list[int]:
        """How far each tap reads from the element at the output's place, phase by phase."""
        found = self.swept
        plane = packed(found, self.row).plane if found.packed else 0
        return [t.phase * plane + t.row * self.row + t.column for t in found.taps]


def _copy(w: Writer) -> Iterator[str]:
    w.kernels.parts.add("moves.h")
    height, width = w.step.size
    yield f"for (int c = 0; c < {w.step.channels}; c++)"
    yield f"    copy_in(input + {height * width} * c, ws + {w.ends}[c], {height}, {width}, {w.row});"


def _mean(w: Writer) -> Iterator[str]:
    w.kernels.parts.add("mean.h")
    height, width = w.step.source.size
    yield f"for (int c = 0; c < {w.step.channels}; c++) {{"
    yield (
        f"    float y = mean(ws + {w.table(w.planes)}[c], {height * w.row_in}, "
        f"1.0f / {height * width});"
    )
    yield w.finishing.on_one("    ").replace("ends[", f"{w.ends}[")
    yield "}"


def _lanes(w: Writer) -> Iterator[str]:
    w.kernels.parts.add("lanes.h")
    found, width = w.swept, lane_width(w.swept.outputs)
    columns = found.window.kernel[1]
    pad, dilation = found.window.padding, found.window.dilation
    taps = [
        (i // columns * dilation[0] - pad[0]) * w.row_in + i % columns * dilation[1] - pad[1]
        for i in inside(found)
    ]
    count = width * found.inputs * len(taps)
    yield f"const float *bias = weights + {count * found.groups};"
    yield f"float outputs[{rounded(width) + 64}];"
    yield f"for (int g = 0; g < {found.groups}; g++) {{"
    yield (
        f"    lanes(ws, {w.table(w.planes)} + {found.inputs} * g, {found.inputs}, "
        f"{w.table(taps or [0])}, {len(taps)}, weights + {count} * g, bias + {width} * g, {width}, "
        f"outputs, {found.outputs});"
    )
    yield f"    for (int o = 0; o < {found.outputs}; o++) {{"
    yield f"        const int c = {found.outputs} * g + o;"
    yield "        float y = outputs[o];"
    yield w.finishing.on_one("        ").replace("ends[", f"{w.ends}[")
    yield "    }"
    yield "}"


def _packing(w: Writer, fill: str) -> Iterator[str]:
    """Copy the phases of a group's planes to the scratch."""
    w.kernels.parts.add("pack.h")
    found, room = w.swept, packed(w.swept, w.row)
    base = w.plan.scratch[w.step.name] + room.lead
    down, across = found.window.stride
    phases = len(found.phases)
    yield f"for (int i = 0; i < {found.inputs}; i++) {{"
    yield f"    const float *plane = ws + {w.table(w.planes)}[{found.inputs} * g + i];"
    yield f"    float *phase = ws + {base} + {phases * room.plane} * i;"
    left = dict(enumerate(found.phases))
    while left:
        index, (y, x) = next(iter(left.items()))
        del left[index]
        height, width = found.phase_size(index)
        start = f"plane + {y * w.row_in + x}, {w.row_in}, {down}, "
        end = f"{w.row}, {room.plane}, {fill});"
        if across == 2 and x == 0 and left.get(index + 1) == (y, 1):
            _, other = found.phase_size(index + 1)
            del left[index + 1]
            yield (
                f"    pack_pair({start}phase + {index * room.plane}, {height}, {width}, {other}, {end}"
            )
        else:
            yield f"    pack({start}{across}, phase + {index * room.plane}, {height}, {width}, {end}"
    yield "}"


def _sources(w: Writer, fill: str) -> tuple[list[str], list[str], str]:
    """Lines before the groups and in each of them, and where a group's planes are."""
    found = w.swept
    if not found.packed:
        return [], [], f"{w.table(w.planes)} + {found.inputs} * g"
    room = packed(found, w.row)
    start = w.plan.scratch[w.step.name]
    apart = len(found.phases) * room.plane
    places = [start + room.lead + apart * i for i in range(found.inputs)]
    before = [f"fill(ws + {start}, {room.lead}, {fill});"] if room.lead else []
    return before, list(_packing(w, fill)), w.table(places)


def _direct(w: Writer) -> Iterator[str]:
    w.kernels.parts |= {"moves.h", "sweeps.h"}
    found, taps = w.swept, w.taps()
    before, inside_group, planes = _sources(w, "0")
    total = found.inputs * len(taps)
    every, ends = w.finishing.every, w.ends
    yield f"const float *bias = weights + {total * found.groups * found.outputs};"
    yield f"int at[{total}];"
    yield from before
    yield f"for (int g = 0; g < {found.groups}; g++) {{"
    yield from _indented(inside_group)
    yield f"    gather(at, {planes}, {found.inputs}, {w.table(taps)}, {len(taps)});"
    yield f"    const int *to = {ends} + {found.outputs * every} * g;"
    for size, many in _runs(found.outputs):
        kernel = w.kernels.sweep(size, w.finishing)
        call = (
            f"{kernel}(ws, ws, at, {total}, weights, bias, to, {w.kept}, {w.row}, {w.size});",
            f"weights += {total * size}, bias += {size}, to += {size * every};",
        )
        yield from _repeated(many, call)
    yield "}"


def _largest(w: Writer) -> Iterator[str]:
    w.kernels.parts |= {"moves.h", "largest.h"}
    w.kernels.finish(w.finishing)
    w.kernels.largest.add(w.finishing.name)
    found, taps = w.swept, w.taps()
    before, inside_group, planes = _sources(w, "-INFINITY")
    yield f"int at[{len(taps)}];"
    yield from before
    yield f"for (int g = 0; g < {found.groups}; g++) {{"
    yield from _indented(inside_group)
    yield f"    gather(at, {planes}, 1, {w.table(taps)}, {len(taps)});"
    yield (
        f"    largest_{w.finishing.name}(ws, ws, at, {len(taps)}, 0, 0, "
        f"{w.ends} + {w.finishing.every} * g, {w.kept}, {w.row}, {w.size});"
    )
    yield "}"


def _winograd(w: Writer) -> Iterator[str]:
    w.kernels.parts |= {"moves.h", "sweeps.h", "winograd.h"}
    w.kernels.finish(w.finishing)
    w.kernels.rows.add(w.finishing.name)
    found, room = w.swept, transformed(w.swept, w.row)
    columns, pad = found.window.kernel[1], found.window.padding
    taps = found.inputs * columns
    apart, products = found.inputs * room.inputs, room.outputs
    count = COMPONENTS * taps * found.outputs
    at = [
        i * room.inputs + k * found.window.dilation[1] - pad[1]
        for i in range(found.inputs)
        for k in range(columns)
    ]
    yield f"const float *bias = weights + {count * found.groups};"
    yield f"float *in = ws + {w.plan.scratch[w.step.name] + room.lead};"
    yield f"float *products = ws + {w.plan.scratch[w.step.name] + room.products_at};"
    yield f"float *rows = ws + {w.plan.scratch[w.step.name] + room.rows_at};"
    if room.lead:
        yield f"for (int i = 0; i < {COMPONENTS * found.inputs}; i++)"
        yield f"    for (int x = -{room.lead}; x < 0; x++)"
        yield f"        in[{room.inputs} * i + x] = 0;"
    yield f"for (int g = 0; g < {found.groups}; g++)"
    all_tiles = tiles(found)
    yield f"for (int first = 0; first < {all_tiles}; first += {room.at_once}) {{"
    yield (
        f"    const int tiles = {all_tiles} - first < {room.at_once} ? "
        f"{all_tiles} - first : {room.at_once};"
    )
    yield f"    const int height = {w.step.size[0]} - 4 * first < 4 * tiles ? {w.step.size[0]} - 4 * first : 4 * tiles;"
    yield f"    const float *w = weights + {count} * g;"
    yield f"    const int *planes = {w.table(w.planes)} + {found.inputs} * g;"
    yield f"    for (int i = 0; i < {found.inputs}; i++)"
    yield (
        f"        tiles_in(ws + planes[i], in + {room.inputs} * i, {apart}, first, tiles, {pad[0]}, "
        f"{found.size_in[0]}, {w.row}, ws);"
    )
    yield f"    int o = {found.outputs} * g;"
    for size, many in _runs(found.outputs):
        w.kernels.sweeps.add((size, ""))
        to = w.table([products * COMPONENTS * o for o in range(size)])
        lines = [
            f"for (int k = 0; k < {COMPONENTS}; k++, w += {taps * size})",
            f"    sweep{size}(in + {apart} * k, products + {products} * k, {w.table(at)}, {taps}, w, "
            f"none, {to}, 0, {w.row}, {w.row} * tiles);",
            f"for (int c = 0; c < {size}; c++, o++) {{",
            f"    rows_{w.finishing.name}(products + {products * COMPONENTS} * c, {products}, rows, "
            f"ws + 4 * {w.row} * first, tiles, height, bias + o, {w.ends} + {w.finishing.every} * o, "
            f"{w.kept}, {w.row});",
            "}",
        ]
        yield from _repeated(many, lines)
    yield "}"


_BODIES: dict[str, Callable[[Writer], Iterator[str]]] = {
    "copy": _copy,
    "mean": _mean,
    "lanes": _lanes,
    "direct": _direct,
    "depthwise": _direct,
    "largest": _largest,
    "winograd": _winograd,
}


def _runs(outputs: int) -> list[tuple[int, int]]:
    """Sizes of blocks, and how many there are of each."""
    return [(size, len(list(same))) for size, same in groupby(blocks(outputs))]


def _repeated(many: int, lines: Iterable[str]) -> Iterator[str]:
    if many == 1:
        yield from _indented(lines)
        return
    yield f"    for (int b = 0; b < {many}; b++) {{"
    yield from _indented(_indented(lines))
    yield "    }"


def _indented(lines: Iterable[str]) -> list[str]:
    return [f"    {line}" for line in lines]


def function(plan: Plan, step: Step, kernels: Kernels, name: str) -> str:
    """The step as a function `name`, which takes what `reads` says and the workspace."""
    writer = Writer(plan, step, kernels)
    body = "\n".join(_indented(writer.lines()))
    read = reads(plan, step)
    first = f"const float *{read}, " if read else ""
    return f"/* {described(plan, step)} */\nstatic void {name}({first}float *ws)\n{{\n{body}\n}}\n"


def reads(plan: Plan, step: Step) -> str:
    """What a step reads beside its maps: the caller's `input`, its `weights`, or nothing."""
    if not step.node.inputs:
        return "input"
    return "weights" if weight_count(step, plan.choices[step.name]) else ""


def described(plan: Plan, step: Step) -> str:
    """One line: what the step computes, and with which kernel."""
    named = [step.name, *([step.norm.name] if step.norm else [])]
    named += [finish.node.name for finish in step.finishes]
    made = show((step.channels, *step.size))
    return f"{', '.join(dict.fromkeys(named))}: {made}, {plan.choices[step.name].kernel}"
