"""Official files are checked, and images reach the network as the paper says."""

from __future__ import annotations

import hashlib
import io
import tarfile
from dataclasses import replace
from pathlib import Path
from typing import Literal

import numpy as np
import pytest
import torch
from examples import examples
from hypothesis import given
from hypothesis import strategies as st
from unusual import KINDS, unusual

from henet_arch.support.errors import DataError, FileError, UnknownNameError

pytest.importorskip("sklearn")

from henet_arch.runtime.preprocess import preprocess
from henet_arch.training import datasets
from henet_arch.training.data import PAD, Feeder, Pixels, Split
from henet_arch.training.dataset import Request
from henet_arch.training.datasets import cifar10, cifar100, svhn
from henet_arch.training.images.archive import Archive
from henet_arch.training.images.archive_dataset import archived
from henet_arch.training.images.stream import Stream


def _records(archive: Archive, count: int, seed: int) -> bytes:
    random = np.random.default_rng(seed)
    rows = random.integers(0, 256, (count, archive.labels + 3072), dtype=np.uint8)
    rows[:, : archive.labels] = random.integers(0, len(archive.classes), (count, archive.labels))
    return rows.tobytes()


DATASETS = {"cifar10": cifar10, "cifar100": cifar100}


@pytest.fixture(params=[cifar10, cifar100], ids=["cifar10", "cifar100"])
def small(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> tuple[str, Archive]:
    """A data set whose official files are small."""
    module = request.param
    name = module.__name__.rpartition(".")[2]
    archive = replace(module.ARCHIVE, records=(7, 5))
    _use(monkeypatch, name, archive)
    return name, archive


def _use(monkeypatch: pytest.MonkeyPatch, name: str, archive: Archive) -> None:
    monkeypatch.setattr(DATASETS[name], "DATASET", archived(name, archive))


def _unpack(archive: Archive, folder: Path) -> dict[str, bytes]:
    (folder / archive.folder).mkdir()
    contents = {}
    for index, file in enumerate((*archive.train, *archive.test)):
        contents[file] = _records(archive, 5 if file in archive.test else 7, index)
        (folder / archive.folder / file).write_bytes(contents[file])
    return contents


def test_unpacked_files(small: tuple[str, Archive], tmp_path: Path) -> None:
    name, archive = small
    contents = _unpack(archive, tmp_path)
    data = datasets.load(name, Request(tmp_path))
    assert (len(data.train), len(data.test)) == (7 * len(archive.train), 5)
    assert "no checksum known" in data.note
    first = np.frombuffer(contents[archive.train[0]], np.uint8)[: archive.labels + 3072]
    assert int(data.train.labels[0]) == first[archive.labels - 1]
    pixel = data.train.images[0, 3, 4].tolist()
    assert pixel == first[archive.labels :].reshape(3, 32, 32)[:, 3, 4].tolist()
    assert datasets.load(name, Request(tmp_path / archive.folder)).note == data.note


def test_archives_are_read_in_memory_if_their_checksum_is_right(
    small: tuple[str, Archive], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name, archive = small
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        for index, file in enumerate((*archive.train, *archive.test)):
            content = _records(archive, 5 if file in archive.test else 7, index)
            info = tarfile.TarInfo(f"{archive.folder}/{file}")
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    (tmp_path / archive.file).write_bytes(packed.getvalue())
    with pytest.raises(DataError, match=f"the official file's is {archive.md5}"):
        datasets.load(name, Request(tmp_path))
    md5 = hashlib.md5(packed.getvalue()).hexdigest()
    _use(monkeypatch, name, replace(archive, md5=md5))
    data = datasets.load(name, Request(tmp_path))
    assert not data.note
    assert len(data.test) == 5
    assert not (tmp_path / archive.folder).exists()
    with tarfile.open(fileobj=io.BytesIO(packed.getvalue())) as tar:
        tar.extractall(tmp_path / "unpacked", filter="data")
    assert datasets.load(name, Request(tmp_path / "unpacked")).digest == data.digest


def test_archives_that_cannot_be_unpacked(
    small: tuple[str, Archive], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name, archive = small
    empty = io.BytesIO()
    tarfile.open(fileobj=empty, mode="w:gz").close()
    for content in (b"no archive", empty.getvalue()[:20], empty.getvalue()):
        (tmp_path / archive.file).write_bytes(content)
        md5 = hashlib.md5(content).hexdigest()
        _use(monkeypatch, name, replace(archive, md5=md5))
        with pytest.raises(DataError, match="cannot be unpacked"):
            datasets.load(name, Request(tmp_path))


def test_missing_files_are_named(small: tuple[str, Archive], tmp_path: Path) -> None:
    name, archive = small
    with pytest.raises(DataError, match="--data-dir DIR"):
        datasets.load(name)
    with pytest.raises(DataError) as caught:
        datasets.load(name, Request(tmp_path))
    assert archive.file in str(caught.value)
    assert archive.url in str(caught.value)
    _unpack(archive, tmp_path)
    (tmp_path / archive.folder / archive.test[0]).unlink()
    with pytest.raises(FileError, match=f"cannot read .*{archive.test[0]}"):
        datasets.load(name, Request(tmp_path))


@pytest.mark.parametrize("kind", KINDS)
def test_only_regular_files_are_read(small: tuple[str, Archive], tmp_path: Path, kind: str) -> None:
    name, archive = small
    _unpack(archive, tmp_path)
    for path in (tmp_path / archive.folder / archive.test[0], tmp_path / archive.file):
        path.unlink(missing_ok=True)
        unusual(path, kind)
        with pytest.raises(FileError):
            datasets.load(name, Request(tmp_path))


def test_damaged_files_are_refused(small: tuple[str, Archive], tmp_path: Path) -> None:
    name, archive = small
    contents = _unpack(archive, tmp_path)
    path = tmp_path / archive.folder / archive.test[0]
    path.write_bytes(contents[archive.test[0]][:-1])
    with pytest.raises(DataError, match="5 records of"):
        datasets.load(name, Request(tmp_path))
    wrong = bytearray(contents[archive.test[0]])
    wrong[archive.labels - 1] = 200
    path.write_bytes(wrong)
    with pytest.raises(DataError, match=f"there are {len(archive.classes)} classes"):
        datasets.load(name, Request(tmp_path))


def test_svhn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from scipy.io import savemat

    with pytest.raises(DataError, match=r"train_32x32\.mat is missing"):
        datasets.load("svhn", Request(tmp_path))
    random = np.random.default_rng(0)
    images = random.integers(0, 256, (32, 32, 3, 6), dtype=np.uint8)
    for file in svhn.MD5:
        savemat(tmp_path / file, {"X": images, "y": np.array([[1], [2], [10], [9], [10], [5]])})
    with pytest.raises(DataError, match="damaged or another file"):
        datasets.load("svhn", Request(tmp_path))
    for kind in KINDS:
        folder = tmp_path / kind
        folder.mkdir()
        unusual(folder / "train_32x32.mat", kind)
        with pytest.raises(FileError):
            datasets.load("svhn", Request(folder))
    sums = {f: hashlib.md5((tmp_path / f).read_bytes()).hexdigest() for f in svhn.MD5}
    monkeypatch.setattr(svhn, "MD5", sums)
    data = datasets.load("svhn", Request(tmp_path))
    assert data.train.labels.tolist() == [1, 2, 0, 9, 0, 5]
    assert data.train.images[2].tolist() == images[:, :, :, 2].tolist()
    assert not data.augmented
    wrong = (
        {"X": images.astype(float), "y": np.ones((6, 1))},
        {"y": 1},
        {"X": images, "y": [[30]] * 6},
    )
    for content in wrong:
        savemat(tmp_path / "test_32x32.mat", content)
        md5 = hashlib.md5((tmp_path / "test_32x32.mat").read_bytes()).hexdigest()
        monkeypatch.setitem(sums, "test_32x32.mat", md5)
        with pytest.raises(DataError, match=r"test_32x32\.mat"):
            datasets.load("svhn", Request(tmp_path))


def test_digits_are_not_looked_for_in_a_folder(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="digits has no files"):
        datasets.load("digits", Request(tmp_path))


def test_digits() -> None:
    data = datasets.load("digits")
    assert (len(data.train), len(data.test)) == (1437, 360)
    assert len(data.test) / 1797 == pytest.approx(0.2, abs=0.001)
    again = datasets.load("digits")
    assert torch.equal(data.test.images, again.test.images)
    assert int(data.train.images.max()) == 255


def test_unknown_data() -> None:
    with pytest.raises(UnknownNameError, match="unknown data set 'cifar'"):
        datasets.load("cifar")


def _split(count: int, size: int, channels: int = 3) -> Split:
    images = torch.randint(1, 256, (count, size, size, channels), dtype=torch.uint8)
    return Split(images, torch.arange(count) % 3)


_BYTES = Pixels((0.0,) * 3, (1.0,) * 3)


@given(
    st.tuples(st.integers(1, 14), st.integers(1, 14)),
    st.tuples(st.integers(0, 6), st.integers(0, 6)),
    st.sampled_from([None, "cover"]),
    st.sampled_from([None, (3, 1, 4)]),
    st.integers(0, 2**32),
)
@examples(110)
def test_augmented_images_are_crops_of_the_padded_one_mirrored_or_not(
    size: tuple[int, int],
    more: tuple[int, int],
    fitting: Literal["cover"] | None,
    places: tuple[int, ...] | None,
    seed: int,
) -> None:
    """Files are cropped whatever their size, and other images up to `PAD` pixels larger."""
    most = PAD if fitting is None else max(more)
    height, width = (want + min(extra, most) for want, extra in zip(size, more, strict=True))
    images = torch.randint(1, 256, (5, height, width, 3), dtype=torch.uint8)
    numbers = torch.tensor(places or range(5))
    labels = torch.arange(len(numbers))
    split = Split(images, labels, numbers if places else None, fitting=fitting)
    chosen = torch.tensor([2, 0])
    found, found_labels = Feeder(split, (3, *size), _BYTES).augmented(
        chosen, torch.Generator().manual_seed(seed)
    )
    assert found_labels.tolist() == [2, 0]
    padded = torch.nn.functional.pad(images.permute(0, 3, 1, 2), (PAD,) * 4).float()
    windows = padded[numbers[chosen]].unfold(2, size[0], 1).unfold(3, size[1], 1)
    for image, options in zip(found, windows, strict=True):
        both = (image, image.flip(2))
        assert any((options == i[:, None, None]).all(0).all(-1).all(-1).any() for i in both)


def test_images_are_cropped_in_the_middle_for_a_test() -> None:
    split = _split(5, 9)
    feeder = Feeder(split, (3, 6, 7), _BYTES)
    batches = list(feeder.batches(2))
    assert [len(labels) for _, labels in batches] == [2, 2, 1]
    expected = split.images[:, 2:8, 1:8].permute(0, 3, 1, 2).float()
    assert torch.equal(torch.cat([images for images, _ in batches]), expected)
    assert torch.equal(feeder.plain(torch.tensor([3]))[0], expected[3:4])


@pytest.mark.parametrize(("images", "wanted"), [(3, 1), (1, 3), (1, 1), (3, 3)])
def test_channels_and_sizes_are_fitted(images: int, wanted: int) -> None:
    pixels = Pixels((0.0,) * images, (1.0,) * images)
    feeder = Feeder(_split(2, 8, images), (wanted, 31, 30), pixels)
    found, _ = next(feeder.batches(2))
    assert tuple(found.shape) == (2, wanted, 31, 30)
    assert found.is_contiguous(memory_format=torch.channels_last)


CHANNELS = [(1, 1), (1, 3), (3, 3), (3, 1), (4, 4)]


@given(st.sampled_from(CHANNELS), st.integers(5, 14), st.integers(5, 14))
@examples(25)
def test_the_preprocessing_is_what_a_test_image_goes_through(
    channels: tuple[int, int], height: int, width: int
) -> None:
    """Cropped, padded around, made larger and smaller: a file of the same image is seen alike."""
    images, wanted = channels
    split = _split(3, 9, images)
    feeder = Feeder(split, (wanted, height, width), Pixels.of(split))
    seen = torch.cat([images for images, _ in feeder.batches(2)])
    again = preprocess(split.images.numpy(), feeder.preprocessing, (wanted, height, width))
    torch.testing.assert_close(torch.from_numpy(again), seen, rtol=1e-4, atol=1e-4)


def test_pixels_of_other_images() -> None:
    with pytest.raises(DataError, match="normalised by 3 means, and these images have 1"):
        Feeder(_split(2, 8, 1), (1, 8, 8), _BYTES)
    for std in (0.0, float("nan")):
        with pytest.raises(DataError, match="cannot be normalised"):
            Feeder(_split(2, 8, 1), (1, 8, 8), Pixels((0.0,), (std,)))


def test_channels_that_cannot_be_fitted() -> None:
    with pytest.raises(DataError, match="takes 4 channels, but the images have 3"):
        Feeder(_split(2, 8), (4, 8, 8), _BYTES)


def test_pixels_are_normalised() -> None:
    split = _split(50, 8)
    pixels = Pixels.of(split)
    values = pixels.normalised(split.images)
    assert values.mean((0, 2, 3)).tolist() == pytest.approx([0] * 3, abs=1e-4)
    assert values.std((0, 2, 3)).tolist() == pytest.approx([1] * 3, abs=1e-3)


def test_an_epoch_shows_each_image_at_most_once_and_differs_from_the_next() -> None:
    split = Split(_split(20, 8).images, torch.arange(20))
    stream = Stream(Feeder(split, (3, 8, 8), _BYTES), 6, 0, augmented=False)
    labels = torch.stack([batch[1] for batch, _ in zip(stream, range(6), strict=False)])
    first, second = labels[:3].flatten().tolist(), labels[3:].flatten().tolist()
    assert len(set(first)) == len(set(second)) == 18
    assert first != second


def test_processes_share_a_batch_without_overlap() -> None:
    split = Split(_split(20, 8).images, torch.arange(20))
    parts: list[int] = []
    for rank in range(2):
        stream = Stream(Feeder(split, (3, 8, 8), _BYTES), 6, 0, augmented=False)
        stream.rank, stream.world = rank, 2
        parts += next(iter(stream))[1].tolist()
    alone = Stream(Feeder(split, (3, 8, 8), _BYTES), 6, 0, augmented=False)
    assert sorted(parts) == sorted(next(iter(alone))[1].tolist())


def test_each_process_and_step_has_a_seed_of_its_own() -> None:
    split = Split(_split(20, 8).images, torch.arange(20))
    seeds = []
    for seed in range(3):
        for rank in range(4):
            stream = Stream(Feeder(split, (3, 8, 8), _BYTES), 8, seed, augmented=False)
            stream.rank, stream.world = rank, 4
            seeds += [stream.seed_of_layers(step) for step in range(50)]
    assert len(set(seeds)) == 3 * 4 * 50
    assert all(0 <= seed < 2**64 for seed in seeds)
