"""The spec: all that a user may say of a network, checked as soon as it is said.

What every family is told stands here; a family's own keys and their defaults are fields of its
subclass, which `Spec(family=...)` makes an instance of.
"""

from __future__ import annotations

import reprlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ModelWrapValidatorHandler,
    ValidationError,
    model_validator,
)
from pydantic_core import ErrorDetails

from ..support.errors import SpecError, UnknownNameError, nearest
from ..support.limits import LONGEST_TITLE, TITLE
from .family import Family
from .fields import TAGS, Classes, FeatureStrides, Flag, Image

StageKeys = Mapping[str, tuple[str, ...]]
"""For each key that may be given once or for each place: the places' names, in order."""

DEFAULT_FAMILY = "henet"
DECLARED = "blocks"
"""The family of the specs that declare their own blocks."""
DECLARES = ("network", "blocks")
"""The keys by which they do."""


def stages(count: int) -> tuple[str, ...]:
    """The names of that many stages: stage1, stage2, ..."""
    return tuple(f"stage{number}" for number in range(1, count + 1))


@dataclass(frozen=True)
class Registry:
    """Families and the specs of their presets, by name; `families.py` fills it in."""

    family_of: Callable[[Spec], Family[Any]]
    family: Callable[[str], Family[Any]]
    networks: Callable[[str], Mapping[str, Spec]]
    declared: Callable[[Mapping[str, Any]], type[Spec] | None]
    """The class of specs that declare their blocks, where values do."""


class Spec(BaseModel):
    """What a user says; the rules decide the rest.

    The defaults are HENet Repeat 3 of the paper (section 3.3, Table 2), or those of the family.

    Args:
        values: The keys of a spec file with their values; lists as tuples or lists, `input` as
            (channels, height, width) or one size for three channels. `henet-arch schema` has the
            keys of every family.

    Raises:
        SpecError: a value is missing, of the wrong kind, out of bounds, or unknown.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", title="henet-arch spec")
    registry: ClassVar[Registry]
    declared: ClassVar[Family[Any] | None] = None
    """The family of specs that declare their blocks; None where it is one of all."""

    name: Annotated[
        str | None,
        Field(
            pattern=f"^{TITLE}$",
            max_length=LONGEST_TITLE,
            description="letters, digits, - and _; made from the other values when absent",
        ),
    ] = None
    family: Annotated[str, Field(description="the rules that expand the spec")]
    input: Image = (3, 31, 31)
    classes: Classes = 10
    features_only: Annotated[
        Flag, Field(description="give the last map of each stride, and no classes")
    ] = False
    feature_strides: FeatureStrides = ()
    softmax: Annotated[Flag, Field(description="end in probabilities")] = False

    def __new__(cls, /, **values: Any) -> Spec:
        """An instance of the family's own class."""
        return super().__new__(_class_of(values) if cls is Spec else cls)

    def __init__(self, /, **values: Any) -> None:
        super().__init__(**{"family": _family_name(values), **values})

    @model_validator(mode="wrap")
    @classmethod
    def _check(cls, data: Any, handler: ModelWrapValidatorHandler[Spec]) -> Spec:
        try:
            spec = handler(data)
        except ValidationError as error:
            raise _translate(error, cls) from None
        if cls.registry.family_of(spec).spec is not cls:
            raise SpecError(
                f"{cls.__name__} is not the class of family {spec.family}", key="family"
            )
        for key in spec.stage_keys():
            spec.broadcast(key)
        spec.agree()
        return spec

    def agree(self) -> None:
        """Refuse values that contradict each other.

        Raises:
            SpecError: one of them would mean nothing.
        """
        if self.softmax and self.features_only:
            raise SpecError(
                "softmax means nothing to the maps of features_only",
                key="softmax",
                fix="one of the two",
            )
        if self.feature_strides and not self.features_only:
            raise SpecError(
                "feature_strides chooses among the maps of features_only, which is false",
                key="feature_strides",
                fix="features_only = true",
            )

    def stage_keys(self) -> StageKeys:
        """Where the keys apply that are given once or for each place."""
        return {}

    def broadcast(self, key: str) -> tuple[int, ...]:
        """A key that is given once or for each place, with one number for each place.

        Empty where the family has no such key.

        Args:
            key: A key such as `repeats`.

        Raises:
            SpecError: the list's length is not the number of places.
        """
        places = self.stage_keys().get(key, ())
        value = getattr(self, key, ())
        if not isinstance(value, tuple):
            return (value,) * len(places)
        if len(value) != len(places):
            raise SpecError(
                f"{key} has {len(value)} values, but there are {len(places)} places for them",
                key=key,
                why=f"{self.family} with these widths has them at "
                + (", ".join(places[:8]) + (", ..." if len(places) > 8 else "") or "no place"),
                fix=f"one number for all, or a list of {len(places)}",
            )
        return tuple(value)

    def said(self) -> dict[str, Any]:
        """The values that are not left to defaults, by key."""
        return self.model_dump(exclude_unset=True)

    def replace(self, /, **changes: Any) -> Spec:
        """A checked copy with some values changed; of another family, with what was said.

        Args:
            changes: Keys with their new values.

        Raises:
            SpecError: a value does not hold, or the other family has no such key.
        """
        values = {**self.said(), **changes}
        keys = _class_of(values).model_fields
        lost = [key for key in values if key not in keys and key not in changes]
        if lost:
            raise SpecError(
                f"{self.title} says {', '.join(lost)}, which family {values['family']} has not",
                key=lost[0],
                fix=f"family {values['family']} from its own defaults, not from {self.title}",
            )
        return Spec(**values)

    def with_input(self, shape: Any) -> Spec:
        """The spec for an image of another shape, (C, H, W) or (H, W); the same one for None.

        Args:
            shape: The image's size; of one number or two, the channels stay.

        Raises:
            SpecError: it is no such shape.
        """
        if shape is None:
            return self
        if isinstance(shape, Mapping):
            raise SpecError(
                "a spec has one image, and shapes are given by name", key="input", fix="(3, 31, 31)"
            )
        sizes = (shape, shape) if isinstance(shape, int) else shape
        if isinstance(sizes, tuple | list) and len(sizes) == 2:
            sizes = (*self.input[:1], *sizes)
        return self.replace(input=sizes)

    @classmethod
    def own_keys(cls) -> list[str]:
        """The keys that this family has and others may not."""
        return [key for key in cls.model_fields if key not in Spec.model_fields]

    @property
    def title(self) -> str:
        """The name, or one made of the preset or family and all values that differ from it."""
        return self.name or _title(self)


