"""What is timed is the network, and the report says what it measured."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from shutil import which

import pytest
import torch
from cli.run import run

import henet_arch as ha

pytestmark = pytest.mark.filterwarnings("ignore")

from henet_arch.ir.model import Model  # noqa: E402
from henet_arch.lowering.folding import folded  # noqa: E402
from henet_arch.runtime.measure.timing import Times, Timing, time_networks  # noqa: E402
from henet_arch.runtime.runner import Prepared, Runner  # noqa: E402
from henet_arch.runtime.runners import RUNNERS, by_target  # noqa: E402
from henet_arch.runtime.torch.running import module_of  # noqa: E402
from henet_arch.runtime.torch.scramble import scrambled  # noqa: E402

SPEC = ha.Spec(channels=(4, 8), repeats=1, input=15)
PLAIN = ha.Spec(family="vgg", channels=(4, 6), repeats=1, hidden=(), input=6)
"""What the compiler of PyTorch takes seconds for, and not half a minute."""


def _randomised(spec: ha.Spec | str) -> torch.nn.Module:
    torch.manual_seed(0)
    return scrambled(ha.to_torch(spec))


BACKENDS = [
    pytest.param("c", marks=pytest.mark.skipif(not which("cc"), reason="no C compiler")),
    "eager",
    "eager-folded",
    "onnxruntime",
    "opencv",
    "openvino",
    pytest.param("compile", marks=pytest.mark.slow),
]


@pytest.mark.parametrize("backend", BACKENDS)
def test_backends_give_the_output_of_pytorch(backend: str) -> None:
    spec = PLAIN if backend == "compile" else SPEC
    module, image = _randomised(spec), torch.randn(1, *spec.input)
    weights = {name: tensor.numpy() for name, tensor in module.state_dict().items()}
    with torch.no_grad():
        expected = module(image)
        (output,) = RUNNERS[backend].prepare(Model(ha.build(spec), spec, weights))(image.numpy())
    torch.testing.assert_close(torch.as_tensor(output), expected, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("backend", BACKENDS)
def test_backends_are_verified_in_double_precision(backend: str) -> None:
    verification = RUNNERS[backend].verify(Model(ha.build(SPEC), SPEC))
    assert verification.holds, verification.checks


@pytest.mark.parametrize("name", ["henet-r2", "shufflenet-r2"])
@torch.no_grad()
def test_folding_removes_all_batch_norms_and_changes_nothing(name: str) -> None:
    module, image = _randomised(name), torch.randn(2, 3, 31, 31)
    weights = {key: tensor.numpy() for key, tensor in module.state_dict().items()}
    plain = module_of(folded(Model(ha.build(name), ha.preset(name), weights)))
    assert not any(isinstance(m, torch.nn.BatchNorm2d) for m in plain.modules())
    torch.testing.assert_close(plain(image), module(image), rtol=1e-3, atol=1e-3)


def test_networks_take_turns_on_one_core() -> None:
    affinity = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else None
    threads = torch.get_num_threads()
    told = []
    found = time_networks(
        [ha.load(SPEC), ha.load("henet-r2")],
        runs=2,
        passes=30,
        watch=lambda done, total: told.append((done, total)),
    )
    assert [times.name for times in found.times] == [SPEC.title, "henet-r2"]
    assert [[len(run) for run in times.runs] for times in found.times] == [[30, 30]] * 2
    assert told == [(20, 60), (30, 60), (50, 60), (60, 60)]
    assert found.times[0].median < found.times[1].median
    assert torch.get_num_threads() == threads
    if affinity:
        assert os.sched_getaffinity(0) == affinity
        assert found.pinned


def test_figures() -> None:
    times = Times("net", ((1.0, 1.0, 4.0), (2.0, 2.0, 2.0)))
    assert times.mean == 2
    assert times.median == 2
    assert times.spread == 0
    assert times.to_dict()["images_per_second"] == 500
    quiet = Timing("eager", True, (times,))
    assert not quiet.warnings
    noisy = Timing("eager", False, (Times("net", ((1.0,), (2.0,))),))
    assert len(noisy.warnings) == 2
    assert "the machine was not quiet: runs of net" in noisy.warnings[1]


def test_command() -> None:
    ended = run("time", "henet-r2", "shufflenet-r2", "--passes", "2", "--runs", "2")
    assert ended.code == 0
    assert "/ henet-r2" in ended.out
    assert "1.000" in ended.out
    found = json.loads(run("time", "henet-r2", "--passes", "1", "-f", "json").out)
    assert found["backend"] == "eager"
    assert found["times"][0]["mean_ms"] > 0


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("henet-r2", "--backend", "eagr"), 2, "did you mean eager?"),
        (("henet-r2", "--passes", "0"), 2, "0 is not between 1 and 100,000"),
        (("henet-r9",), 3, "henet-r9"),
        ((), 2, "SOURCE"),
    ],
)
def test_wrong_words(arguments: tuple[str, ...], code: int, words: str) -> None:
    ended = run("time", *arguments)
    assert ended.code == code
    assert words in ended.err


def test_a_compiler_that_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*args: object, **named: object) -> object:
        def fail(*inputs: object) -> None:
            raise RuntimeError("No working C++ compiler found\nlong story")

        return fail

    monkeypatch.setattr(torch, "compile", broken)
    with pytest.raises(ha.HenetArchError, match=r"fails on .*: No working C\+\+ compiler found\n"):
        time_networks([ha.load(SPEC)], "compile", runs=1, passes=1)


def test_backends_are_found_by_their_files() -> None:
    assert list(RUNNERS) == [
        "c", "compile", "eager", "eager-folded", "onnxruntime", "opencv", "openvino",
    ]  # fmt: skip


def test_a_runner_verifies_each_target() -> None:
    titles = {"c": "C", "caffe": "OpenCV", "onnx": "ONNX Runtime", "torch": "PyTorch"}
    assert {name: own.title for name, own in by_target().items()} == titles


class _Wrong(Runner):
    """A runner that loses a sign."""

    title = "wrong"

    def prepare(self, model: Model) -> Prepared:
        right = RUNNERS["eager"].prepare(model)
        return replace(right, read=lambda given: tuple(abs(o) for o in right.read(given)))


def test_a_wrong_runner_is_found() -> None:
    verification = _Wrong().verify(Model(ha.build(SPEC), SPEC))
    assert [check.name for check in verification.checks if not check.holds] == [
        "head.fc, difference"
    ]


def test_a_runner_without_kernels_has_nothing_to_tune() -> None:
    with pytest.raises(ha.HenetArchError, match="wrong has nothing to tune"):
        _Wrong().tune(Model(ha.build(SPEC), SPEC))
