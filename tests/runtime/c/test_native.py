"""Compiled networks: kept, shared between threads and processes, and rebuilt when damaged."""

from __future__ import annotations

import json
import os
import shutil
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import torch
from cli.run import run
from unusual import unusual

import henet_arch as ha
from henet_arch.ir import layers
from henet_arch.ir.graph import GraphBuilder
from henet_arch.lowering.plan import plan
from henet_arch.lowering.winograd import TRANSFORMS
from henet_arch.support.errors import CompileError, FileError, RunError, UnknownNameError

np = pytest.importorskip("numpy")
pytestmark = pytest.mark.skipif(not shutil.which("cc"), reason="no C compiler")


from henet_arch.runtime.c import (  # noqa: E402
    compiler,
    load,
)
from henet_arch.runtime.c import verification as verifier  # noqa: E402
from henet_arch.runtime.c.network import Network  # noqa: E402
from henet_arch.runtime.c.tuning import tuned  # noqa: E402
from henet_arch.runtime.torch.scramble import scrambled  # noqa: E402

SPEC = ha.Spec(channels=(4, 8), repeats=1, input=(2, 9, 9))


@pytest.fixture
def own_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("HENET_ARCH_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def _network(spec: ha.Spec = SPEC) -> tuple[Network, torch.nn.Module]:
    torch.manual_seed(0)
    module = scrambled(ha.to_torch(spec))
    return load(ha.build(spec), module.state_dict()), module


@torch.no_grad()
def test_arrays_tensors_batches_and_single_images() -> None:
    network, module = _network()
    images = torch.randn(5, 2, 9, 9)
    wanted = module(images)
    for given in (images, images.double(), images.half()):
        assert isinstance(network(given), torch.Tensor)
        tolerance = 1e-2 if given.dtype == torch.half else 1e-4
        torch.testing.assert_close(network(given), wanted, rtol=tolerance, atol=tolerance)
    found = network(images.numpy())
    assert isinstance(found, np.ndarray)
    assert found.shape == (5, 10)
    assert network(images[0].numpy()).shape == (10,)
    assert network(images[:0].numpy()).shape == (0, 10)
    turned = np.asfortranarray(images.numpy())
    assert (network(turned) == found).all()


@torch.no_grad()
def test_several_outputs() -> None:
    network, module = _network(SPEC.replace(features_only=True))
    images = torch.randn(3, 2, 9, 9)
    for mine, theirs in zip(network(images), module(images), strict=True):
        torch.testing.assert_close(mine, theirs, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("shape", [(2, 9, 10), (9, 9), (1, 1, 2, 9, 9), (3, 3, 9, 9)])
def test_images_of_another_shape(shape: tuple[int, ...]) -> None:
    network, _ = _network()
    with pytest.raises(RunError, match="takes images of 2x9x9, not"):
        network(np.zeros(shape, np.float32))


def test_threads_share_a_network() -> None:
    network, _ = _network()
    images = np.random.default_rng(0).standard_normal((40, 2, 9, 9), np.float32)
    wanted = network(images)
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(network, images))
    assert (np.stack(found) == wanted).all()


@torch.no_grad()
def test_layers_may_be_called_as_anything(tmp_path: Path) -> None:
    class Wrapper(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.network = torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3), torch.nn.ReLU())
            self.state = torch.nn.Conv2d(4, 4, 1)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            y: torch.Tensor = self.state(self.network(x))
            return y

    module, images = Wrapper().eval(), torch.randn(2, 3, 8, 8)
    compiled = ha.to_torch(ha.load(module, (3, 8, 8)), backend="c")
    torch.testing.assert_close(compiled(images), module(images), rtol=1e-4, atol=1e-4)


@torch.no_grad()
def test_a_module_that_does_inference_only() -> None:
    module, compiled = scrambled(ha.to_torch(SPEC)), ha.to_torch(SPEC, backend="c")
    images = torch.randn(2, 2, 9, 9)
    assert isinstance(compiled, torch.nn.Module)
    compiled.load_state_dict(module.state_dict())
    torch.testing.assert_close(compiled(images), module(images), rtol=1e-4, atol=1e-4)
    kept = {key for key in module.state_dict() if not key.endswith("num_batches_tracked")}
    assert set(compiled.state_dict()) == kept
    assert not list(compiled.parameters())
    with pytest.raises(RunError, match="inference only"):
        compiled.train()
    with pytest.raises(UnknownNameError, match="unknown backend 'cuda'"):
        ha.to_torch(SPEC, backend="cuda")  # type: ignore[arg-type]


def _libraries(cache: Path) -> list[Path]:
    assert not list(cache.glob("build-*"))
    return list(cache.glob("*.so"))


def test_libraries_are_kept_by_content(own_cache: Path) -> None:
    _network()
    (kept,) = _libraries(own_cache)
    changed = kept.stat().st_mtime_ns
    network, _ = _network()
    assert [path.stat().st_mtime_ns for path in _libraries(own_cache)] == [changed]
    _network(SPEC.replace(classes=11))
    assert len(_libraries(own_cache)) == 2
    load(network.graph, ha.to_torch(SPEC).state_dict(), flags=("-DLANES=1",))
    assert len(_libraries(own_cache)) == 3


