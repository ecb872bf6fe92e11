"""What the product does takes a time that grows as the network does, however deep or branched."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest
from growth import GROWING, growth

import henet_arch as ha
from henet_arch.ir.graph import Graph
from henet_arch.lints.selection import lints


def _rule(name: str) -> Callable[[Graph], object]:
    return lambda graph: ha.lint(graph, [name])


def _drawn(form: str, *, fold: bool) -> Callable[[Graph], object]:
    return lambda graph: ha.draw(graph, depth="layers", fold=fold).render(form)


ACTS: dict[str, Callable[[Graph], object]] = {
    **{f"lint-{name}": _rule(name) for name in lints()},
    "analyze": lambda graph: ha.analyze(graph).to_dict(),
    "tables": lambda graph: ha.analyze(graph).tables(),
    "json": lambda graph: ha.from_json(ha.to_json(graph)),
    "diff": lambda graph: ha.diff(graph, graph).to_dict(),
    "torch": partial(ha.emit, target="torch"),
    **{f"draw-{form}": _drawn(form, fold=False) for form in ("mermaid", "text", "json", "html")},
    **{f"fold-{form}": _drawn(form, fold=True) for form in ("dot", "json")},
}


@pytest.mark.parametrize("network", GROWING)
@pytest.mark.parametrize("act", ACTS)
def test_work_is_in_proportion_to_the_length(act: str, network: str) -> None:
    assert growth(ACTS[act], GROWING[network]) < 5


@pytest.mark.parametrize("network", GROWING)
def test_a_network_of_any_length_is_linted(network: str) -> None:
    graph = GROWING[network](20_000 if network == "dropouts" else 1_000)
    assert ha.lint(graph).rules
