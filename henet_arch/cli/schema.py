"""`henet-arch schema`."""

from __future__ import annotations

from .options import TextOutput


def schema(output: TextOutput = None) -> None:
    """Print the JSON Schema of spec files, for editors.

    By it they complete and check such files.
    """
    import json

    from ..spec.schema import json_schema
    from .output import send

    send(json.dumps(json_schema(), indent=2) + "\n", output)
