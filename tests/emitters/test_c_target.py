"""The emitted C computes what PyTorch computes, on every instruction set, and nothing else."""

from __future__ import annotations

import platform
import re
import shutil
import subprocess
from dataclasses import replace
from math import prod
from pathlib import Path
from typing import Any

import instruction_sets
import pytest
import torch
from c_folders import built, folder_of, outputs, project
from cli.run import run
from examples import SHARE, examples
from graphs import graphs
from henet_arch.emitters import c as emitter
from hypothesis import HealthCheck, given
from hypothesis import strategies as st
from strategies import networks, specs

import henet_arch as ha
from henet_arch.ir import layers
from henet_arch.ir.graph import Graph, GraphBuilder
from henet_arch.ir.layer import Layer
from henet_arch.lowering.plan import plan
from henet_arch.support.errors import EmitError, LimitError, RunError

np = pytest.importorskip("numpy")
pytestmark = pytest.mark.skipif(not shutil.which("cc"), reason="no C compiler")

from henet_arch.emitters.c import folders  # noqa: E402
from henet_arch.emitters.c.packing import packed  # noqa: E402

from henet_arch.runtime.c import load  # noqa: E402
from henet_arch.runtime.torch.comparison import difference, exact  # noqa: E402
from henet_arch.runtime.torch.module import to_torch  # noqa: E402
from henet_arch.runtime.torch.running import module_of  # noqa: E402
from henet_arch.runtime.torch.scramble import scrambled  # noqa: E402
from henet_arch.runtime.torch.tensors import outputs_of  # noqa: E402

SAME = {"suppress_health_check": list(HealthCheck), "derandomize": SHARE <= 1}
"""The same networks every time, unless more are asked for."""
MANY = examples(7, **SAME)
FEW = examples(5, **SAME)

SETS = instruction_sets.SETS
SET = st.sampled_from(sorted(SETS))


def _module(graph: Graph) -> Any:
    torch.manual_seed(0)
    return scrambled(to_torch(graph))


def _off(graph: Graph, flags: tuple[str, ...]) -> tuple[float, float]:
    """How far C and PyTorch's own single precision are from double precision."""
    module, images = _module(graph), torch.randn(4, *graph.input_shape)
    found = outputs_of(load(graph, module.state_dict(), flags=(*flags, "-O1"))(images.numpy()))
    with torch.no_grad():
        single = outputs_of(module(images))
    wanted = exact(module, images)
    worst = max(difference(mine, theirs) for mine, theirs in zip(found, wanted, strict=True))
    usual = max(difference(s.numpy(), theirs) for s, theirs in zip(single, wanted, strict=True))
    return worst, usual


def _holds(graph: Graph, flags: tuple[str, ...]) -> None:
    """Within 1e-5, but where all outputs are what little was left of larger numbers.

    PyTorch's own single precision is off there too.
    """
    worst, usual = _off(graph, flags)
    assert worst <= max(1e-5, 8 * usual)


@pytest.mark.slow
@MANY
@given(specs(), SET)
def test_both_families_on_every_instruction_set(spec: ha.Spec, name: str) -> None:
    _holds(ha.build(spec), SETS[name])


@pytest.mark.slow
@FEW
@given(networks(), SET)
def test_the_other_families(spec: ha.Spec, name: str) -> None:
    _holds(ha.build(spec), SETS[name])


@FEW
@given(graphs(), SET)
def test_any_graph(graph: Graph, name: str) -> None:
    _holds(graph, SETS[name])


@pytest.mark.slow
@pytest.mark.parametrize("name", SETS)
@pytest.mark.parametrize("network", ["henet-r2", "shufflenet-r2"])
def test_the_papers_networks(network: str, name: str) -> None:
    assert _off(ha.build(network), SETS[name])[0] <= 1e-5


def test_a_factor_of_each_channel_behind_several_rows_of_tiles() -> None:
    builder = GraphBuilder("net")
    image = builder.add("image", layers.Input((8, 40, 40)))
    conv = builder.add("conv", layers.Conv2d(8, 8, (3, 3), padding=(1, 1)), [image])
    mean = builder.add("mean", layers.GlobalAvgPool2d(), [image])
    builder.add("scaled", layers.Multiply(), [conv, mean])
    graph = builder.finish()
    assert plan(graph).choices["conv"].kernel == "winograd"
    _holds(graph, ("-march=native",))


