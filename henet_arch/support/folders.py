"""Folders that are written and replaced whole, and never over what somebody else wrote.

A folder says in a small file what was written into it, by name and digest. So what was edited
since, and what is not ours, is seen before it is lost.
"""

from __future__ import annotations

import ctypes
import errno
import hashlib
import json
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from .errors import FileError
from .files import beside_name, check_folder, opened, read_text, unwritable, write_bytes, write_text
from .limits import LARGEST_SPEC_FILE, LARGEST_WEIGHTS_FILE

MANIFEST = ".henet-arch.json"
"""The file that says what was written."""


class _Manifest(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    version: int = Field(alias="schema", ge=1, le=1)
    files: dict[str, str]
    """SHA-256 by name."""
    built: tuple[str, ...] = Field(strict=False)
    """What building it leaves beside them."""


def write_folder(
    path: Path, files: Mapping[str, bytes], built: Iterable[str] = (), *, force: bool = False
) -> None:
    """Write `files` by name into a folder that is then exactly these.

    The folder is made beside `path` and takes its place at once: at any moment `path` is all old
    or all new. `built` names what a build adds, which goes when the folder is written again. With
    `force` a file that was edited is replaced, and files that we did not write are taken along.

    Raises:
        FileError: it cannot be written, and nothing has changed; or it holds something that would
            be lost.
    """
    target = replaceable(path, force=force)
    beside = target.with_name(beside_name(target))
    try:
        beside.mkdir()
        for name, content in files.items():
            write_bytes(beside / name, content)
        write_text(beside / MANIFEST, _manifest(files, built))
        if target.exists():
            for entry in _foreign(target, _known(target)):
                _take_along(entry, beside / entry.name, files)
            beside.chmod(target.stat().st_mode)
            _swap(beside, target)
        else:
            beside.rename(target)
    except (OSError, shutil.Error) as error:
        raise unwritable(path, error) from None
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def replaceable(path: Path, *, force: bool = False) -> Path:
    """The folder that writing `path` makes or replaces: links are followed.

    Raises:
        FileError: it cannot be replaced; or, without `force`, it holds what would be lost.
    """
    try:
        target = path.resolve()
        check_folder(target.parent)
        _recover(target)
        if not os.path.lexists(target):
            return target
        if not target.is_dir():
            raise FileError(f"cannot write {path}: it is not a folder", fix="the path of a folder")
        if Path(os.path.realpath(os.curdir)).is_relative_to(target):
            raise FileError(
                f"cannot replace {path}: this program runs inside of it",
                why="the folder is replaced whole",
                fix="go to the folder above, and give its name",
            )
        if not force:
            _refuse_loss(path, target)
    except (OSError, ValueError, RuntimeError) as error:  # RuntimeError: links in a circle
        raise unwritable(path, error) from None
    return target


def _refuse_loss(path: Path, target: Path) -> None:
    family = _known(target)
    why = f"the folder is replaced whole, and {MANIFEST} says what we wrote into it"
    for entry in _foreign(target, family):
        raise FileError(
            f"{path} holds {entry.name}, which henet-arch did not write",
            why=why,
            fix="another folder, or --force, which keeps files of other names",
        )
    for name, digest in family.files.items():
        if os.path.lexists(target / name) and _digest_of(target / name) != digest:
            raise FileError(
                f"{path / name} was changed since henet-arch wrote it",
                why=why,
                fix="another folder, or --force, which replaces it",
            )


def _known(folder: Path) -> _Manifest:
    """What we wrote into it, as far as it says so."""
    with suppress(FileError, ValidationError):
        text = read_text(folder / MANIFEST, LARGEST_SPEC_FILE)
        return _Manifest.model_validate_json(text)
    return _Manifest(schema=1, files={}, built=())


def _foreign(folder: Path, manifest: _Manifest) -> Iterator[os.DirEntry[str]]:
    """What is in it that we did not write, and no build of it."""
    ours = {MANIFEST, *manifest.files, *manifest.built}
    with os.scandir(folder) as entries:
        for entry in sorted(entries, key=lambda entry: entry.name):
            if entry.name not in ours or not entry.is_file(follow_symlinks=False):
                yield entry


def _manifest(files: Mapping[str, bytes], built: Iterable[str]) -> str:
    digests = {name: _digest(content) for name, content in files.items()}
    return json.dumps({"schema": 1, "files": digests, "built": sorted(built)}, indent=1) + "\n"


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _digest_of(path: Path) -> str | None:
    with suppress(FileError), opened(path, LARGEST_WEIGHTS_FILE) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
    return None


def _take_along(entry: os.DirEntry[str], new: Path, files: Mapping[str, bytes]) -> None:
    """Give what is not ours a place in the new folder too, unless a file of ours is there."""
    folder = entry.is_dir(follow_symlinks=False)
    if entry.name in files or entry.name == MANIFEST:
        if folder:
            raise FileError(f"{entry.path} is a folder, and a file of that name is written")
    elif folder:
        shutil.copytree(entry.path, new, symlinks=True, copy_function=_link)
    else:
        _link(entry.path, str(new))


def _link(old: str, new: str) -> None:
    """One more name for a file; a copy where there can be only one."""
    try:
        os.link(old, new, follow_symlinks=False)
    except OSError:
        shutil.copy2(old, new, follow_symlinks=False)


def _swap(new: Path, target: Path) -> None:
    """Let the folders change places."""
    if _exchanged(new, target):
        return
    aside = _aside(target)
    target.rename(aside)
    try:
        new.rename(target)
    except BaseException:
        aside.rename(target)
        raise
    aside.rename(new)


def _recover(target: Path) -> None:
    """Bring back a folder whose swap in two steps was broken off between them."""
    if not os.path.lexists(target) and _aside(target).is_dir():
        _aside(target).rename(target)


def _aside(target: Path) -> Path:
    return target.with_name(f".{target.name}.old")


_HERE, _EXCHANGE = -100, 2
_UNABLE = (errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP)


def _exchanged(a: Path, b: Path) -> bool:
    """Whether the system has let two paths change places at once."""
    try:
        rename = ctypes.CDLL(None, use_errno=True).renameat2
    except (OSError, TypeError, AttributeError):  # no Linux, or an old one
        return False
    if rename(_HERE, os.fsencode(a), _HERE, os.fsencode(b), _EXCHANGE) == 0:
        return True
    code = ctypes.get_errno()
    if code in _UNABLE:
        return False
    raise OSError(code, os.strerror(code))
