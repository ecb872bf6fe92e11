"""A compiled training step computes what PyTorch computes: outputs, gradients and statistics."""

from __future__ import annotations

import copy
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import instruction_sets
import pytest
import torch
from examples import examples
from hypothesis import HealthCheck, given
from hypothesis import strategies as st
from training_graphs import graphs
from training_steps import SANITIZED, agrees, program, sums_of

import henet_arch as ha
from henet_arch.ir import layers
from henet_arch.ir.graph import Graph, GraphBuilder, Node
from henet_arch.runtime.torch.module import channels_last, to_torch
from henet_arch.runtime.training import check_native, native, verification
from henet_arch.runtime.training import step as steps
from henet_arch.runtime.training.verification import differences
from henet_arch.support.errors import EmitError, LimitError, RunError

pytestmark = pytest.mark.skipif(not shutil.which("cc"), reason="no C compiler")
QUICK = ("-march=native", "-O0")
RELU = layers.Elementwise("relu")
SMALL = ha.Spec(channels=(6, 12), repeats=1, input=(3, 9, 9), classes=5)


def _graph(spec: ha.Spec = SMALL) -> Graph:
    return ha.build(spec)


@given(graphs(), st.sampled_from((5, 16, 17)), st.integers(0, 9))
@examples(4, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
def test_random_networks_agree_with_pytorch(graph: Graph, count: int, seed: int) -> None:
    agrees(graph, count, seed, QUICK)


SPECS = {
    "henet": SMALL,
    "shufflenet": ha.Spec(family="shufflenet", channels=(4, 12), repeats=1, input=9, groups=2),
    "resnet": ha.Spec(family="resnet", channels=(6, 9), repeats=1, input=10, skip="zeros"),
    "densenet": ha.Spec(family="densenet", repeats=(2, 1), growth=4, stem_width=6, input=10),
    "vgg": ha.Spec(family="vgg", channels=(4, 6), repeats=1, hidden=(8,), input=8),
    "mobilenetv2": ha.Spec(family="mobilenetv2", width=0.1, repeats=1, input=33, last=9),
}


@pytest.mark.parametrize("name", SPECS)
@pytest.mark.slow
def test_families_agree_with_pytorch(name: str) -> None:
    torch.manual_seed(0)
    found = differences(_graph(SPECS[name]), 17, flags=QUICK)
    assert not [each for each in found if not each.holds]


@pytest.mark.parametrize("name", instruction_sets.SETS)
@pytest.mark.slow
def test_every_instruction_set_agrees(name: str) -> None:
    torch.manual_seed(0)
    found = differences(_graph(), 18, flags=(*instruction_sets.SETS[name], "-O1"))
    assert not [each for each in found if not each.holds]


@pytest.mark.parametrize("name", instruction_sets.SETS)
@pytest.mark.slow
def test_many_channels_agree(name: str) -> None:
    """Winograd's tiles, whose weights' gradients are sums of single numbers times vectors."""
    torch.manual_seed(0)
    net = GraphBuilder("dense")
    x = net.add("image", layers.Input((3, 9, 10)))
    for index, (inputs, outputs) in enumerate([(3, 32), (32, 48), (48, 16), (16, 80), (80, 9)]):
        x = net.add(f"conv{index}", layers.Conv2d(inputs, outputs, (3, 3), padding=(1, 1)), x)
        x = net.add(f"bn{index}", layers.BatchNorm2d(outputs), x)
    x = net.add("flat", layers.Flatten(), net.add("mean", layers.GlobalAvgPool2d(), x))
    flags = (*instruction_sets.SETS[name], "-O0")
    found = differences(net.finish(), 19, flags=flags)
    assert not [each for each in found if not each.holds]


@pytest.mark.parametrize("name", instruction_sets.SETS)
@pytest.mark.slow
def test_strips_of_long_maps_agree(name: str) -> None:
    """Winograd's tiles of maps that are computed in several strips, the last of them smaller."""
    torch.manual_seed(0)
    net = GraphBuilder("long")
    image = net.add("image", layers.Input((3, 72, 24)))
    ends: list[Node] = []
    for stride, channels in (((3, 2), 12), ((3, 2), 6), ((2, 3), 8), ((1, 6), 8), ((2, 1), 32)):
        word = f"net{len(ends)}"
        conv = layers.Conv2d(3, channels, (3, 3), stride, padding=(1, 1))
        x = net.add(f"{word}.conv0", conv, image)
        x = net.add(f"{word}.bn0", layers.BatchNorm2d(channels), x)
        for index, sides in enumerate([(1, 1), (0, 2)], 1):
            conv = layers.Conv2d(channels, channels, (3, 3), padding=sides)
            x = net.add(f"{word}.conv{index}", conv, x)
            x = net.add(f"{word}.relu{index}", RELU, x)
        ends.append(net.add(f"{word}.mean", layers.GlobalAvgPool2d(), x))
    found = differences(net.finish(ends), 3, flags=(*instruction_sets.SETS[name], "-O0"))
    assert not [each for each in found if not each.holds]


@pytest.mark.parametrize("count", [1, 3, 16, 127, 128])
def test_batches_of_every_size(count: int) -> None:
    """The last map has more than one element, so that one image has a variance."""
    torch.manual_seed(0)
    spec = ha.Spec(channels=(6, 12), repeats=1, input=(2, 11, 11), pooling=True, padding="same")
    found = differences(_graph(spec), count, flags=QUICK)
    assert not [each for each in found if not each.holds]


@pytest.mark.parametrize("name", instruction_sets.SETS)
@pytest.mark.slow
def test_large_means_leave_small_deviations_their_digits(name: str) -> None:
    """A thousand times the deviation: of an image, and of what a convolution makes."""
    net = GraphBuilder("large")
    x = net.add("image", layers.Input((3, 12, 12)))
    x = net.add("high", layers.Elementwise("affine", (1.0, 1000.0)), x)
    first = net.add("bn1", layers.BatchNorm2d(3), x)
    x = net.add("conv", layers.Conv2d(3, 6, (3, 3), bias=False), x)
    x = net.add("bn2", layers.BatchNorm2d(6), x)
    ends = [net.add("left", layers.Flatten(), first), net.add("right", layers.Flatten(), x)]
    torch.manual_seed(0)
    flags = (*instruction_sets.SETS[name], "-O0")
    found = differences(net.finish(ends), 40, flags=flags)
    assert not [each for each in found if not each.holds]
    assert max(each.off for each in found if each.kind == "statistics") < 1e-5


def test_gradients_behind_a_norm_of_large_means_are_as_near_as_pytorchs() -> None:
    net = GraphBuilder("large")
    x = net.add("image", layers.Input((3, 12, 12)))
    x = net.add("high", layers.Elementwise("affine", (1.0, 1000.0)), x)
    x = net.add("conv1", layers.Conv2d(3, 6, (3, 3), bias=False), x)
    x = net.add("bn", layers.BatchNorm2d(6), x)
    x = net.add("conv2", layers.Conv2d(6, 6, (3, 3), bias=False), net.add("relu", RELU, x))
    graph = net.finish([net.add("flat", layers.Flatten(), x)])
    found = []
    for seed in range(7):
        torch.manual_seed(seed)
        found += [e for e in differences(graph, 40, flags=QUICK) if e.name == "conv1.weight"]
    assert len(found) == 7
    assert median(each.off for each in found) < 1.5 * median(each.usual for each in found)


def _losses(module: Any, images: torch.Tensor, count: int = 2) -> list[Any]:
    """The bits of what comes of some steps."""
    optimizer = torch.optim.SGD(module.parameters(), 0.05, momentum=0.9)
    labels = torch.arange(len(images)) % 5
    result = []
    for _ in range(count):
        optimizer.zero_grad()
        loss = torch.nn.functional.cross_entropy(module(images), labels)
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        result.append(loss.item())
    return [*result, *(t.clone() for t in module.state_dict().values())]


def _alike(one: list[Any], other: list[Any]) -> bool:
    return one[:2] == other[:2] and all(map(torch.equal, one[2:], other[2:]))


def _module(graph: Graph) -> torch.nn.Module:
    torch.manual_seed(0)
    return to_torch(graph)


def test_threads_change_no_bit() -> None:
    graph, images = _graph(), torch.randn(70, 3, 9, 9)
    runs = [_losses(native(graph, _module(graph), threads), images) for threads in (1, 2, 3)]
    assert _alike(runs[0], runs[1])
    assert _alike(runs[0], runs[2])


def test_memory_formats_change_no_bit() -> None:
    graph, images = _graph(), torch.randn(20, 3, 9, 9)
    last = images.contiguous(memory_format=torch.channels_last)
    plain = _losses(native(graph, _module(graph)), images)
    assert _alike(plain, _losses(native(graph, channels_last(_module(graph))), last))
    apart = torch.randn(20, 3, 18, 9)[:, :, ::2].copy_(images)
    assert _alike(plain, _losses(native(graph, _module(graph)), apart))


def test_it_trains_as_pytorch_does_and_shares_its_weights() -> None:
    graph, images = _graph(), torch.randn(64, 3, 9, 9)
    module = _module(graph)
    usual = copy.deepcopy(module)
    step = native(graph, module)
    assert list(step.state_dict()) == list(module.state_dict())
    assert all(a is b for a, b in zip(step.parameters(), module.parameters(), strict=True))
    mine, theirs = _losses(step, images), _losses(usual, images)
    assert mine[:2] == pytest.approx(theirs[:2], rel=1e-4)
    for name, buffer in module.named_buffers():
        assert torch.allclose(buffer.double(), usual.get_buffer(name).double(), 1e-3, 1e-5), name
    other = native(graph, _module(graph))
    other.load_state_dict(usual.state_dict())
    usual.eval()
    assert torch.equal(other.eval()(images), usual(images))


def test_pytorchs_default_type_changes_nothing() -> None:
    graph, images = _graph(), torch.randn(20, 3, 9, 9)
    plain = _losses(native(graph, _module(graph)), images)
    module = _module(graph)
    torch.set_default_dtype(torch.float64)
    try:
        assert _alike(plain, _losses(native(graph, module), images))
    finally:
        torch.set_default_dtype(torch.float32)


def test_networks_take_turns_in_one_process() -> None:
    """Two forward passes, and then both backward passes."""
    graphs = [_graph(), _graph(SPECS["shufflenet"])]
    images = [torch.randn(20, 3, 9, 9), torch.randn(33, 3, 9, 9)]

    def gradients(turns: bool) -> list[torch.Tensor]:
        steps = [native(graph, _module(graph)) for graph in graphs]
        pairs = [*zip(steps, images, strict=True)]
        if turns:
            outputs = [step(batch) for step, batch in pairs]
            for output in reversed(outputs):
                output.square().sum().backward()
        else:
            for step, batch in pairs:
                step(batch).square().sum().backward()
        return [p.grad for step in steps for p in step.parameters() if p.grad is not None]

    alone, mixed = gradients(turns=False), gradients(turns=True)
    assert len(alone) == len(mixed) > 0
    assert all(map(torch.equal, alone, mixed))


def test_dropout_draws_as_pytorch_does() -> None:
    net = GraphBuilder("dropped")
    x = net.add("image", layers.Input((2, 4, 4)))
    x = net.add("conv", layers.Conv2d(2, 6, (3, 3)), x)
    x = net.add("drop", layers.Dropout(0.4), x)
    x = net.add("fc", layers.Linear(24, 5), net.add("flat", layers.Flatten(), x))
    graph = net.finish()
    module, images = _module(graph), torch.randn(9, 2, 4, 4)
    usual = copy.deepcopy(module)
    for each in (native(graph, module), usual):
        torch.manual_seed(3)
        loss = torch.nn.functional.cross_entropy(each(images), torch.arange(9) % 5)
        loss.backward()  # type: ignore[no-untyped-call]
    for name, parameter in module.named_parameters():
        wanted = usual.get_parameter(name).grad
        assert parameter.grad is not None
        assert wanted is not None
        assert torch.allclose(parameter.grad, wanted, 1e-4, 1e-6), name


REFUSED: dict[str, tuple[Callable[[], torch.Tensor], str]] = {
    "shape": (lambda: torch.randn(4, 3, 9, 8), "trains on images of 3x9x9"),
    "rank": (lambda: torch.randn(3, 9, 9), "trains on images of 3x9x9"),
    "none": (lambda: torch.randn(0, 3, 9, 9), "trains on images of 3x9x9"),
    "type": (lambda: torch.randn(4, 3, 9, 9).double(), "images of torch.float64"),
    "integers": (lambda: torch.ones(4, 3, 9, 9, dtype=torch.uint8), "images of torch.uint8"),
    "gradient": (lambda: torch.randn(4, 3, 9, 9).requires_grad_(), "no gradient of the images"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_other_images_are_refused(name: str) -> None:
    make, message = REFUSED[name]
    step = native(_graph(), _module(_graph()))
    with pytest.raises(RunError, match=message):
        step(make())


def test_one_image_is_refused_where_it_has_no_variance() -> None:
    graph = _graph(ha.Spec(channels=(6, 12), repeats=1, input=(3, 7, 7)))
    with pytest.raises(RunError, match="one image is too few"):
        native(graph, _module(graph))(torch.randn(1, 3, 7, 7))


def test_a_batch_beyond_memory_is_refused() -> None:
    step = native(_graph(), _module(_graph()))
    images = torch.zeros(1).expand(10**9, 3, 9, 9)
    with pytest.raises(LimitError, match="GB"):
        step(images)


def test_a_backward_pass_belongs_to_the_last_batch() -> None:
    step = native(_graph(), _module(_graph()))
    first, second = (step(torch.randn(4, 3, 9, 9)).sum() for _ in range(2))
    with pytest.raises(RunError, match="before the next batch"):
        first.backward()
    second.backward(retain_graph=True)
    with pytest.raises(RunError, match="goes backward once"):
        second.backward()


def test_other_kinds_are_refused_before_anything_is_compiled(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(steps, "library", lambda *_: pytest.fail("it compiles"))
    graph = ha.build("mobilenetv3-small")
    for call in (lambda: check_native(graph), lambda: native(graph, torch.nn.Module())):
        with pytest.raises(EmitError, match=r"where: .*\n +fix: +train --engine torch") as caught:
            call()
        assert caught.value.where in graph


@pytest.mark.parametrize(
    ("name", "flags"),
    [
        ("henet", "-march=native"),
        ("shufflenet", "-march=native"),
        ("resnet", "-march=native"),
        ("vgg", "-march=native"),
        ("shufflenet", "-DLANES=1"),
        ("vgg", "-DLANES=1"),
    ],
)
@pytest.mark.slow
def test_sanitizers_find_nothing(name: str, flags: str, tmp_path: Path) -> None:
    sums_of(str(program(_graph(SPECS[name]), tmp_path, "cc", *SANITIZED, flags)), "19", "2")


@pytest.mark.parametrize("name", ["henet", "shufflenet", "resnet"])
@pytest.mark.slow
def test_threads_share_nothing_that_is_not_guarded(name: str, tmp_path: Path) -> None:
    flags = ("-g", "-O1", "-fsanitize=thread", "-march=native")
    sums_of(str(program(_graph(SPECS[name]), tmp_path, "cc", *flags)), "37", "3")


@pytest.mark.parametrize("compiler", ["gcc", "clang"])
@pytest.mark.parametrize("flags", ["-march=native", "-DLANES=1"])
@pytest.mark.slow
def test_compilers_warn_of_nothing(compiler: str, flags: str, tmp_path: Path) -> None:
    if not shutil.which(compiler):
        pytest.skip(f"no {compiler}")
    strict = ("-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Werror")
    ha.emit(SPECS["vgg"], "c-training").save(tmp_path / "net.c")
    line = [compiler, "-std=gnu11", "-O1", flags, *strict, "-c", "net.c"]
    ran = subprocess.run(line, cwd=tmp_path, capture_output=True, text=True)
    assert not ran.returncode, ran.stderr


CROSS = "aarch64-linux-gnu-gcc"


@pytest.mark.skipif(
    not (shutil.which(CROSS) and shutil.which("qemu-aarch64")), reason="no compiler for 64-bit Arm"
)
@pytest.mark.slow
def test_64_bit_arm(tmp_path: Path) -> None:
    mine = sums_of(str(program(_graph(), tmp_path, "cc", "-O0", "-march=native")), "19", "2")
    arm = program(_graph(), tmp_path, CROSS, "-O0", "-static")
    assert sums_of("qemu-aarch64", str(arm), "19", "2") == pytest.approx(mine, rel=1e-4, abs=1e-4)


def test_the_networks_own_weights_are_held_too(monkeypatch: pytest.MonkeyPatch) -> None:
    state = _module(_graph()).state_dict()
    own = ha.with_weights(SMALL, state)
    plain, both = ha.verify(SMALL, "c-training"), ha.verify(own, "c-training")
    assert both.holds
    rows = [check.name for check in both.checks]
    assert [check.name.partition(":")[0] for check in plain.checks] == [
        name.partition(":")[0] for name in rows[: len(plain.checks)]
    ]
    assert [name.partition(":")[0] for name in rows[len(plain.checks) :]] == [
        "with its weights"
    ] * 4
    modules: list[Any] = []

    def kept(graph: Graph, count: int, module: Any = None) -> list[verification.Difference]:
        modules.append(module)
        return []

    monkeypatch.setattr(verification, "differences", kept)
    ha.verify(own, "c-training")
    assert modules[0] is None
    torch.testing.assert_close(dict(modules[1].state_dict()), dict(state))


def test_a_folder_has_a_header_that_compiles(tmp_path: Path) -> None:
    ha.emit(SMALL, "c-training", folder=True).save(tmp_path / "net")
    header, source = sorted((tmp_path / "net").glob("*.[ch]"), reverse=True)
    both = tmp_path / "both.c"
    both.write_text(f'#include "{header}"\n#include "{source}"\n')
    line = ["cc", "-std=gnu11", "-Wall", "-Werror", "-fsyntax-only", str(both)]
    ran = subprocess.run(line, capture_output=True, text=True)
    assert not ran.returncode, ran.stderr
    assert "stage1.block1.conv1.weight" in header.read_text()