SANITIZED = ("-g", "-O0", "-fsanitize=address,undefined", "-fno-sanitize-recover=all")


CHECKED = [
    ha.Spec(channels=(12, 12, 24), repeats=2, input=(2, 14, 19), padding="same"),
    ha.Spec(family="shufflenet", channels=(4, 12, 24), repeats=2, input=17, groups=2),
    ha.Spec(family="resnet", channels=(6, 9), repeats=1, input=18, skip="zeros"),
    ha.Spec(family="mobilenetv2", width=0.1, repeats=1, input=33, last=9),
    ha.Spec(family="nin", channels=(4, 6, 8), mlp1=(4, 6, 8), mlp2=(4, 6), softmax=True),
]


@pytest.mark.parametrize(
    ("spec", "flags"),
    [(s, "-march=native") for s in CHECKED] + [(s, "-DLANES=1") for s in CHECKED[:2]],
    ids=lambda value: value if isinstance(value, str) else value.family,
)
@pytest.mark.slow
def test_sanitizers_find_nothing(spec: ha.Spec, flags: str, tmp_path: Path) -> None:
    folder = project(spec, tmp_path)
    built(folder, "cc", *SANITIZED, flags)
    assert outputs(folder) == pytest.approx(_outputs_of_torch(folder, spec), rel=1e-4, abs=1e-5)


@pytest.mark.skipif(not shutil.which("valgrind"), reason="no valgrind")
@pytest.mark.slow
def test_no_branch_depends_on_what_was_never_written(tmp_path: Path) -> None:
    folder = project(ha.Spec(channels=(12, 24), repeats=2, input=11), tmp_path)
    built(folder, "cc", "-g", "-O1", "-march=x86-64-v3" if "avx2" in SETS else "-DLANES=1")
    wrapped = ["valgrind", "-q", "--error-exitcode=9", str(folder / "net"), "", "2"]
    assert subprocess.run(wrapped, capture_output=True).returncode == 0


CROSS = "aarch64-linux-gnu-gcc"


@pytest.mark.skipif(
    not (shutil.which(CROSS) and shutil.which("qemu-aarch64")), reason="no compiler for 64-bit Arm"
)
@pytest.mark.parametrize("network", ["henet-r2", "shufflenet-r2"])
@pytest.mark.slow
def test_64_bit_arm(network: str, tmp_path: Path) -> None:
    spec = ha.preset(network)
    folder = project(spec, tmp_path)
    built(folder, CROSS, "-O1", "-static")
    found = outputs(folder, "qemu-aarch64")
    wanted = _outputs_of_torch(folder, spec)
    assert np.abs(np.array(found) - wanted).max() <= 1e-5 * np.abs(wanted).max()


def _outputs_of_torch(folder: Path, spec: ha.Spec) -> Any:
    """The same weights and image in PyTorch, in double precision."""
    module = module_of(ha.load(spec))
    count = int(np.prod(spec.input))
    image = torch.tensor([(i * 37 % 101) / 50 - 1 for i in range(count)])
    return exact(module, image.float().reshape(1, *spec.input))[0].ravel()


COMPILERS = [name for name in ("gcc", "clang") if shutil.which(name)]


@pytest.mark.slow
@pytest.mark.parametrize("compiler", COMPILERS)
@pytest.mark.parametrize("flags", [["-march=native"], ["-DLANES=1"], ["-march=x86-64-v4"]])
@pytest.mark.parametrize("network", ["henet-r4", "mobilenetv2", "vgg16"])
def test_compilers_say_nothing(
    network: str, compiler: str, flags: list[str], tmp_path: Path
) -> None:
    if platform.machine() != "x86_64" and "v4" in flags[0]:
        pytest.skip("another processor")
    ha.emit(network, "c").save(tmp_path / "net.c")
    _says_nothing(tmp_path / "net.c", compiler, "-Werror", *flags)


