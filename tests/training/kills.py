"""A training that is killed again and again, as the system kills processes.

    python tests/training/kills.py KILLS [SEED] [ENGINE]

trains HENet Repeat 2 on digits once without a break, and once killed so often at random times, and
says whether both end with the same weights, bit for bit.
"""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

CHECKPOINT = "checkpoint.safetensors"


def command(network: str, *options: str) -> list[str]:
    """A training in a process of its own."""
    return [sys.executable, "-m", "henet_arch", "train", network, *options]


def train_with_kills(
    line: list[str], folder: Path, kills: int, chance: random.Random, longest: float
) -> list[int]:
    """Train into a folder; the process is killed at random times, and begun again each time.

    Args:
        line: The command.
        folder: Its output.
        kills: How often it is killed.
        chance: What draws the times.
        longest: Seconds that a process lives at most after its first checkpoint.

    Returns:
        The steps to which the process had come when it was killed, as its log says.
    """
    steps: list[int] = []
    while len(steps) < kills:
        with _started(line, folder) as process:
            _wait(process, folder)
            time.sleep(chance.uniform(0, longest))
            assert process.poll() is None, "the training ended before it was killed"
            process.send_signal(signal.SIGKILL)
        steps.append(_step(folder))
    with _started(line, folder) as process:
        assert process.wait() == 0
    return steps


def _started(line: list[str], folder: Path) -> subprocess.Popen[bytes]:
    line = [*line, "--output", str(folder), "--resume-or-begin"]
    return subprocess.Popen(line, stdout=subprocess.DEVNULL)


def _wait(process: subprocess.Popen[bytes], folder: Path) -> None:
    """Until the process has written a checkpoint of its own."""
    before = _written(folder)
    while _written(folder) == before:
        assert process.poll() is None, "the training ended before its first checkpoint"
        time.sleep(0.002)


def _written(folder: Path) -> int:
    path = folder / CHECKPOINT
    return path.stat().st_mtime_ns if path.exists() else 0


def _step(folder: Path) -> int:
    path = folder / "metrics.csv"  # written after its checkpoint, so perhaps not at all
    rows = path.read_text().splitlines() if path.exists() else []
    return int(rows[-1].partition(",")[0]) if rows[1:] else 0


def main(kills: str, seed: str = "0", engine: str = "native") -> int:
    """As the module says."""
    from training.runs import same_weights  # found once tests/ is on the path

    line = command("henet-r2", "--epochs", "24", "--checkpoint-every", "2", "--engine", engine)
    with tempfile.TemporaryDirectory() as name:
        whole, broken = Path(name, "whole"), Path(name, "broken")
        train_with_kills(line, whole, 0, random.Random(), 0)
        steps = train_with_kills(line, broken, int(kills), random.Random(int(seed)), 0.6)
        equal = same_weights(whole, broken)
    print(f"{engine}, killed after steps {steps}: {'the same' if equal else 'OTHER'} weights")
    return 0 if equal else 1


if __name__ == "__main__":
    sys.path.append(str(Path(__file__).parents[1]))
    sys.exit(main(*sys.argv[1:]))
