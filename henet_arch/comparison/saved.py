"""Reports that `henet-arch analyze --format json` wrote: untrusted, and checked throughout."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from os import PathLike, fspath
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from ..analyzers.report import SCHEMA
from ..conventions.lookup import convention
from ..importers.importer import has_key
from ..ir.dims import format_shape
from ..ir.graph import is_name
from ..support import formats
from ..support.errors import FileError, UnknownNameError
from ..support.files import read_start, read_text
from ..support.limits import LARGEST, LARGEST_REPORT_FILE, LARGEST_SPEC_FILE, LONGEST_TITLE, TITLE
from .side import Costs, Facts, Side, Value

_WHY = "a report is compared only if its figures agree"
_FIX = "henet-arch analyze --format json --output FILE writes a report"

_READ = (1, SCHEMA)
"""The versions that are read; the first had no stages and no blocks."""


def _in_a_line(text: str) -> str:
    if not text.isprintable():
        raise ValueError("text is in one line, and can be printed")
    return text


_Title = Annotated[str, Field(pattern=f"^{TITLE}$", max_length=LONGEST_TITLE)]
_Word = Annotated[str, Field(pattern="^[a-z][a-z0-9_]*$", max_length=LONGEST_TITLE)]
_Count = Annotated[int, Field(ge=0, le=LARGEST**6)]
_Size = Annotated[int, Field(ge=1, le=LARGEST**3)]
_Shape = Annotated[list[_Size], Field(min_length=1, max_length=8)]
_Number = Annotated[int, Field(ge=-LARGEST, le=LARGEST**3)]
_Real = Annotated[float, Field(allow_inf_nan=False)]
_Text = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_in_a_line)]
_Plain = None | bool | _Number | _Real | _Text
_Listed = _Plain | list[_Plain | list[_Plain]]
_Setting = _Plain | Annotated[list[_Listed], Field(max_length=10_000)]
"""Down to the tensors of an opaque layer: names, each with a shape."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class _Decision(_Strict):
    rule: str
    reason: str
    source: str


class _Layer(_Strict):
    name: str
    kind: _Word
    attributes: dict[_Word, _Setting]
    inputs: list[str]
    input_shapes: list[_Shape]
    output_shape: _Shape
    params: _Count
    macs: _Count | None
    """None where the cost is unknown, the operations too."""
    ops: dict[_Word, _Count] | None
    activations: _Count
    weight_bytes: _Count
    live_activation_bytes: _Count
    because: list[_Decision]
    element_type: _Word = "float32"
    original: str = ""
    shares: str = ""

    @property
    def costs(self) -> Costs:
        return Costs(self.params, self.macs or 0, self.activations, self.weight_bytes)


class _Output(_Strict):
    name: str
    shape: _Shape
    stride: list[int | float] | None


class _Totals(_Strict):
    params: _Count
    macs: _Count
    ops: dict[_Word, _Count]
    activations: _Count
    weight_bytes: _Count
    peak_activation_bytes: _Count
    peak_activation_layer: str


class _Scope(_Strict):
    name: str
    layers: Annotated[int, Field(ge=1, le=LARGEST)]
    output_shape: _Shape
    width: _Size | None
    stride: _Size | None
    groups: list[_Size]
    params: _Count
    macs: _Count
    activations: _Count
    weight_bytes: _Count
    unknown_layers: _Count = 0


class _Unknown(_Strict):
    name: str
    operator: _Text
    output_shape: _Shape


class _Report(_Strict):
    version: int = Field(alias="schema")
    name: _Title
    family: _Title | None
    convention: _Title
    input_shape: _Shape
    output_shape: _Shape
    outputs: Annotated[list[_Output], Field(min_length=1)]
    totals: _Totals
    unread_params: _Count = 0
    tied_params: _Count = 0
    unknown: list[_Unknown] = []
    stages: list[_Scope] = []
    blocks: list[_Scope] = []
    layers: Annotated[list[_Layer], Field(min_length=1)]


def read(source: object) -> Side | None:
    """The network of the report at that path; None where `source` is no path of one.

    Raises:
        FileError: the file cannot be read, is not JSON, or is a report that is not sound.
    """
    if not isinstance(source, (str, PathLike)):
        return None
    path = Path(fspath(source))
    if path.suffix.lower() != ".json":
        return None
    if has_key(read_start(path, LARGEST_SPEC_FILE), "nodes"):  # a graph
        return None
    text = read_text(path, LARGEST_REPORT_FILE)
    if not text.strip():
        return None
    data = formats.parse(text, "json", str(path))
    if not isinstance(data, dict) or "schema" not in data:  # a spec
        return None
    return _side(data, str(path))


