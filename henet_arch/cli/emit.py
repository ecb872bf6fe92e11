"""`henet-arch emit`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperCommand

from . import completion, parsing
from .completion import one_of
from .effect import refuse
from .images import FLAGS, UNSAID, Images, changed, takes_images
from .options import MAX_BLOCKS, MatchBy, MaxBlocks, Network, Weights, parsed, takes_network
from .output import text_file
from .paths import Given, Place, Writes, refuse_more
from .progress import say
from .weights import weighted

if TYPE_CHECKING:
    from ..emitters import Target
    from ..ir.model import Model


class Command(TyperCommand):
    """Its help ends in the options of each target."""

    def format_epilog(self, ctx: Any, formatter: Any) -> None:
        from ..emitters import targets

        super().format_epilog(ctx, formatter)
        rows = [
            (f"{name}: {option}=...", _described(facts))
            for name, target in targets().items()
            for option, facts in target.options().items()
        ]
        with formatter.section("Options of targets, after --option"):
            formatter.write_dl(rows)


def _described(facts: Any) -> str:
    choices = f" Choose {' or '.join(facts['choices'])}." if facts["choices"] else ""
    return f"{facts['help']}.{choices}"


def _check_output(path: Path, given: Given) -> None:
    """Refuse a file or folder that cannot be written, or whose ending no target has."""
    from ..emitters import chosen
    from ..support.folders import replaceable

    _, folder = chosen(path, given["target"])
    if folder:
        replaceable(path, force=given["force"])
    else:
        text_file(path, given)


@takes_network
@takes_images
def emit(
    context: typer.Context,
    network: Network,
    target: Annotated[
        Any,
        parsed(
            parsing.target,
            "NAME",
            "Write torch, c, c-training, onnx or caffe; by default what the output's ending says.",
            one_of(completion.targets),
        ),
    ] = None,
    option: Annotated[
        list[Any] | None,
        parsed(
            parsing.target_option,
            "NAME=VALUE",
            "Set an option of the target, as listed below: init=kaiming; NAME alone is true.",
            completion.target_options,
        ),
    ] = None,
    weights: Weights = None,
    match_by: MatchBy = None,
    tune: Annotated[
        bool, typer.Option("--tune", help="Measure what is faster here, for a folder of c.")
    ] = False,
    described: Images = UNSAID,
    max_blocks: MaxBlocks = MAX_BLOCKS,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="PATH",
            help="Write a file (.py, .c, .onnx, .prototxt), or for c and caffe a folder.",
        ),
        Writes(_check_output),
    ] = None,
    force: Annotated[
        bool,
        typer.Option(
            "--force",
            help="Replace files in the folder that were edited; others are kept.",
        ),
    ] = False,
) -> None:
    """Write the network as PyTorch, C, ONNX or Caffe."""
    from .. import api
    from ..importers.load import load
    from .output import send_bytes

    options = dict(option or ())
    written = _target(target, output, options)
    if weights and not (written.initial_weights or (written.weights_beside and output)):
        where = f"{_where(written, output)} is without weights"
        raise _unused("--weights", where + _with_weights(written))
    if weights and "init" in options:
        raise _unused("--option init", "the weights are trained")
    if tune and not written.folder:
        raise _unused("--tune", "a file has no weights, whose order depends on the kernels")
    if force and not written.folder:
        raise _unused("--force", "a file is replaced without it")
    if not written.describes_images:
        refuse(context, f"{_where(written, output)} says nothing of images", *FLAGS)
    model = weighted(load(network, max_blocks=max_blocks), weights, match_by)
    model = changed(model, **described)
    emitted = api.emit(model, _tuned(written, model) if tune else written)
    if output:
        beside = emitted.beside(output)
        written_too = [Place(f"{path.suffix} beside --output", path) for path in beside]
        refuse_more([Place("--output", output), *written_too], [*_read_too(model)])
        emitted.save(output, force=force)
        say(f"wrote {', '.join(map(str, (output, *beside)))}")
    else:
        send_bytes(emitted.content)


def _read_too(model: Model) -> Iterator[Place]:
    """The files of the source's tensors, which are read when they are written."""
    from ..ir.model import File

    origin = model.origin
    if isinstance(origin, File):
        for path in filter(None, (origin.weights, *origin.data)):
            yield Place("the data of SOURCE", Path(path))


def _target(name: str | None, output: Path | None, words: dict[str, str]) -> Target:
    """The target that is asked for, with its options."""
    from ..emitters import chosen, configured
    from ..support.errors import HenetArchError, look_up

    kind, folder = chosen(output, name)
    try:
        for option in words:
            look_up(option, kind.options(), f"option of target {kind.name}")
        values = {option: kind.parse(option, text) for option, text in words.items()}
        return configured(kind, {**values, **({"folder": True} if folder else {})})
    except HenetArchError as error:
        raise typer.BadParameter(f"--option: {error.what}; {error.fix or error.why}") from None


def _where(target: Target, output: Path | None) -> str:
    """What is written, where it is no folder."""
    return f"a file of {target.name}" if output else "standard output"


def _with_weights(target: Target) -> str:
    """What the target writes with weights; "" for nothing."""
    if target.writes_folders and replace(target, folder=True).initial_weights:
        return "; --output FOLDER has them"
    return "; --output FILE has them beside it" if target.weights_beside else ""


def _unused(option: str, why: str) -> typer.BadParameter:
    return typer.BadParameter(f"{option} changes nothing here: {why}")


def _tuned(target: Target, model: Model) -> Target:
    """The target with the options that are fastest on this machine."""
    from dataclasses import replace

    from ..runtime.runners import by_target
    from ..support.errors import RunError
    from ..support.optional import need

    need("torch", "torch")
    runner = by_target().get(target.name)
    if runner is None:
        raise RunError(f"target {target.name} has nothing to tune", fix="leave --tune out")
    return replace(target, **runner.tune(model))