def _family_name(values: Mapping[str, Any]) -> str:
    """The family of values that say none."""
    return DECLARED if values.keys() & {*DECLARES} else DEFAULT_FAMILY


def _class_of(values: Mapping[str, Any]) -> type[Spec]:
    name = values.get("family", _family_name(values))
    if not isinstance(name, str):
        raise SpecError(f"family = {_shown(name)} is not a string", key="family")
    if declared := Spec.registry.declared(values):
        return declared
    try:
        return Spec.registry.family(name).spec
    except UnknownNameError as error:
        raise SpecError(f"family: {error.what}; {error.fix}", key="family") from None


_PREFIXES = {
    "repeats": "r",
    "classes": "c",
    "input": "i",
    "strides": "s",
    "kernels": "k",
    "groups": "g",
    "channels": "",
    "feature_strides": "",
}


def _title(spec: Spec) -> str:
    """The nearest preset with as many blocks, or the family, and all that differs from it."""
    own = spec.own_keys()
    blocks = spec.broadcast("repeats")
    if spec.declared:
        keys = [key for key in own if key not in (*DECLARES, "groups", "padding")]
        return _joined(spec, spec.family, keys)
    alike = [
        n
        for n in Spec.registry.networks(spec.family).items()
        if n[1].broadcast("repeats") == blocks
    ]
    if alike:
        start, base = min(alike, key=lambda named: len(_changes(own, spec, named[1])))
    else:
        start, base = spec.family, Spec(family=spec.family)
    common = [key for key in Spec.model_fields if key not in ("name", "family")]
    return _joined(spec, start, _changes([*own, *common], spec, base))


