"""What `zoo.py` found as docs/zoo.md, and whether it is what must hold."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from zoo_checks import TOLERANCE

Row = dict[str, Any]
DOCUMENT = Path(__file__).parent.parent / "docs" / "zoo.md"
TEXT = """\
# Networks of other people

`make zoo` loads {all} networks of timm 1.0.31, pytorchcv 0.0.74 and torchvision with random weights
and holds what henet-arch says of them against PyTorch. `benchmarks/zoo_networks.py` has the rule by
which they are chosen.

{totals}

* **Parameters** are `sum(p.numel())` of the module, each tensor once. *Unread* ones are of modules
  that do not run at inference, or that no output needs (auxiliary heads). *Folded* ones are in no
  layer as they are: a weight that is computed from others (weight standardisation) is held as it is
  computed, and a number that all channels share is held by each.
* **MACs** are multiply-accumulates. Where every cost is known, twice as many is what
  `torch.utils.flop_counter` counts: its convolutions, linear layers, matrix products and attention.
  What depends on the network's own tensors alone (a position's bias that a small network makes) is
  computed for every batch there, and once here; it is left out, as is what no output needs.
* **Opaque** layers are operators that no kind of layer describes; *unknown* are those of them whose
  cost is unknown too.
* **Off** is the largest difference of an output of the emitted PyTorch from the module's own, with
  signed weights and random statistics, as a share of the largest output, in double precision. Every
  sixth network is emitted, where it has no opaque layer and fewer than 100 million parameters.
* **Seconds** are those of loading it, on a machine that did other work too; [speed](speed.md) has
  times beside those of other counters.

| network | layers | opaque | unknown | parameters | unread | folded | MACs | off | seconds |
| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |
{rows}
"""


def write(rows: Sequence[Row], wanted: int) -> int:
    """Write the document; 1 where something does not hold.

    Args:
        rows: The results that are there.
        wanted: How many networks there are.
    """
    lines = "\n".join(_line(row) for row in rows)
    totals = "\n".join(f"* {line}" for line in _totals(rows, wanted))
    DOCUMENT.write_text(TEXT.format(all=wanted, totals=totals, rows=lines), "utf-8")
    print(totals)
    wrong = [row for row in rows if "error" in row or row["wrong"] or _is_off(row)]
    for row in wrong:
        print(row["name"], row.get("error") or row["wrong"] or row["off"], file=sys.stderr)
    return 1 if wrong or len(rows) < wanted else 0


def _totals(rows: Sequence[Row], wanted: int) -> Iterator[str]:
    loaded = [row for row in rows if "error" not in row]
    yield f"{len(loaded)} of {len(rows)} networks load" + (
        f"; {wanted - len(rows)} have not been tried" if len(rows) < wanted else ""
    )
    timm = [row for row in loaded if row["library"] == "timm" and row["group"] == "cnn"]
    yield _share("of timm's CNNs have no opaque layer", timm, lambda row: not row["opaque"])
    for title, group in (("CNNs", "cnn"), ("hybrids", "hybrid")):
        members = [row for row in loaded if row["group"] == group]
        yield _share(f"of the {title} have every cost known", members, lambda r: not r["unknown"])
    known = [row for row in loaded if not row["unknown"]]
    yield _share("of these have PyTorch's own count of operations", known, _counts_agree)
    yield _share("of these have all parameters in their layers as they are", known, _all_held)
    yield _share("give each module's shape", loaded, lambda row: not _shapes_differ(row))
    exported = [row["name"] for row in loaded if row["exported"]]
    yield f"{len(exported)} take `torch.export`: {', '.join(exported) or 'none'}"
    emitted = [row for row in loaded if "off" in row]
    yield _share(f"of those emitted are within {TOLERANCE:g}", emitted, lambda r: not _is_off(r))


def _share(what: str, rows: Sequence[Row], holds: Callable[[Row], bool]) -> str:
    count = sum(map(holds, rows))
    return f"{count} of {len(rows)} ({count / max(len(rows), 1):.1%}) {what}"


def _counts_agree(row: Row) -> bool:
    return bool(2 * (row["macs"] + row.get("aside", 0)) == row["flops"])


def _all_held(row: Row) -> bool:
    return not row["folded"]


def _shapes_differ(row: Row) -> bool:
    return any("gives" in text for text in row["wrong"])


def _is_off(row: Row) -> bool:
    off = row.get("off", 0.0)
    return isinstance(off, str) or not off <= TOLERANCE


def _line(row: Row) -> str:
    if "error" in row:
        return f"| {row['name']} ({row['library']}) | {row['error'][:60]} | | | | | | | | |"
    off = row.get("off", "")
    numbers = (
        row["layers"], row["opaque"], row["unknown"], f"{row['params']:,}", row["unread"],
        row["folded"], f"{row['macs']:,}", f"{off:.0e}" if isinstance(off, float) else off,
        f"{row['seconds']:.1f}",
    )  # fmt: skip
    cells = " | ".join("" if n == 0 else str(n) for n in numbers)
    return f"| {row['name']} ({row['library']}) | {cells} |"
