"""Loads 561 networks of timm, pytorchcv and torchvision, and checks what it says of them.

make zoo          (its own environment; random weights)

Results are kept as lines of JSON in build/zoo/, so that a run that is stopped goes on where it was,
and `docs/zoo.md` is written when all are there. `--again` takes those anew that failed.

For each network: whether it loads; its parameters against the module's own, each tensor once; its
multiply-accumulates against PyTorch's flop counter; the shape of each module's output against what
runs. Every sixth is emitted as PyTorch, with scrambled weights, and its outputs are compared.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from zoo_networks import Network, networks

ROOT = Path(__file__).parent.parent
KEPT = ROOT / "build" / "zoo"
AT_ONCE = 24
"""Networks in one process, so that one which ends it takes few with it."""
SECONDS = 180
"""For one network, when nothing else runs."""
EVERY = 6
"""One of so many is emitted."""


def measured(network: Network, *, emits: bool) -> dict[str, Any]:
    """All that is held against PyTorch, of one network."""
    from zoo_checks import checks

    row: dict[str, Any] = {"library": network.library, "name": network.name, "group": network.group}
    try:
        return row | checks(network, emits=emits)
    except Exception as error:
        place = traceback.extract_tb(error.__traceback__)[-1]
        text = f"{type(error).__name__}: {error}".splitlines()
        return row | {"error": " ".join(text)[:300], "where": f"{place.filename}:{place.lineno}"}


def work(names: Iterable[str]) -> None:
    """What a process does: a line for each network."""
    import torch

    torch.set_num_threads(1)
    emitted = {network.key for network in networks()[::EVERY]}
    groups = {network.key: network.group for network in networks()}
    for key in names:
        library, _, name = key.partition(":")
        network = Network(library, name, groups.get(key, ""))
        print(json.dumps(measured(network, emits=key in emitted)), flush=True)


def run(waiting: list[str], kept: Path) -> None:
    """Measure networks in processes of a few each; what one says is kept at once."""
    total, start = len(waiting), time.perf_counter()
    while waiting:
        names = waiting[:AT_ONCE]
        done = 0
        with kept.open("a") as file:
            for line in _lines([sys.executable, __file__, "--work", *names]):
                file.write(line)
                file.flush()
                done += 1
            if done < len(names):  # the next one ended the process
                library, _, name = names[done].partition(":")
                row = {"library": library, "name": name, "group": "", "error": "ended the process"}
                file.write(json.dumps(row) + "\n")
                done += 1
        waiting = waiting[done:]
        each = (time.perf_counter() - start) / (total - len(waiting))
        print(f"{len(waiting)} to go, {each:.1f} s each", file=sys.stderr, flush=True)


def _lines(command: list[str]) -> Iterator[str]:
    """The results that a process prints, until it ends or its time is over."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        late = threading.Timer(SECONDS * AT_ONCE, process.kill)
        late.start()
        yield from (line for line in process.stdout or () if line.startswith("{"))
        late.cancel()


def rows_of(kept: Path) -> dict[str, dict[str, Any]]:
    """The last result of each network."""
    if not kept.exists():
        return {}
    rows = map(json.loads, kept.read_text().splitlines())
    return {f"{row['library']}:{row['name']}": row for row in rows}


def main() -> int:
    parser = argparse.ArgumentParser(description="Loads the networks of three libraries.")
    parser.add_argument("--again", action="store_true", help="those anew that failed")
    parser.add_argument("--table", action="store_true", help="write docs/zoo.md of what there is")
    parser.add_argument("--only", default="", help="those whose name has this text")
    parser.add_argument("--work", nargs="*", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.work is not None:
        work(options.work)
        return 0
    KEPT.mkdir(parents=True, exist_ok=True)
    kept = KEPT / "results.jsonl"
    rows = rows_of(kept)
    wanted = [network.key for network in networks() if options.only in network.key]
    waiting = [
        key for key in wanted if key not in rows or (options.again and not _holds(rows[key]))
    ]
    if options.table:
        waiting = []
    run([key for start in range(EVERY) for key in waiting[start::EVERY]], kept)
    from zoo_table import write

    rows = rows_of(kept)
    return write([rows[network.key] for network in networks() if network.key in rows], len(wanted))


def _holds(row: dict[str, Any]) -> bool:
    return "error" not in row and not row["wrong"]


if __name__ == "__main__":
    sys.exit(main())
