"""The difference of two networks: matched layer by layer, with what it costs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from ..analyzers.report import Report, of_model
from ..conventions.convention import Convention
from ..conventions.lookup import convention as find_convention
from ..importers.importer import InputShape
from ..importers.load import Source, load
from ..ir.dims import format_shape
from ..ir.model import Model
from ..results.report_table import Depth
from ..results.shown import Shown
from ..results.table import Table
from ..support.collector import collector_paused
from ..support.errors import CompareError
from ..support.limits import MAX_BLOCKS
from . import saved
from .matching import Delta, Match, match, partners
from .side import Costs, Side, side
from .view import View
from .words import summary, told

SCHEMA = 2
"""The version of the JSON that `Diff.to_dict` gives."""


@dataclass(frozen=True, repr=False)
class Diff(Shown):
    """What B has that A has not. Prints as tables; `to_dict` is the stable JSON."""

    a: Side
    b: Side

    @cached_property
    def stages(self) -> tuple[Match, ...]:
        """All stages of both, each with its blocks, each with its layers; equal ones too."""
        with collector_paused():
            return match(self.a, self.b)

    @cached_property
    def layers(self) -> tuple[Match, ...]:
        """All layers of both."""
        return tuple(layer for stage in self.stages for layer in stage.layers)

    @cached_property
    def totals(self) -> dict[str, Delta]:
        """Both networks' figures; the peak, of activation bytes, is no sum of the layers'."""
        a, b = self.a, self.b
        summed = zip(Costs._fields, map(Delta, a.costs, b.costs), strict=True)
        peak = Delta(a.peak_activation_bytes, b.peak_activation_bytes)
        return {**dict(summed), "peak_activation_bytes": peak}

    @cached_property
    def same_outputs(self) -> bool:
        """Whether both give the same layers."""
        pairs = partners(self.stages)
        return tuple(pairs.get(name) for name in self.a.outputs) == self.b.outputs

    @property
    def difference_known(self) -> bool:
        """Whether the multiply-accumulates have a difference: all that changed is known."""
        return all(stage.difference_known for stage in self.stages)

    @property
    def equal(self) -> bool:
        """Whether all layers are equal, their names and figures too; the networks' names aside."""
        return self.same_outputs and all(stage.status == "equal" for stage in self.stages)

    def tables(self) -> Sequence[Table]:
        """The difference by block."""
        return View(self).tables()

    def to_dict(self) -> dict[str, Any]:
        """Plain dicts, lists, strings and numbers; what is equal too."""
        with collector_paused():
            return self._to_dict()

    def _to_dict(self) -> dict[str, Any]:
        return {
            "schema": SCHEMA,
            "convention": self.a.convention.name,
            "unit": self.a.convention.unit,
            "a": _side_dict(self.a),
            "b": _side_dict(self.b),
            "equal": self.equal,
            "totals": self._totals(),
            "stages": [_match_dict(stage) for stage in self.stages],
            "blocks": [
                {"stage": index, **_match_dict(block)}
                for index, stage in enumerate(self.stages)
                for block in stage.parts
            ],
            "layers": [
                {"stage": index, **_match_dict(layer)}
                for index, stage in enumerate(self.stages)
                for layer in stage.layers
            ],
        }

    def _totals(self) -> dict[str, dict[str, Any]]:
        result = {name: delta.to_dict() for name, delta in self.totals.items()}
        if not self.difference_known:
            result["macs"] |= {"difference": None, "percent": None}
        return result

    def records(self, depth: Depth = "layers") -> list[dict[str, Any]]:
        """One flat dict for each layer of both, or for each block or stage."""
        blocks = [block for stage in self.stages for block in stage.parts]
        matches = {"stages": self.stages, "blocks": blocks, "layers": self.layers}[depth]
        return list(map(_record, matches))

    __repr__ = Shown.__str__