@pytest.mark.parametrize("compiler", COMPILERS)
def test_compilers_say_nothing_of_a_folder(compiler: str, tmp_path: Path) -> None:
    folder = folder_of(
        ha.build(ha.Spec(family="lenet", channels=(2, 4, 6), softmax=True)), tmp_path
    )
    for path in folder.glob("*.c"):
        _says_nothing(path, compiler, "-Werror", "-Wdouble-promotion", "-Wundef")


STRICT = ("-Wall", "-Wextra", "-Wshadow", "-pedantic", "-Wconversion")


def _says_nothing(path: Path, compiler: str, *flags: str) -> None:
    line = [compiler, "-std=gnu11", "-O0", *STRICT, *flags, "-c", path.name]
    ran = subprocess.run(line, cwd=path.parent, capture_output=True, text=True)
    assert (ran.returncode, ran.stderr) == (0, "")


def test_code_is_small() -> None:
    assert len(ha.emit("henet-r4", "c").text) < 200_000


_TINY = ha.Spec(family="lenet", channels=(1, 1, 1), hidden=1, input=32)
"""A network that needs the C library's functions."""


@pytest.mark.parametrize("kept", ["net.c", "net.h", "net_weights.c"])
def test_files_of_two_networks_do_not_compile_together(kept: str, tmp_path: Path) -> None:
    spec = _TINY.replace(name="net")
    old = folder_of(ha.build(spec), tmp_path, "old")
    new = folder_of(ha.build(spec.replace(channels=(1, 2, 1))), tmp_path, "new")
    shutil.copy(old / kept, new / kept)
    ran = subprocess.run(["make", "-C", new, "ARCH=-O0"], capture_output=True, text=True)
    assert ran.returncode == 2
    assert "and net.h are of two networks: emit the folder anew" in ran.stderr


def test_other_weights_of_one_network_are_another_folder(tmp_path: Path) -> None:
    graph = ha.build(_TINY.replace(name="net"))
    a, b = (ha.emit(graph, "c", folder=True, init=init) for init in (None, "gaussian"))
    assert a["net.h"] != b["net.h"]
    assert ha.emit(graph, "c", folder=True) == a


def _inputs(*shapes: tuple[int, ...], read: tuple[int, ...]) -> Graph:
    """A sum of convolutions of some of the inputs, and a dead convolution of the first one."""
    builder = GraphBuilder("net")
    images = [builder.add(f"image{i}", layers.Input(shape)) for i, shape in enumerate(shapes)]
    conv = layers.Conv2d(2, 3, (3, 3), padding=(1, 1))
    given = [builder.add(f"conv{i}", conv, [images[i]]) for i in read]
    builder.add("dead.conv", layers.Conv2d(int(images[0].channels), 1, (1, 1)), images[:1])
    return builder.finish([builder.add("last", layers.Concat(), given)])


A, B = (2, 5, 4), (1, 3, 2)


@pytest.mark.parametrize(
    "graph",
    [
        _inputs(A, B, read=(0,)),
        _inputs(B, A, read=(1,)),
        _inputs(B, A, B, A, B, read=(3, 1)),
    ],
    ids=["the last is not read", "the first is not read", "several"],
)
def test_inputs_that_nothing_reads(graph: Graph, tmp_path: Path) -> None:
    folder = folder_of(graph, tmp_path)
    built(folder, "cc", *SANITIZED)
    module = module_of(ha.load(graph))
    shapes = [node.shape for node in graph if not node.inputs]
    image = torch.tensor([(i * 37 % 101) / 50 - 1 for i in range(sum(map(prod, shapes)))])
    parts = torch.split(image, [prod(shape) for shape in shapes])
    with torch.no_grad():
        wanted = module(*(p.reshape(1, *s) for p, s in zip(parts, shapes, strict=True)))
    assert outputs(folder) == pytest.approx(wanted.ravel().tolist(), rel=1e-4, abs=1e-5)
    fates = {fate.layer: fate.done for fate in emitter.explain(graph).layers}
    unread = {node.name for node in graph if not node.inputs} - {
        name for node in graph for name in node.inputs if node.name != "dead.conv"
    }
    assert {name for name, done in fates.items() if done == "left out"} == {*unread, "dead.conv"}
    with pytest.raises(RunError, match="is called with one input"):
        load(graph, module.state_dict())


