"""The options by which every command is told its network."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias

import typer

from . import completion, parsing
from .completion import one_of
from .output import findings_file, report_file, text_file
from .paths import Reads, Writes

if TYPE_CHECKING:
    from ..ir.model import Model
    from ..spec.spec import Spec

    Network: TypeAlias = Spec | Model
else:  # typer evaluates annotations when it starts, and these modules are not loaded by then
    Network = object

from ..support.limits import MAX_BLOCKS as MAX_BLOCKS
from ..support.limits import MOST_BLOCKS


def parsed(
    parser: Callable[..., object],
    metavar: str,
    help: str,
    complete: completion.Complete | None = None,
) -> Any:
    """An option whose word `parser` turns into a value, and `complete` completes."""
    return typer.Option(parser=parser, metavar=metavar, help=help, autocompletion=complete)


def count(help: str, most: int, least: int = 1) -> Any:
    """An option that takes a whole number within bounds, which its help states."""
    return parsed(parsing.between(least, most), "N", f"{help} At most {most:,}.")


def _network(
    source: Annotated[
        str | None,
        typer.Argument(
            metavar="SOURCE",
            help=f"Take this network, by default {completion.DEFAULT}: a preset, a spec file, a "
            "graph in JSON, trained weights, .onnx, .prototxt, .caffemodel, .pt2, or "
            "package.module:name of a PyTorch module, whose code is run.",
            autocompletion=one_of(completion.presets),
            show_default=False,
        ),
        Reads,
    ] = None,
    channels: Annotated[
        Any,
        parsed(parsing.numbers, "C,C,...", "Set the width of each stage: 24,48,96,192."),
    ] = None,
    repeats: Annotated[
        Any,
        parsed(
            parsing.one_or_more,
            "R[,R...]",
            "Set the blocks of the repeated stages: 3, or one for each stage.",
        ),
    ] = None,
    strides: Annotated[
        Any,
        parsed(
            parsing.one_or_more,
            "S[,S...]",
            "Set the reducing blocks' strides; with --features-only those of the maps: 8,16,32.",
        ),
    ] = None,
    kernels: Annotated[
        Any,
        parsed(parsing.one_or_more, "K[,K...]", "Set the spatial kernels, the stem's first: 7,3."),
    ] = None,
    input: Annotated[
        Any,
        parsed(
            parsing.image, "SIZE", "Set the image's size: 31 or 3x31x31; by name: a=3x8x8,b=10."
        ),
    ] = None,
    classes: Annotated[
        Any, parsed(parsing.number, "N", "Set the outputs of the last layer.")
    ] = None,
    family: Annotated[
        str | None,
        typer.Option(
            help="Choose the family of rules (henet-arch list).",
            autocompletion=one_of(completion.families),
        ),
    ] = None,
    groups: Annotated[
        Any,
        parsed(
            parsing.number_or_name,
            "RULE",
            "Group convolutions by nearest-divisors, depthwise, dense, or a number.",
            one_of(completion.groupings),
        ),
    ] = None,
    padding: Annotated[
        str | None,
        typer.Option(
            metavar="RULE",
            help="Pad by odd-resolution, same or valid.",
            autocompletion=one_of(completion.paddings),
        ),
    ] = None,
    features_only: Annotated[
        bool | None,
        typer.Option("--features-only", help="Give the last map of each stride, for detection."),
    ] = None,
    softmax: Annotated[bool | None, typer.Option("--softmax", help="End in probabilities.")] = None,
    set: Annotated[
        list[Any] | None,
        parsed(
            parsing.setting, "KEY=VALUE", "Set a key of the family: width=0.5.", completion.settings
        ),
    ] = None,
    name: Annotated[str | None, typer.Option(help="Name the network.")] = None,
) -> Network:
    """What the argument names: a spec, changed by the options, or any other network as it is."""
    from ..importers.features import with_features
    from ..importers.load import resolve
    from ..spec.spec import Spec

    options = locals()
    maps = ("features_only", "strides") if features_only else ()
    own = [key for key in _SPEC_KEYS if key not in ("input", *maps)]
    changes = {key: options[key] for key in own if options[key] is not None} | dict(set or ())
    if source is None and "family" in changes:
        network: Network = Spec(family=changes["family"]).with_input(input)
    else:
        network = resolve(completion.DEFAULT if source is None else source, input)
    if changes and not isinstance(network, Spec):
        refused = next(key for key in (*own, "set") if options[key] is not None)
        raise _unchangeable(refused, str(source))
    if isinstance(network, Spec) and changes:
        network = network.replace(**changes)
    return with_features(network, _listed(strides)) if features_only else network


def _listed(strides: int | tuple[int, ...] | None) -> tuple[int, ...]:
    return (strides,) if isinstance(strides, int) else strides or ()


def _unchangeable(option: str, source: str) -> typer.BadParameter:
    """What to say of an option that changes a spec, where the network is none."""
    flag = f"--{option.replace('_', '-')}"
    return typer.BadParameter(f"{flag} changes a spec, and {source} is no spec")


_PARAMETERS = inspect.signature(_network, eval_str=True).parameters
NETWORK = tuple(_PARAMETERS)
"""The parameters that say the network."""
_SPEC_KEYS = [key for key in _PARAMETERS if key not in ("source", "set")]


def takes_network(
    command: Callable[..., None], unknown: Callable[[str], str] = lambda word: ""
) -> Callable[..., None]:
    """Replace a command's parameter `network` by the argument and options that make one.

    Of a command with the argument `sources`, the options change all its networks, `networks`. An
    option that the command has itself is not asked twice. A parameter `source` is given the
    argument itself.
    `unknown` is asked what to write instead of a word that names a part and no network.
    """
    own = inspect.signature(command, eval_str=True).parameters
    asked = {key: p for key, p in _PARAMETERS.items() if key == "source" or key not in own}
    if "sources" in own:
        del asked["source"]

    @wraps(command)
    def run(**given: Any) -> None:
        options = {key: given.pop(key) for key in asked}
        _refuse_name(options["name"], given)
        if "source" in own:
            given["source"] = options["source"]
        if "sources" in own:
            given["sources"] = [_network(source=word, **options) for word in given["sources"]]
        else:
            with _hinted(options["source"], unknown):
                given["network"] = _network(**options)
        command(**given)

    rest = [parameter for key, parameter in own.items() if key not in ("network", "source")]
    ordered = [*asked.values(), *rest]
    ordered.sort(key=lambda p: (not _is_argument(p), p.name != "source"))
    run.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
        [p.replace(kind=inspect.Parameter.KEYWORD_ONLY) for p in ordered]
    )
    run.__annotations__ = {p.name: p.annotation for p in ordered}
    return run


@contextmanager
def _hinted(word: str | None, unknown: Callable[[str], str]) -> Iterator[None]:
    """Say what else to write, where the word names a part of a network."""
    from ..support.errors import UnknownNameError

    try:
        yield
    except UnknownNameError:
        if word and (fix := unknown(word)):
            what = f"{word[:99]!r} is a layer, block or stage, and the network comes before it"
            raise UnknownNameError(what, fix=fix) from None
        raise


def _refuse_name(name: str | None, given: dict[str, Any]) -> None:
    """Refuse a name where nothing shows it."""
    if name is None:
        return
    from ..forms import report_form
    from ..support.errors import UnknownNameError
    from .output import form_name

    if "sources" in given:
        if len(given["sources"]) > 1:
            raise typer.BadParameter("--name is of one network, and not of several")
        return
    with suppress(UnknownNameError):  # a form that other results have
        form = form_name(given.get("format"), given.get("output"))
        if "format" in given and report_form(form).reads == "records":
            raise typer.BadParameter(f"--name changes nothing here: {form} has no network's name")


def _is_argument(parameter: inspect.Parameter) -> bool:
    details = getattr(parameter.annotation, "__metadata__", ())
    return any(type(detail).__name__ == "ArgumentInfo" for detail in details)


def form_option(parser: Callable[[str], str], names: completion.Names, last: str) -> Any:
    """The option for the form of a report, with the names of its last forms."""
    return typer.Option(
        "--format",
        "-f",
        parser=parser,
        metavar="FORM",
        help=f"Print as table, json, csv, markdown, html, latex{last}; by default as the "
        "output's ending says.",
        autocompletion=one_of(names),
    )


Format = Annotated[Any, form_option(parsing.form, completion.forms, " or parquet")]
Output = Annotated[
    Path | None,
    typer.Option("--output", "-o", metavar="FILE", help="Write to a file, whole or not at all."),
    Writes(report_file),
]
FindingsOutput = Annotated[
    Path | None,
    typer.Option("--output", "-o", metavar="FILE", help="Write to a file, whole or not at all."),
    Writes(findings_file),
]
TextOutput = Annotated[
    Path | None,
    typer.Option("--output", "-o", metavar="FILE", help="Write to a file, whole or not at all."),
    Writes(text_file),
]
Convention = Annotated[
    Any,
    parsed(
        parsing.convention,
        "NAME",
        "Count as this convention does: exact, paper, or another counter's.",
        one_of(completion.conventions),
    ),
]
Depth = Annotated[
    Literal["stages", "blocks", "layers"] | None,
    typer.Option(
        help="Go as far as these: by default blocks in tables, layers in csv, all in json."
    ),
]
MaxBlocks = Annotated[
    Any,
    count("Refuse more repeated blocks than this.", MOST_BLOCKS, least=0),
]
Init = Annotated[
    Any,
    parsed(
        parsing.init,
        "NAME",
        "Start weights as gaussian, HENet's paper's way, or kaiming; by default the family's.",
        one_of(completion.inits),
    ),
]
Data = Annotated[
    Any,
    parsed(
        parsing.data,
        "NAME",
        "Take this data set, one of those listed below.",
        one_of(completion.datasets),
    ),
]
DataDir = Annotated[
    Path | None,
    typer.Option("--data-dir", metavar="DIR", help="Look for the data set's files here."),
    Reads,
]
Holdout = Annotated[
    Any,
    parsed(
        parsing.below(1, "0.1"),
        "SHARE",
        "Hold out this share of each class for tests, where the folder has no test/ or val/.",
    ),
]
Weights = Annotated[
    str | None,
    typer.Option(
        metavar="WEIGHTS",
        help="Give the network these weights: cifar10 or another name of henet-arch list "
        "--weights, .safetensors, .pt, .onnx, .caffemodel, or what else SOURCE can be.",
        autocompletion=one_of(completion.pretrained),
    ),
    Reads,
]
MatchBy = Annotated[
    Literal["names", "order", "permutation"] | None,
    typer.Option(
        help="Find the weights' places by names, by order where names differ, or by a "
        "permutation of channels."
    ),
]
