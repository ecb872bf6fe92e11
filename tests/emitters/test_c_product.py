"""Folders of C drop into products by make, CMake and pkg-config, whatever the networks' names."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest
from c_folders import folder_of, outputs, project
from cli.run import run
from henet_arch.emitters import c as emitter
from strategies import SMALL

import henet_arch as ha
from henet_arch.ir import layers
from henet_arch.ir.graph import Graph, GraphBuilder

TOOLS = ("cc", "c++", "make", "pkg-config", "cmake")
pytestmark = pytest.mark.skipif(
    not all(map(shutil.which, TOOLS)), reason=f"not all of {', '.join(TOOLS)} are installed"
)
NAMES = [
    "a-b", "x" * 64, "main", "Main", "clean", "Makefile", "GNUmakefile",  # of the folder itself
    "all", "install", "README", "CMakeLists", "network", "FLAGS", "CC",
    "int", "float", "printf", "free", "EOF", "linux", "ws", "do_image",  # of C, and of our own
    "math", "time", "string", "m", "c", "pthread", "test", "help", "uninstall",  # of others
]  # fmt: skip
FAMILIES = [name for name in SMALL if name != "googlenet"]  # that has 7 million weights


def _tiny(name: str) -> Graph:
    """A network that needs the C library's functions."""
    builder = GraphBuilder(name)
    x = builder.add(
        "conv", layers.Conv2d(1, 2, (1, 1)), [builder.add("i", layers.Input((1, 2, 2)))]
    )
    builder.add("act", layers.Elementwise("softplus"), [x])
    return builder.finish()


def _of_family(name: str) -> Graph:
    return ha.build(ha.Spec(family=name, name=f"of-{name}", **SMALL[name]))


Folders = dict[str, Path]


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Folders:
    """By the word that C has for the network."""
    place = tmp_path_factory.mktemp("networks")
    graphs = [*map(_tiny, NAMES), *map(_of_family, FAMILIES)]
    return {
        f"{word}": folder_of(graph, place, f"with space/{index}")
        for index, graph in enumerate(graphs)
        if (word := emitter.identifier(graph.name))
    }


def _ran(*line: object, cwd: Path | None = None, **environment: str) -> str:
    words = list(map(str, line))
    env = {"PATH": "/usr/local/bin:/usr/bin:/bin", **environment}
    ended = subprocess.run(words, cwd=cwd, env=env, capture_output=True, text=True)
    assert ended.returncode == 0, f"{words}\n{ended.stdout}\n{ended.stderr}"
    assert "warning" not in ended.stderr
    return ended.stdout


