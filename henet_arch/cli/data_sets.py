"""What commands say of data sets."""

from __future__ import annotations

from typing import Any

from typer.core import TyperCommand


class Command(TyperCommand):
    """Its help ends in the data sets."""

    def format_epilog(self, ctx: Any, formatter: Any) -> None:
        from ..training.datasets import DATASETS

        super().format_epilog(ctx, formatter)
        with formatter.section("Data sets, and their files in --data-dir"):
            formatter.write_dl([(name, dataset.summary) for name, dataset in DATASETS.items()])
