"""`henet-arch spec`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from .effect import refuse
from .options import MAX_BLOCKS, MaxBlocks, Network, takes_network
from .output import spec_file, text_file
from .paths import Given, Writes

if TYPE_CHECKING:
    from ..spec.spec import Spec


_CHECKS = "--check prints whether it is a network, and no spec"


def _check_output(path: Path, given: Given) -> None:
    """Refuse a file that cannot be written, or whose ending is none of a spec file."""
    check = text_file if given["format"] else spec_file
    check(path, given)


@takes_network
def spec(
    context: typer.Context,
    network: Network,
    format: Annotated[
        Literal["toml", "json", "yaml"] | None,
        typer.Option(
            "--format",
            "-f",
            help="Write in this form; by default what the output's ending says, or toml.",
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", metavar="FILE", help="Write to a file, whole or not at all."
        ),
        Writes(_check_output),
    ] = None,
    blocks: Annotated[
        bool, typer.Option("--blocks", help="Write the blocks too that the network is made of.")
    ] = False,
    check: Annotated[
        bool, typer.Option("--check", help="Say whether it is a network, and print no spec.")
    ] = False,
    max_blocks: MaxBlocks = MAX_BLOCKS,
) -> None:
    """Print a network's spec, to keep as a file and change."""
    from ..importers.load import resolve_spec
    from ..spec.files import ENDINGS, form_of
    from .output import send

    resolved = resolve_spec(network, "a spec file")
    if check:
        _refuse({"--format": format, "--output": output, "--blocks": blocks})
        send(_verdict(resolved, max_blocks), None)
        return
    refuse(context, "a spec has any number of blocks; --check builds it", "max_blocks")
    form = format or (form_of(output) if output else "toml")
    if output and output.suffix.lower() in ENDINGS and form != form_of(output):
        raise typer.BadParameter(
            f"{output} does not end as {form} does: it could not be read again"
        )
    send(_text(resolved, form, blocks), output)


def _refuse(options: dict[str, object]) -> None:
    """Refuse what has no effect beside --check."""
    if given := [name for name, value in options.items() if value]:
        raise typer.BadParameter(f"{given[0]} has no effect here: {_CHECKS}")


def _verdict(spec: Spec, max_blocks: int) -> str:
    """What there is to say of a spec of which a network can be built."""
    from ..spec.build import build

    graph = build(spec, max_blocks)
    blocks = len(getattr(spec, "blocks", ()))
    own = f"{blocks} block{'s' * (blocks != 1)} of its own, " if blocks else ""
    return f"{spec.title}: {own}{len(graph)} layers, {graph.signature}\n"


def _text(spec: Spec, form: str, blocks: bool) -> str:
    """The spec in a format, with its blocks or without them."""
    from ..spec.files import dumps

    if not blocks:
        return dumps(spec, form)
    if spec.declared:
        raise typer.BadParameter(f"--blocks changes nothing: {spec.title} declares its own")
    from ..spec.blocks.examples import declared, text_for

    return text_for(spec) if form == "toml" else dumps(declared(spec), form)
