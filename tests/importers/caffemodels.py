"""Writes caffemodels: just enough of protobuf's binary form."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from henet_arch.importers._caffe.build import Imported


def varint(number: int) -> bytes:
    """A number of variable length."""
    content = bytearray()
    while number > 127:
        content.append(number & 127 | 128)
        number >>= 7
    return bytes([*content, number])


def field(number: int, content: bytes | int) -> bytes:
    """A field with a number or with bytes."""
    if isinstance(content, int):
        return varint(number << 3) + varint(content)
    return varint(number << 3 | 2) + varint(len(content)) + content


def blob(values: NDArray[Any], *, legacy: bool = False, packed: bool = True) -> bytes:
    """An array, with its shape in today's form or in four sizes."""
    dims = (1,) * (4 - values.ndim) + values.shape if legacy else values.shape
    if legacy:
        shape = b"".join(field(i, size) for i, size in enumerate(dims, 1))
    else:
        shape = field(7, field(1, b"".join(map(varint, dims))))
    double = values.dtype == np.float64
    data = values.astype("<f8" if double else "<f4").tobytes()
    if packed:
        return shape + field(8 if double else 5, data)
    width, tag = (8, b"\x41") if double else (4, b"\x2d")
    return shape + b"".join(tag + data[i : i + width] for i in range(0, len(data), width))


def caffemodel(
    layers: Mapping[str, Sequence[NDArray[Any]]], *, old: bool = False, **how: bool
) -> bytes:
    """A network of layers with nothing but names and blobs."""
    name, blobs, number = (4, 6, 2) if old else (1, 7, 100)
    return b"".join(
        field(
            number,
            field(name, key.encode())
            + b"".join(field(blobs, blob(values, legacy=old, **how)) for values in each),
        )
        for key, each in layers.items()
    )


def layer(name: str, kind: str, bottom: str, settings: bytes, *blobs: NDArray[Any]) -> bytes:
    """A layer that says what it is, with a top of its own name and `settings` as a field."""
    words = b"".join(
        field(number, word.encode()) for number, word in enumerate((name, kind, bottom, name), 1)
    )
    return field(100, words + settings + b"".join(field(7, blob(values)) for values in blobs))


def random_blobs(imported: Imported, seed: int = 0) -> dict[str, list[NDArray[Any]]]:
    """Signed weights for every layer; variances are positive, and sums are of two batches."""
    random = np.random.default_rng(seed)
    layers: dict[str, dict[int, NDArray[Any]]] = {}
    for slot in (*imported.slots.values(), *imported.factors):
        fan_in = int(np.prod(slot.shape[1:])) if len(slot.shape) > 1 else 4
        values = random.standard_normal(slot.shape) * (1.4 / fan_in**0.5)
        if slot.tensor == "running_var":
            values = np.abs(values) + 0.5
        elif slot.tensor == "":
            values = np.full(slot.shape, 2.0)
        layers.setdefault(slot.layer, {})[slot.number] = values.astype(np.float32)
    return {name: [each[i] for i in sorted(each)] for name, each in layers.items()}


def single(number: float) -> bytes:
    """Four bytes."""
    return struct.pack("<f", number)
