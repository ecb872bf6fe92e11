"""Which images a pass shows, and what is done to a batch of them."""

from __future__ import annotations

from itertools import islice

import numpy as np
import pytest
import torch
from examples import examples
from hypothesis import example, given
from hypothesis import strategies as st

from henet_arch.support.errors import TrainError
from henet_arch.training.data import Feeder, Pixels, Split
from henet_arch.training.images.sampling import PLAIN, Sampling
from henet_arch.training.images.stream import Stream

BYTES = Pixels((0.0,) * 3, (1.0,) * 3)


def random_of(seed: int) -> torch.Generator:
    """All chance from one seed."""
    return torch.Generator().manual_seed(seed)


@given(st.lists(st.integers(1, 30), min_size=1, max_size=6), st.integers(0, 2**32))
@examples(60)
def test_classes_are_balanced(counts: list[int], seed: int) -> None:
    labels = torch.cat([torch.full((n,), 2 * label) for label, n in enumerate(counts)])
    order = Sampling(balanced=True).order(labels, random_of(seed))
    assert len(order) == len(labels)
    shown = torch.bincount(labels[order]).tolist()
    often = [count for count in shown if count]
    assert max(often) - min(often) <= 1
    for label in range(len(counts)):
        each = torch.bincount(order, minlength=len(labels))[labels == 2 * label]
        assert int(each.max() - each.min()) <= 1


def test_otherwise_each_image_is_shown_once() -> None:
    labels = torch.arange(30) % 4
    assert sorted(Sampling().order(labels, random_of(3)).tolist()) == list(range(30))


def batch(count: int = 6, side: int = 9) -> tuple[torch.Tensor, torch.Tensor]:
    """Images without a 0 anywhere, and their labels."""
    images = torch.rand(count, 3, side, side + 2) + 1
    return images.contiguous(memory_format=torch.channels_last), torch.arange(count) % 3


@given(st.integers(1, 8), st.integers(0, 2**32))
@examples(40)
def test_cutout_hides_one_square(side: int, seed: int) -> None:
    images, labels = batch()
    before = images.clone()
    after, same = Sampling(cutout=side).applied(images, labels, 3, random_of(seed))
    assert torch.equal(same, labels)
    for image, original in zip(after, before, strict=True):
        hidden = (image == 0).all(0)
        rows, columns = hidden.any(1).nonzero(), hidden.any(0).nonzero()
        high, wide = (int(places.max() - places.min()) + 1 for places in (rows, columns))
        assert int(hidden.sum()) == high * wide
        assert side // 2 <= high <= side or high == 1 == side
        assert side // 2 <= wide <= side or wide == 1 == side
        assert torch.equal(image[:, ~hidden], original[:, ~hidden])


def test_cutout_reaches_every_pixel() -> None:
    images = torch.ones(4000, 1, 6, 6).contiguous(memory_format=torch.channels_last)
    labels = torch.zeros(4000, dtype=torch.long)
    after, _ = Sampling(cutout=1).applied(images, labels, 1, random_of(0))
    hidden = 1 - after.mean((0, 1))
    assert float(hidden.min()) > 0.5 / 36
    assert float(hidden.max()) < 2 / 36


@given(st.floats(0.05, 4), st.integers(0, 2**32))
@examples(40)
def test_mixup_mixes_images_and_labels_alike(alpha: float, seed: int) -> None:
    images, labels = batch()
    mixed, shares = Sampling(mixup=alpha).applied(images.clone(), labels, 3, random_of(seed))
    assert mixed.is_contiguous(memory_format=torch.channels_last)
    torch.testing.assert_close(shares.sum(1), torch.ones(len(labels)))
    torch.testing.assert_close(mixed.sum(0), images.sum(0), rtol=1e-4, atol=1e-4)
    wanted = torch.nn.functional.one_hot(labels, 3).float()
    flat = images.flatten(1)
    for image, share in zip(mixed.flatten(1), shares, strict=True):
        made = torch.linalg.lstsq(flat.T.double(), image.double()[:, None]).solution.float()
        torch.testing.assert_close(made[:, 0] @ wanted, share, rtol=1e-3, atol=1e-3)
        assert int((made.abs() > 1e-3).sum()) <= 2


def test_mixup_takes_its_shares_from_a_beta_distribution() -> None:
    images, labels = batch(2)
    labels = torch.tensor([0, 1])
    found = []
    for seed in range(400):
        _, shares = Sampling(mixup=0.4).applied(images, labels, 2, random_of(seed))
        found.append(float(shares[0].max()))
    wanted = np.random.default_rng(0).beta(0.4, 0.4, 4000)
    kept = np.maximum(wanted, 1 - wanted)  # of two images, half of the orders mix nothing
    assert np.mean(found) == pytest.approx(0.5 + np.mean(kept) / 2, abs=0.03)


ALL = Sampling(balanced=True, cutout=3, mixup=0.3)


@pytest.mark.parametrize("augmented", [False, True])
@given(start=st.integers(0, 30), sampling=st.sampled_from([PLAIN, ALL]))
@example(start=1, sampling=ALL)
@example(start=3, sampling=ALL)
@example(start=7, sampling=ALL)
@examples(20)
def test_a_stream_that_is_resumed_goes_on_bit_for_bit(
    augmented: bool, start: int, sampling: Sampling
) -> None:
    images = torch.randint(1, 256, (20, 12, 12, 3), dtype=torch.uint8)
    feeder = Feeder(Split(images, torch.arange(20) % 3), (3, 9, 9), BYTES)

    def batches(start: int, count: int) -> list[tuple[torch.Tensor, torch.Tensor]]:
        stream = Stream(feeder, 6, 5, augmented=augmented, sampling=sampling, classes=3)
        stream.start = start
        return list(islice(stream, count))

    whole = batches(0, start + 6)
    for (a, b), (c, d) in zip(whole[start:], batches(start, 6), strict=True):
        assert torch.equal(a, c)
        assert torch.equal(b, d)
    assert not torch.equal(whole[0][0], whole[3][0])


@pytest.mark.parametrize(
    "wrong", [{"cutout": 0}, {"cutout": 10**6}, {"mixup": 0.0}, {"mixup": float("nan")}]
)
def test_numbers_out_of_bounds(wrong: dict[str, float]) -> None:
    with pytest.raises(TrainError, match=next(iter(wrong))):
        Sampling(**wrong)  # type: ignore[arg-type]


def test_a_square_that_hides_all() -> None:
    with pytest.raises(TrainError, match="cutout = 9 hides whole images of 9x11") as caught:
        Sampling(cutout=9).check((3, 9, 11))
    assert caught.value.fix == "--cutout 4"
    Sampling(cutout=8).check((3, 9, 11))
