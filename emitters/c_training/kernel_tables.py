"""The table of the kernels, and what belongs to it: norms, outputs, tiles, sizes of memory."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from math import prod

from ...ir.dims import Window
from ...ir.graph import Graph
from ...ir.tensors import tensors_of
from ...lowering.training.forward import Forward
from ...lowering.training.kernels import Convolution, Kernel, Pool, Sum
from ...lowering.training.plan import Plan
from ...lowering.training.values import Value
from ...support.limits import MOST_THREADS
from ..c.lines import number
from .names import parameters_of, running_of
from .shapes import Shape
from .tables import NONE, Rows, Tables
from .tiles import MOST, Tiles

_REGISTERS = (32, 16)
_RUN = 64
"""Places of a run of a sum."""


class KernelTables:
    """All tables of a step, filled kernel by kernel."""

    def __init__(self, plan: Plan, graph: Graph) -> None:
        self.plan, self.forward = plan, plan.forward
        self.tables = Tables(plan)
        self.tiles = {registers: Tiles(registers) for registers in _REGISTERS}
        self.parameters = {key: n for n, key in enumerate(parameters_of(graph))}
        self.running = {key: n for n, key in enumerate(running_of(graph))}
        self.bare = _read_bare(self.forward)
        self.moments: dict[int, int] = {}
        self.most_moments = 0
        for index in sorted({norm.map for norm in self.forward.norms}):
            self.moments[index] = self.most_moments
            self.most_moments += self.forward.maps[index].channels
        self.scratch = self.partials = self.biases = self.packed = 0
        self.most_taps = 1
        self.kernels = Rows("struct kernel", "kernels")
        self.normed = Rows("int", "normed")
        for kernel in self.forward.kernels:
            self._kernel(kernel)
        self.outputs, self.norms = self._outputs(), self._norms()
        self.sizes, self.cleared = self._sizes(graph), self._cleared()

    @property
    def constants(self) -> dict[str, int | str]:
        """What the code calls its sizes."""
        return {
            "KERNELS": len(self.forward.kernels),
            "OUTPUTS": len(self.forward.outputs),
            "BENDS": len(self.forward.bends),
            "NORMS": len(self.forward.norms),
            "MOMENTS": self.most_moments,
            "BIASES": self.biases,
            "PARAMETERS": len(self.parameters),
            "MOST_TAPS": self.most_taps,
            "MOST_ROWS": 64,
            "MOST_TILE": MOST,
            "MOST_SOON": 256,
            "RUN": _RUN,
            "MOST_THREADS": MOST_THREADS,
            "PLANES": f"{self.plan.memory.size}L",
            "PACKED": f"{self.packed + 16}L",
            "PARTIALS": f"{self.partials}L",
            "SCRATCH": f"{self.scratch + 16}L",
        }

    def text(self) -> str:
        """All tables as C."""
        after = (self.norms, self.normed, self.outputs, self.sizes, self.cleared)
        tables = [self.tables.text(), *(rows.text() for rows in after)]
        return "\n".join([*tables, _picked(self.kernels.text())])

    def _sizes(self, graph: Graph) -> Rows:
        rows, shapes = Rows("long", "sizes"), tensors_of(graph)
        for key in self.parameters:
            rows.add(prod(map(int, shapes[key])))
        return rows

    def _cleared(self) -> Rows:
        rows = Rows("struct span", "cleared")
        for target in self.plan.backward.cleared:
            rows.add(self.tables.gradient(target), self.forward.maps[target.map].pixels)
        rows.add(0, 0)
        return rows

    def _kernel(self, kernel: Kernel) -> None:
        index = kernel.map
        made = self.forward.maps[index]
        values: dict[str, object] = {
            "height": kernel.size[0], "width": kernel.size[1], "rows": made.size[0],
            "columns": made.size[1], "inputs": len(kernel.terms), "outputs": made.channels,
            "made": self.plan.memory.maps[index], "stats": self.moments.get(index, NONE),
            "mask": NONE, "weight": NONE, "bias": NONE, "groups": 1, "type": "GIVEN",
        }  # fmt: skip
        norms = [n for n, norm in enumerate(self.forward.norms) if norm.map == index]
        values["norms"], values["normed"] = len(self.normed.rows), len(norms)
        for n in norms:
            self.normed.add(n)
        if kernel.terms:
            mask = NONE
            if isinstance(kernel, Sum) and kernel.dropout is not None:
                mask = self.plan.memory.masks[kernel.dropout]
                values["dropout"] = kernel.dropout
            values["mask"] = mask
            values["sources"] = (
                self.tables.all_sources(kernel.terms, self._formed(self.plan.riders, index))
                if mask == NONE
                else self.tables.masked_sources(kernel.terms, mask, made.pixels)
            )
            values["shares"] = self.tables.all_shares(
                self.plan.backward.shares[index], len(kernel.terms)
            )
            values["parts"] = self.tables.all_parts(index)
        if isinstance(kernel, Convolution):
            values |= self._convolution(kernel)
        elif isinstance(kernel, Pool):
            values |= self._pool(kernel)
        elif isinstance(kernel, Sum):
            values |= {"type": "SUM", "rides": int(index in self.plan.riders)}
            self.scratch = max(self.scratch, _RUN)
        self.kernels.add(*(f".{key} = {value}" for key, value in values.items()))

    def _convolution(self, kernel: Convolution) -> dict[str, object]:
        shape = Shape.of(kernel, self.forward.maps[kernel.map].size)
        tiles = [self.tiles[registers] for registers in _REGISTERS]
        outer = [each.multiplied(shape.outputs, shape.pairs) for each in tiles]
        if shape.is_winograd:
            for each in tiles:
                each.spread(shape.outputs)
        adds = kernel.has_bias and kernel.map in self.bare
        packed = self.packed
        self.packed += 2 * shape.packed
        self.partials = max(self.partials, shape.packed)
        self.biases = max(self.biases, kernel.outputs if adds else 0)
        self.scratch = max(self.scratch, shape.scratch)
        self.most_taps = max(self.most_taps, *shape.window.kernel)
        owner = kernel.node.owner
        return {
            "type": "CONVOLUTION",
            **_window(shape.window),
            "groups": shape.groups,
            "inputs": shape.inputs,
            "outputs": shape.outputs,
            "height": shape.size[0],
            "width": shape.size[1],
            "rows": shape.made[0],
            "columns": shape.made[1],
            "again": self.tables.all_sources(
                kernel.terms, self._formed(self.plan.again, kernel.map, is_back=True)
            ),
            "weight": self.parameters[f"{owner}.weight"],
            "bias": self.parameters[f"{owner}.bias"] if adds else NONE,
            "packed": packed,
            "packed_back": packed + shape.packed,
            "sums": shape.sums,
            "winograd": int(shape.is_winograd),
            "strip": shape.strip,
            "ring_rows": shape.ring_rows,
            "back_rows": shape.back_rows,
            "is_whole": int(kernel.map in self.plan.riders.values()),
            "forward": _pick(each.swept(shape.outputs, shape.widths) for each in tiles),
            "back": _pick(each.swept(shape.inputs, shape.back_widths) for each in tiles),
            "outer": _pick(pair[0] for pair in outer),
            "inner": _pick(pair[1] for pair in outer),
        }

    def _formed(
        self, sums: Mapping[int, int], reader: int, *, is_back: bool = False
    ) -> dict[int, int]:
        """The places of those of some sums that a kernel forms."""
        memory = self.plan.memory
        places: Mapping[int, int] = memory.again if is_back else dict(enumerate(memory.maps))
        return {index: places[index] for index, kernel in sums.items() if kernel == reader}

    def _pool(self, kernel: Pool) -> dict[str, object]:
        made = self.forward.maps[kernel.map]
        read = kernel.size[0] * kernel.size[1]
        self.scratch = max(self.scratch, 2 * read + made.pixels)
        return {
            "type": "LARGEST" if kernel.largest else "AVERAGE",
            **_window(kernel.window),
            "counts_padding": int(kernel.counts_padding),
            "divisor": kernel.divisor or 0,
            "again": self.tables.all_sources(kernel.terms),
        }

    def _outputs(self) -> Rows:
        rows = Rows("struct output", "outputs")
        channels = sum(len(value.views) for value in self.forward.outputs)
        first = self.tables.spans_of(self.plan.backward.shares[-1], channels)
        for value in self.forward.outputs:
            self._output(rows, value, first)
            first += len(value.views)
        for value in self.forward.bends.values() if self.plan.is_observed else ():
            self._output(rows, value, NONE)
        return rows

    def _output(self, rows: Rows, value: Value, first: int) -> None:
        """A map that is given away, and from where on the spans of its gradient lie."""
        terms = [() if view.map < 0 else (view,) for view in value.views]
        pixels = value.size[0] * value.size[1]
        rows.add(self.tables.all_sources(terms), first, len(value.views), pixels)
        self.scratch = max(self.scratch, pixels)

    def _norms(self) -> Rows:
        rows = Rows("struct norm", "norms")
        for norm in self.forward.norms:
            node = self.forward.norm_layers[norm.owner]
            layer = node.layer
            made = self.forward.kernels[norm.map]
            shift = NONE
            if isinstance(made, Convolution) and made.has_bias and norm.map not in self.bare:
                shift = self.parameters[f"{made.node.owner}.bias"]
            attributes = layer.attributes()
            rows.add(
                self.moments[norm.map] + norm.plane,
                self.parameters.get(f"{norm.layer}.weight", NONE),
                self.parameters.get(f"{norm.layer}.bias", NONE),
                self.running[f"{norm.layer}.running_mean"],
                norm.channel,
                self.forward.maps[norm.map].pixels,
                shift,
                norm.plane,
                norm.owner,
                number(attributes["eps"]),
            )
        return rows


def _read_bare(forward: Forward) -> set[int]:
    """The maps that anything reads but through a batch norm, which cancels their biases."""
    views = [view for kernel in forward.kernels for view in kernel.views]
    views += [view for value in forward.outputs for view in value.views]
    return {view.map for view in views if view.norm is None}


def _window(window: Window) -> dict[str, object]:
    sides = (*window.sides(0), *window.sides(1))
    return {
        "kernel_y": window.kernel[0], "kernel_x": window.kernel[1],
        "stride_y": window.stride[0], "stride_x": window.stride[1],
        "top": sides[0], "bottom": sides[1], "left": sides[2], "right": sides[3],
        "dilation_y": window.dilation[0], "dilation_x": window.dilation[1],
    }  # fmt: skip


def _pick(values: Iterable[int]) -> str:
    """One of two numbers, for 32 registers and for 16."""
    wide, narrow = values
    return f"PICK_TILE({wide}, {narrow})"


def _picked(text: str) -> str:
    return (
        "#if REGISTERS == 32\n#define PICK_TILE(wide, narrow) wide\n#else\n"
        "#define PICK_TILE(wide, narrow) narrow\n#endif\n" + text
    )
