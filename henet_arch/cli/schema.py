"""`henet-arch schema`."""

from __future__ import annotations

from .options import Output


def schema(output: Output = None) -> None:
    """Print the JSON Schema of spec files, by which editors complete and check them."""
    import json

    from ..spec import Spec
    from .output import send

    dialect = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
    send(json.dumps({**dialect, **Spec.model_json_schema()}, indent=2) + "\n", output)
