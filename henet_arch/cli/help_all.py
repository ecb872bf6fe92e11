"""The help of every command at once."""

from __future__ import annotations

from typing import Any

import typer


def contexts(app: typer.Typer) -> list[typer.Context]:
    """The context of the app itself, and that of each of its commands, in order.

    Args:
        app: An app with commands.
    """
    group: Any = typer.main.get_command(app)
    root = typer.Context(group, info_name=app.info.name, **group.context_settings)
    commands = [(name, group.commands[name]) for name in group.list_commands(root)]
    return [
        root,
        *(
            typer.Context(command, parent=root, info_name=name, **command.context_settings)
            for name, command in commands
        ),
    ]


def help_all(app: typer.Typer) -> str:
    """What `--help` prints, of the app and then of each of its commands.

    Args:
        app: An app with commands.
    """
    return "\n\n".join(context.get_help() for context in contexts(app))