@pytest.fixture(scope="module")
def prefix(folders: Folders, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where `make install` puts them all."""
    place = tmp_path_factory.mktemp("the prefix")
    for folder in folders.values():
        flags = ("ARCH=", "CFLAGS=-O0", f"PREFIX={place}")
        _ran("make", "-j2", "-C", folder, "install", "all", *flags)
        assert " -c " not in _ran("make", "-C", folder, *flags)
    return place


def _files(place: Path) -> set[str]:
    return {str(path.relative_to(place)) for path in place.rglob("*") if path.is_file()}


def _program(words: list[str]) -> str:
    """C++ that includes and runs all networks, and what their names are borrowed from."""
    lines = ["#include <cmath>", "#include <ctime>", "#include <cstring>", "#include <cfloat>"]
    lines += [f'#include "{word}.h"' for word in words]
    lines += [
        "#include <vector>",
        "template <typename Forward>",
        "static int runs(Forward forward, int input, int output, int workspace)",
        "{",
        "    std::vector<float> given(input, 0.5f), made(output, NAN);",
        "    std::vector<char> room(workspace);",
        "    if (forward(given.data(), made.data(), room.data()) != 0)",
        "        return 0;",
        "    for (float number : made)",
        "        if (!std::isfinite(number))",
        "            return 0;",
        "    return 1;",
        "}",
        "int main()",
        "{",
        "    int count = 0;",
    ]
    for word in words:
        sizes = ", ".join(f"{word.upper()}_{what}" for what in ("INPUT", "OUTPUT", "WORKSPACE"))
        lines.append(f"    count += runs({word}_forward, {sizes});")
    lines.append(f"    return count == {len(words)} ? 0 : 1;")
    return "\n".join([*lines, "}", ""])


def _alone(words: Iterable[str]) -> list[str]:
    """The words whose macros no other word has: `main` and `Main` are one there."""
    return list({word.upper(): word for word in words}.values())


@pytest.mark.slow
def test_make_leaves_what_it_said(folders: Folders, prefix: Path) -> None:
    for word, folder in folders.items():
        given = _files(folder)
        assert {f"{word}.h", f"{word}.pc", f"lib{word}_network.a", word} <= given
        assert len({file.lower() for file in given}) == len(given)
    assert _files(prefix) == {
        file
        for word in folders
        for file in (
            f"include/{word}/{word}.h",
            f"lib/lib{word}_network.a",
            f"lib/pkgconfig/{word}.pc",
            f"lib/cmake/{word}/{word}Config.cmake",
        )
    }


@pytest.mark.slow
def test_cxx_takes_what_make_installed_by_pkg_config(prefix: Path, tmp_path: Path) -> None:
    words = _alone(
        dict.fromkeys((p.stem for p in (prefix / "lib" / "pkgconfig").iterdir()), prefix)
    )
    (tmp_path / "app.cpp").write_text(_program(words))
    found = str(prefix / "lib" / "pkgconfig")
    flags = _ran("pkg-config", "--cflags", "--libs", *words, PKG_CONFIG_PATH=found)
    strict = "-std=c++11 -Wall -Wextra -Wpedantic -Wconversion -Wold-style-cast -Werror"
    line = f"c++ {strict} app.cpp {flags.strip()} -o app"
    _ran("sh", "-c", line, cwd=tmp_path)
    _ran(tmp_path / "app")
    shared = f"c++ -fPIC -shared app.cpp {flags.strip()} -o libapp.so -Wl,--no-undefined"
    _ran("sh", "-c", shared, cwd=tmp_path)


def _cmake_project(place: Path, words: list[str], lines: list[str]) -> None:
    """A project with a program that links all networks, configured, built and run."""
    place.mkdir(parents=True, exist_ok=True)
    (place / "app.cpp").write_text(_program(words))
    targets = " ".join(f"{word}::{word}" for word in words)
    lists = ["cmake_minimum_required(VERSION 3.16)", "project(app C CXX)", *lines]
    lists += ["add_executable(app app.cpp)", f"target_link_libraries(app {targets})"]
    (place / "CMakeLists.txt").write_text("\n".join(lists))
    _ran("cmake", "-S", place, "-B", place / "build")
    _ran("cmake", "--build", place / "build", "-j2")
    _ran(place / "build" / "app")


@pytest.mark.slow
def test_cmake_finds_what_make_installed(prefix: Path, tmp_path: Path) -> None:
    words = _alone(path.name for path in (prefix / "lib" / "cmake").iterdir())
    lines = [f'list(APPEND CMAKE_PREFIX_PATH "{prefix}")']
    lines += [f"find_package({word} CONFIG REQUIRED)" for word in words]
    _cmake_project(tmp_path, words, lines)


@pytest.mark.slow
def test_one_cmake_project_has_them_all(folders: Folders, tmp_path: Path) -> None:
    words = _alone(folders)
    lines = [f"set({word}_FLAGS -O0)" for word in words]
    lines += [f'add_subdirectory("{folders[word]}" "{word}")' for word in words]
    _cmake_project(tmp_path, words, lines)


@pytest.mark.slow
def test_cmake_installs_what_make_installs(folders: Folders, prefix: Path, tmp_path: Path) -> None:
    folder, build = folders["net_main"], tmp_path / "build"
    _ran("cmake", "-S", folder, "-B", build, "-Dnet_main_FLAGS=-O1")
    _ran("cmake", "--build", build)
    _ran("cmake", "--install", build, "--prefix", tmp_path / "to")
    assert _files(tmp_path / "to") == {file for file in _files(prefix) if "net_main" in file}
    assert _ran(build / "bin" / "net_main", "", "2") == _ran(folder / "net_main", "", "2")


def test_the_program_of_a_folder_runs_an_image_of_a_file(tmp_path: Path) -> None:
    folder = project(ha.Spec(channels=(12, 24), repeats=1, input=(3, 9, 11)), tmp_path)
    names = {path.name for path in folder.iterdir()}
    assert names == {
        "net.c", "net.h", "net_weights.c", "main.c", "Makefile", "CMakeLists.txt", "README.md",
        "net.pc", "netConfig.cmake", ".henet-arch.json",
    }  # fmt: skip
    _ran("make", "-C", folder)
    wanted = outputs(folder)
    image = np.array([(i * 37 % 101) / 50 - 1 for i in range(3 * 9 * 11)], np.float32)
    (folder / "image.bin").write_bytes(image.tobytes())
    program = folder / "net"
    ran = subprocess.run([program, folder / "image.bin", "3"], capture_output=True, text=True)
    assert [float(word) for word in ran.stdout.split()] == pytest.approx(wanted, rel=1e-4)
    assert re.search(r"3 runs: median [\d.]+ us, fastest [\d.]+ us", ran.stderr)
    readme = (folder / "README.md").read_text()
    figures = re.findall(r"(?m)^\| .* \| ([\d,]+) \|$", readme)
    assert len(figures) == 5
    assert figures == [f"{int(figure.replace(',', '')):,}" for figure in figures]
    short = subprocess.run([program, folder / "net.h"], capture_output=True, text=True)
    assert short.returncode == 2
    assert "does not hold 297 floats" in short.stderr
    _ran("make", "-C", folder, "clean")
    assert {path.name for path in folder.iterdir()} == {*names, "image.bin"}


def test_a_layer_named_as_the_network_is_run(tmp_path: Path) -> None:
    builder = GraphBuilder("do_a")
    builder.add(
        "a.run", layers.Elementwise("relu"), [builder.add("image", layers.Input((1, 2, 2)))]
    )
    _ran("make", "-C", folder_of(builder.finish(), tmp_path), "ARCH=")


CROSS = "aarch64-linux-gnu-gcc"


@pytest.mark.skipif(
    not (shutil.which(CROSS) and shutil.which("qemu-aarch64")), reason="no compiler for 64-bit Arm"
)
def test_make_for_another_machine_and_then_for_this_one(tmp_path: Path) -> None:
    folder = folder_of(_tiny("net"), tmp_path)
    _ran("make", "-C", folder, f"CC={CROSS}", "ARCH=", "CFLAGS=-O1", "LDFLAGS=-static")
    made = [float(word) for word in _ran("qemu-aarch64", folder / "net", "", "2").split()]
    _ran("make", "-C", folder, "ARCH=", "CFLAGS=-O1")
    assert made == pytest.approx(outputs(folder), rel=1e-6)
    assert " -c " not in _ran("make", "-C", folder, "ARCH=", "CFLAGS=-O1")


@pytest.mark.parametrize("file", ["int main", "ünïcödé", "7 (1)", "x" * 200, "-", "CMakeLists"])
def test_files_of_any_name_make_folders(file: str, tmp_path: Path) -> None:
    onnx = pytest.importorskip("onnx")
    shaped = onnx.helper.make_tensor_value_info
    values = [shaped(name, onnx.TensorProto.FLOAT, (1, 1, 2, 2)) for name in ("x", "y")]
    node = onnx.helper.make_node("Softplus", ["x"], ["y"])
    graph = onnx.helper.make_graph([node], file, values[:1], values[1:])
    onnx.save(onnx.helper.make_model(graph), tmp_path / f"{file}.onnx")
    assert run("emit", str(tmp_path / f"{file}.onnx"), "-o", str(tmp_path / "c")).code == 0
    _ran("make", "-C", tmp_path / "c", "ARCH=", "CFLAGS=-O0")
