"""Files are read only if they are files, and written whole or not at all."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Any

import pytest
from unusual import KINDS, unusual

import henet_arch as ha
from henet_arch.support.errors import FileError
from henet_arch.support.files import opened, read_bytes, read_text, writable, write_text


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


def test_a_protected_file_is_not_replaced(tmp_path: Path) -> None:
    path = tmp_path / "out.txt"
    path.write_text("old")
    path.chmod(0o444)
    for write in (writable, lambda path: write_text(path, "new")):
        with pytest.raises(FileError, match="it is write-protected"):
            write(path)
    assert path.read_text() == "old"


def test_what_is_writable_can_be_written(tmp_path: Path) -> None:
    for name in ("a" * 255, "é" * 127, "n\udcfe.txt", "-"):
        path = tmp_path / name
        assert writable(path) == path.resolve()
        write_text(path, "text")
        assert path.read_text() == "text"
    (tmp_path / "link").symlink_to(tmp_path / "target")
    assert writable(tmp_path / "link") == tmp_path.resolve() / "target"
    write_text(tmp_path / "link", "text")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "target").read_text() == "text"


@pytest.mark.parametrize("kind", KINDS)
def test_only_regular_files_are_read(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "net.json"
    unusual(path, kind)
    for read in (lambda: read_bytes(path, 10**6), lambda: read_text(path, 10**6)):
        with pytest.raises(FileError):
            read()
    for verb in (ha.load, ha.build, lambda path: ha.diff(path, "henet-r2"), ha.lint):
        with pytest.raises(FileError):
            verb(str(path))


def test_a_file_is_read_up_to_its_limit(tmp_path: Path) -> None:
    path = tmp_path / "data"
    path.touch()
    with pytest.raises(FileError, match="data is empty"):
        read_bytes(path, 9)
    for size in (1, 9):
        path.write_bytes(b"x" * size)
        assert read_bytes(path, 9) == b"x" * size
    path.write_bytes(b"x" * 10)
    with pytest.raises(FileError, match="larger than the limit of 9 bytes"):
        read_bytes(path, 9)
    with pytest.raises(FileError, match="Permission denied"), opened(path, 10):
        raise PermissionError(errno.EACCES, "Permission denied")
    if Path("/proc/self/status").exists():  # regular, and says that it has no bytes
        assert read_text(Path("/proc/self/status"), 10**6).startswith("Name:")
