"""Holds HENet and ShuffleNet, Repeat 2 to 5, against the fronts under their own budgets.

    python docs/fronts.py        prints the table of docs/budget.md and draws docs/budget/front.svg

It takes some minutes: 101,154,816 specs, gone through for each network and two questions.
"""

from __future__ import annotations

from pathlib import Path

from henet_arch.renderers.plot.budget import plot

import henet_arch as ha
from henet_arch.search.result import Check, SearchResult

FOLDER = Path(__file__).parent / "budget"
FAMILIES = ("henet", "shufflenet")
REPEATS = (2, 3, 4, 5)
WIDTHS = [range(4, 65, 4), range(8, 129, 8), range(8, 193, 8), range(16, 385, 16)]
NETWORKS = {
    f"{family}-r{repeats}": ha.Spec(name=f"{family}-r{repeats}", family=family, repeats=repeats)
    for family in FAMILIES
    for repeats in REPEATS
}


def main() -> None:
    """Print a row for each network, and draw them all over one front."""
    print("| network | params | MACs | most MACs, least params | 99.9 % of its MACs | ", end="")
    print("deepest and widest, least params and MACs |")
    print("| --- | ---: | ---: | --- | --- | --- |")
    for name, spec in NETWORKS.items():
        report = ha.analyze(spec)
        budget = {"params": int(report.params), "macs": int(report.macs)}
        costs = _front(budget, [spec], ("macs",), ("params",))
        sizes = _front(budget, [spec], ("depth", "width"), ("params", "macs"))
        cells = [f"{name} | {report.params:,} | {report.macs:,}", _verdict(costs.checks[0])]
        cells += [_nearly(costs, budget["macs"]), _verdict(sizes.checks[0])]
        print(f"| {' | '.join(cells)} |", flush=True)
    largest = {"params": 123_922, "macs": 15_886_968}
    found = _front(largest, list(NETWORKS.values()), ("macs",), ("params",))
    plot(found, FOLDER / "front.svg")


def _front(
    budget: dict[str, int], check: list[ha.Spec], most: tuple[str, ...], least: tuple[str, ...]
) -> SearchResult:
    return ha.budget(
        channels=WIDTHS,
        repeats=[range(1, 8)] * 3,
        families=FAMILIES,
        at_most=budget,
        maximize=most,
        minimize=least,
        check=check,
    )


def _verdict(check: Check) -> str:
    if check.better is None:
        return "yes"
    figures = check.better.figures
    costs = f"{figures['params']:,} params, {figures['macs']:,} MACs"
    return f"no: {_said(check.better.spec)}: {costs}, depth {figures['depth']}"


def _nearly(found: SearchResult, macs: int) -> str:
    """The point of least parameters that has nearly as many multiply-accumulates."""
    enough = (point for point in found.points if 1000 * point.figures["macs"] >= 999 * macs)
    least = min(enough, key=lambda point: point.figures["params"])
    return f"{_said(least.spec)}: {least.figures['params']:,} params"


def _said(spec: ha.Spec) -> str:
    widths, repeats = (",".join(map(str, getattr(spec, key))) for key in ("channels", "repeats"))
    return f"{spec.family} {widths} x {repeats}"


if __name__ == "__main__":
    main()
