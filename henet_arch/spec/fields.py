"""What the keys of specs hold: sizes, lists with one value for each place, and names of rules."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from types import ModuleType
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Discriminator,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    Strict,
    Tag,
)
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from ..rules import grouping, resolution
from ..support.errors import HenetArchError, nearest
from ..support.limits import LARGEST, MOST_WIDTHS


class RefusedError(ValueError):
    """A value that does not hold, and what does."""

    def __init__(self, what: str, fix: str) -> None:
        super().__init__(what)
        self.fix = fix


@dataclass(frozen=True)
class Known:
    """A string that `find` must know; `names` are the JSON Schema's enumeration."""

    find: Callable[[str], object]
    names: Callable[[], Iterable[str]]

    def text(self, value: Any) -> Any:
        """A string; what else there is would match no name."""
        if not isinstance(value, str):
            context = {"fix": nearest("", self.names())}
            raise PydanticCustomError("string_type", "not a string", context)
        return value

    def check(self, value: str) -> str:
        try:
            self.find(value)
        except HenetArchError as error:
            raise ValueError(f"{error.what}; {error.fix}") from None
        return value

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        known = core_schema.no_info_after_validator_function(self.check, handler(source))
        return core_schema.no_info_before_validator_function(self.text, known)

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return {**handler(schema), "enum": sorted(self.names())}


def _rule(module: ModuleType) -> Known:
    return Known(find=module.rule, names=lambda: module.RULES)


def _odd(value: int) -> int:
    if value % 2 == 0:
        raise ValueError(f"{value} is even, but only an odd kernel can keep a map's size")
    return value


def _ascending(values: tuple[int, ...]) -> tuple[int, ...]:
    ordered = sorted(set(values))
    if list(values) != ordered:
        raise RefusedError("strides are not in ascending order, each once", fix=str(ordered))
    return values


def _listed(value: Any) -> Any:
    """Lists have an order; sets and generators would lose it."""
    if not isinstance(value, (list, tuple)):
        raise PydanticCustomError("tuple_type", "not a list")
    return value


def _square(value: Any) -> Any:
    square = isinstance(value, int) and not isinstance(value, bool)
    return (3, value, value) if square else _listed(value)


def _one_or_each(value: Any) -> str:
    return "each" if isinstance(value, (list, tuple)) else "one"


def _number_or_name(value: Any) -> str:
    return "name" if isinstance(value, str) else "number"


TAGS = frozenset({"one", "each", "number", "name"})
"""Words that pydantic puts into the place of a finding, and that are no part of it."""

Size = Annotated[int, Strict(), Field(ge=1, le=LARGEST)]
Flag = Annotated[bool, Strict()]
Classes = Annotated[Size, Field(description="outputs of the last layer")]
Count = Annotated[int, Strict(), Field(ge=0, le=LARGEST)]
Kernel = Annotated[
    int,
    Strict(),
    Field(ge=1, le=LARGEST, json_schema_extra={"not": {"multipleOf": 2}}),
    AfterValidator(_odd),
]
_AnyNumber = Field(min_length=2, max_length=MOST_WIDTHS)
_Most = Field(max_length=MOST_WIDTHS)
_OneOrEach = Discriminator(_one_or_each)

Image = Annotated[
    tuple[Size, Size, Size],
    BeforeValidator(_square, json_schema_input_type=Size | tuple[Size, Size, Size]),
    Field(description="image as [channels, height, width], or one size for 3 channels"),
]
Widths = Annotated[
    tuple[Size, ...],
    BeforeValidator(_listed, json_schema_input_type=Annotated[tuple[Size, ...], _AnyNumber]),
    _AnyNumber,
    Field(description="the width of each stage"),
]
Hidden = Annotated[
    tuple[Size, ...],
    BeforeValidator(_listed, json_schema_input_type=Annotated[tuple[Size, ...], _Most]),
    _Most,
    Field(description="widths of the fully connected layers before the last one"),
]
Repeats = Annotated[
    Annotated[Count, Tag("one")] | Annotated[tuple[Count, ...], _Most, Tag("each")],
    _OneOrEach,
    Field(description="blocks of the repeated stages"),
]
StageRepeats = Annotated[
    tuple[Count, ...],
    BeforeValidator(_listed, json_schema_input_type=Annotated[tuple[Count, ...], _Most]),
    Field(min_length=1, max_length=MOST_WIDTHS, description="blocks of each stage"),
]
Strides = Annotated[
    Annotated[Size, Tag("one")] | Annotated[tuple[Size, ...], _Most, Tag("each")],
    _OneOrEach,
    Field(description="strides of the blocks that reduce the resolution"),
]
FeatureStrides = Annotated[
    tuple[Size, ...],
    BeforeValidator(_listed, json_schema_input_type=Annotated[tuple[Size, ...], _Most]),
    AfterValidator(_ascending),
    _Most,
    Field(description="strides of the maps of features_only; all that there are when empty"),
]
Kernels = Annotated[
    Annotated[Kernel, Tag("one")] | Annotated[tuple[Kernel, ...], _Most, Tag("each")],
    _OneOrEach,
    Field(description="sizes of the spatial kernels, the stem's first"),
]
Groups = Annotated[
    Annotated[Size, Tag("number")] | Annotated[str, _rule(grouping), Tag("name")],
    Discriminator(_number_or_name),
    Field(description="rule for the groups, or their number"),
]
Padding = Annotated[
    str,
    _rule(resolution),
    Field(description="rule for the padding where the resolution is reduced"),
]
Bias = Annotated[
    Flag, Field(description="biases of the convolutions, which a batch norm after them takes away")
]
Pooling = Annotated[
    Flag, Field(description="a global average pool before the fully connected layers")
]
Five = Annotated[
    tuple[Size, Size, Size, Size, Size],
    BeforeValidator(_listed, json_schema_input_type=tuple[Size, Size, Size, Size, Size]),
    Field(description="the width of each convolution"),
]
Three = Annotated[
    tuple[Size, Size, Size],
    BeforeValidator(_listed, json_schema_input_type=tuple[Size, Size, Size]),
]
Two = Annotated[
    tuple[Size, Size],
    BeforeValidator(_listed, json_schema_input_type=tuple[Size, Size]),
]
Multiplier = Annotated[
    float,
    Strict(),
    Field(gt=0, le=64, description="what every width is multiplied by", allow_inf_nan=False),
]
Share = Annotated[float, Strict(), Field(gt=0, le=1, allow_inf_nan=False)]
Epsilon = Annotated[
    float,
    Strict(),
    Field(gt=0, le=1, allow_inf_nan=False, description="what batch norms add to a variance"),
]
Momentum = Annotated[
    float,
    Strict(),
    Field(
        gt=0,
        le=1,
        allow_inf_nan=False,
        description="share of a batch in the running statistics of batch norms",
    ),
]
Dropped = Annotated[
    float,
    Strict(),
    Field(ge=0, lt=1, allow_inf_nan=False, description="share dropped before the classes"),
]
