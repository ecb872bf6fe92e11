"""What one core of a machine can do, as a small TOML file."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ..support.cache import folder
from ..support.errors import FileError
from ..support.files import read_text
from ..support.formats import parse

LARGEST_FILE = 4096
"""Bytes of a profile."""
LONGEST_NAME = 200
SLOWEST, FASTEST = 1e-6, 1e9
"""The bounds of a profile's numbers."""
_FIX = "henet-arch machine measures a profile"


@dataclass(frozen=True)
class Machine:
    """One core: its fastest multiply-adds and its way to memory."""

    name: str
    """The processor's."""
    peak_gflops: float
    """1e9 FLOPs in a second, a multiply-add being two."""
    bandwidth_gb_per_s: float
    """1e9 bytes in a second, read and written."""

    @property
    def balance(self) -> float:
        """FLOPs for each byte above which computing takes longer than moving."""
        return self.peak_gflops / self.bandwidth_gb_per_s

    def to_toml(self) -> str:
        """The profile as text; reading it gives the same one."""
        pairs = asdict(self).items()
        return "".join(f"{key} = {json.dumps(value, ensure_ascii=False)}\n" for key, value in pairs)


def default_path() -> Path:
    """Where `henet-arch machine` keeps this machine's profile."""
    return folder() / "machine.toml"


def known() -> Machine | None:
    """This machine's profile, if it was measured.

    Raises:
        FileError: it is damaged.
    """
    try:
        path = default_path()
        measured = path.exists()
    except (FileError, OSError):  # there is no place for one, or none that can be looked into
        return None
    return read(path) if measured else None


def read(path: Path) -> Machine:
    """The profile in a TOML file.

    Raises:
        FileError: it cannot be read, or is not a profile.
    """
    text = read_text(path, LARGEST_FILE)
    data = parse(text, "toml", str(path))
    keys = set(Machine.__dataclass_fields__)
    if wrong := sorted(keys ^ set(data)):
        said = "is missing" if wrong[0] in keys else "is not a key of a machine's profile"
        raise FileError(f"{wrong[0][:99]!r} {said}", where=str(path), fix=_FIX)
    speeds = (_positive(data, key, path) for key in ("peak_gflops", "bandwidth_gb_per_s"))
    return Machine(_name(data["name"], path), *speeds)


def _name(value: Any, path: Path) -> str:
    if isinstance(value, str) and value.isprintable() and 0 < len(value) <= LONGEST_NAME:
        return value
    why = f"at most {LONGEST_NAME} characters that can be printed"
    raise FileError("'name' is not a processor's name", where=str(path), why=why, fix=_FIX)


def _positive(data: dict[str, Any], key: str, path: Path) -> float:
    value = data[key]
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if number and SLOWEST <= value <= FASTEST:  # false of NaN
        return float(value)
    why = f"a number from {SLOWEST:f} to {FASTEST:,.0f}"
    raise FileError(f"{key!r} is not a speed", where=str(path), why=why, fix=_FIX)
