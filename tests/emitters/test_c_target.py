"""The emitted C computes what PyTorch computes, on every instruction set, and nothing else."""

from __future__ import annotations

import platform
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from cli.run import run
from examples import SHARE, examples
from graphs import graphs
from hypothesis import HealthCheck, given
from hypothesis import strategies as st
from strategies import networks, specs

import henet_arch as ha
from henet_arch.errors import LimitError
from henet_arch.graph import Graph

np = pytest.importorskip("numpy")
torch = pytest.importorskip("torch")
pytestmark = pytest.mark.skipif(not shutil.which("cc"), reason="no C compiler")

from henet_arch.runtime.module import to_torch  # noqa: E402
from henet_arch.runtime.native import load  # noqa: E402
from henet_arch.runtime.scramble import scrambled  # noqa: E402
from henet_arch.runtime.tensors import outputs_of  # noqa: E402
from henet_arch.runtime.verifiers.c import difference, exact  # noqa: E402

SAME = {"suppress_health_check": list(HealthCheck), "derandomize": SHARE <= 1}
"""The same networks every time, unless more are asked for."""
MANY = examples(10, **SAME)
FEW = examples(6, **SAME)


def _can(flag: str) -> bool:
    try:
        return flag in Path("/proc/cpuinfo").read_text().split()
    except OSError:
        return False


SETS: dict[str, tuple[str, ...]] = {
    "plain": ("-DLANES=1",),
    "own": ("-march=native",),
    "wide": ("-march=native", "-DLANES=16", "-Wno-psabi"),
}
"""What the compiler is told of the machine, by the name of the vectors that it gives.

The wide ones are those of AVX-512, which other machines make of two or four of their own.
"""
if platform.machine() == "x86_64":
    SETS["sse"] = ("-march=x86-64",)
    SETS |= {"avx2": ("-march=x86-64-v3",)} if _can("avx2") and _can("fma") else {}
    SETS |= {"avx512": ("-march=x86-64-v4",)} if _can("avx512f") and _can("avx512vl") else {}
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


@pytest.mark.parametrize("name", SETS)
@pytest.mark.parametrize("network", ["henet-r2", "shufflenet-r2"])
def test_the_papers_networks(network: str, name: str) -> None:
    assert _off(ha.build(network), SETS[name])[0] <= 1e-5


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
    folder = _project(spec, tmp_path)
    _built(folder, "cc", *SANITIZED, flags)
    assert _outputs(folder) == pytest.approx(_outputs_of_torch(folder, spec), rel=1e-4, abs=1e-5)


@pytest.mark.skipif(not shutil.which("valgrind"), reason="no valgrind")
@pytest.mark.slow
def test_no_branch_depends_on_what_was_never_written(tmp_path: Path) -> None:
    folder = _project(ha.Spec(channels=(12, 24), repeats=2, input=11), tmp_path)
    _built(folder, "cc", "-g", "-O1", "-march=x86-64-v3" if "avx2" in SETS else "-DLANES=1")
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
    folder = _project(spec, tmp_path)
    _built(folder, CROSS, "-O1", "-static")
    found = _outputs(folder, "qemu-aarch64")
    wanted = _outputs_of_torch(folder, spec)
    assert np.abs(np.array(found) - wanted).max() <= 1e-5 * np.abs(wanted).max()


def _project(spec: ha.Spec, tmp_path: Path) -> Path:
    """The folder that `emit` writes for random weights, as a user would get it."""
    ha.save(spec.replace(name="net"), tmp_path / "net.toml")
    outcome = run("emit", str(tmp_path / "net.toml"), "--target", "c", "-o", str(tmp_path / "c"))
    assert outcome.code == 0, outcome.err
    return tmp_path / "c"


