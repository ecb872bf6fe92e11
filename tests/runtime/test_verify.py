"""Verification finds what is wrong with a module."""

from __future__ import annotations

import pytest
from cli.run import run

import henet_arch as ha
from henet_arch.runtime.torch.verification import verify


@pytest.mark.parametrize(
    ("name", "old", "new", "check"),
    [
        ("henet-r2", "3, padding=1,", "3, padding=2,", "forward pass"),
        ("henet-r2", "nn.Conv2d(3, 24, 3, padding=1)", "nn.Conv2d(3, 24, 1)", "tensor shapes"),
        ("henet-r2", "self.relu(self.bn2(self.conv2(x)))", "self.bn2(self.conv2(x))", "wiring"),
        ("henet-r2", "groups=conv1_groups)", "groups=1)", "parameters"),
        ("henet-r2", "groups=conv1_groups)", "groups=1)", "FLOPs, forward"),
        ("henet-r2", "nn.Linear(192, 10)", "nn.Linear(192, 11)", "output"),
        ("henet-r2", "fc=nn", "classifier=nn", "state-dict keys"),
        (
            "henet-r2",
            "self.reset_parameters()\n",
            "self.head[1].bias.data[0] = 1e999\n",
            "one pass",
        ),
        ("henet-r2", "[y, x]", "[x, y]", "wiring"),
        ("shufflenet-r2", "[y, x]", "[y, y]", "wiring"),
        ("shufflenet-r2", "self.relu(y + x)", "self.relu(y)", "layer output shapes"),
    ],
)
def test_a_wrong_module_is_found(name: str, old: str, new: str, check: str) -> None:
    graph = ha.build(name)
    source = ha.emit(graph).text
    assert old in source
    found = verify(graph, source.replace(old, new))
    assert not found.holds
    assert any(c.name.startswith(check) and not c.holds for c in found.checks), found.checks


def test_command() -> None:
    ended = run("verify", "henet-r2")
    assert ended.code == 0
    assert "the emitted module is the network that was analyzed" in ended.out
    assert "68,626" in ended.out
    assert '"holds": true' in run("verify", "henet-r2", "-f", "json").out
    assert run("verify", "henet-r2", "-f", "csv").out.startswith("name,expected,found")


def test_command_fails_where_the_module_differs(monkeypatch: pytest.MonkeyPatch) -> None:
    from henet_arch.emitters import torch as emitter

    source = emitter.source
    monkeypatch.setattr(emitter, "source", lambda g: source(g).replace("(192, 10)", "(192, 9)"))
    ended = run("verify", "henet-r2")
    assert ended.code == 1
    assert "DIFFERS from its graph" in ended.out
    assert "head.fc.weight is 9x192, and not 10x192" in ended.out
