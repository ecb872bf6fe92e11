"""numpy and its types, for all files of the folder; it belongs to the extra `budget`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from ..support.optional import need

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Whole: TypeAlias = NDArray[np.int64]
    Mask: TypeAlias = NDArray[np.bool_]
    Array: TypeAlias = NDArray[Any]
else:
    np = need("numpy", "budget")
    Whole = Mask = Array = object

__all__ = ["Array", "Mask", "Whole", "np"]
