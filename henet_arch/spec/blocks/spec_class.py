"""Specs that declare their blocks: the class that has exactly the keys that they read."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cached_property, lru_cache
from keyword import iskeyword
from typing import Annotated, Any, ClassVar

from pydantic import BeforeValidator, Field, GetCoreSchemaHandler, create_model
from pydantic_core import CoreSchema, core_schema

from ...support.errors import SpecError, nearest
from ...support.limits import LARGEST, LONGEST_TITLE, MOST_WIDTHS
from ..family import Family
from ..fields import Epsilon, Groups, Momentum, Padding, RefusedError, Repeats, Size
from ..spec import DECLARES, Spec, StageKeys
from .check import check
from .evaluate import FUNCTIONS
from .expand import LineReasons, expand, reasons_of
from .expressions import LENGTH
from .expressions import WORDS as RESERVED
from .frame import INPUT
from .places import stage_keys
from .program import WORDS, Program, read_program
from .text import BLOCKS, NETWORK, Blocks, Code, Line, Owner

MOST_KEYS = 200
"""Keys of one spec."""


class BlocksSpec(Spec):
    """A network of blocks that the spec itself declares.

    Each subclass has the keys that one text reads. Specs are equal where all that they say is.
    """

    program: ClassVar[Program]

    def stage_keys(self) -> StageKeys:
        keys = {key: getattr(self, key) for key in type(self).program.keys}
        places = stage_keys(type(self).program, keys)
        return {key: names for key, names in places.items() if key not in _WHOLE}

    def agree(self) -> None:
        super().agree()
        for key, words in type(self).program.words_compared.items():
            value = getattr(self, key)
            if isinstance(value, str) and value not in words:
                raise SpecError(
                    f"{key} = {value!r} is none of the words that a line compares it with",
                    key=key,
                    fix=nearest(value, words),
                )

    @cached_property
    def lines(self) -> tuple[Line, ...]:
        """All lines of its text."""
        blocks: Blocks = getattr(self, BLOCKS)
        return (*getattr(self, NETWORK), *(line for block in blocks for line in block.lines))

    @cached_property
    def reasons(self) -> LineReasons:
        """Why the layers of each line are there."""
        return reasons_of(type(self).program, self.lines)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, BlocksSpec) and self._said() == other._said()

    def __hash__(self) -> int:
        return hash(frozenset(self._said().items()))

    def __reduce__(self) -> tuple[Any, ...]:
        """Processes are given the text, as no class of another process is known to them."""
        return _from_values, (self.model_dump(mode="json", exclude_unset=True),)

    def _said(self) -> dict[str, Any]:
        return {key: getattr(self, key) for key in type(self).model_fields}


def _from_values(values: dict[str, Any]) -> Spec:
    return Spec(**values)


class _CodeField:
    """How pydantic holds the lines of a network."""

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(
            lambda value: Code.of(value, Owner(NETWORK)),
            serialization=core_schema.plain_serializer_function_ser_schema(
                lambda code, info: code.texts if info.mode == "json" else code, info_arg=True
            ),
        )


class _BlocksField:
    """How pydantic holds blocks."""

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(
            Blocks.of,
            serialization=core_schema.plain_serializer_function_ser_schema(
                lambda blocks, info: blocks.to_dict() if info.mode == "json" else blocks,
                info_arg=True,
            ),
        )


_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")


def _own_value(value: Any) -> Any:
    """A number, a truth or a word; or a list of such; or a list with a list for each stage."""
    return _held(value, depth=2)


def _held(value: Any, depth: int) -> Any:
    if isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        if not 0 <= value <= LARGEST:
            raise ValueError(f"a number is not from 0 to {LARGEST:,}")
        return value
    if isinstance(value, str):
        if len(value) > LONGEST_TITLE or not _WORD.fullmatch(value):
            raise RefusedError(
                f"{value[:30]!r} is no word: letters, digits, -, _ and .",
                'the number itself; an expression stands in a block: wide = "Cin * 11 / 3"',
            )
        return value
    if isinstance(value, list | tuple) and depth:
        if len(value) > MOST_WIDTHS:
            raise ValueError(f"the list is longer than the limit of {MOST_WIDTHS:,} values")
        return tuple(_held(each, depth - 1) for each in value)
    raise ValueError("neither a number, a truth, a word nor a list of such")


_OwnValue = Annotated[Any, BeforeValidator(_own_value)]
_Widths = Annotated[tuple[Size, ...], Field(min_length=1, max_length=MOST_WIDTHS)]
_RULES: dict[str, tuple[Any, Any]] = {"groups": (Groups, "dense"), "padding": (Padding, "same")}
_WHOLE = {*Spec.model_fields, *_RULES}
"""Keys that hold for the whole network."""
_NORM: dict[str, Any] = {"eps": Epsilon, "momentum": Momentum}
_TYPED: dict[str, Any] = {"channels": _Widths, "repeats": Repeats, **_NORM}


def class_of(values: Mapping[str, Any]) -> type[Spec]:
    """The class of specs with the network and the blocks that `values` declare.

    Raises:
        SpecError: their text is no network, or a key is read by no line.
    """
    if NETWORK not in values:
        raise SpecError(
            f"{NETWORK} is missing: it says which blocks the network is made of",
            key=NETWORK if BLOCKS not in values else BLOCKS,
            fix="network = 'stage = unit for channels'; henet-arch spec henet-r3 --blocks has one",
        )
    common = {*_WHOLE, *DECLARES}
    keys = tuple(key for key in values if key not in common)
    given = tuple(key for key in _RULES if key in values)
    if len(keys) > MOST_KEYS:
        raise SpecError(f"more than {MOST_KEYS} keys", key=keys[0])
    network, blocks = Code.of(values[NETWORK], Owner(NETWORK)), Blocks.of(values.get(BLOCKS, {}))
    return _class(network, blocks, keys, given)


@lru_cache(maxsize=256)
def _class(
    network: Code, blocks: Blocks, keys: tuple[str, ...], given: tuple[str, ...]
) -> type[Spec]:
    for key in keys:
        _check_key(key)
    program = read_program(network, blocks, frozenset({*keys, "classes", "padding"}))
    check(program, blocks)
    _check_read(program, keys, given)
    rules = {k: v for k, v in _RULES.items() if k != "groups" or program.groups}
    own = {key: (_TYPED.get(key, _OwnValue), ...) for key in keys}
    text = {NETWORK: (_CodeField, ...), BLOCKS: (_BlocksField, Field(default=Blocks(())))}
    fields: dict[str, Any] = {**rules, **own, **text}
    made = create_model("BlocksSpec", __base__=BlocksSpec, **fields)
    made.program = program
    made.declared = Family(
        summary="blocks that the spec declares itself",
        source="the spec",
        spec=made,
        expand=expand,
    )
    return made


def _check_key(key: str) -> None:
    reserved = {*RESERVED, *WORDS, *FUNCTIONS, LENGTH, INPUT} - {"width", "height", "channels"}
    usable = key.isascii() and key.isidentifier() and not iskeyword(key) and key[0] != "_"
    taken = hasattr(BlocksSpec, key) or key in BlocksSpec.__class_vars__
    if not usable or taken or key in reserved:
        raise SpecError(
            f"no key of a spec can be named {key[:50]!r}",
            key=key,
            why="expressions have another meaning for it" if key in reserved else "",
            fix="letters, digits and _, such as my_width",
        )


def _check_read(program: Program, keys: tuple[str, ...], given: tuple[str, ...]) -> None:
    effective = program.read_keys | {"padding", *_NORM} | ({"groups"} if program.groups else set())
    for key in (*keys, *given):
        if key not in effective:
            raise SpecError(
                f"no line reads the key {key!r}",
                key=key,
                fix="the key left out, or its name in an expression",
            )
