"""A checkpoint is taken as it was written, or not at all."""

from __future__ import annotations

import json
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from examples import examples
from hypothesis import given
from hypothesis import strategies as st

from henet_arch.search.api import begun
from henet_arch.search.checkpoint import Checkpoint
from henet_arch.search.choices import space
from henet_arch.search.explore import explore
from henet_arch.search.progress import Progress, resumed
from henet_arch.search.query import Query, query
from henet_arch.search.search import forget, search
from henet_arch.support.errors import BudgetError, FileError, HenetArchError


def _question(most: int) -> Query:
    widths = [range(4, 64, 4), range(8, 72, 8), [48, 96], [64, 192]]
    found = space("henet-r3", channels=widths, repeats=[range(1, 4), [2, 3], [3]])
    return query(found, at_most={"params": most, "macs": 10_046_040})


ASKED = _question(87_058)
HOPELESS = _question(1_000)


def _progress(asked: Query = ASKED, stop: int = 2000) -> Progress:
    progress = Progress(asked)
    progress.add((0, stop), explore(asked, 0, stop))
    progress.add((2500, 2600), explore(asked, 2500, 2600))
    return progress


@cache
def _text() -> str:
    return _written(_progress())


def _written(progress: Progress) -> str:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "kept.json"
        progress.save(path)
        return path.read_text()


def _bytes(draw: st.DrawFn) -> str:
    """Some bytes that are others, more, or fewer."""
    text = _text()
    start = draw(st.integers(0, len(text) - 1))
    stop = draw(st.integers(start, min(start + 4, len(text))))
    return text[:start] + draw(st.text('0123456789,[]{}" abcx', max_size=4)) + text[stop:]


def _cut_off(draw: st.DrawFn) -> str:
    return _text()[: draw(st.integers(0, len(_text()) - 1))]


def _entry(draw: st.DrawFn) -> str:
    """An entry that is gone, twice there, or another number, at any depth."""
    kept = json.loads(_text())
    _change(draw, kept)
    return json.dumps(kept) + "\n"


def _change(draw: st.DrawFn, data: Any) -> None:
    key = draw(st.sampled_from(range(len(data)) if isinstance(data, list) else sorted(data)))
    value = data[key]
    if isinstance(value, (list, dict)) and value and draw(st.booleans()):
        _change(draw, value)
    elif isinstance(value, int) and draw(st.booleans()):
        data[key] = value + draw(st.integers(-3, 3))
    elif isinstance(data, list) and draw(st.booleans()):
        data.append(value)
    else:
        del data[key]


@st.composite
def alterations(draw: st.DrawFn) -> str:
    return draw(st.sampled_from((_bytes, _cut_off, _entry)))(draw)


@given(text=alterations())
@examples(150)
def test_whatever_is_altered_is_refused(tmp_path_factory: Any, text: str) -> None:
    path = tmp_path_factory.getbasetemp() / "altered.json"
    path.write_text(text)
    if text == _text():
        assert begun(ASKED, path).result.tested == 2100
        return
    with pytest.raises(FileError, match="delete the file"):
        begun(ASKED, path)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"query": "x"}, "another query"),
        ({"done": [[0, 10**9]]}, "leave the space"),
        ({"done": [[0, 2000], [1000, 2600]]}, "overlap"),
        ({"within": 10**9}, "contradict"),
        ({"front": [[2400, 1]]}, "not done"),
        ({"front": [[0, 1], [1, 1]]}, "no front"),
        ({"front": [[0, 2**61]]}, "not done"),
        ({"nearest": [2400]}, "not done"),
    ],
)
def test_what_contradicts_itself_is_refused(
    tmp_path: Path, change: dict[str, Any], message: str
) -> None:
    """Even with the right digest."""
    path = tmp_path / "kept.json"
    kept = json.loads(_text()) | change
    del kept["sha256"]
    path.write_text(Checkpoint(**kept).text())
    with pytest.raises((FileError, BudgetError), match=message):
        begun(ASKED, path)


def test_a_file_of_another_kind_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "kept.json"
    for text in ("", "{", "[]", "\0", "9" * 5000, "[" * 10**5, "{}", '{"sha256": ""}', "null"):
        path.write_text(text)
        with pytest.raises(FileError):
            begun(ASKED, path)
    with pytest.raises(HenetArchError):
        begun(ASKED, tmp_path)


def test_a_checkpoint_that_holds_more_is_not_replaced(tmp_path: Path) -> None:
    """By another process with the same query, which came less far."""
    path = tmp_path / "kept.json"
    _progress().save(path)
    assert path.read_text() == _text()
    _progress(stop=1000).save(path)
    assert path.read_text() == _text()
    _progress(stop=2200).save(path)
    assert resumed(ASKED, path).result.tested == 2300


def test_what_is_of_something_else_is_neither_replaced_nor_removed(tmp_path: Path) -> None:
    """Two processes with one file, and files that come while a search runs."""
    path = tmp_path / "kept.json"
    _progress(HOPELESS).save(path)
    text = path.read_text()
    with pytest.raises(BudgetError, match="another query"):
        _progress().save(path)
    forget(ASKED, path)
    assert path.read_text() == text
    forget(HOPELESS, path)
    assert not path.exists()
    path.write_text("a diary")
    with pytest.raises(FileError):
        _progress().save(path)
    forget(ASKED, path)
    assert path.read_text() == "a diary"


def test_what_is_nearest_to_the_bounds_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "kept.json"
    whole = explore(HOPELESS, 0, HOPELESS.space.size)
    assert whole.within == 0
    assert whole.nearest
    _progress(HOPELESS).save(path)
    kept = begun(HOPELESS, path)
    assert kept.result.nearest == _progress(HOPELESS).result.nearest
    search(kept)
    assert kept.result.nearest == whole.nearest