def _joined(spec: Spec, start: str, changed: list[str]) -> str:
    """A title of what the keys `changed` say."""
    values = {key: value for key in changed if (value := getattr(spec, key)) is not None}
    title = "-".join([start, *(_said(key, value) for key, value in values.items())])
    return title if len(title) <= LONGEST_TITLE else f"{spec.family}-custom"


def _changes(keys: list[str], spec: Spec, base: Spec) -> list[str]:
    return [key for key in keys if getattr(spec, key) != getattr(base, key)]


def _said(key: str, value: object) -> str:
    """Words say what they mean; numbers and truths need their key."""
    word = key.replace("_", "-")
    if isinstance(value, bool):
        return word if value else f"no-{word}"
    if value == ():
        return f"no-{word}"
    text = "-".join(map(str, _flat(value)))
    prefix = "" if isinstance(value, str) else _PREFIXES.get(key, f"{word}-")
    return prefix + text.replace(".", "_")


def _flat(value: object) -> Iterator[object]:
    """What lists in lists hold."""
    if isinstance(value, tuple):
        for part in value:
            yield from _flat(part)
    else:
        yield value


def _translate(error: ValidationError, cls: type[Spec]) -> SpecError:
    """pydantic's findings as one error that speaks of keys, values and bounds."""
    details = [detail for detail in error.errors(include_url=False) if not _follows(detail)]
    key = str(details[0]["loc"][0]) if details[0]["loc"] else ""
    what = "\n".join(dict.fromkeys(_sentence(detail, cls) for detail in details[:5]))
    more = len(details) - 5
    fixes = set(map(_fix, details))
    fix = fixes.pop() if len(fixes) == 1 else ""
    return SpecError(what + (f"\nand {more} more" if more > 0 else ""), key=key, fix=fix)


def _fix(detail: ErrorDetails) -> str:
    """What holds instead: as the field itself says, or as its kind of error does."""
    context = detail.get("ctx", {})
    own = context.get("fix", getattr(context.get("error"), "fix", ""))
    return str(own or _FIXES.get(detail["type"], "").format(**context))


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
    "float_type": "{said} is not a number",
    "finite_number": "{said} is not a finite number",
    "bool_type": "{said} is neither true nor false",
    "string_type": "{said} is not a string",
    "tuple_type": "{said} is not a list of whole numbers",
    "greater_than": "{said} is not above {gt}",
    "greater_than_equal": "{said} is below {ge}",
    "less_than": "{said} is not below {lt}",
    "less_than_equal": "{said} is above the limit of {le:,}",
    "too_short": "{said} is shorter than the {min_length} values it needs",
    "too_long": "{place} is longer than the limit of {max_length:,} values",
    "literal_error": "{said} is not one of {expected}",
    "string_pattern_mismatch": "{said} is not a name: letters, digits, - and _, a letter first",
    "string_too_long": "{place} is longer than the limit of {max_length} characters",
    "value_error": "{place}: {error}",
}
"""What to say of pydantic's findings, by their type."""
_FIXES = {
    "int_type": "a whole number, such as 3",
    "int_from_float": "a whole number, such as 3",
    "float_type": "a number, such as 0.5",
    "bool_type": "true or false",
    "tuple_type": "a list, such as [24, 48]",
    "greater_than": "a number above {gt:g}",
    "greater_than_equal": "{ge:,} or more",
    "less_than": "a number below {lt:g}",
    "less_than_equal": "{le:,} or less",
    "string_pattern_mismatch": "a name such as my-net",
}
"""What to write instead, by the type of the first finding."""


def _sentence(detail: ErrorDetails, cls: type[Spec]) -> str:
    place = "".join(
        f"[{part}]" if isinstance(part, int) else part
        for part in detail["loc"]
        if part not in TAGS or part == detail["loc"][0]
    )
    if detail["type"] == "extra_forbidden":
        return f"unknown key {place!r}; {nearest(place, cls.model_fields)}"
    text = f"{place} = {_shown(detail['input'])}" if place else "the spec"
    template = _SENTENCES.get(detail["type"], "{said}: {message}")
    context = {"place": place, "said": text, "message": detail["msg"], **detail.get("ctx", {})}
    return template.format(**context)
