"""How well each class is told, and which are mistaken for which."""

from __future__ import annotations

from collections.abc import Sequence

from ...results.table import Column, Row, Share, Table
from .scoring import Score

_MOST_CLASSES = 12
"""Classes of which tables show all."""
_SHORTEST, _LONGEST = 5, 8
"""Characters of the beginning of a class's name at the head of a column."""
_ROOM = 48
"""Characters of all heads together, where they are whole names."""


def by_class(score: Score, classes: Sequence[str]) -> list[Table]:
    """The recall of each class, and the confusion of them."""
    return [recall(score, classes), confusion(score, classes)]


def recall(score: Score, classes: Sequence[str]) -> Table:
    """The share of each class's images that are told right; of many classes, of the worst."""
    rows = []
    answered = [sum(column) for column in zip(*score.confusion, strict=True)]
    for label, row in enumerate(score.confusion):
        others = [(count, -other) for other, count in enumerate(row) if other != label and count]
        most, other = max(others, default=(0, 0))
        mistaken = f"{classes[-other]} ({most:,})" if most else ""
        told, right = Share.of(row[label], sum(row)), Share.of(row[label], answered[label])
        rows.append(Row((classes[label], sum(row), told, right, mistaken)))
    title = "each class"
    if len(rows) > _MOST_CLASSES:
        parts = (_part(row, label) for label, row in enumerate(score.confusion))
        order = sorted(zip(parts, range(len(rows)), strict=True))
        rows = [rows[label] for _, label in order[:_MOST_CLASSES]]
        title = f"the {len(rows)} classes of lowest recall, of {len(classes):,}"
    columns = [
        Column("class", prose=True),
        Column("images", number=True, rank=2),
        Column("recall"),
        Column("precision", rank=1),
        Column("mistaken for", prose=True),
    ]
    return Table(title, columns, rows)


def _part(row: Sequence[int], label: int) -> float:
    """A class's recall; one without images comes last."""
    return row[label] / sum(row) if sum(row) else 2.0


def confusion(score: Score, classes: Sequence[str]) -> Table:
    """The matrix, or of many classes the pairs that are mistaken most often."""
    if len(classes) <= _MOST_CLASSES:
        heads, names = _heads(classes)
        columns = [Column("true", prose=True), *(Column(head, number=True) for head in heads)]
        rows = [Row((name, *row)) for name, row in zip(names, score.confusion, strict=True)]
        return Table("confusion: rows are true classes, columns answers", columns, rows)
    pairs = [
        (count, classes[i], classes[j])
        for i, row in enumerate(score.confusion)
        for j, count in enumerate(row)
        if i != j and count
    ]
    shown = sorted(pairs, key=lambda pair: -pair[0])[:_MOST_CLASSES]
    columns = [
        Column("true", prose=True),
        Column("answer", prose=True),
        Column("images", number=True),
    ]
    return Table("most frequent confusions", columns, [Row((a, b, n)) for n, a, b in shown])


def _heads(classes: Sequence[str]) -> tuple[list[str], list[str]]:
    """Heads of columns and names of rows: names, beginnings that differ, or numbers."""
    if max(map(len, classes)) <= _ROOM // len(classes):
        return list(classes), list(classes)
    for length in range(_SHORTEST, _LONGEST + 1):
        heads = [name[:length] for name in classes]
        if len(set(heads)) == len(classes):
            return heads, list(classes)
    numbers = [str(number) for number in range(1, len(classes) + 1)]
    return numbers, [f"{number} {name}" for number, name in zip(numbers, classes, strict=True)]
