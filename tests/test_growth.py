"""Every rule takes a time that grows as the network does, however deep or branched it is."""

from __future__ import annotations

import pytest
from growth import GROWING, growth

import henet_arch as ha
from henet_arch import discovery

_RULES = discovery.files("lints")


@pytest.mark.parametrize("network", GROWING)
@pytest.mark.parametrize("rule", _RULES)
def test_work_is_in_proportion_to_the_length(rule: str, network: str) -> None:
    assert growth(lambda graph: ha.lint(graph, [rule]), GROWING[network]) < 5


@pytest.mark.parametrize("network", GROWING)
def test_a_network_of_any_length_is_linted(network: str) -> None:
    graph = GROWING[network](20_000 if network == "dropouts" else 2_000)
    assert ha.lint(graph).rules
