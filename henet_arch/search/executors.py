"""Workers for a search: processes of this machine, or those of a Dask cluster."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context

from ..support.errors import BudgetError
from ..support.optional import need

AHEAD = 4
"""Runs that each worker is given before it is done with the first."""


@contextmanager
def processes(count: int) -> Iterator[Executor]:
    """That many processes of this machine; an interruption is left to the one that asked."""
    ignore = (signal.SIGINT, signal.SIG_IGN)
    with ProcessPoolExecutor(count, get_context("spawn"), signal.signal, ignore) as pool:
        yield pool


@contextmanager
def cluster(address: str) -> Iterator[tuple[Executor, int]]:
    """The workers of a Dask scheduler, on each of which henet-arch is installed, and their number.

    Raises:
        ExtraError: Dask's distributed is not installed.
        BudgetError: no scheduler answers at that address.
    """
    client_class = need("distributed", "dask").Client
    try:
        client = client_class(address, timeout="10s")
    except (OSError, ValueError, TypeError) as error:
        raise BudgetError(
            f"no Dask scheduler answers at {address[:99]!r}: {error}"[:300],
            fix="the address that `dask scheduler` prints, such as tcp://127.0.0.1:8786",
        ) from None
    with client:
        yield client.get_executor(), max(1, len(client.scheduler_info(n_workers=-1)["workers"]))
