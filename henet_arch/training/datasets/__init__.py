"""The data sets, one file each, each with a `DATASET`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...support.plugins import Parts
from ..dataset import ANYTHING, DataSet, Request

if TYPE_CHECKING:  # the names of the data sets are asked for without PyTorch
    from ..data import Data

DATASETS: Parts[DataSet] = Parts("training.datasets", "DATASET", "data set", of=DataSet)


def load(name: str, request: Request = ANYTHING) -> Data:
    """The data set `name`, as it is asked for.

    Raises:
        UnknownNameError: there is none of that name.
        DataError: a file is missing or damaged, or the classes are not the network's.
        ExtraError: a package that reads it is not installed.
    """
    return DATASETS[name].load(request)
