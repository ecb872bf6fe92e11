"""Shared libraries that a compiler has made."""

from __future__ import annotations

import ctypes

from ...support.errors import RunError


def loaded(path: str, title: str, folder: str = "HENET_ARCH_CACHE") -> ctypes.CDLL:
    """The library of that file.

    Args:
        path: The file.
        title: What messages call it.
        folder: The variable of the environment that says in which folder it lies.

    Raises:
        RunError: the system does not load it, such as from a disk that allows no programs.
    """
    try:
        return ctypes.CDLL(path)
    except OSError as error:
        raise RunError(
            f"{title} cannot be loaded: {error}", fix=f"{folder}=DIR, where programs may run"
        ) from None