def _one(layer: Layer, *shape: int) -> Graph:
    builder = GraphBuilder("net")
    builder.add("layer", layer, [builder.add("image", layers.Input(shape))])
    return builder.finish()


LONG = {
    "mean": _one(layers.GlobalAvgPool2d(), 1, 700, 700),
    "average": _one(layers.AvgPool2d((128, 128), (1, 1)), 1, 129, 129),
    "packed average": _one(layers.AvgPool2d((128, 128), (2, 2)), 1, 130, 130),
    "uneven average": _one(layers.AvgPool2d((128, 128), (3, 3), ceil_mode=True), 1, 130, 130),
    "convolution": _one(layers.Conv2d(8192, 2, (1, 1)), 8192, 1, 2),
    "winograd": _one(layers.Conv2d(4096, 1, (3, 3), padding=(1, 1)), 4096, 4, 4),
    "linear": _one(layers.Conv2d(16_384, 1, (4, 4)), 16_384, 4, 4),
    "softmax": _one(layers.Softmax(), 20_000, 1, 1),
    "response norm": _one(layers.LocalResponseNorm(30_001, 1, 1), 15_001, 1, 1),
}


@pytest.mark.slow
@pytest.mark.parametrize("flags", [SETS["plain"], SETS["own"]], ids=["plain", "own"])
@pytest.mark.parametrize("name", LONG)
def test_long_sums_of_equal_numbers_are_as_near_as_short_ones(
    name: str, flags: tuple[str, ...]
) -> None:
    """Rounding errs to one side then: a sum in one float is off by 1e-4 and more."""
    graph = LONG[name]
    module = to_torch(graph).eval()
    for parameter in module.parameters():
        torch.nn.init.constant_(parameter, 0.1)
    images = torch.full((1, *graph.input_shape), 0.7)
    images[0, 0, 0, 0] = 1.0
    found = load(graph, module.state_dict(), flags=(*flags, "-O1"))(images.numpy())
    assert difference(found, exact(module, images)[0]) <= 5e-6


def _weights(graph: Graph, **values: Any) -> dict[str, Any]:
    """Random weights; the tensors that a keyword ends have that value."""
    state = to_torch(graph, init="kaiming").state_dict()
    arrays = {key: tensor.double().numpy() for key, tensor in state.items()}
    for key, value in values.items():
        for name in arrays:
            if name.endswith(key):
                arrays[name] = np.full_like(arrays[name], value)
    return arrays


NORMED = ha.build(ha.Spec(name="net", channels=(4, 8), repeats=1, input=7))


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"stem.bn.running_var": -1.0}, "a running variance of stem.bn is -1"),
        ({"stem.bn.running_var": -1e-5}, "a running variance of stem.bn is -1e-05"),
        ({"stem.bn.running_var": np.nan}, "a running variance of stem.bn is nan"),
        ({"stem.bn.weight": 1e39}, "the weights of stem.conv are not finite in single precision"),
        ({"stem.bn.running_mean": np.inf}, "the weights of stem.conv are not finite"),
        ({"fc.bias": 1e300}, "the weights of head.fc are not finite in single precision"),
        ({"fc.weight": np.nan}, "the weights of head.fc are not finite in single precision"),
    ],
)
def test_weights_that_no_float_holds_are_refused_by_layer(
    values: dict[str, float], message: str
) -> None:
    with pytest.raises(EmitError, match=message) as error:
        packed(plan(NORMED), _weights(NORMED, **values))
    assert error.value.where in message


