"""`henet-arch machine`."""

from __future__ import annotations

from .options import TextOutput


def machine(output: TextOutput = None) -> None:
    """Measure what one core can do, for the roofline.

    The profile is kept in the cache, or in a file.
    """
    from ..analyzers.machine import default_path
    from ..runtime.measure.machine import measure
    from ..support.cache import folder, writable
    from .output import send

    result = measure().to_toml()
    if output is None:
        with writable(folder()):
            send(result, default_path())
    send(result, output)
