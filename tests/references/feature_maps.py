"""What timm says of the feature maps of the networks that it has too.

Run as a program in the environment of `make references` it writes the table beside it anew.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

TABLE = Path(__file__).with_name("timm_feature_maps.txt")
COMMAND = "python tests/references/feature_maps.py > tests/references/timm_feature_maps.txt"


class Maps(NamedTuple):
    """A preset, its network in timm, and the channels and the reduction of each map."""

    preset: str
    theirs: str
    maps: tuple[tuple[int, int], ...]


def kept() -> list[Maps]:
    """The rows of the table."""
    rows = []
    for line in TABLE.read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            preset, theirs, *maps = line.split()
            pairs = (tuple(map(int, each.split("/"))) for each in maps)
            rows.append(Maps(preset, theirs, tuple((c, r) for c, r in pairs)))
    return rows


def feature_info(module: Any) -> tuple[tuple[int, int], ...]:
    """The channels and the reduction of each map of a network of timm."""
    info = module.feature_info
    entries = info if isinstance(info, list) else info.info
    return tuple((entry["num_chs"], entry["reduction"]) for entry in entries)


def main() -> None:
    """Write the table with what the installed timm says."""
    import timm  # type: ignore[import-not-found,unused-ignore]
    import torch

    print("# preset, its network in timm, and channels/reduction of each entry of feature_info")
    print(f"# timm {timm.__version__}, by: {COMMAND}")
    with torch.device("meta"):
        for row in kept():
            maps = feature_info(timm.create_model(row.theirs))
            print(row.preset, row.theirs, *(f"{c}/{r}" for c, r in maps))


if __name__ == "__main__":
    main()
