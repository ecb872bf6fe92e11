"""The file of an interrupted search: what it holds, and how it is known to be whole."""

from __future__ import annotations

import json
from bisect import bisect_right
from hashlib import sha256
from itertools import chain, pairwise
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ..support.errors import EmptyFileError, FileError
from ..support.files import read_text

_LARGEST_FILE = 64 * 1024 * 1024

Run = tuple[int, int]
"""Specs from the first to before the second."""
_Count = Annotated[int, Field(ge=0, le=2**62, strict=True)]


class Checkpoint(BaseModel):
    """What the file holds; the figures of its networks are found again."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    version: Literal[2] = 2
    query: str
    """The query's fingerprint."""
    done: list[tuple[_Count, _Count]]
    networks: _Count
    within: _Count
    front: list[tuple[_Count, Annotated[int, Field(ge=1, strict=True)]]]
    """The number of each spec, and how many specs equal it."""
    nearest: list[_Count]
    """The numbers of specs."""

    @property
    def tested(self) -> int:
        return sum(stop - start for start, stop in self.done)

    def text(self) -> str:
        """As the file has it, which ends in a digest of all before it."""
        content = self.model_dump(mode="json")
        digest = sha256(json.dumps(content).encode()).hexdigest()
        return json.dumps({**content, "sha256": digest}) + "\n"


def read(path: Path) -> Checkpoint:
    """What a file holds that is, to the last byte, as `Checkpoint.text` wrote it.

    Raises:
        FileError: it is not, or cannot be read.
    """
    try:
        text = read_text(path, _LARGEST_FILE)
    except EmptyFileError:
        raise damaged(path, "it is empty") from None
    try:
        content = json.loads(text)
        content.pop("sha256")
        kept = Checkpoint.model_validate(content)
    except ValidationError as error:
        place = ".".join(map(str, error.errors()[0]["loc"]))
        raise damaged(path, f"what it says of {place or 'the search'} is not valid") from None
    except (ValueError, LookupError, AttributeError, TypeError, RecursionError):
        raise damaged(path, "it is cut off, or no JSON of this kind") from None
    if kept.text() != text:
        raise damaged(path, "it has been changed since it was written")
    return _sensible(kept, path)


def _sensible(kept: Checkpoint, path: Path) -> Checkpoint:
    """The same, once it is known not to contradict itself."""
    edges = list(chain.from_iterable(kept.done))
    if any(a >= b for a, b in pairwise(edges)):
        raise damaged(path, "the runs that are done overlap")
    if not len(kept.front) <= kept.within <= kept.networks <= kept.tested:
        raise damaged(path, "its counts contradict each other")
    specs = [*(index for index, _ in kept.front), *kept.nearest]
    most = max((equal for _, equal in kept.front), default=0)
    starts = [start for start, _ in kept.done]
    runs = [(index, bisect_right(starts, index) - 1) for index in specs]
    if most > kept.within or any(n < 0 or index >= kept.done[n][1] for index, n in runs):
        raise damaged(path, "it names a spec that is not done")
    return kept


def damaged(path: Path, why: str) -> FileError:
    """That a file is none of these."""
    return FileError(
        f"{path} is no checkpoint of budget: {why}",
        fix="another --checkpoint, or delete the file: the search then begins from the start",
    )