def diff(
    a: Report | Source,
    b: Report | Source,
    convention: str | Convention | None = None,
    *,
    input_shape: InputShape | None = None,
    max_blocks: int = MAX_BLOCKS,
) -> Diff:
    """What network `b` has that `a` has not, matched layer by layer.

    Args:
        a: What `load` takes, a report, or the path of a report that `henet-arch analyze --format
            json` wrote.
        b: The same.
        convention: How operations are counted; without it as the reports are, and as `exact` where
            there is none.
        input_shape: The image's shape, for both.
        max_blocks: How many repeated blocks a spec may build.

    Raises:
        CompareError: a report is counted in another way than the other, or than `convention`; or
            a network has sizes that are open.
        FileError: a file is not a report; and all that `load` and `analyze` raise.
    """
    with collector_paused():
        result = [_read(network, input_shape, max_blocks) for network in (a, b)]
        for each in result:
            if input_shape is not None and isinstance(each, Side):
                _refuse_another(each, input_shape)
        how = _agreed(convention, [each for each in result if isinstance(each, Side)])
        first, second = (
            each if isinstance(each, Side) else side(of_model(each, how)) for each in result
        )
    return Diff(first, second)


def _read(
    network: Report | Source, input_shape: InputShape | None, max_blocks: int
) -> Model | Side:
    """The network; with figures, if they were counted before."""
    if isinstance(network, Report):
        return side(network)
    return saved.read(network) or load(network, input_shape, max_blocks=max_blocks)


def _refuse_another(counted: Side, input_shape: InputShape) -> None:
    """Refuse an image of another size than what was counted before.

    Raises:
        CompareError: it is.
    """
    own = {layer.name: layer.shape for layer in counted.layers if not layer.inputs}
    asked = (
        input_shape if isinstance(input_shape, Mapping) else dict.fromkeys(own, tuple(input_shape))
    )
    if any(own.get(name, ())[-len(shape) :] != tuple(shape) for name, shape in asked.items()):
        shapes = ", ".join(map(format_shape, own.values()))
        raise CompareError(
            f"the report of {counted.name} is of an image of {shapes}, and another is given",
            fix=f"--input {shapes}, or the report of another size",
        )


def _agreed(convention: str | Convention | None, counted: Sequence[Side]) -> Convention:
    """The convention of all that was counted before, and of what will be.

    Raises:
        CompareError: they are not of one.
    """
    wanted = find_convention(convention) if isinstance(convention, str) else convention
    for each in counted:
        wanted = wanted or each.convention
        if each.convention != wanted:
            others = [side.name for side in counted if side.convention == wanted]
            beside = f"{others[0]} as {wanted.name}" if others else f"not as {wanted.name}"
            raise CompareError(
                f"{each.name} is counted as {each.convention.name}, {beside}",
                why="each convention counts other things: their figures have no difference",
                fix="one --convention for both, in the command that wrote the report too",
            )
    return wanted or find_convention("exact")


def _side_dict(of: Side) -> dict[str, Any]:
    return {
        "name": of.name,
        "family": of.family,
        "convention": of.convention.name,
        "input_shape": list(of.layers[0].shape),
        "outputs": list(of.outputs),
        "layers": len(of.layers),
        "unknown": [layer.name for layer in of.unknown],
    }


def _match_dict(pair: Match) -> dict[str, Any]:
    changes = {key: {"a": old, "b": new} for key, (old, new) in pair.changes.items()}
    return {
        **_names(pair),
        "status": pair.status,
        **({} if pair.parts else {"changes": changes}),
        **pair.figures(),
        "unknown_layers": pair.unknown,
    }


def _names(pair: Match) -> dict[str, str | None]:
    return {key: part.name if part else None for key, part in (("a", pair.a), ("b", pair.b))}


def _record(match: Match) -> dict[str, Any]:
    """A stage, block or layer of both as one flat row."""
    figures = {
        f"{name}{ending}": value
        for name, delta in match.figures().items()
        for ending, value in zip(
            ("_a", "_b", "_difference"), (delta["a"], delta["b"], delta["difference"]), strict=True
        )
    }
    changes = summary(match) if match.parts else told(match)
    unknown = {f"unknown_layers_{key}": count for key, count in match.unknown.items()}
    return {**_names(match), "status": match.status, "changes": changes, **figures, **unknown}
