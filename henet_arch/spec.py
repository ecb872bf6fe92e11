"""The spec: all that a user may say of a network, checked as soon as it is said."""

from __future__ import annotations

import reprlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    ModelWrapValidatorHandler,
    Strict,
    Tag,
    ValidationError,
    model_validator,
)
from pydantic_core import CoreSchema, ErrorDetails, PydanticCustomError, core_schema

from . import discovery
from .errors import HenetArchError, SpecError, nearest
from .family import families, family
from .limits import LARGEST, LONGEST_TITLE, MOST_WIDTHS, TITLE


@dataclass(frozen=True)
class _Known:
    """A string that `find` must know; `names` are the JSON Schema's enumeration."""

    find: Callable[[str], object]
    names: Callable[[], Iterable[str]]

    def check(self, value: str) -> str:
        try:
            self.find(value)
        except HenetArchError as error:
            raise ValueError(f"{error.what}; {error.fix}") from None
        return value

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self.check, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return {**handler(schema), "enum": sorted(self.names())}


def _rule(module: str) -> _Known:
    return _Known(
        find=lambda name: discovery.load("rules", module).rule(name),
        names=lambda: discovery.load("rules", module).RULES,
    )


def _odd(value: int) -> int:
    if value % 2 == 0:
        raise ValueError(f"{value} is even, but only an odd kernel can keep a map's size")
    return value


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


_TAGS = {"one", "each", "number", "name"}

Size = Annotated[int, Strict(), Field(ge=1, le=LARGEST)]
_Repeats = Annotated[int, Strict(), Field(ge=0, le=LARGEST)]
_Kernel = Annotated[
    int,
    Strict(),
    Field(ge=1, le=LARGEST, json_schema_extra={"not": {"multipleOf": 2}}),
    AfterValidator(_odd),
]
_Widths = Field(min_length=2, max_length=MOST_WIDTHS)
_Most = Field(max_length=MOST_WIDTHS)
_Groups = Annotated[
    Annotated[Size, Tag("number")] | Annotated[str, _rule("grouping"), Tag("name")],
    Discriminator(_number_or_name),
]
_Family = Annotated[str, _Known(family, families)]
_OneOrEach = Discriminator(_one_or_each)