@pytest.mark.parametrize("damage", [b"", b"no library", None])
def test_a_damaged_library_is_built_again(own_cache: Path, damage: bytes | None) -> None:
    network, _ = _network()
    image = np.ones((2, 9, 9), np.float32)
    wanted = network(image)
    (kept,) = _libraries(own_cache)
    content = kept.read_bytes()
    kept.unlink()  # the one that is loaded stays as it is
    kept.write_bytes(content[: len(content) // 2] if damage is None else damage)
    assert (_network()[0](image) == wanted).all()
    assert [path.read_bytes() for path in _libraries(own_cache)] == [content]


@pytest.mark.parametrize("kind", ["a pipe", "a device", "a circle", "a hole"])
def test_what_is_no_file_in_the_cache_is_replaced(own_cache: Path, kind: str) -> None:
    network, _ = _network()
    image = np.ones((2, 9, 9), np.float32)
    wanted = network(image)
    (kept,) = _libraries(own_cache)
    kept.unlink()
    unusual(kept, kind)
    assert (_network()[0](image) == wanted).all()
    assert kept.is_file()


def test_several_processes_build_at_once(own_cache: Path) -> None:
    script = (
        "import henet_arch as ha; from henet_arch.runtime.c import compiler, cache;"
        "source = ha.emit(ha.Spec(channels=(4, 8), repeats=1, input=9), 'c').text;"
        "print(cache.library(source, compiler.compiler()))"
    )
    running = [
        subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    said = {process.communicate()[0].strip() for process in running}
    assert [process.returncode for process in running] == [0] * 4
    assert said == {str(path) for path in _libraries(own_cache)}
    assert len(said) == 1


def test_no_compiler(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CC", raising=False)
    with pytest.raises(CompileError, match="no C compiler is installed") as error:
        compiler.compiler()
    assert "looked for cc, gcc, clang" in error.value.why
    monkeypatch.setenv("CC", "nocc -m64")
    with pytest.raises(CompileError, match="'nocc -m64' cannot be run"):
        compiler.compiler()
    monkeypatch.setenv("CC", "'gcc")
    with pytest.raises(CompileError, match="CC is no command: No closing quotation"):
        compiler.compiler()


def test_a_compiler_that_fails(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, own_cache: Path
) -> None:
    bad = tmp_path / "badcc"
    bad.write_text(
        '#!/bin/sh\n[ "$1" = --version ] && exec echo bad 1\necho "half" > "$8"\n'
        'echo "net.c: cannot do it" >&2\nexit 3\n'
    )
    bad.chmod(bad.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("CC", str(bad))
    outcome = run("time", "henet-r2", "--backend", "c", "--passes", "1", "--runs", "1")
    assert outcome.code == 3
    assert "badcc fails on the emitted C:\nnet.c: cannot do it" in outcome.err
    assert list(own_cache.iterdir()) == []


def test_a_compiler_that_makes_no_file(monkeypatch: pytest.MonkeyPatch, own_cache: Path) -> None:
    monkeypatch.setenv("CC", "true")
    for line in ("time henet-r2 --backend c --passes 1 --runs 1", "verify henet-r2 --target c"):
        outcome = run(*line.split())
        assert outcome.code == 3
        assert outcome.err.startswith("error: true ends without an error, and without a file")
        assert "another compiler in the environment variable CC" in outcome.err
        assert list(own_cache.iterdir()) == []


def test_a_compiler_without_a_version_has_a_title() -> None:
    assert compiler.Compiler(("cc", "-m64"), "").title == "cc -m64"
    assert compiler.Compiler(("cc",), "cc 12\nmore").title == "cc 12"


def test_images_that_are_vectors() -> None:
    builder = GraphBuilder("net")
    builder.add("fc", layers.Linear(4, 3), [builder.add("image", layers.Input((4,)))])
    graph = builder.finish()
    module = ha.to_torch(graph).eval()
    network = load(graph, module.state_dict())
    image = torch.randn(2, 4)
    torch.testing.assert_close(network(image), module(image))
    assert network(image[0]).shape == (3,)


def test_a_cache_that_cannot_be_written(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("HENET_ARCH_CACHE", str(tmp_path / "file" / "cache"))
    with pytest.raises(FileError, match=r"the cache .* cannot be used: Not a directory"):
        _network()


def test_what_is_measured_is_remembered(monkeypatch: pytest.MonkeyPatch, own_cache: Path) -> None:
    graph = ha.build(SPEC)
    first = tuned(graph, ("-O0",))
    assert set(first.values()) <= {"winograd", "direct"}
    assert len(first) == 2
    (kept,) = own_cache.glob("tuned-*.json")
    monkeypatch.setattr(
        "henet_arch.runtime.c.tuning._fastest", lambda *_: pytest.fail("measured again")
    )
    assert tuned(graph, ("-O0",)) == first
    turned = {"winograd": "direct", "direct": "winograd"}
    kept.write_text(json.dumps({name: turned[kernel] for name, kernel in first.items()}))
    assert tuned(graph, ("-O0",)) == {name: turned[kernel] for name, kernel in first.items()}
    kept.write_text("[damaged")
    monkeypatch.setattr("henet_arch.runtime.c.tuning._fastest", lambda *_: "direct")
    assert set(tuned(graph, ("-O0",)).values()) == {"direct"}


def test_tuned_kernels_are_emitted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, own_cache: Path
) -> None:
    own_cache.mkdir()
    for kernel, count in (("direct", 0), ("winograd", 2)):
        for path in own_cache.glob("tuned*"):
            path.unlink()
        monkeypatch.setattr(
            "henet_arch.runtime.c.tuning._fastest", lambda *_, kernel=kernel: kernel
        )
        ha.save(SPEC, tmp_path / "net.toml")
        out = tmp_path / kernel
        command = f"emit {tmp_path}/net.toml --target c --tune -o {out}"
        assert run(*command.split()).code == 0
        source = next(out.glob("*.h")).with_suffix(".c").read_text()
        assert source.count("tiles_in3(ws +") == count


def test_verify_finds_wrong_code(monkeypatch: pytest.MonkeyPatch) -> None:
    assert verifier.verify(ha.build(SPEC)).holds
    from henet_arch.emitters import c as emitter

    source = emitter.source
    wall = verifier.WALL  # elsewhere what is before the output is not ours to change
    breaks = {
        "{ return relu(y); }": "{ return y; }",
        "    float *ws =": f"    if (output[-1] == {wall}f) output[-1] = 1;\n    float *ws =",
    }
    for old, new in breaks.items():
        monkeypatch.setattr(
            emitter, "source", lambda *a, old=old, new=new: source(*a).replace(old, new)
        )
        found = verifier.verify(ha.build(SPEC))
        assert not found.holds
        assert [check.name for check in found.checks if not check.holds]


def test_verify_sees_one_long_sum(monkeypatch: pytest.MonkeyPatch) -> None:
    """A grey image shows it; images that are centred on 0 do not."""
    from henet_arch.emitters import c as emitter

    builder = GraphBuilder("mean")
    image = builder.add("image", layers.Input((3, 224, 224)))
    builder.add("pool", layers.AdaptiveAvgPool2d((1, 1)), [image])
    graph, source, flags = builder.finish(), emitter.source, ("-O1",)
    assert verifier.verify(graph, flags).holds
    whole = ("(64 * LANES)", "(1 << 20)")
    monkeypatch.setattr(emitter, "source", lambda *a: source(*a).replace(*whole))
    assert whole[0] in source(plan(graph), "mean")
    found = verifier.verify(graph, flags)
    assert [check.name for check in found.checks if not check.holds] == ["pool, difference"]


def test_the_command_verifies_c() -> None:
    outcome = run("verify", "henet-r2", "--target", "c")
    assert outcome.code == 0
    assert "memory around the buffers" in outcome.out
    assert run("verify", "--target", "pascal").code == 2


def test_the_command_times_c() -> None:
    line = "time henet-r2 --backend c --runs 1 --passes 3 --format json"
    found = json.loads(run(*line.split()).out)
    assert found["backend"] == "c"
    assert found["times"][0]["median_ms"] > 0


@pytest.mark.parametrize("rows", TRANSFORMS)
def test_a_winograd_weight_is_the_transform_of_its_column(rows: int) -> None:
    """G applied to a column, as arXiv:1509.09308 gives it, by Lagrange interpolation."""
    points = [0, 1, -1, 2, -2, 0.5, -0.5][: rows + 2]
    column = np.array([2.0, 3.0, 5.0, 7.0, 11.0])[:rows]
    turned = np.array(TRANSFORMS[rows]) @ column
    scales = [np.prod([p - q for q in points if q != p]) for p in points]
    powers = [[p**k for k in range(rows)] for p in points]
    values = [column @ row / scale for row, scale in zip(powers, scales, strict=True)]
    assert np.abs(turned) == pytest.approx(np.abs([*values, column[-1]]))


@pytest.mark.skipif(os.name != "posix", reason="paths")
def test_emitting_needs_no_pytorch_for_trained_weights(tmp_path: Path) -> None:
    pytest.importorskip("safetensors")
    from henet_arch.runtime.torch.weights import save_weights

    spec = SPEC.replace(name="net")
    save_weights(tmp_path / "w.safetensors", ha.to_torch(spec), ha.load(spec), {"data": "digits"})
    ha.save(spec, tmp_path / "net.toml")
    script = (
        "import sys; sys.modules['torch'] = None; sys.argv = ['henet-arch', *sys.argv[1:]];"
        "from henet_arch.cli import main; main()"
    )
    line = f"emit {tmp_path}/net.toml --target c --weights {tmp_path}/w.safetensors -o {tmp_path}/c"
    ran = subprocess.run([sys.executable, "-c", script, *line.split()], capture_output=True)
    assert ran.returncode == 0, ran.stderr
    assert "Trained on digits." in (tmp_path / "c" / "README.md").read_text()
