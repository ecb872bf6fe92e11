"""What one core of a machine can do, as a small TOML file."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, ClassVar

from pydantic import AfterValidator, ConfigDict, Field, Strict, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from ..support.cache import folder
from ..support.errors import FileError
from ..support.files import read_text
from ..support.formats import parse, toml_of

LARGEST_FILE = 4096
"""Bytes of a profile."""
LONGEST_NAME = 200
SLOWEST, FASTEST = 1e-6, 1e9
"""The bounds of a profile's numbers."""
_FIX = "henet-arch machine measures a profile"


def _printable(name: str) -> str:
    if not name.isprintable():
        raise ValueError
    return name


_Speed = Annotated[float, Strict(), Field(ge=SLOWEST, le=FASTEST, allow_inf_nan=False)]


@dataclass(frozen=True)
class Machine:
    """One core: its fastest multiply-adds and its way to memory."""

    __pydantic_config__: ClassVar = ConfigDict(extra="forbid")
    name: Annotated[
        str,
        Strict(),
        Field(min_length=1, max_length=LONGEST_NAME),
        AfterValidator(_printable),
    ]
    """The processor's."""
    peak_gflops: _Speed
    """1e9 FLOPs in a second, a multiply-add being two."""
    bandwidth_gb_per_s: _Speed
    """1e9 bytes in a second, read and written."""

    @property
    def balance(self) -> float:
        """FLOPs for each byte above which computing takes longer than moving."""
        return self.peak_gflops / self.bandwidth_gb_per_s

    def to_toml(self) -> str:
        """The profile as text; reading it gives the same one."""
        return toml_of(asdict(self))


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
    data = parse(read_text(path, LARGEST_FILE), "toml", str(path))
    try:
        return TypeAdapter(Machine).validate_python(data)
    except ValidationError as error:
        what, why = min(map(_fault, error.errors(include_url=False)))[1:]
        raise FileError(what, where=str(path), why=why, fix=_FIX) from None


def _fault(error: ErrorDetails) -> tuple[bool, str, str]:
    """Whether a value is at fault and not a key, then what is wrong, and the rule."""
    key = str(error["loc"][0])[:99]
    if error["type"] == "missing":
        return False, f"{key!r} is missing", ""
    if error["type"] == "unexpected_keyword_argument":
        return False, f"{key!r} is not a key of a machine's profile", ""
    if key == "name":
        why = f"at most {LONGEST_NAME} characters that can be printed"
        return True, "'name' is not a processor's name", why
    return True, f"{key!r} is not a speed", f"a number from {SLOWEST:f} to {FASTEST:,.0f}"