class Spec(BaseModel):
    """What a user says; the rules decide the rest.

    The defaults are HENet Repeat 3 of the paper (section 3.3, Table 2). `repeats`, `strides` and
    `kernels` are one number for the whole network or a list with one for each place.

    Raises:
        SpecError: a value is missing, of the wrong kind, out of bounds, or unknown.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", title="henet-arch spec")

    name: Annotated[
        str | None,
        Field(
            pattern=f"^{TITLE}$",
            max_length=LONGEST_TITLE,
            description="letters, digits, - and _; made from the other values when absent",
        ),
    ] = None
    family: Annotated[_Family, Field(description="the rules that expand the spec")] = "henet"
    input: Annotated[
        tuple[Size, Size, Size],
        BeforeValidator(_square, json_schema_input_type=Size | tuple[Size, Size, Size]),
        Field(description="image as [channels, height, width], or one size for 3 channels"),
    ] = (3, 31, 31)
    classes: Annotated[Size, Field(description="outputs of the last layer")] = 10
    channels: Annotated[
        tuple[Size, ...],
        BeforeValidator(_listed, json_schema_input_type=Annotated[tuple[Size, ...], _Widths]),
        _Widths,
        Field(description="the width of each stage"),
    ] = (24, 48, 96, 192)
    repeats: Annotated[
        Annotated[_Repeats, Tag("one")] | Annotated[tuple[_Repeats, ...], _Most, Tag("each")],
        _OneOrEach,
        Field(description="stride-1 blocks of the repeated stages"),
    ] = 3
    strides: Annotated[
        Annotated[Size, Tag("one")] | Annotated[tuple[Size, ...], _Most, Tag("each")],
        _OneOrEach,
        Field(description="strides of the blocks that reduce the resolution"),
    ] = 2
    kernels: Annotated[
        Annotated[_Kernel, Tag("one")] | Annotated[tuple[_Kernel, ...], _Most, Tag("each")],
        _OneOrEach,
        Field(description="sizes of the spatial kernels, the stem's first"),
    ] = 3
    groups: Annotated[
        _Groups | None,
        Field(description="rule for the groups, or their number; the family's own when absent"),
    ] = None
    padding: Annotated[
        str,
        _rule("resolution"),
        Field(description="rule for the padding where the resolution is reduced"),
    ] = "odd-resolution"
    last_width: Annotated[
        Literal["keep", "next"],
        Field(
            description="width of the last repeated stage's stride-2 block: its own, as in the "
            "paper, or the next one"
        ),
    ] = "keep"

    @model_validator(mode="wrap")
    @classmethod
    def _check(cls, data: Any, handler: ModelWrapValidatorHandler[Spec]) -> Spec:
        try:
            spec = handler(data)
        except ValidationError as error:
            raise _translate(error) from None
        for key in family(spec.family).places(len(spec.channels)):
            spec.spread(key)
        for key, reason in family(spec.family).unused.items():
            if getattr(spec, key) != cls.model_fields[key].default:
                raise SpecError(f"{key} means nothing to family {spec.family}: {reason}", key=key)
        return spec

    def spread(self, key: str) -> tuple[int, ...]:
        """`repeats`, `strides` or `kernels` with one number for each of the family's places.

        Raises:
            SpecError: the list's length is not the number of places.
        """
        places = family(self.family).places(len(self.channels)).get(key, ())
        value = getattr(self, key)
        if isinstance(value, int):
            return (value,) * len(places)
        if len(value) != len(places):
            raise SpecError(
                f"{key} has {len(value)} values, but there are {len(places)} places for them",
                key=key,
                why=f"{self.family} with {len(self.channels)} widths has them at "
                + (", ".join(places[:8]) + (", ..." if len(places) > 8 else "") or "no place"),
                fix=f"one number for all, or a list of {len(places)}",
            )
        return tuple(value)

    def replace(self, **changes: Any) -> Spec:
        """A checked copy with some values changed."""
        return Spec(**{**self.model_dump(), **changes})

    @property
    def title(self) -> str:
        """The name, or one made of the family and all values that are not the defaults."""
        return self.name or _title(self)


def json_schema() -> dict[str, Any]:
    """The JSON Schema of spec files, in which a file may name its own schema."""
    schema = Spec.model_json_schema()
    properties = {"$schema": {"type": "string"}, **schema["properties"]}
    dialect = "https://json-schema.org/draft/2020-12/schema"
    return {"$schema": dialect, **schema, "properties": properties}


def _title(spec: Spec) -> str:
    parts = [spec.family]
    changed = spec.model_dump(exclude_defaults=True, exclude={"name", "family", "repeats"})
    if "channels" in changed:
        parts.append(_joined(changed.pop("channels")))
    parts.append("r" + _joined(spec.repeats))
    prefixes = {"classes": "c", "input": "i", "strides": "s", "kernels": "k", "groups": "g"}
    parts += [prefixes.get(key, "") + _joined(value) for key, value in changed.items()]
    title = "-".join(parts)
    return title if len(title) <= LONGEST_TITLE else f"{spec.family}-custom"


def _joined(value: object) -> str:
    return "-".join(map(str, value)) if isinstance(value, tuple) else str(value)


def _translate(error: ValidationError) -> SpecError:
    """pydantic's findings as one error that speaks of keys, values and bounds."""
    found = [detail for detail in error.errors(include_url=False) if not _follows(detail)]
    key = str(found[0]["loc"][0]) if found[0]["loc"] else ""
    what = "\n".join(dict.fromkeys(map(_sentence, found[:5])))
    more = len(found) - 5
    return SpecError(what + (f"\nand {more} more" if more > 0 else ""), key=key)


def _follows(detail: ErrorDetails) -> bool:
    """Whether a list is called too short only since some of its values are refused."""
    return detail["type"] == "too_short" and len(detail["input"]) >= detail["ctx"]["min_length"]


def _shown(value: object) -> str:
    try:
        return reprlib.repr(value)
    except ValueError:  # Python writes no integers of thousands of digits
        return "a number of thousands of digits"


_SENTENCES = {
    "missing": "{place} is missing",
    "int_type": "{said} is not a whole number",
    "int_from_float": "{said} is not a whole number",
    "string_type": "{said} is not a string",
    "tuple_type": "{said} is not a list of whole numbers",
    "greater_than_equal": "{said} is below {ge}",
    "less_than_equal": "{said} is above the limit of {le:,}",
    "too_short": "{said} is shorter than the {min_length} values it needs",
    "too_long": "{place} is longer than the limit of {max_length:,} values",
    "literal_error": "{said} is not one of {expected}",
    "string_pattern_mismatch": "{said} is not a name: letters, digits, - and _, a letter first",
    "string_too_long": "{place} is longer than the limit of {max_length} characters",
    "value_error": "{place}: {error}",
}
"""What to say of pydantic's findings, by their type."""


def _sentence(detail: ErrorDetails) -> str:
    place = "".join(
        f"[{part}]" if isinstance(part, int) else part
        for part in detail["loc"]
        if part not in _TAGS or part == detail["loc"][0]
    )
    if detail["type"] == "extra_forbidden":
        return f"unknown key {place!r}; {nearest(place, Spec.model_fields)}"
    said = f"{place} = {_shown(detail['input'])}" if place else "the spec"
    template = _SENTENCES.get(detail["type"], "{said}: {message}")
    context = {"place": place, "said": said, "message": detail["msg"], **detail.get("ctx", {})}
    return template.format(**context)
