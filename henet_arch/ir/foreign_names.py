"""Layers' names as other frameworks give them, as names that a graph takes.

Slashes and dots separate scopes. A part that is a number, as those of `nn.Sequential`, becomes
`block0` if it is a scope and `layer0` if it is a layer. ONNX repeats the scopes around in each
part; here they stand once. What is no letter, digit or underscore becomes an underscore.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from keyword import iskeyword

from ..support.limits import LONGEST_TITLE, TITLE
from .scope import below, join, leaf, scopes, words, wrapper

_LONGEST = 160
"""Characters, so that a name that is taken still has room for a number."""
_LONGEST_LEAF = 20
_IS_WORD = re.compile(r"[A-Za-z][A-Za-z0-9_]*").fullmatch


def network_name(*texts: str) -> str:
    """A name that a graph takes, of the first text that has an ASCII letter or digit.

    Args:
        texts: What the network, its class or its file is called.
    """
    for text in texts:
        if re.fullmatch(TITLE, text):
            return text[:LONGEST_TITLE]
        if clean := re.sub(r"[^A-Za-z0-9_-]+", "_", text).strip("_-"):
            return (clean if clean[0].isalpha() else f"net_{clean}")[:LONGEST_TITLE]
    return "network"


def layer_names(originals: Iterable[str]) -> list[str]:
    """Names for layers that are called so elsewhere, in the same order.

    They are unique and valid, and no layer's is a scope of another. Names that are all of that
    already stay as they are; the same originals always get the same names.

    Args:
        originals: any texts: `layer1.0.conv1`, `he2_conv/2_2_elewise`, `/features/features.0/Conv`,
            several times the same, or nothing at all.
    """
    given = list(originals)
    clean = [_clean(name) for name in given]
    around = {scope for name in clean for scope in scopes(name)}
    kept = {
        name
        for name, original in zip(clean, given, strict=True)
        if name == original and name not in around
    }
    names: list[str] = []
    taken: set[str] = set()
    counts: Counter[str] = Counter()
    for name, original in zip(clean, given, strict=True):
        wanted = _out_of(around, name)
        free = wanted
        while free in taken or free in around or (free in kept and free != original):
            counts[wanted] += 1
            free = f"{wanted}_{counts[wanted] + 1}"
        taken.add(free)
        names.append(free)
    return names


def unwrapped(names: Sequence[str], weighted: Iterable[bool]) -> list[str]:
    """The names without the scope of a module that only wraps the network, where there is one.

    Args:
        names: those of a network's inputs and layers, with dots.
        weighted: whether each has weights.
    """
    around = wrapper(name for name, has in zip(names, weighted, strict=True) if has)
    return [below(name, around) for name in names]


def _out_of(around: set[str], name: str) -> str:
    """The name, or one inside it where it is a scope: `conv1.conv1`."""
    while name in around:
        last = leaf(name)
        name = f"{name}.{last if len(last) <= _LONGEST_LEAF else 'layer'}"
    return name


def _clean(original: str) -> str:
    *outer, last = _parts(original) or [""]
    own = _word(last, "layer")[: _LONGEST // 2]
    fitting: list[str] = []
    room = _LONGEST - len(own)
    for word in (_word(part, "block") for part in outer):
        room -= len(word) + 1
        if room < 0:
            break
        fitting.append(word)
    return join(*fitting, own)


def _parts(original: str) -> list[str]:
    """What stands between slashes and dots, without the scopes that ONNX says again."""
    parts: list[str] = []
    before = ""
    for piece in original.split("/"):
        parts += words(below(piece, before))
        before = piece
    return [part for part in parts if part.strip("_")]


def _word(part: str, plain: str) -> str:
    """A word that Python and PyTorch take for an attribute."""
    word = part if _IS_WORD(part) else re.sub(r"[^A-Za-z0-9_]", "_", part).strip("_")
    if not word or word[0].isdigit():
        word = f"{plain}{word}"
    return f"{word}_" if iskeyword(word) else word
