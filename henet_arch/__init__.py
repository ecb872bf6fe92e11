"""henet-arch: generate small, fast convolutional networks from rules and count them exactly.

    import henet_arch as ha
    print(ha.analyze(ha.build("henet-r3")))

Names are loaded when they are first used, so that importing the package costs next to nothing.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .api import analyze as analyze
    from .api import build as build
    from .api import draw as draw
    from .api import emit as emit
    from .comparison.diff import diff as diff
    from .errors import HenetArchError as HenetArchError
    from .findings import lint as lint
    from .frontier.api import budget as budget
    from .graph import Graph as Graph
    from .graph_json import from_json as from_json
    from .graph_json import to_json as to_json
    from .report import Report as Report
    from .runtime.module import to_torch as to_torch
    from .sources import preset as preset
    from .sources import presets as presets
    from .spec import Spec as Spec
    from .spec_files import load as load
    from .spec_files import save as save
    from .symbolic.formula import formula as formula

__version__ = "0.1.0"

_MODULES = {
    "Graph": "graph",
    "HenetArchError": "errors",
    "Report": "report",
    "Spec": "spec",
    "analyze": "api",
    "budget": "frontier.api",
    "build": "api",
    "diff": "comparison.diff",
    "draw": "api",
    "emit": "api",
    "formula": "symbolic.formula",
    "from_json": "graph_json",
    "lint": "findings",
    "load": "spec_files",
    "preset": "sources",
    "presets": "sources",
    "save": "spec_files",
    "to_json": "graph_json",
    "to_torch": "runtime.module",
}
"""Where each public name lives."""

# In a checkout the rules, renderers and emitters lie beside this folder; once installed, inside it.
_checkout = Path(__file__).parent.parent
if (_checkout / "pyproject.toml").exists():
    __path__.append(str(_checkout))


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *_MODULES])
