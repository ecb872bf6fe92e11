"""henet-arch: generate small, fast convolutional networks from rules and count them exactly.

    import henet_arch as ha
    print(ha.analyze("henet-r3"))

Names are loaded when they are first used, so that importing the package costs next to nothing.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .conventions import Convention as Convention
    from .conventions import convention as convention
    from .engine import build as _build
    from .errors import HenetArchError as HenetArchError
    from .graph import Graph as Graph
    from .spec import Spec as Spec

__version__ = "0.1.0"

# In a checkout the rules, renderers and emitters lie beside this folder; once installed, inside it.
_checkout = Path(__file__).parent.parent
if (_checkout / "pyproject.toml").exists():
    __path__.append(str(_checkout))
