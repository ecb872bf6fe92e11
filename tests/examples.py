"""How many random examples a test tries."""

from __future__ import annotations

import os
from typing import Any

from hypothesis import settings

SHARE = float(os.environ.get("HENET_ARCH_EXAMPLES", "1"))
"""More where there is time, and fewer where what is asked is only whether the tests run."""


def examples(usual: int, **more: Any) -> settings:
    """`usual` examples, times the share that the environment asks for."""
    return settings(max_examples=max(1, round(usual * SHARE)), **more)
