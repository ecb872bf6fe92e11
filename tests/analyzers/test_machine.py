"""Profiles of machines: measured, kept, read back; hostile ones refused."""

from __future__ import annotations

import shutil
from dataclasses import asdict
from pathlib import Path

import pytest
from cli.run import run
from henet_arch.renderers.plot.memory_timeline import plot

import henet_arch as ha
from henet_arch.analyzers import machine
from henet_arch.analyzers.machine import Machine
from henet_arch.analyzers.memory_timeline import analyze
from henet_arch.runtime.measure import machine as measuring
from henet_arch.runtime.measure.bandwidth import array_bytes, bandwidth
from henet_arch.runtime.measure.peak import peak
from henet_arch.support.errors import FileError

compiled = pytest.mark.skipif(not shutil.which("cc"), reason="no C compiler")
GOOD = {"name": '"a"', "peak_gflops": "100.5", "bandwidth_gb_per_s": "20"}


@pytest.fixture(autouse=True)
def own_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("HENET_ARCH_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same programs, for a moment."""
    monkeypatch.setattr(measuring, "peak", lambda: peak(rounds=2, count=10_000))
    monkeypatch.setattr(measuring, "bandwidth", lambda: bandwidth(1 << 20, rounds=2))


@compiled
@pytest.mark.usefixtures("quick")
def test_what_is_measured_is_kept_and_read_back(own_cache: Path) -> None:
    assert machine.known() is None
    outcome = run("machine")
    assert outcome.code == 0
    found = machine.known()
    assert found
    assert found.peak_gflops > 0
    assert found.bandwidth_gb_per_s > 0
    assert outcome.out == found.to_toml() == (own_cache / "machine.toml").read_text()


@compiled
@pytest.mark.usefixtures("quick")
def test_a_file_of_ones_own(own_cache: Path) -> None:
    assert run("machine", "--output", "here.toml").out == ""
    assert machine.read(Path("here.toml")).name == measuring.name()
    assert not own_cache.exists()


def test_no_compiler_is_told(monkeypatch: pytest.MonkeyPatch, own_cache: Path) -> None:
    monkeypatch.setenv("CC", "/none/cc")
    outcome = run("machine")
    assert outcome.code == 3
    assert outcome.err.startswith("error: the C compiler '/none/cc' cannot be run")
    assert not own_cache.exists()


def test_a_disk_that_allows_no_programs_is_told(
    monkeypatch: pytest.MonkeyPatch, own_cache: Path
) -> None:
    def refused(path: str) -> None:
        raise OSError(f"{path}: failed to map segment from shared object")

    monkeypatch.setattr("ctypes.CDLL", refused)
    outcome = run("machine")
    assert outcome.code == 3
    assert "error: the program that measures cannot be loaded: " in outcome.err
    assert "TMPDIR=DIR, where programs may run" in outcome.err


def test_arrays_are_larger_than_the_caches_and_not_endless() -> None:
    assert 64 << 20 <= array_bytes() <= 256 << 20


@pytest.mark.parametrize("name", ["AMD EPYC", 'quo"ted \\ back', "日本 😀"])
def test_a_profile_is_read_back_equal(name: str, tmp_path: Path) -> None:
    kept = Machine(name, 103.8, 1e-3)
    (tmp_path / "m.toml").write_text(kept.to_toml(), encoding="utf-8")
    assert machine.read(tmp_path / "m.toml") == kept
    assert set(asdict(kept)) == set(GOOD)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"peak_gflops": None}, "'peak_gflops' is missing"),
        ({"extra": "1"}, "'extra' is not a key of a machine's profile"),
        ({"peak_gflops": "nan"}, "'peak_gflops' is not a speed"),
        ({"peak_gflops": "inf"}, "'peak_gflops' is not a speed"),
        ({"peak_gflops": "0"}, "'peak_gflops' is not a speed"),
        ({"bandwidth_gb_per_s": "-1.0"}, "'bandwidth_gb_per_s' is not a speed"),
        ({"bandwidth_gb_per_s": "true"}, "'bandwidth_gb_per_s' is not a speed"),
        ({"bandwidth_gb_per_s": '"20"'}, "'bandwidth_gb_per_s' is not a speed"),
        ({"bandwidth_gb_per_s": "1e10"}, "'bandwidth_gb_per_s' is not a speed"),
        ({"bandwidth_gb_per_s": "9" * 999}, "'bandwidth_gb_per_s' is not a speed"),
        ({"name": "1"}, "'name' is not a processor's name"),
        ({"name": '""'}, "'name' is not a processor's name"),
        ({"name": '"\\u001b[2J"'}, "'name' is not a processor's name"),
        ({"name": f'"{"a" * 201}"'}, "'name' is not a processor's name"),
        ({"name": "["}, "not valid TOML"),
        ({"name": "[" * 2000}, "not valid TOML"),
        ({"name": f'"{"a" * 5000}"'}, "larger than the limit of 4,096 bytes"),
    ],
)
def test_hostile_profiles(change: dict[str, str | None], message: str, tmp_path: Path) -> None:
    pairs = {**GOOD, **change}
    text = "".join(f"{key} = {value}\n" for key, value in pairs.items() if value is not None)
    (tmp_path / "m.toml").write_text(text)
    with pytest.raises(FileError, match=message.replace("[", r"\[")):
        machine.read(tmp_path / "m.toml")


@pytest.mark.parametrize(
    ("ending", "begin"), [("svg", b"<?xml"), ("png", b"\x89PNG"), ("pdf", b"%PDF")]
)
def test_a_timeline_is_drawn(ending: str, begin: bytes, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    path = tmp_path / f"memory.{ending}"
    plot(analyze(ha.build("shufflenet-v1-g4")), path)
    assert path.read_bytes().startswith(begin)


def test_a_timeline_needs_a_known_ending(tmp_path: Path) -> None:
    with pytest.raises(FileError, match=r"memory\.bmp. does not say how"):
        plot(analyze(ha.build("henet-r2")), tmp_path / "memory.bmp")
