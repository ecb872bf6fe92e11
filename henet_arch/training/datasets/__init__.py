"""The data sets, one file each, each with a `DATASET`."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from ...support.plugins import Parts
from ..dataset import ANYTHING, DataSet, Request

if TYPE_CHECKING:  # the names of the data sets are asked for without PyTorch
    from ..data import Data

DATASETS: Parts[DataSet] = Parts("training.datasets", "DATASET", "data set", of=DataSet)


def load(
    name: str, request: Request = ANYTHING, options: Mapping[str, object] = MappingProxyType({})
) -> Data:
    """The data set `name`, as it is asked for.

    Args:
        name: What the command line calls it.
        request: What is asked of it.
        options: Those of `OPTIONS` that the user gives, by name; None where one is not given.

    Raises:
        UnknownNameError: there is none of that name.
        DataError: a file is missing or damaged, the classes are not the network's, or an
            option would change nothing.
        ExtraError: a package that reads it is not installed.
    """
    chosen = DATASETS[name]
    chosen.check(name, options)
    return chosen.load(request)
