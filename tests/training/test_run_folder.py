"""A training owns its folder, and leaves alone what is not its own."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest
from cli.run import run

import henet_arch as ha
from henet_arch.support.errors import DataError, FileError, TrainError

pytest.importorskip("numpy")
pytest.importorskip("lightning")
pytestmark = pytest.mark.filterwarnings("ignore")

from training.runs import EVERY_3, SHORT, SPEC, train  # noqa: E402

from henet_arch.training.machine import Machine  # noqa: E402
from henet_arch.training.run import checkpoints  # noqa: E402
from henet_arch.training.settings import Settings  # noqa: E402


def test_a_run_is_never_overwritten(whole: Path) -> None:
    with pytest.raises(TrainError, match="holds a run already"):
        train(SPEC, SHORT, whole)


@pytest.mark.parametrize("words", [{}, {"resume": True}])
def test_weights_without_a_checkpoint_are_not_replaced(
    whole: Path, tmp_path: Path, words: dict[str, bool]
) -> None:
    shutil.copytree(whole, tmp_path / "run")
    (tmp_path / "run" / "checkpoint.safetensors").unlink()
    before = (tmp_path / "run" / "weights.safetensors").read_bytes()
    with pytest.raises(TrainError, match="no checkpoint to go on from") as caught:
        train(SPEC, SHORT, tmp_path / "run", **words)
    assert "move weights.safetensors away" in caught.value.fix
    assert (tmp_path / "run" / "weights.safetensors").read_bytes() == before


@pytest.mark.parametrize(
    "name", ["metrics.csv", "curves.svg", "weights.safetensors", "x.part", ".metrics.csv.1.part"]
)
def test_a_folder_that_holds_something_else_is_left_alone(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("mine")
    for resume in (False, True):
        with pytest.raises(ha.HenetArchError, match="holds"):
            train(SPEC, SHORT, tmp_path, resume=resume)
    ended = run("train", "henet-r2", "--output", ".")
    assert ended.code == 3
    assert [path.read_text() for path in tmp_path.iterdir()] == ["mine"]


def test_links_in_a_run_are_not_followed(tmp_path: Path) -> None:
    (tmp_path / "mine.csv").write_text("mine")
    folder = tmp_path / "run"
    folder.mkdir()
    (folder / ".henet-arch-run").touch()
    for name in ("metrics.csv", "curves.svg", "checkpoint.safetensors"):
        (folder / name).symlink_to(tmp_path / "mine.csv")
        with pytest.raises(FileError, match=f"{name} is not a regular file"):
            train(SPEC, SHORT, folder, resume=True)
        (folder / name).unlink()
    (folder / ".henet-arch-run").unlink()
    (folder / ".henet-arch-run").symlink_to(tmp_path / "mine.csv")
    with pytest.raises(FileError, match="cannot lock"):
        train(SPEC, SHORT, folder)
    assert (tmp_path / "mine.csv").read_text() == "mine"


def test_parts_that_a_killed_run_left_are_cleared(tmp_path: Path) -> None:
    (tmp_path / ".henet-arch-run").touch()
    (tmp_path / ".checkpoint.safetensors.1-00.part").write_bytes(b"half")
    (tmp_path / ".mine.1-00.part").write_bytes(b"foreign")
    (tmp_path / ".metrics.csv.1-00.part").symlink_to(tmp_path / ".mine.1-00.part")
    train(SPEC, Settings(epochs=1), tmp_path)
    hidden = {path.name for path in tmp_path.glob(".*")}
    assert hidden == {".henet-arch-run", ".mine.1-00.part", ".metrics.csv.1-00.part"}


def test_two_trainings_do_not_share_a_folder(tmp_path: Path) -> None:
    messages = []

    def second(done: int, steps: int, row: dict[str, Any]) -> None:
        if done == 1:
            with pytest.raises(FileError, match=f"is in use by process {os.getpid()} on ") as error:
                train(SPEC, SHORT, tmp_path / "run", resume=True)
            messages.append(str(error.value))

    assert train(SPEC, Settings(epochs=1), tmp_path / "run", watch=second).finished
    assert len(messages) == 1


@pytest.mark.skipif(sys.platform == "darwin", reason="it may have the device")
def test_a_training_that_does_not_begin_leaves_no_folder(tmp_path: Path) -> None:
    with pytest.raises(TrainError, match="cannot train on the device"):
        train(SPEC, SHORT, tmp_path / "new" / "run", machine=Machine(device="mps"))
    with pytest.raises(DataError):
        train(SPEC, Settings(data="cifar10"), tmp_path / "new" / "run")
    assert not list(tmp_path.iterdir())
    (tmp_path / "empty").mkdir()
    with pytest.raises(TrainError):
        train(SPEC, SHORT, tmp_path / "empty", machine=Machine(device="mps"))
    assert not list((tmp_path / "empty").iterdir())


def test_a_full_disk_leaves_the_last_checkpoint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import errno

    def fill(done: int, steps: int, row: dict[str, Any]) -> None:
        def full(descriptor: int) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

        if done == 6:
            monkeypatch.setattr("os.fsync", full)

    with pytest.raises(FileError, match="No space left on device"):
        train(SPEC, SHORT, tmp_path, machine=EVERY_3, watch=fill)
    monkeypatch.undo()
    assert checkpoints.read(tmp_path / "checkpoint.safetensors")["global_step"] == 6
    assert not [path for path in tmp_path.iterdir() if path.name.endswith(".part")]
    assert train(SPEC, SHORT, tmp_path, machine=EVERY_3, resume=True).finished