def _built(folder: Path, compiler: str, *flags: str) -> None:
    sources = [folder / name for name in ("net.c", "net_weights.c", "main.c")]
    line = [compiler, "-std=gnu11", "-Wall", "-Wextra", "-Werror", *flags, "-o", folder / "net"]
    ran = subprocess.run([*line, *sources, "-lm"], capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr


def _outputs(folder: Path, *before: str) -> list[float]:
    """What the folder's own program prints for its made-up image."""
    line = [*before, str(folder / "net"), "", "2"]
    ran = subprocess.run(line, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    return [float(word) for word in ran.stdout.split()]


def _outputs_of_torch(folder: Path, spec: ha.Spec) -> Any:
    """The same weights and image in PyTorch, in double precision."""
    torch.manual_seed(0)
    module = to_torch(ha.build(spec.replace(name="net")), init="kaiming").eval()
    count = int(np.prod(spec.input))
    image = torch.tensor([(i * 37 % 101) / 50 - 1 for i in range(count)])
    return exact(module, image.float().reshape(1, *spec.input))[0].ravel()


def test_a_folder_compiles_and_runs_by_make_and_cmake(tmp_path: Path) -> None:
    folder = _project(ha.Spec(channels=(12, 24), repeats=1, input=(3, 9, 11)), tmp_path)
    names = {path.name for path in folder.iterdir()}
    assert names == {
        "net.c", "net.h", "net_weights.c", "main.c", "Makefile", "CMakeLists.txt", "README.md",
        ".henet-arch.json",
    }  # fmt: skip
    made = subprocess.run(["make", "-C", folder], capture_output=True, text=True)
    assert made.returncode == 0
    assert "warning" not in made.stderr
    wanted = _outputs(folder)
    image = np.array([(i * 37 % 101) / 50 - 1 for i in range(3 * 9 * 11)], np.float32)
    (folder / "image.bin").write_bytes(image.tobytes())
    ran = subprocess.run(
        [folder / "net", folder / "image.bin", "3"], capture_output=True, text=True
    )
    assert [float(word) for word in ran.stdout.split()] == pytest.approx(wanted, rel=1e-4)
    assert re.search(r"3 runs: median [\d.]+ us, fastest [\d.]+ us", ran.stderr)
    short = subprocess.run([folder / "net", folder / "net.h"], capture_output=True, text=True)
    assert short.returncode == 2
    assert "does not hold 297 floats" in short.stderr
    if shutil.which("cmake"):
        build = tmp_path / "build"
        subprocess.run(["cmake", "-S", folder, "-B", build], check=True, capture_output=True)
        subprocess.run(["cmake", "--build", build], check=True, capture_output=True)
        ran = subprocess.run([build / "bin" / "net", "", "2"], capture_output=True, text=True)
        assert [float(word) for word in ran.stdout.split()] == pytest.approx(wanted, rel=1e-4)


COMPILERS = [name for name in ("gcc", "clang") if shutil.which(name)]


@pytest.mark.parametrize("compiler", COMPILERS)
@pytest.mark.parametrize("flags", [["-march=native"], ["-DLANES=1"], ["-march=x86-64-v4"]])
@pytest.mark.parametrize("network", ["henet-r4", "mobilenetv2", "vgg16"])
def test_compilers_say_nothing(
    network: str, compiler: str, flags: list[str], tmp_path: Path
) -> None:
    if platform.machine() != "x86_64" and "v4" in flags[0]:
        pytest.skip("another processor")
    (tmp_path / "net.c").write_text(ha.emit(network, "c"))
    line = [compiler, "-std=gnu11", "-O0", "-Wall", "-Wextra", "-Werror", *flags, "-c", "net.c"]
    ran = subprocess.run(line, cwd=tmp_path, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr


def test_code_is_small() -> None:
    assert len(ha.emit("henet-r4", "c")) < 200_000


@pytest.mark.parametrize("name", ["main", "int", "a-b", "x" * 60])
def test_any_name_of_a_network(name: str, tmp_path: Path) -> None:
    spec = ha.Spec(name=name, channels=(4, 8), repeats=0, input=7)
    out = tmp_path / "c"
    ha.save(spec, tmp_path / "s.toml")
    assert run("emit", str(tmp_path / "s.toml"), "--target", "c", "-o", str(out)).code == 0
    assert len({path.name for path in out.iterdir()}) == 8
    ran = subprocess.run(["make", "-C", out, "ARCH=-O0"], capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr


def test_too_many_weights_for_text(monkeypatch: pytest.MonkeyPatch) -> None:
    from henet_arch import discovery
    from henet_arch.lowering.plan import plan

    emitter, graph = discovery.load("emitters", "c"), ha.build("henet-r2")
    made = plan(graph)
    monkeypatch.setattr(emitter, "MOST_NUMBERS", made.count - 1)
    with pytest.raises(LimitError, match=f"{made.count:,} weights are more than the"):
        emitter.project(graph, made, [0.0] * made.count, "")
