"""Layers of Caffe as the text of a network."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import zip_longest
from textwrap import wrap
from typing import NamedTuple

from ...importers._caffe.message import Field, Message
from ...importers._caffe.text import written
from ...ir.scope import parent
from .messages import fields, text
from .net import CaffeLayer, slashed

_WIDTH = 98
"""Characters of a comment's line."""


class Entry(NamedTuple):
    """A layer of a network's text, with what stands above it."""

    message: Message
    scope: str = ""
    """The block that it is in, with slashes; an empty line and its name stand above each."""
    comments: tuple[str, ...] = ()


def entry(layer: CaffeLayer) -> Entry:
    """The entry of a layer, as the network is used."""
    return Entry(message_of(layer), slashed(parent(layer.node)))


def message_of(layer: CaffeLayer, learning: Sequence[Mapping[str, float]] = ()) -> Message:
    """The fields of a layer.

    Args:
        layer: The layer.
        learning: How its parameters learn, where that is said.
    """
    params = zip_longest(map(text, layer.shared), learning[: len(layer.tensors)])
    head = fields(
        name=text(layer.name),
        type=text(layer.kind),
        bottom=[text(blob) for blob in layer.bottoms],
        top=[text(blob) for blob in layer.tops],
        param=[fields(name=name, **(rate or {})) for name, rate in params],
    )
    settings = [Field(name, message, 0) for name, message in layer.settings.items()]
    return Message(fields=[*head.fields, *settings])


def network(name: str, comments: Iterable[str], entries: Iterable[Entry]) -> str:
    """The text of a network.

    Args:
        name: What it is called.
        comments: Lines at the top.
        entries: Its layers.
    """
    lines = [*_comments(comments), *written(fields(name=text(name))).splitlines()]
    scope = None
    for each in entries:
        if each.scope != scope or each.comments:
            lines += ["", *_comments(each.comments or filter(None, (each.scope,)))]
        scope = each.scope
        lines += written(fields(layer=each.message)).splitlines()
    return "\n".join(lines) + "\n"


def _comments(lines: Iterable[str]) -> Iterator[str]:
    """Each line after a #, and a long one in several."""
    for line in lines:
        for part in wrap(line, _WIDTH) or [""]:
            yield f"# {part}".rstrip()
