"""The options by which every command is told its network."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

import typer

from . import parsing
from .output import report_file, text_file
from .paths import Reads, Writes

if TYPE_CHECKING:
    from ..spec import Spec

    Network: TypeAlias = Spec
else:  # typer evaluates annotations when it starts, and the spec's module is not loaded by then
    Network = object

from ..limits import MAX_BLOCKS as MAX_BLOCKS

_DEFAULT = "henet-r3"


def complete_presets(incomplete: str) -> list[str]:
    """The presets that begin so."""
    from ..sources import presets

    return [name for name in presets() if name.startswith(incomplete)]


def complete_families(incomplete: str) -> list[str]:
    from ..family import families

    return [name for name in families() if name.startswith(incomplete)]


def parsed(parser: Callable[..., object], metavar: str, help: str) -> Any:
    """An option whose word `parser` turns into a value."""
    return typer.Option(parser=parser, metavar=metavar, help=help)


def _network(
    spec: Annotated[
        str | None,
        typer.Argument(
            metavar="SPEC",
            help="Preset or spec file.",
            autocompletion=complete_presets,
            show_default=False,
        ),
        Reads,
    ] = None,
    channels: Annotated[
        Any,
        parsed(parsing.numbers, "C,C,...", "Width of each stage: 24,48,96,192."),
    ] = None,
    repeats: Annotated[
        Any,
        parsed(parsing.one_or_more, "R[,R...]", "Blocks of the repeated stages."),
    ] = None,
    strides: Annotated[
        Any,
        parsed(parsing.one_or_more, "S[,S...]", "Strides of the reducing blocks."),
    ] = None,
    kernels: Annotated[
        Any,
        parsed(parsing.one_or_more, "K[,K...]", "Spatial kernels, the stem's first."),
    ] = None,
    input: Annotated[Any, parsed(parsing.image, "SIZE", "Image: 31 or 3x31x31.")] = None,
    classes: Annotated[Any, parsed(parsing.number, "N", "Outputs of the last layer.")] = None,
    family: Annotated[
        str | None,
        typer.Option(help="Family of rules (henet-arch list).", autocompletion=complete_families),
    ] = None,
    groups: Annotated[
        Any,
        parsed(parsing.number_or_name, "RULE", "nearest-divisors, depthwise, dense, or a number."),
    ] = None,
    padding: Annotated[
        str | None, typer.Option(metavar="RULE", help="odd-resolution, same or valid.")
    ] = None,
    features_only: Annotated[
        bool | None, typer.Option("--features-only", help="Give each stage's last map.")
    ] = None,
    softmax: Annotated[bool | None, typer.Option("--softmax", help="End in probabilities.")] = None,
    set: Annotated[
        list[Any] | None,
        parsed(parsing.setting, "KEY=VALUE", "A key of the family: width=0.5."),
    ] = None,
    name: Annotated[str | None, typer.Option(help="Name of the network.")] = None,
) -> Network:
    """The spec that the argument names, changed by the options."""
    from ..sources import find
    from ..spec import Spec

    options = locals()
    said = {key: options[key] for key in _SPEC_KEYS if options[key] is not None}
    said |= dict(set or ())
    if spec is None and "family" in said:
        base = Spec(family=said["family"])
    else:
        base = find(_DEFAULT if spec is None else spec)
    if input is not None:
        said["input"] = (base.input[0], *input)[-3:]
    return base.replace(**said) if said else base


_PARAMETERS = inspect.signature(_network, eval_str=True).parameters
_SPEC_KEYS = [key for key in _PARAMETERS if key not in ("spec", "set")]


def takes_network(command: Callable[..., None]) -> Callable[..., None]:
    """Replace a command's parameter `spec: Network` by the argument and options that make one.

    An option that the command has itself is not asked twice. A parameter `source` is given the
    argument itself.
    """
    own = inspect.signature(command, eval_str=True).parameters
    asked = {key: p for key, p in _PARAMETERS.items() if key == "spec" or key not in own}

    @wraps(command)
    def run(**given: Any) -> None:
        network = {key: given.pop(key) for key in asked}
        if "source" in own:
            given["source"] = network["spec"]
        command(spec=_network(**network), **given)

    rest = [parameter for key, parameter in own.items() if key not in ("spec", "source")]
    positional = [p for p in rest if _is_argument(p)]
    options = [p for p in rest if not _is_argument(p)]
    argument, *network_options = asked.values()
    ordered = [argument, *positional, *network_options, *options]
    run.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
        [p.replace(kind=inspect.Parameter.KEYWORD_ONLY) for p in ordered]
    )
    run.__annotations__ = {p.name: p.annotation for p in ordered}
    return run


def _is_argument(parameter: inspect.Parameter) -> bool:
    details = getattr(parameter.annotation, "__metadata__", ())
    return any(type(detail).__name__ == "ArgumentInfo" for detail in details)


def completed(attribute: str) -> Callable[[str], list[str]]:
    """Completes the names of the renderers that define `attribute`."""

    def complete(incomplete: str) -> list[str]:
        from .. import discovery

        known = discovery.with_attribute("renderers", attribute)
        return [name for name in known if name.startswith(incomplete)]

    return complete


def form_option(last: str) -> Any:
    """The option for the form of a report, with the names of its last forms."""
    return typer.Option(
        "--format",
        "-f",
        parser=parsing.form,
        metavar="FORM",
        help=f"table, json, csv, markdown, html{last}; by default what the output's ending says.",
        autocompletion=completed("report"),
    )


Format = Annotated[Any, form_option(" or parquet")]
Output = Annotated[
    Path | None,
    typer.Option("--output", "-o", metavar="FILE", help="Write to a file, whole or not at all."),
    Writes(report_file),
]
TextOutput = Annotated[
    Path | None,
    typer.Option("--output", "-o", metavar="FILE", help="Write to a file, whole or not at all."),
    Writes(text_file),
]
Convention = Annotated[
    Any,
    parsed(parsing.convention, "NAME", "How to count: exact, paper, or as another counter does."),
]
MaxBlocks = Annotated[
    Any,
    parsed(parsing.number, "N", "Refuse more repeated blocks than this."),
]
Init = Annotated[
    Any,
    parsed(
        parsing.init,
        "NAME",
        "How weights start: gaussian, as in HENet's paper, or kaiming; the family's by default.",
    ),
]
Data = Annotated[
    Any,
    parsed(parsing.data, "NAME", "digits, cifar10, cifar100 or svhn."),
]
DataDir = Annotated[
    Path | None,
    typer.Option("--data-dir", metavar="DIR", help="Where the data set's official files are."),
    Reads,
]
