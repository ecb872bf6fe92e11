"""All commands under one name."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache, wraps
from io import StringIO
from typing import Annotated, Any

import typer
from typer.main import get_command

from ..support.exit_codes import INTERRUPTED
from ..support.printable import brief
from . import (
    analyze,
    budget,
    data_sets,
    diff,
    draw,
    emit,
    evaluate,
    explain,
    lint,
    listing,
    machine,
    plan,
    reconcile,
    reproduce,
    schema,
    spec,
    timing,
    train,
    verify,
)
from .paths import checked
from .progress import say

app = typer.Typer(
    name="henet-arch",
    help="Generate small, fast convolutional networks from rules, and count them exactly.",
    epilog="SOURCE is a preset's name (henet-arch list), a spec file (.toml, .json, .yaml), a "
    "graph in JSON, trained weights (.safetensors), a network of another framework (.onnx, "
    ".prototxt, .caffemodel, .pt2), or package.module:name of a PyTorch module, whose code is run.",
    context_settings={"help_option_names": ["-h", "--help"]},
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
_COMMANDS: dict[str, Callable[..., None]] = {
    "analyze": analyze.analyze,
    "explain": explain.explain,
    "reconcile": reconcile.reconcile,
    "diff": diff.diff,
    "plan": plan.plan,
    "budget": budget.budget,
    "draw": draw.draw,
    "emit": emit.emit,
    "lint": lint.lint,
    "verify": verify.verify,
    "time": timing.time_networks,
    "machine": machine.machine,
    "train": train.train,
    "evaluate": evaluate.evaluate,
    "list": listing.list_presets,
    "schema": schema.schema,
    "spec": spec.spec,
    "reproduce": reproduce.reproduce,
}
_CLASSES = {"emit": emit.Command, "train": data_sets.Command, "evaluate": data_sets.Command}
"""Of commands whose help says more than their signature."""


def _interruptible(command: Callable[..., None]) -> Callable[..., None]:
    """The command, which says so where Ctrl-C ends it; typer would end it without a word."""

    @wraps(command)
    def run(**given: Any) -> None:
        try:
            command(**given)
        except KeyboardInterrupt:
            say("interrupted; no file is half-written")
            raise typer.Exit(INTERRUPTED) from None

    return run


for _name, _command in _COMMANDS.items():
    app.command(name=_name, cls=_CLASSES.get(_name))(_interruptible(checked(_command)))

_UsageError: Any = typer.BadParameter.__base__  # which typer does not name itself


@cache
def _all_commands() -> Any:
    """All commands, as typer makes them of their functions."""
    return get_command(app)


def run() -> tuple[int, str]:
    """The exit code of the command that was asked for, and what is wrong with how it was asked."""
    try:
        return _all_commands()(standalone_mode=False) or 0, ""
    except _UsageError as error:
        error.message = _with_nearest(error.message)
        message = StringIO()
        error.show(message)
        return error.exit_code, brief(message.getvalue()).rstrip()


_CHOICE = re.compile(r"(?:Value error, )?('(.*)' is not one of (.*?))\.?", re.DOTALL)
"""What typer says of a word that is none of a list."""


def _with_nearest(message: str) -> str:
    """The same, and which word was meant."""
    if not (match := _CHOICE.fullmatch(message)):
        return message
    from ..support.errors import nearest

    fix = nearest(match[2], re.findall(r"'([^']*)'", match[3]))
    return match[1] + (f"; {fix}" if fix.startswith("did") else "")


def _version(wanted: bool) -> None:
    if wanted:
        from ..support.version import __version__

        typer.echo(f"henet-arch {__version__}")
        raise typer.Exit


def _help_all(wanted: bool) -> None:
    if wanted:
        from .help_all import help_all
        from .output import send

        send(f"{help_all(app)}\n", None)
        raise typer.Exit


@app.callback()
def _root(
    _: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
    _all: Annotated[
        bool,
        typer.Option(
            "--help-all",
            callback=_help_all,
            is_eager=True,
            help="Show the help of every command.",
        ),
    ] = False,
) -> None:
    """Generate small, fast convolutional networks from rules, and count them exactly."""
