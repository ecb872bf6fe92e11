"""Files are written whole or not at all."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Any

import pytest

from henet_arch.errors import FileError
from henet_arch.files import write_folder, write_text


def test_a_file_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "out.txt"
    write_text(path, "one")
    write_text(path, "two\n")
    assert path.read_bytes() == b"two\n"
    assert list(tmp_path.iterdir()) == [path]
    mask = os.umask(0)
    os.umask(mask)
    assert path.stat().st_mode & 0o777 == 0o666 & ~mask


def test_a_link_is_followed_and_a_mode_is_kept(tmp_path: Path) -> None:
    target = tmp_path / "target.txt"
    target.write_text("old")
    target.chmod(0o640)
    (tmp_path / "link.txt").symlink_to(target)
    write_text(tmp_path / "link.txt", "new")
    assert (tmp_path / "link.txt").is_symlink()
    assert target.read_text() == "new"
    assert target.stat().st_mode & 0o777 == 0o640


def test_what_a_killed_process_left_is_no_trouble(tmp_path: Path) -> None:
    beside = tmp_path / f".out.txt.{os.getpid()}.part"
    beside.write_text("another's")
    write_text(tmp_path / "out.txt", "text")
    assert (tmp_path / "out.txt").read_text() == "text"
    assert beside.read_text() == "another's"


def test_links_in_a_circle(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to(tmp_path / "b")
    (tmp_path / "b").symlink_to(tmp_path / "a")
    with pytest.raises(FileError, match="cannot write"):
        write_text(tmp_path / "a", "text")


def test_a_full_disk_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "out.txt"
    write_text(path, "old")

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(FileError, match="No space left on device"):
        write_text(path, "new")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_an_interruption_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_text(tmp_path / "out.txt", "new")
    assert list(tmp_path.iterdir()) == []


def test_places_that_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="No such file or directory"):
        write_text(tmp_path / "none" / "out.txt", "text")
    with pytest.raises(FileError, match="is not a regular file"):
        write_text(tmp_path, "text")
    with pytest.raises(FileError, match="is not a regular file"):
        write_text(Path("/dev/null"), "text")
    with pytest.raises(FileError, match="cannot write"):
        write_text(tmp_path / "a\0b", "text")
    with pytest.raises(FileError, match="File name too long"):
        write_text(tmp_path / ("a" * 300), "text")


def test_a_folder_is_written_again_but_never_over_other_files(tmp_path: Path) -> None:
    texts = {"a.c": "1", "Makefile": "2"}
    write_folder(tmp_path / "new", texts)
    write_folder(tmp_path / "new", {**texts, "a.c": "3"})
    assert {p.name: p.read_text() for p in (tmp_path / "new").iterdir()} == {
        "a.c": "3",
        "Makefile": "2",
    }
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "Makefile").write_text("mine")
    with pytest.raises(FileError, match="other has a file Makefile already"):
        write_folder(tmp_path / "other", texts)
    assert [p.read_text() for p in (tmp_path / "other").iterdir()] == ["mine"]
    with pytest.raises(FileError, match=r"cannot write .*none/x"):
        write_folder(tmp_path / "none" / "x", texts)
    with pytest.raises(FileError, match="it is not a folder"):
        write_folder(tmp_path / "new" / "a.c", texts)
    assert {p.name for p in tmp_path.iterdir()} == {"new", "other"}
