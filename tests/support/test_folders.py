"""Folders are replaced whole, and never over what somebody else wrote."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from henet_arch.support import folders
from henet_arch.support.errors import FileError
from henet_arch.support.folders import MANIFEST, write_folder

OLD = {"a.c": b"1", "Makefile": b"2"}
NEW = {"a.c": b"3", "b.c": b"4"}


def _content(folder: Path) -> dict[str, bytes]:
    return {p.name: p.read_bytes() for p in folder.iterdir() if p.name != MANIFEST}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_folder(tmp_path / "net", OLD, ["a.o"])
    return tmp_path / "net"


def test_a_folder_is_then_exactly_what_was_written(folder: Path) -> None:
    assert _content(folder) == OLD
    (folder / "a.o").write_text("built")
    folder.chmod(0o750)
    write_folder(folder, NEW)
    assert _content(folder) == NEW
    assert folder.stat().st_mode & 0o777 == 0o750
    assert list(folder.parent.iterdir()) == [folder]


def test_what_is_foreign_or_edited_is_kept(folder: Path) -> None:
    for name, message in (("notes.txt", "did not write"), ("a.c", "was changed since")):
        before = folder.joinpath(name).read_text() if name in OLD else None
        (folder / name).write_text("mine")
        with pytest.raises(FileError, match=message) as caught:
            write_folder(folder, NEW)
        assert "--force" in caught.value.fix
        assert (folder / name).read_text() == "mine"
        (folder / name).write_text(before) if before else (folder / name).unlink()
    (folder / "a.c").unlink()
    (folder / "a.c").symlink_to(folder / "Makefile")
    with pytest.raises(FileError, match="did not write"):
        write_folder(folder, NEW)


@pytest.mark.parametrize("damage", [None, "", "{}", '{"schema": 2}', "[" * 10**5])
def test_a_folder_without_our_list_is_foreign(folder: Path, damage: str | None) -> None:
    (folder / MANIFEST).unlink()
    if damage is not None:
        (folder / MANIFEST).write_text(damage)
    with pytest.raises(FileError, match="holds Makefile, which henet-arch did not write"):
        write_folder(folder, NEW)
    assert _content(folder) == OLD


def test_force_replaces_what_was_edited_and_keeps_the_rest(folder: Path) -> None:
    (folder / "a.c").write_text("edited")
    (folder / "sub").mkdir()
    (folder / "sub" / "notes.txt").write_text("mine")
    (folder / "link").symlink_to("nowhere")
    os.mkfifo(folder / "pipe")
    write_folder(folder, NEW, force=True)
    assert (folder / "a.c").read_bytes() == b"3"
    assert (folder / "sub" / "notes.txt").read_text() == "mine"
    assert (folder / "link").is_symlink()
    assert {p.name for p in folder.iterdir()} == {*NEW, MANIFEST, "sub", "link", "pipe"}
    (folder / "b.c").unlink()
    (folder / "b.c").mkdir()
    with pytest.raises(FileError, match="is a folder, and a file of that name"):
        write_folder(folder, NEW, force=True)
    assert (folder / "sub" / "notes.txt").read_text() == "mine"


def test_places_that_cannot_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("mine")
    (tmp_path / "circle").symlink_to(tmp_path / "circle")
    for name, message in (
        ("none/x", "No such file"),
        ("file", "not a folder"),
        ("circle", "cannot write"),
    ):
        with pytest.raises(FileError, match=message):
            write_folder(tmp_path / name, NEW)
    (tmp_path / "here" / "deeper").mkdir(parents=True)
    for here in (tmp_path / "here", tmp_path / "here" / "deeper"):
        monkeypatch.chdir(here)
        with pytest.raises(FileError, match="runs inside of it"):
            write_folder(tmp_path / "here", NEW, force=True)
    assert {path.name for path in tmp_path.iterdir()} == {"file", "circle", "here"}


@pytest.mark.parametrize("exchange", [True, False])
def test_a_link_to_a_folder_is_followed(
    folder: Path, exchange: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not exchange:
        monkeypatch.setattr(folders, "_exchanged", lambda *_: False)
    link = folder.with_name("link")
    link.symlink_to(folder)
    write_folder(link, NEW)
    assert link.is_symlink()
    assert _content(folder) == NEW
    assert {path.name for path in folder.parent.iterdir()} == {"net", "link"}


def test_a_full_disk_leaves_the_old_folder(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    count = 0

    def full(_: int) -> None:
        nonlocal count
        count += 1
        if count == 2:
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(FileError, match="No space left on device"):
        write_folder(folder, NEW)
    assert _content(folder) == OLD
    assert list(folder.parent.iterdir()) == [folder]


def test_a_swap_in_two_steps_is_undone_or_recovered(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folders, "_exchanged", lambda *_: False)
    rename = Path.rename

    def broken(self: Path, target: Path) -> Any:
        if self.name.endswith(".part"):
            raise OSError(errno.EIO, "Input/output error")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", broken)
    with pytest.raises(FileError, match="Input/output error"):
        write_folder(folder, NEW)
    monkeypatch.undo()
    assert _content(folder) == OLD
    folder.rename(folder.with_name(".net.old"))  # as a process that was killed leaves it
    write_folder(folder, NEW)
    assert _content(folder) == NEW
    assert list(folder.parent.iterdir()) == [folder]


KILLED = """
import sys
from pathlib import Path
from henet_arch.support.folders import write_folder
kinds = [{f"{i}.c": kind.encode() * 1000 for i in range(4)} for kind in "ab"]
while True:
    for files in kinds:
        write_folder(Path(sys.argv[1]), files)
"""


@pytest.mark.slow
def test_a_process_that_is_killed_leaves_a_whole_folder(tmp_path: Path) -> None:
    path = tmp_path / "net"
    for trial in range(8):
        with subprocess.Popen([sys.executable, "-c", KILLED, str(path)]) as work:
            while not path.exists():
                assert work.poll() is None
                time.sleep(0.001)
            time.sleep(0.01 + trial * 0.0037)
            work.kill()
        content = _content(path)
        assert set(content) == {f"{i}.c" for i in range(4)}
        assert len(set(content.values())) == 1
        write_folder(path, OLD)  # what was killed is still known to be ours
        path = tmp_path / f"net{trial}"
