"""Locks say who holds them, and die with their owner."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from unusual import unusual

from henet_arch.support.errors import FileError
from henet_arch.support.locks import held

HOLDER = """
import sys
from pathlib import Path
from henet_arch.support.locks import held
with held(Path(sys.argv[1]), "the place", remove=False):
    print(flush=True)
    sys.stdin.read()
"""


def test_a_lock_says_who_holds_it_and_dies_with_its_owner(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    command = [sys.executable, "-c", HOLDER, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as owner:
        assert owner.stdout
        owner.stdout.readline()
        message = f"the place is in use by process {owner.pid} on .*, since"
        with pytest.raises(FileError, match=message), held(path, "the place", remove=False):
            pass
        owner.kill()
    with held(path, "the place", remove=False):
        assert json.loads(path.read_text())["pid"] == os.getpid()


def test_one_process_holds_it_once(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with held(path, "the place", remove=True):
        with pytest.raises(FileError, match="is in use"), held(path, "the place", remove=True):
            pass
        assert path.exists()
    assert not path.exists()
    with held(path, "the place", remove=True):
        pass


@pytest.mark.parametrize("content", [b"", b"\xff", b"[]", b"{}", b"[" * 10**5, b'{"pid": "\x1b"}'])
def test_what_stands_in_it_is_not_trusted(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "lock"
    with held(path, "the place", remove=False):
        path.write_bytes(content)
        with pytest.raises(FileError, match="another process"), held(path, "it", remove=False):
            pass


@pytest.mark.parametrize("kind", ["a pipe", "a device", "a folder", "a circle"])
def test_only_a_regular_file_is_a_lock(tmp_path: Path, kind: str) -> None:
    unusual(tmp_path / "lock", kind)
    with pytest.raises(FileError), held(tmp_path / "lock", "the place", remove=True):
        pass
    assert os.path.lexists(tmp_path / "lock")
