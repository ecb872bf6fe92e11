"""A command for each of several files, as tools that pass the files of a change run it.

    python -m henet_arch.cli.each lint --ignore HA101 -- a.toml b.toml

What stands behind `--` are the files; each is the SOURCE of the command in a run of its own, under
its name. The exit code is the largest one.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence

USAGE = "usage: python -m henet_arch.cli.each COMMAND [OPTIONS] -- FILE..."


def main(words: Sequence[str]) -> int:
    """Run a command for each file, and give the largest exit code.

    Args:
        words: The command with its options, `--`, and the files.
    """
    if "--" not in words[1:]:
        print(USAGE, file=sys.stderr)
        return 2
    place = words.index("--")
    return max((_run(words[:place], file) for file in words[place + 1 :]), default=0)


def _run(command: Sequence[str], file: str) -> int:
    print(f"{file}:", flush=True)
    words = [sys.executable, "-m", "henet_arch", *command, file]
    code = subprocess.run(words, check=False).returncode  # noqa: S603
    return code if code >= 0 else 128 - code  # a signal has ended it


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
