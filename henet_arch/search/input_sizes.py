"""Input sizes that suit a number of stride-2 layers, as a result to show."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from ..importers.load import resolve_spec
from ..ir.dims import format_shape
from ..ir.model import Model
from ..ir.output_stride import analyze
from ..results.shown import Shown
from ..results.table import Column, Row, Table
from ..spec.build import build
from ..spec.spec import Spec
from ..support.errors import LimitError, RuleError, ShapeError

if TYPE_CHECKING:
    from ..rules.resolution import Chain


@dataclass(frozen=True)
class Plan:
    """The nearest chains of odd sizes along one axis, and the chain of the size itself."""

    axis: str
    size: int
    layers: int
    last_odd: bool
    chains: tuple[Chain, ...]
    given: Chain | None
    """None where `size` is too small for the layers."""

    @property
    def rows(self) -> list[Chain]:
        """All chains, smallest input first."""
        shown = {chain.input: chain for chain in (*self.chains, *filter(None, [self.given]))}
        return [shown[key] for key in sorted(shown)]

    def table(self) -> Table:
        columns = (
            Column("input", number=True),
            Column("sizes", prose=True),
            Column("odd", number=True, rank=1),
            Column("last", number=True, rank=2),
            Column("change", number=True),
        )
        fitting = " or ".join(str(chain.input) for chain in self.chains)
        s = "s" if len(self.chains) == 1 else ""
        goal = f" and end{s} odd" if self.last_odd else ""
        notes = [f"{fitting} meet{s} odd sizes only{goal}"]
        if self.given is None:
            notes.append(f"{self.size} is too small for {self.layers} stride-2 layers")
        title = f"{self.axis} {self.size} with {self.layers} stride-2 layers"
        return Table(title, columns, [self._row(chain) for chain in self.rows], notes)

    def to_dict(self) -> dict[str, Any]:
        return {
            "axis": self.axis,
            "size": self.size,
            "layers": self.layers,
            "last_odd": self.last_odd,
            "plans": [{**self._facts(c), "sizes": list(c.sizes)} for c in self.rows],
        }

    def records(self) -> list[dict[str, Any]]:
        where = {"axis": self.axis, "size": self.size}
        return [
            {**where, **self._facts(c), "sizes": " ".join(map(str, c.sizes))} for c in self.rows
        ]

    def _facts(self, chain: Chain) -> dict[str, Any]:
        fits = chain in self.chains
        return {"input": chain.input, "fits": fits, "odd": chain.odd, "last": chain.last}

    def _row(self, chain: Chain) -> Row:
        change = f"{chain.input - self.size:+d}" if chain.input != self.size else "given"
        sizes = " > ".join(map(str, chain.sizes))
        odd = f"{chain.odd} of {self.layers}"
        role: Literal["head", "plain"] = "head" if chain in self.chains else "plain"
        return Row((str(chain.input), sizes, odd, chain.last, change), role)


@dataclass(frozen=True)
class Plans(Shown):
    """One plan for a square input, two for any other."""

    axes: tuple[Plan, ...]

    def tables(self) -> list[Table]:
        return [plan.table() for plan in self.axes]

    def to_dict(self) -> dict[str, Any]:
        return {"schema": 1, "axes": [plan.to_dict() for plan in self.axes]}

    def records(self) -> list[dict[str, Any]]:
        return [record for plan in self.axes for record in plan.records()]


def plan(network: Spec | Model, layers: int | None = None, last_odd: bool = False) -> Plans:
    """The inputs nearest to the network's at which every stride-2 layer meets an odd size.

    Without `layers` it is as many stride-2 layers as the network of a spec has, and each planned
    input is tried on it.

    Raises:
        RuleError: the network's sizes are not those of odd-resolution padding, or it has no
            stride 2.
        LimitError: there are too many layers.
        SourceError: there is no spec, and `layers` is None.
    Source: the HENet paper, section 3.3.
    """
    if layers is None:
        spec = resolve_spec(network, "a plan without a number of layers")
        count = _halvings(spec)
    else:
        count = layers
    _, height, width = _image(network)
    sizes = {"size": height} if height == width else {"height": height, "width": width}
    plans = Plans(tuple(_along(axis, size, count, last_odd) for axis, size in sizes.items()))
    if layers is None:
        for result in plans.axes:
            for chain in result.chains:
                _try(spec, chain)
    return plans


def _image(network: Spec | Model) -> tuple[int, int, int]:
    """The shape of the input, which must be an image of known size."""
    shape = network.input if isinstance(network, Spec) else network.graph.input_shape
    if len(shape) != 3 or not all(isinstance(size, int) for size in shape):
        raise RuleError(f"no plan for an input of {format_shape(shape)}", why="a plan is of images")
    channels, height, width = map(int, shape)
    return channels, height, width


_VAST = 2**39 - 1
"""An input that is halved to 1 by 38 layers; no spec may say a much larger one."""
_OTHER = "--layers N plans for N such layers, whatever the spec"
_WHY = "the planned sizes are those of odd-resolution padding and strides of 1 and 2"


def _halvings(spec: Spec) -> int:
    """By how many layers of stride 2 the network's last map is smaller than its image."""
    padding = getattr(spec, "padding", None)
    if padding != "odd-resolution":
        text = f"padding {padding!r}" if padding else f"family {spec.family}, which pads by itself"
        odd = "--padding odd-resolution, or " if padding else ""
        raise RuleError(f"no plan for {text}", why=_WHY, fix=odd + _OTHER)
    try:
        graph = build(spec.replace(input=(spec.input[0], _VAST, _VAST)))
    except ShapeError as error:
        raise LimitError(
            f"no input is large enough for {spec.title}", where=error.where, why=error.what
        ) from None
    strides = (stride for pair in analyze(graph).by_layer if pair for stride in pair)
    return int(max(strides)).bit_length() - 1


def _try(spec: Spec, chain: Chain) -> None:
    """Refuse a chain that the network does not run through.

    Raises:
        RuleError: a map has another size, since some layer does not follow the rule.
    """
    for node in build(spec.replace(input=(spec.input[0], chain.input, chain.input))):
        size = node.shape[1] if len(node.shape) == 3 else 1
        if size not in (*chain.sizes, 1):
            raise RuleError(
                f"no plan for {spec.title}: its {node.name} makes a map of {size}, "
                f"not one of {', '.join(map(str, chain.sizes))}",
                why=_WHY,
                fix=_OTHER,
            )


def _along(axis: str, size: int, layers: int, last_odd: bool) -> Plan:
    from ..rules import resolution

    chains = resolution.plan(size, layers, last_odd)
    try:
        given = resolution.chain(size, layers)
    except RuleError:
        given = None
    return Plan(axis, size, layers, last_odd, chains, given)
