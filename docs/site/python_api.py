"""The reference of the library: mkdocstrings' directives for every public name."""

from __future__ import annotations

GROUPS = {
    "Networks": ("load", "build", "features", "Spec", "preset", "presets", "save"),
    "Networks of your own": ("Block", "GraphBuilder"),
    "What a network is": ("Model", "Graph", "to_json", "from_json"),
    "Count and explain": ("analyze", "Report", "explain", "reconcile", "formula"),
    "Decide": ("budget", "plan", "diff", "lint"),
    "Draw": ("draw",),
    "Write and run": ("emit", "to_torch", "verify", "time"),
    "Weights and images": ("with_weights", "with_images", "Preprocessing"),
    "Train": ("train", "evaluate", "classify"),
    "Errors": ("HenetArchError",),
}
"""All public names, by what they are for."""

_INTRODUCTION = """# The Python library

Every public name of `henet_arch`, usually imported as `ha`. [In Python](../library.md) shows them
at work. All verbs take what [`load`](#henet_arch.load) takes. Sizes of maps are (channels, height,
width); costs are whole numbers of one image, unless said otherwise.
"""


def page() -> str:
    """The page, a section for each group."""
    parts = [_INTRODUCTION]
    for title, names in GROUPS.items():
        parts.append(f"## {title}\n")
        parts += [f"::: henet_arch.{name}\n" for name in names]
    return "\n".join(parts)
