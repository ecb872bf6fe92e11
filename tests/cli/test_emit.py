"""A folder of C is replaced whole, and never over what somebody else wrote."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from cli.run import run

import henet_arch as ha

pytest.importorskip("torch")

SMALL = ha.Spec(name="net", channels=(4, 8), repeats=0, input=7)


def _emit(spec: ha.Spec, *words: str) -> tuple[int, str]:
    ha.save(spec, "spec.toml")
    outcome = run("emit", "spec.toml", "--target", "c", "-o", "net", *words)
    return outcome.code, outcome.err


@pytest.mark.skipif(not shutil.which("make"), reason="no make")
def test_a_folder_that_was_built_is_emitted_again() -> None:
    assert _emit(SMALL) == (0, "wrote net\n")
    assert subprocess.run(["make", "-C", "net", "ARCH=-O0"], capture_output=True).returncode == 0
    assert Path("net/net.o").exists()
    assert _emit(SMALL.replace(channels=(6, 12))) == (0, "wrote net\n")
    assert not Path("net/net.o").exists()


def test_what_would_be_lost_is_kept_without_force() -> None:
    assert _emit(SMALL) == (0, "wrote net\n")
    main = Path("net/main.c").read_text()
    Path("net/main.c").write_text("int main(void) { return 3; }")
    code, message = _emit(SMALL)
    assert code == 3
    assert "main.c was changed since henet-arch wrote it" in message
    assert "return 3" in Path("net/main.c").read_text()
    Path("net/mine.c").write_text("mine")
    assert _emit(SMALL.replace(channels=(6, 12)), "--force") == (0, "wrote net\n")
    assert Path("net/main.c").read_text() == main
    assert Path("net/mine.c").read_text() == "mine"
    code, message = _emit(SMALL)
    assert code == 3
    assert "holds mine.c, which henet-arch did not write" in message


def test_force_is_refused_where_it_has_no_effect() -> None:
    for words in (("--force",), ("--force", "-o", "net.py"), ("--target", "c", "--force")):
        outcome = run("emit", "henet-r2", *words)
        assert outcome.code == 2
        assert "--force changes nothing here" in outcome.err
