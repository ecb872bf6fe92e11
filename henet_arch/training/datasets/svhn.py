"""Street View House Numbers (Netzer et al., 2011), cropped: 99,289 colour digits, 32x32."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from ...support.errors import DataError
from ...support.optional import need
from ..dataset import DataSet, Request

if TYPE_CHECKING:
    from ..data import Data, Split

_AGAIN = "fetch it again"
URL = "http://ufldl.stanford.edu/housenumbers"
MD5 = {
    "train_32x32.mat": "e26dedcc434d2e4c54c9b2d4a06d8373",
    "test_32x32.mat": "eb5a983be6a315427106f1b164d9cef3",
}


def load(request: Request) -> Data:
    """The two official .mat files; the label 10 is the digit 0."""
    from ..data import Data
    from ..images.archive_files import in_folder

    folder = in_folder(request.folder, tuple(MD5), f"{URL}/{' and '.join(MD5)}")
    train, test = (_split(folder / file, md5) for file, md5 in MD5.items())
    return Data("svhn", tuple(map(str, range(10))), train, test, augmented=False)


def _split(path: Path, md5: str) -> Split:
    import torch

    from ..data import Split
    from ..images.archive_files import checked

    if not os.path.lexists(path):
        raise DataError(f"{path} is missing", fix=f"fetch {URL}/{path.name}")
    loadmat = need("scipy.io", "train").loadmat
    try:
        with checked(path, md5) as file:
            content = loadmat(file, variable_names=("X", "y"))
        images = torch.from_numpy(content["X"]).permute(3, 0, 1, 2).contiguous()
        labels = torch.from_numpy(content["y"]).long().flatten()
    except (KeyError, TypeError, ValueError, RuntimeError) as error:
        raise DataError(f"{path} cannot be read: {error}", fix=_AGAIN) from None
    fits = images.dtype == torch.uint8 and images.shape[1:] == (32, 32, 3)
    if not fits or len(images) != len(labels) or not bool(((labels >= 1) & (labels <= 10)).all()):
        raise DataError(f"{path} holds no 32x32 colour images with the labels 1 to 10", fix=_AGAIN)
    return Split(images, labels % 10)


DATASET = DataSet(
    "99,289 colour digits of house numbers, 32x32; train_32x32.mat and test_32x32.mat", load
)
