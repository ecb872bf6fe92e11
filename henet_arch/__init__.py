"""henet-arch: generate small, fast convolutional networks from rules and count them exactly.

    import henet_arch as ha
    print(ha.analyze(ha.build("henet-r3")))

Names are loaded when they are first used, so that importing the package costs next to nothing.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .support.version import __version__ as __version__

if TYPE_CHECKING:
    from .analyzers.report import Report as Report
    from .api import analyze as analyze
    from .api import build as build
    from .api import classify as classify
    from .api import draw as draw
    from .api import emit as emit
    from .api import evaluate as evaluate
    from .api import explain as explain
    from .api import features as features
    from .api import load as load
    from .api import plan as plan
    from .api import reconcile as reconcile
    from .api import time as time
    from .api import train as train
    from .api import verify as verify
    from .api import with_images as with_images
    from .api import with_weights as with_weights
    from .comparison.diff import diff as diff
    from .ir.graph import Graph as Graph
    from .ir.graph import GraphBuilder as GraphBuilder
    from .ir.model import Model as Model
    from .ir.preprocessing import Preprocessing as Preprocessing
    from .ir.serialize import from_json as from_json
    from .ir.serialize import to_json as to_json
    from .lints.diagnostics import lint as lint
    from .runtime.torch.module import to_torch as to_torch
    from .search.api import budget as budget
    from .spec.blocks.fluent import Block as Block
    from .spec.files import save as save
    from .spec.presets import preset as preset
    from .spec.presets import presets as presets
    from .spec.spec import Spec as Spec
    from .support.errors import HenetArchError as HenetArchError
    from .symbolic.formula import formula as formula


_MODULES = {
    "Block": "spec.blocks.fluent",
    "Graph": "ir.graph",
    "GraphBuilder": "ir.graph",
    "HenetArchError": "support.errors",
    "Model": "ir.model",
    "Preprocessing": "ir.preprocessing",
    "Report": "analyzers.report",
    "Spec": "spec.spec",
    "analyze": "api",
    "budget": "search.api",
    "build": "api",
    "classify": "api",
    "diff": "comparison.diff",
    "draw": "api",
    "emit": "api",
    "evaluate": "api",
    "explain": "api",
    "features": "api",
    "formula": "symbolic.formula",
    "from_json": "ir.serialize",
    "lint": "lints.diagnostics",
    "load": "api",
    "plan": "api",
    "preset": "spec.presets",
    "presets": "spec.presets",
    "reconcile": "api",
    "save": "spec.files",
    "time": "api",
    "to_json": "ir.serialize",
    "to_torch": "runtime.torch.module",
    "train": "api",
    "verify": "api",
    "with_images": "api",
    "with_weights": "api",
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
