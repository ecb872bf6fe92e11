"""Turns finished runs of the paper's schedule into what the package and the documents have of them.

    python benchmarks/table3.py RUNS [--images TEXT]

RUNS are folders of `henet-arch train ... --schedule paper`, or a folder of such; runs that are not
finished, or have other settings, are left out. Of each run the log goes to docs/results/table3/. Of
each network the weights of the run with the lowest seed, whatever it reached, go into the package,
and a line into its manifest; those of a lower seed that are there already stay. The table is what
`henet-arch reproduce --trained RUNS` prints.
"""

from __future__ import annotations

import argparse
import csv
import io
import shutil
from collections.abc import Sequence
from pathlib import Path

from henet_arch.importers.run_files import METRICS, WEIGHTS
from henet_arch.papers.runs import Run, check_comparable, read_runs
from henet_arch.weights.pretrained import MANIFEST, Pretrained, pretrained

ROOT = Path(__file__).parent.parent
LOGS = ROOT / "docs" / "results" / "table3"
IMAGES = "CIFAR-10, from a copy that was compressed as JPEG (quality 75)"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("runs", nargs="+", type=Path)
    parser.add_argument("--images", default=IMAGES, help="what the images were")
    arguments = parser.parse_args()
    finished = [run for run in read_runs(arguments.runs) if isinstance(run, Run)]
    runs = [run for run in finished if run.is_as_in_the_paper]
    check_comparable(runs)
    LOGS.mkdir(parents=True, exist_ok=True)
    for run in runs:
        shutil.copyfile(run.folder / METRICS, LOGS / f"{run.graph.name}-{run.seed}.csv")
    _ship(runs, arguments.images)


def _ship(runs: Sequence[Run], images: str) -> None:
    entries = {(each.network, each.name): each for each in pretrained()}
    for run in sorted(runs, key=lambda run: run.seed):
        shipped = entries.get((run.graph.name, run.data))
        if shipped and int(shipped.command.split()[-1]) < run.seed:
            continue
        accuracy = round(100 * run.accuracies[-1], 2)
        command = (
            f"henet-arch train {run.graph.name} --data {run.data} --data-dir DIR "
            f"--schedule paper --seed {run.seed}"
        )
        entry = Pretrained(run.graph.name, run.data, accuracy, images, command)
        shutil.copyfile(run.folder / WEIGHTS, entry.path)
        entries[entry.network, entry.name] = entry
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(Pretrained.__dataclass_fields__)
    for _, entry in sorted(entries.items()):
        writer.writerow(vars(entry).values())
    MANIFEST.write_text(text.getvalue(), "utf-8")


if __name__ == "__main__":
    main()
