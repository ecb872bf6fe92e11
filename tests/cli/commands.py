"""Every command with its own arguments and options, as its signature declares them."""

from __future__ import annotations

import inspect
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Literal, NamedTuple, Union, get_args, get_origin

from typer.models import ArgumentInfo, ParameterInfo

from henet_arch.cli.app import _COMMANDS


class Parameter(NamedTuple):
    """One argument or option of a command."""

    command: str
    name: str
    """As the signature has it."""
    flag: str
    """The option's long name; empty for an argument."""
    metavar: str
    is_switch: bool
    choices: tuple[str, ...]
    """The words of a Literal."""
    is_path: bool
    several: bool
    required: bool


def parameters(command: str) -> list[Parameter]:
    """The arguments and options of `command`, in order."""
    found = inspect.signature(_COMMANDS[command], eval_str=True).parameters.values()
    return [_parameter(command, parameter) for parameter in found if get_args(parameter.annotation)]


def commands() -> list[str]:
    """The names of all commands."""
    return list(_COMMANDS)


def _parameter(command: str, parameter: inspect.Parameter) -> Parameter:
    kind, *details = get_args(parameter.annotation)
    info = next(detail for detail in details if isinstance(detail, ParameterInfo))
    kinds = _kinds(kind)
    literals = [get_args(k) for k in kinds if get_origin(k) is Literal]
    words = (info.default, *(info.param_decls or ()))  # typer takes the first for the default
    flags = [word for word in words if isinstance(word, str) and word.startswith("--")]
    default = f"--{parameter.name.replace('_', '-')}"
    return Parameter(
        command,
        parameter.name,
        "" if isinstance(info, ArgumentInfo) else (flags[0] if flags else default),
        info.metavar or "",
        bool in kinds,
        tuple(map(str, literals[0])) if literals else (),
        Path in kinds,
        any(get_origin(k) is list for k in kinds),
        parameter.default is inspect.Parameter.empty and isinstance(info, ArgumentInfo),
    )


def _kinds(kind: Any) -> tuple[Any, ...]:
    """The alternatives of a union, without None."""
    if get_origin(kind) in (Union, UnionType):
        return tuple(k for k in get_args(kind) if k is not NoneType)
    return (kind,)
