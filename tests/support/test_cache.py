"""Where what is made or measured on this machine is kept."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import NoReturn

import pytest

from henet_arch.support.cache import folder
from henet_arch.support.errors import FileError

pwd = pytest.importorskip("pwd")
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="other systems have other places")


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"HENET_ARCH_CACHE": "/a", "XDG_CACHE_HOME": "/b", "HOME": "/c"}, "/a"),
        ({"XDG_CACHE_HOME": "/b", "HOME": "/c"}, "/b/henet-arch"),
        ({"XDG_CACHE_HOME": "", "HOME": "/c"}, "/c/.cache/henet-arch"),
        ({"HENET_ARCH_CACHE": "", "HOME": "/c"}, "/c/.cache/henet-arch"),
    ],
)
def test_the_environment_says_where(
    environment: dict[str, str], expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HENET_ARCH_CACHE", "XDG_CACHE_HOME", "HOME"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert folder() == Path(expected)


def test_a_user_without_a_home_has_no_place(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(user: int) -> NoReturn:
        raise KeyError(user)

    for name in ("HENET_ARCH_CACHE", "XDG_CACHE_HOME", "HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(pwd, "getpwuid", missing)
    with pytest.raises(FileError, match="HOME is not set") as error:
        folder()
    assert error.value.fix == "set HENET_ARCH_CACHE to a directory that can be written"