def test_weights_that_are_subnormal_and_largest_come_back(tmp_path: Path) -> None:
    largest = float(np.finfo(np.float32).max)
    for index, value in enumerate((1e-40, -1e-45, -0.0, largest, -largest, 0.1)):
        numbers = packed(plan(NORMED), _weights(NORMED, **{"fc.bias": value, "fc.weight": 0.0}))
        files = folders.project(ha.load(NORMED), plan(NORMED), numbers.tolist(), "")
        code = files["net_weights.c"].replace('#include "net.h"', "#define NET_DIGEST 0", 1)
        (tmp_path / "w.c").write_text(
            re.sub(r"#if .*?#endif", "", code, flags=re.DOTALL)
            + "#include <stdio.h>\nint main(void)"
            + "{ return fwrite(weights, sizeof weights, 1, stdout) != 1; }"
            + "int net_run(const float *a, const float *b, float *c, void *d)"
            + "{ return !a + !b + !c + !d; }"
        )
        program = tmp_path / f"w{index}"
        subprocess.run(["cc", "-Wall", "-o", program, tmp_path / "w.c"], check=True)
        ran = subprocess.run([program], capture_output=True, check=True)
        assert ran.stdout == numbers.tobytes()


def test_a_layer_of_a_hostile_number_is_refused() -> None:
    graph = _one(layers.LocalResponseNorm(3), 4, 2, 2)
    layer = layers.LocalResponseNorm(3)
    object.__setattr__(layer, "size", "3); abort(); (0")  # as no constructor takes it
    bad = graph.nodes[1]._replace(layer=layer)
    with pytest.raises(EmitError, match="size of local_response_norm is no number"):
        ha.emit(replace(graph, nodes=(graph.nodes[0], bad)), "c")


@pytest.mark.parametrize("data", ["digits", "x`\n```sh\nrm -rf ~\n```", "a b", "", None, 7, ["a"]])
def test_what_a_weights_file_says_does_not_become_text_of_the_folder(
    data: object, tmp_path: Path
) -> None:
    pytest.importorskip("safetensors")
    from henet_arch.runtime.torch.weights import save_weights

    spec, path = _TINY.replace(name="net"), tmp_path / "w.safetensors"
    save_weights(path, to_torch(spec), ha.load(spec), {"data": data})
    ha.save(spec, tmp_path / "net.toml")
    line = ("--weights", str(path), "-o", str(tmp_path / "c"))
    assert run("emit", str(tmp_path / "net.toml"), *line).code == 0
    readme = (tmp_path / "c" / "README.md").read_text()
    said = "Trained on digits." if data == "digits" else "With the weights of a file."
    assert f". {said}\n" in readme
    assert readme.count("```") == 4


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("--input 100001", "its maps need a workspace of 780,025,"),
        ("--repeats 800", "channels in all of its layers, and the limit is 1,000,000"),
    ],
)
@pytest.mark.parametrize("command", ["emit", "explain"])
def test_what_is_too_large_is_refused_at_once(command: str, line: str, message: str) -> None:
    outcome = run(command, "--target", "c", *line.split())
    assert outcome.code == 3
    assert message in outcome.err


def test_a_window_of_too_many_phases() -> None:
    with pytest.raises(LimitError, match="a 200x200 window of stride 150x150 has 22,500 phases"):
        ha.emit(_one(layers.MaxPool2d((200, 200), (150, 150)), 1, 400, 400), "c")


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["conv", "dropout", "add"])
def test_chains_of_thousands_of_layers(kind: str) -> None:
    """Linear work: what grows with the square of the length takes minutes here."""
    builder = GraphBuilder("net")
    x = image = builder.add("image", layers.Input((1, 2, 2)))
    for index in range({"conv": 1500, "dropout": 20_000, "add": 6000}[kind]):
        layer: Layer = layers.Dropout(0.5)
        if kind == "conv":
            layer = layers.Conv2d(1, 1, (1, 1))
        elif kind == "add":
            layer = layers.Add()
        x = builder.add(f"{kind}{index}", layer, [x, image] if kind == "add" else [x])
    assert "net_run" in ha.emit(builder.finish(), "c").text


def test_too_many_weights_for_text(monkeypatch: pytest.MonkeyPatch) -> None:
    graph = ha.build("henet-r2")
    made = plan(graph)
    monkeypatch.setattr(folders, "MOST_NUMBERS", made.count - 1)
    with pytest.raises(LimitError, match=f"{made.count:,} weights are more than the"):
        folders.project(ha.load(graph), made, [0.0] * made.count, "")
