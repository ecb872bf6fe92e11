"""Images reach a network as PyTorch and Pillow bring them to size, and as training does."""

from __future__ import annotations

from typing import Any

import pytest
from examples import examples
from hypothesis import given
from hypothesis import strategies as st
from preprocessings import preprocessings

from henet_arch.ir.preprocessing import Preprocessing, covering
from henet_arch.support.errors import PreprocessingError

np = pytest.importorskip("numpy")
torch = pytest.importorskip("torch")
Image = pytest.importorskip("PIL.Image")

from torch.nn import functional  # noqa: E402

from henet_arch.runtime.preprocess import preprocess  # noqa: E402

SIZES = st.tuples(st.integers(2, 60), st.integers(2, 60))
"""Of images one pixel wide PyTorch gives the first row alone, which is a mistake of its own."""
BYTES = Preprocessing((0.0,) * 3, (1.0,) * 3)


def _image(seed: int, *shape: int) -> Any:
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


def _cut(whole: Any, size: tuple[int, int]) -> Any:
    """The middle of `(..., H, W)`, as torchvision's `CenterCrop` finds it."""
    top, left = (round((h - s) / 2.0) for h, s in zip(whole.shape[-2:], size, strict=True))
    return whole[..., top : top + size[0], left : left + size[1]]


@given(SIZES, SIZES, st.none() | SIZES, st.integers(0, 99))
@examples(60)
def test_sizes_are_those_of_pytorch_and_pillow(
    have: tuple[int, int], want: tuple[int, int], more: tuple[int, int] | None, seed: int
) -> None:
    """PyTorch's in double precision; Pillow's, which rounds twice to whole bytes."""
    resize = more and (want[0] + more[0], want[1] + more[1])
    preprocessing = Preprocessing((0.0,) * 3, (1.0,) * 3, resize=resize)
    image = _image(seed, *have, 3)
    found = preprocess(image[None], preprocessing, (3, *want))[0]
    whole = covering(have, resize) if resize else want
    planes = torch.from_numpy(image).permute(2, 0, 1)[None].double()
    by_torch = functional.interpolate(planes, whole, mode="bilinear", antialias=True)[0]
    assert np.abs(found - _cut(by_torch, want).numpy()).max() < 1e-3
    pillows = Image.fromarray(image).resize(whole[::-1], Image.Resampling.BILINEAR)
    by_pillow = np.asarray(pillows, np.float32).transpose(2, 0, 1)
    assert np.abs(found - _cut(by_pillow, want)).max() <= 1.01


@given(st.integers(0, 99))
@examples(10)
def test_grey_of_colours_is_pillows(seed: int) -> None:
    image = _image(seed, 20, 30, 3)
    grey = Preprocessing((0.0,), (1.0,), "grey")
    found = preprocess(image[None], grey, (1, 20, 30))[0, 0]
    np.testing.assert_array_equal(found, np.asarray(Image.fromarray(image).convert("L")))


@given(preprocessings(("RGB", "BGR", "grey"), (5, 6)), st.integers(0, 99), st.booleans())
@examples(30)
def test_numbers_and_channels(own: Preprocessing, seed: int, grey: bool) -> None:
    """At the network's own size, by hand."""
    image = _image(seed, 5, 6, 1 if grey else 3)
    own = Preprocessing(own.mean, own.std, own.channel_order, own.scale)
    for channels in (1, 3, own.channels):
        found = preprocess(image[None], own, (channels, 5, 6))[0]
        values = np.broadcast_to(image, (5, 6, 3)).astype(float)
        if own.channel_order == "BGR":
            values = values[..., [2, 1, 0]]
        elif own.channel_order == "grey":
            rgb = Image.fromarray(np.ascontiguousarray(np.broadcast_to(image, (5, 6, 3))))
            values = np.asarray(rgb.convert("L"), float)[..., None]
        numbers = (values * own.scale - own.mean) / own.std
        if channels != own.channels:
            numbers = numbers.mean(-1, keepdims=True) * np.ones(channels)
        wanted = numbers.transpose(2, 0, 1)
        np.testing.assert_allclose(found, wanted, rtol=1e-5, atol=1e-4 * (1 + np.abs(wanted).max()))


def test_a_batch_is_its_images_and_a_tall_one_is_read_in_parts() -> None:
    images = _image(0, 3, 700, 9, 3)
    own = Preprocessing((100.0,) * 3, (50.0,) * 3, resize=(12, 12))
    together = preprocess(images, own, (3, 11, 10))
    alone = np.concatenate([preprocess(image[None], own, (3, 11, 10)) for image in images])
    assert together.dtype == np.float32
    np.testing.assert_allclose(together, alone, atol=1e-5)


@pytest.mark.parametrize(
    ("own", "channels"),
    [
        (BYTES, 2),
        (BYTES, 4),
        (Preprocessing((0.0,), (1.0,), "grey"), 4),
        (Preprocessing((0.0,) * 4, (1.0,) * 4, "other"), 3),
        (Preprocessing((0.0,) * 3, (1.0,) * 3, "other"), 1),
    ],
)
def test_other_channels_are_refused(own: Preprocessing, channels: int) -> None:
    with pytest.raises(PreprocessingError, match=f"the images have {channels} channels"):
        preprocess(_image(0, 1, 8, 8, channels), own, (own.channels, 8, 8))
