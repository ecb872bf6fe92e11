"""All commands under one name."""

from __future__ import annotations

from typing import Annotated

import typer

from . import analyze, explain, listing, plan, reproduce, schema, spec

app = typer.Typer(
    name="henet-arch",
    help="Generate small, fast convolutional networks from rules, and count them exactly.",
    epilog="SPEC is a preset's name (henet-arch list) or a .toml, .json or .yaml file.",
    context_settings={"help_option_names": ["-h", "--help"]},
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
for command in (
    analyze.analyze,
    explain.explain,
    plan.plan,
    listing.list_presets,
    schema.schema,
    spec.spec,
    reproduce.reproduce,
):
    app.command(name="list" if command is listing.list_presets else command.__name__)(command)


def _version(wanted: bool) -> None:
    if wanted:
        from .. import __version__

        typer.echo(f"henet-arch {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    _: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Generate small, fast convolutional networks from rules, and count them exactly."""
