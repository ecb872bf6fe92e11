"""Whatever kills a training, it goes on as if nothing had happened."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

pytest.importorskip("lightning")
pytest.importorskip("sklearn")

from training.kills import command, train_with_kills
from training.runs import SPEC, same_weights


@pytest.mark.slow
def test_a_native_training_that_is_killed_ends_bit_for_bit_as_an_unbroken_one(
    tmp_path: Path,
) -> None:
    (tmp_path / "net.json").write_text(SPEC.model_dump_json())
    options = ("--epochs", "8", "--checkpoint-every", "1", "--engine", "native")
    line = command(str(tmp_path / "net.json"), *options)
    train_with_kills(line, tmp_path / "whole", 0, random.Random(), 0)
    steps = train_with_kills(line, tmp_path / "broken", 2, random.Random(1), 0.3)
    assert 0 < steps[-1] < 88
    assert same_weights(tmp_path / "whole", tmp_path / "broken")
