"""State dicts that `torch.save` has written, alone or in a checkpoint."""

from __future__ import annotations

from pathlib import Path

from ..support.optional import need
from ..weights.tensors import Tensors
from .importer import Importer

_ZIP, _OLD = b"PK\x03\x04", b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19."
"""How its files begin: an archive, or before PyTorch 1.6 a number that says what follows."""
_NAMES, _FIRST = b"/data.pkl", 1000
"""The first file of such an archive, and the bytes within which its name stands."""


def tensors(path: Path) -> Tensors:
    """The tensors of a state dict, as `_torch.checkpoint.read_checkpoint` reads them.

    Raises:
        ExtraError: PyTorch is not installed.
    """
    need("torch", "torch")
    from ._torch.checkpoint import read_checkpoint

    return read_checkpoint(path)


def _recognizes(start: bytes) -> bool:
    is_archive = start.startswith(_ZIP) and _NAMES in start[:_FIRST]
    return is_archive or start.startswith(_OLD)


IMPORTER = Importer(
    "weights of PyTorch", (".pt", ".pth", ".ckpt"), recognizes=_recognizes, tensors=tensors
)
