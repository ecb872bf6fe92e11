"""What a training notes of itself as it goes on, as a table and in a checkpoint."""

from __future__ import annotations

import csv
import io
from abc import ABC, abstractmethod
from typing import Annotated, Any, NotRequired, TypeAlias

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError
from torch import Tensor
from typing_extensions import TypedDict

from ..evaluation.scoring import Score

_STRICT = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)
Loss: TypeAlias = Annotated[float, Field(allow_inf_nan=True)]
"""Of a test, whose running statistics may still be far off: then scores can leave all bounds."""


class LogRow(TypedDict):
    """One row of the log; the figures of tests stand where the network was tested, and those of
    averaged weights where there are any."""

    __pydantic_config__ = _STRICT  # type: ignore[misc]

    step: int
    epoch: float
    rate: float
    train_loss: float
    images_per_second: float
    test_loss: Loss | None
    test_accuracy: float | None
    averaged_loss: NotRequired[Loss]
    averaged_accuracy: NotRequired[float]


class LogWriter(ABC):
    """A form of the log that grows row by row."""

    @abstractmethod
    def write(self, row: dict[str, Any]) -> None:
        """Add a row, a `LogRow`."""

    @abstractmethod
    def close(self) -> None:
        """The training has ended or was stopped."""


class _SavedScore(TypedDict):
    __pydantic_config__ = _STRICT  # type: ignore[misc]

    confusion: list[list[int]]
    loss: Loss


COLUMNS = tuple(LogRow.__annotations__)
_ROWS = TypeAdapter(list[LogRow])
_SCORE = TypeAdapter(_SavedScore | None)


def read_rows(value: object) -> list[dict[str, Any]]:
    """The log that a checkpoint holds.

    Raises:
        ValueError: it is no log.
    """
    return [dict(row) for row in _checked(_ROWS, value, "log")]


def read_score(value: object, classes: int) -> Score | None:
    """The score that a checkpoint holds, of a network with so many classes.

    Raises:
        ValueError: it is no score, or one of another number of classes.
    """
    if isinstance(value, dict) and isinstance(value.get("confusion"), Tensor):
        value = {**value, "confusion": value["confusion"].tolist()}
    saved = _checked(_SCORE, value, "score")
    if saved is None:
        return None
    rows = saved["confusion"]
    if {len(rows), *map(len, rows)} != {classes}:
        raise ValueError(f"its confusion matrix is not of {classes} classes")
    counts = [count for row in rows for count in row]
    if min(counts) < 0 or not sum(counts):
        raise ValueError("its confusion matrix counts no images, or fewer than none")
    return Score(tuple(map(tuple, rows)), saved["loss"])


def _checked(adapter: TypeAdapter[Any], value: object, what: str) -> Any:
    try:
        return adapter.validate_python(value)
    except ValidationError as error:
        detail = error.errors()[0]
        place = ".".join(map(str, detail["loc"]))
        raise ValueError(
            f"its {what} is wrong at {place or 'its start'}: {detail['msg']}"
        ) from None


def as_csv(rows: list[dict[str, Any]]) -> str:
    """The log as people open it in a spreadsheet."""
    text = io.StringIO()
    columns = [column for column in COLUMNS if not rows or any(column in row for row in rows)]
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()
