"""Which networks of other people ours are held against."""

from __future__ import annotations

from typing import NamedTuple

from henet_arch.spec.families import families

LIBRARIES = ("torchvision", "timm", "pytorchcv")


class Case(NamedTuple):
    preset: str
    library: str
    name: str


REFERENCES = [
    Case(preset, *known.reference.split(", "))
    for family in families().values()
    for preset, known in family.presets.items()
    if known.reference.startswith(LIBRARIES)
]
"""Every reference that a preset names and that can be run."""

OTHERS = [Case("mobilenet", "timm", "mobilenetv1_100")]
"""Networks of the same title that no preset names."""
