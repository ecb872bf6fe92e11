"""How well each class is told, and the page of the worst errors."""

from __future__ import annotations

import base64
import io
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
import torch
from examples import examples
from henet_arch.renderers._mistakes import Shot, page
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from henet_arch.results.table import Share
from henet_arch.training.data import Feeder, Pixels, Split
from henet_arch.training.evaluation.class_tables import confusion, recall
from henet_arch.training.evaluation.mistakes import worst
from henet_arch.training.evaluation.scoring import Score

metrics = pytest.importorskip("sklearn.metrics")
pillow = pytest.importorskip("PIL.Image")


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=1, max_size=60))
@examples(40)
def test_recall_and_precision_are_those_of_scikit_learn(pairs: list[tuple[int, int]]) -> None:
    names = [f"class {n}" for n in range(5)]
    true, told = zip(*pairs, strict=True)
    matrix = metrics.confusion_matrix(true, told, labels=range(5))
    rows = recall(Score(tuple(map(tuple, matrix.tolist())), 0.0), names).rows
    for column, score in ((2, metrics.recall_score), (3, metrics.precision_score)):
        wanted = score(true, told, labels=range(5), average=None, zero_division=0)
        for row, value in zip(rows, wanted, strict=True):
            cell = row.cells[column]
            assert (cell.part if isinstance(cell, Share) else 0) == pytest.approx(value)


def test_of_many_classes_the_worst_are_shown() -> None:
    names = [f"c{n}" for n in range(30)]
    matrix = [[0] * 30 for _ in range(30)]
    for n in range(29):
        matrix[n][n], matrix[n][(n + 1) % 30] = n + 1, 5
    table = recall(Score(tuple(map(tuple, matrix)), 0.0), names)
    assert [row.cells[0] for row in table.rows] == [f"c{n}" for n in range(12)]
    assert table.rows[0].cells[4] == "c1 (5)"
    assert table.title == "the 12 classes of lowest recall, of 30"


@pytest.mark.parametrize(
    ("names", "heads", "rows"),
    [
        (("airplane", "automobile"), ["airplane", "automobile"], ["airplane", "automobile"]),
        (("x" * 24, "y" * 24), ["x" * 24, "y" * 24], ["x" * 24, "y" * 24]),
        (("x" * 24, "y" * 25), ["xxxxx", "yyyyy"], ["x" * 24, "y" * 25]),
        (("same" * 6 + "1", "same" * 6 + "2"), ["1", "2"], None),
        (("class_a" + "x" * 20, "class_b"), ["class_a", "class_b"], None),
    ],
)
def test_columns_can_be_told_apart(
    names: tuple[str, str], heads: list[str], rows: list[str] | None
) -> None:
    table = confusion(Score(((1, 2), (3, 4)), 0.0), names)
    assert [column.title for column in table.columns] == ["true", *heads]
    found = [row.cells[0] for row in table.rows]
    numbered = [f"{n} {name}" for n, name in enumerate(names, 1)]
    assert found == (rows or (numbered if heads[0] == "1" else list(names)))


class _Brightest(nn.Module):
    """Scores are the means of three columns."""

    def __init__(self) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.tensor(3.0))

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return images.mean((1, 2)) * self.scale


def test_the_worst_errors_come_first() -> None:
    images = torch.randint(0, 256, (40, 3, 3, 1), dtype=torch.uint8)
    labels = torch.arange(40) % 3
    names = [f"{n}.png" for n in range(40)]
    test = Feeder(Split(images, labels, names=names), (1, 3, 3), Pixels((0.0,), (50.0,)))
    model = _Brightest().train()
    found = worst(model, test, 9, 7)
    assert model.training
    scores = model.eval()(torch.cat([batch for batch, _ in test.batches(40)]))
    losses = nn.functional.cross_entropy(scores, labels, reduction="none")
    losses[scores.argmax(1) == labels] = -1
    assert [each.name for each in found] == [names[n] for n in losses.argsort(descending=True)[:7]]
    for each in found:
        number = names.index(each.name)
        shares = scores[number].softmax(0)
        assert torch.equal(each.image, images[number])
        assert each.label == labels[number] != each.answer == int(scores[number].argmax())
        assert each.share == pytest.approx(float(shares.max().detach()))
        assert each.right_share == pytest.approx(float(shares[each.label].detach()))


class _Seen(HTMLParser):
    """The elements and the text of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.images: list[dict[str, str | None]] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if tag == "img":
            self.images.append(dict(attrs))

    def handle_data(self, data: str) -> None:
        self.text += data


@given(st.lists(st.text(max_size=30), min_size=3, max_size=3))
@examples(40)
def test_names_are_text_on_the_page(names: list[str]) -> None:
    shots = [Shot("AAAA", names[0], names[1], names[2], 0.9, 0.05)]
    plain, seen = _Seen(), _Seen()
    plain.feed(page("title", [Shot("AAAA", "a", "b", "c", 0.9, 0.05)], []))
    seen.feed(page("title", shots, []))
    assert seen.tags == plain.tags
    assert len(seen.images) == 1
    assert "90.0%" in seen.text
    assert set(seen.images[0]) == {"src", "alt"}


def test_the_page_needs_no_other_file(tmp_path: Path) -> None:
    from henet_arch.training.evaluation.mistakes import _png

    for shape in ((300, 40, 3), (8, 8, 1), (9, 9, 4)):
        image = torch.randint(0, 256, shape, dtype=torch.uint8)
        drawn = pillow.open(io.BytesIO(base64.b64decode(_png(image))))
        assert max(drawn.size) == min(max(shape[:2]), 128)
    text = page("a <title>", [Shot(_png(image), "n", "l", "a", 1.0, 0.0)], [])
    assert not re.findall(r"""(?:src|href)=["'](?!data:)""", text)
    assert "prefers-color-scheme: dark" in text
    assert "a &lt;title&gt;" in text
    assert "No test image is mistaken." in page("t", [], [])
