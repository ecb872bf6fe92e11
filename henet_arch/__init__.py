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
    from .api import analyze, build
    from .errors import HenetArchError
    from .graph import Graph
    from .graph_json import from_json, to_json
    from .report import Report
    from .sources import preset, presets
    from .spec import Spec
    from .spec_files import load, save

__version__ = "0.1.0"
__all__ = [
    "Graph",
    "HenetArchError",
    "Report",
    "Spec",
    "analyze",
    "build",
    "from_json",
    "load",
    "preset",
    "presets",
    "save",
    "to_json",
]

_MODULES = {
    "Graph": "graph",
    "HenetArchError": "errors",
    "Report": "report",
    "Spec": "spec",
    "analyze": "api",
    "build": "api",
    "from_json": "graph_json",
    "load": "spec_files",
    "preset": "sources",
    "presets": "sources",
    "save": "spec_files",
    "to_json": "graph_json",
}

# In a checkout the rules, renderers and emitters lie beside this folder; once installed, inside it.
_checkout = Path(__file__).parent.parent
if (_checkout / "pyproject.toml").exists():
    __path__.append(str(_checkout))


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