def _side(data: dict[str, Any], where: str) -> Side:
    if data["schema"] not in _READ:
        raise FileError(
            f"report schema {data['schema']!r:.99} is none of the known ones, "
            f"{', '.join(map(str, _READ))}",
            where=where,
            fix=_FIX,
        )
    if "layers" not in data and data.keys() & {"stages", "blocks"}:
        raise FileError(
            "a report without layers cannot be compared",
            where=where,
            fix="write it without --depth, or with --depth layers",
        )
    if "columns" in data:
        raise FileError(
            "a report of some columns cannot be compared",
            where=where,
            fix="write it without --columns",
        )
    try:
        report = _Report.model_validate(data)
        how = convention(report.convention)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(map(str, first["loc"]))[:99]
        raise FileError(
            f"not a report: {first['msg']}", where=f"{where}, {place}", fix=_FIX
        ) from None
    except UnknownNameError as error:
        raise FileError(error.what, where=f"{where}, convention", fix=error.fix) from None
    for place, fault in _faults(report):
        raise FileError(fault, where=f"{where}, {place}", why=_WHY, fix=_FIX)
    layers = tuple(map(_facts, report.layers))
    outputs = tuple(output.name for output in report.outputs)
    peak = report.totals.peak_activation_bytes
    return Side(report.name, report.family, how, layers, outputs, peak)


def _facts(layer: _Layer) -> Facts:
    attributes = {key: _value(value) for key, value in layer.attributes.items()}
    return Facts(
        layer.name,
        layer.kind,
        attributes,
        tuple(layer.inputs),
        tuple(map(tuple, layer.input_shapes)),
        tuple(layer.output_shape),
        layer.costs,
        layer.macs is not None,
    )


def _value(value: Any) -> Value:
    return tuple(map(_value, value)) if isinstance(value, list) else value


def _faults(report: _Report) -> Iterator[tuple[str, str]]:
    """Where the report contradicts itself, and how."""
    shapes: dict[str, list[int]] = {}
    for index, layer in enumerate(report.layers):
        for fault in _layer_faults(layer, shapes):
            yield f"layers.{index}", fault
        shapes[layer.name] = layer.output_shape
    yield from _output_faults(report, shapes)
    yield from _total_faults(report)
    for key, scopes in (("stages", report.stages), ("blocks", report.blocks)):
        for index, fault in _scope_faults(scopes, report.layers):
            yield f"{key}.{index}", fault


def _layer_faults(layer: _Layer, shapes: dict[str, list[int]]) -> Iterator[str]:
    """`shapes` are of the layers before it."""
    name = f"{layer.name:.99}"
    if not is_name(layer.name):
        yield f"{name!r} is not a layer name"
    if layer.name in shapes:
        yield f"two layers are named {name!r}"
    for read in layer.inputs:
        if read not in shapes:
            yield f"{name!r} reads {read[:99]!r}, which is no layer before it"
    shapes_read = [shapes.get(read) for read in layer.inputs]
    if shapes_read != layer.input_shapes:
        yield f"{name!r} has other input shapes than what it reads"


def _scope_faults(scopes: list[_Scope], layers: list[_Layer]) -> Iterator[tuple[int, str]]:
    """Where stages or blocks are not what the layers make them."""
    start = 0
    for index, scope in enumerate(scopes):
        inside = layers[start : start + scope.layers]
        start += scope.layers
        if len(inside) < scope.layers:
            yield index, f"it has {scope.layers:,} layers, but {len(inside):,} are left"
            continue
        if scope.output_shape != inside[-1].output_shape:
            yield index, f"its last layer makes {_shown(inside[-1].output_shape)}"
        for key in Costs._fields:
            own, total = getattr(scope, key), sum(getattr(layer.costs, key) for layer in inside)
            if own != total:
                yield index, f"{key} is {own:,}, but the layers have {total:,}"
        unknown = sum(layer.macs is None for layer in inside)
        if scope.unknown_layers != unknown:
            yield index, f"{scope.unknown_layers:,} unknown_layers, but {unknown:,} have no macs"


def _output_faults(report: _Report, shapes: dict[str, list[int]]) -> Iterator[tuple[str, str]]:
    names = [output.name for output in report.outputs]
    if len(set(names)) < len(names):
        yield "outputs", "one output stands there twice"
    for index, output in enumerate(report.outputs):
        if shapes.get(output.name) != output.shape:
            yield f"outputs.{index}", f"no layer {output.name[:99]!r} makes {_shown(output.shape)}"
    ends = (report.layers[0].output_shape, report.outputs[0].shape)
    for key, computed, result in zip(
        ("input_shape", "output_shape"),
        (report.input_shape, report.output_shape),
        ends,
        strict=True,
    ):
        if computed != result:
            yield key, f"{key} is {_shown(computed)}, but the layer has {_shown(result)}"


def _total_faults(report: _Report) -> Iterator[tuple[str, str]]:
    layers, totals = report.layers, report.totals
    sums = Costs.sum(layer.costs for layer in layers)._asdict()
    peak = max(layer.live_activation_bytes for layer in layers)
    ops = Counter[str]()
    for layer in layers:
        ops.update(layer.ops or {})
    if totals.ops != ops:
        yield "totals.ops", "the operations are not the sum of the layers'"
    for key, computed in {**sums, "peak_activation_bytes": peak}.items():
        if (stated := getattr(totals, key)) != computed:
            yield f"totals.{key}", f"{key} is {stated:,}, but the layers have {computed:,}"
    at = [layer.name for layer in layers if layer.live_activation_bytes == peak]
    listed = [layer.name for layer in report.unknown]
    if listed != [layer.name for layer in layers if layer.macs is None]:
        yield "unknown", "the layers of unknown cost are not those without macs"
    if totals.peak_activation_layer not in at:
        yield "totals.peak_activation_layer", f"the peak is reached at {at[0]}"


def _shown(shape: list[int]) -> str:
    return format_shape(tuple(shape))
