"""Arrays held against others, the numbers that are not finite too."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.floating]


def alike(mine: Numbers, theirs: Numbers, usual: Numbers | None = None) -> NDArray[np.bool_]:
    """Where both have the same special value, or numbers within 1e-5 of the largest one.

    `usual` is the same in single precision: eight times its own difference is near enough too.
    """
    finite = np.isfinite(mine) & np.isfinite(theirs)
    bound = 1e-5 * np.abs(theirs[np.isfinite(theirs)]).max(initial=1)
    with np.errstate(invalid="ignore", over="ignore"):
        if usual is not None:
            bound = np.maximum(bound, 8 * np.nan_to_num(np.abs(usual - theirs), posinf=0))
        near = np.abs(mine - theirs) <= bound
        same = (np.isnan(mine) & np.isnan(theirs)) | (mine == theirs.astype(np.float32))
    result: NDArray[np.bool_] = np.where(finite, near, same)
    return result
