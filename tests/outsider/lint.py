"""A lint rule that finds the image."""

from __future__ import annotations

from collections.abc import Iterator

from henet_arch.lints.rule import Context, Finding, Rule


def _check(context: Context) -> Iterator[Finding]:
    yield Finding((context.graph.nodes[0].name,), "it is an image")


RULE = Rule("OUT101", "error", "images", "Networks see.", "look away", "another package", _check)
