"""The system's C compiler."""

from __future__ import annotations

import os
import platform
import shlex
import shutil
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from ...support.errors import CompileError

LOOKED_FOR = ("cc", "gcc", "clang")
FLAGS = ("-std=gnu11", "-O3", "-ffp-contract=fast", "-fPIC", "-shared")
NATIVE = ("-march=native",)
_SHOWN = 2000
_FIX = "another compiler in the environment variable CC"


@dataclass(frozen=True)
class Compiler:
    """A command that compiles C, and what it says its version is."""

    command: tuple[str, ...]
    version: str

    def compile(self, source: Path, output: Path, flags: tuple[str, ...] = NATIVE) -> None:
        """Make a shared library of one file.

        Raises:
            CompileError: the compiler fails, with what it said, or makes no file.
        """
        line = [*self.command, *FLAGS, *flags, "-o", str(output), str(source), "-lm"]
        ran = subprocess.run(line, capture_output=True, text=True, errors="replace")  # noqa: S603
        if ran.returncode:
            raise CompileError(
                f"{self.command[0]} fails on the emitted C:\n{_excerpt(ran.stderr)}",
                where=shlex.join(line),
                fix=_FIX,
            )
        if not output.is_file():
            raise CompileError(
                f"{self.command[0]} ends without an error, and without a file",
                where=shlex.join(line),
                why="a compiler makes the file that -o names",
                fix=_FIX,
            )

    @property
    def title(self) -> str:
        """The first line of what it says its version is, or else its command."""
        return next(iter(self.version.splitlines()), "") or shlex.join(self.command)


def _excerpt(output: str) -> str:
    return output.strip()[:_SHOWN] or "it says nothing"


def compiler() -> Compiler:
    """What the environment variable CC names, or the first that is installed.

    Raises:
        CompileError: there is none.
    """
    if choice := os.environ.get("CC", "").strip():
        return _asked(_words(choice))
    for name in LOOKED_FOR:
        if path := shutil.which(name):
            return _asked((path,))
    raise CompileError(
        "no C compiler is installed",
        why=f"looked for {', '.join(LOOKED_FOR)}; the environment variable CC is not set",
        fix="install gcc or clang, or set CC to a compiler's command",
    )


def _words(command: str) -> tuple[str, ...]:
    try:
        return tuple(shlex.split(command))
    except ValueError as error:
        raise CompileError(
            f"the environment variable CC is no command: {error}", where=command[:99], fix="CC=gcc"
        ) from None


@cache
def _asked(command: tuple[str, ...]) -> Compiler:
    try:
        ran = subprocess.run(  # noqa: S603
            [*command, "--version"], capture_output=True, text=True, errors="replace"
        )
    except OSError as error:
        raise CompileError(
            f"the C compiler {shlex.join(command)!r} cannot be run: {error.strerror}",
            why="the environment variable CC names it",
            fix=f"unset CC, and one of {', '.join(LOOKED_FOR)} is taken",
        ) from None
    return Compiler(command, ran.stdout)


@cache
def processor() -> str:
    """What this machine's processor is and can do: code for another one may not run here."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return f"{platform.machine()} {platform.processor()}"
    facts = {line for line in lines if line.startswith(("model name", "flags", "Features", "CPU"))}
    return "\n".join(sorted(facts)) or platform.machine()
