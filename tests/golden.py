"""The drawings that `test_drawings_are_as_they_were` compares with.

python tests/golden.py                  writes them anew: look at the diff
"""

from __future__ import annotations

from pathlib import Path

import henet_arch as ha

GOLDEN = {
    form: Path(__file__).parent / "golden" / f"small{ending}"
    for form, ending in {
        "dot": ".dot",
        "json": ".json",
        "markdown": ".md",
        "mermaid": ".mmd",
        "text": ".txt",
    }.items()
}


def drawn(form: str) -> bytes:
    """A small network of which every form shows something."""
    spec = ha.Spec(channels=(4, 8, 16), repeats=(2, 1), input=15, name="small")
    return ha.draw(spec, depth="layers").render(form)


if __name__ == "__main__":
    for form, path in GOLDEN.items():
        path.write_bytes(drawn(form))
