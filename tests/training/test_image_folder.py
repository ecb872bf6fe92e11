"""Folders of images: what is read, what is told, and what is kept."""

from __future__ import annotations

import json
import os
import shutil
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from cli.run import run
from examples import examples
from hypothesis import given
from hypothesis import strategies as st
from training.image_folders import PLAIN, SKIPPED, USED, folder_of, picture

import henet_arch as ha
from henet_arch.results.table import Table
from henet_arch.support import cache
from henet_arch.support.errors import DataError, FileError, LimitError

pytest.importorskip("lightning")
pytestmark = pytest.mark.filterwarnings("ignore")

from training.runs import interrupting, same_weights  # noqa: E402

from henet_arch.ir.preprocessing import Preprocessing  # noqa: E402
from henet_arch.runtime.preprocess import preprocess, stored  # noqa: E402
from henet_arch.training import datasets  # noqa: E402
from henet_arch.training.data import Data, Feeder, Pixels  # noqa: E402
from henet_arch.training.dataset import Listener, Request  # noqa: E402
from henet_arch.training.findings import Finding, Findings  # noqa: E402
from henet_arch.training.images.image_folder import listing, room  # noqa: E402
from henet_arch.training.images.image_folder.holdout import held_out  # noqa: E402

SPEC = ha.Spec(name="net", channels=(4, 8), repeats=0, input=(3, 9, 9), classes=2)
TWO = {"cat": 6, "dog": 6}


class Heard(Listener):
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.sentences: list[str] = []
        self.tables: list[Table] = []
        self.done: list[tuple[int, int]] = []

    def progress(self, done: int, total: int) -> None:
        self.done.append((done, total))

    def say(self, sentence: str) -> None:
        self.sentences.append(sentence)

    def show(self, table: Table) -> None:
        self.tables.append(table)

    @property
    def is_decoded(self) -> bool:
        """Whether files were read, and not the cache."""
        return any("are decoded" in sentence for sentence in self.sentences)


def load(folder: Path, **asked: object) -> Data:
    """The folder for an input of 9x9."""
    return datasets.load("folder", Request(folder, size=(9, 9), **asked))  # type: ignore[arg-type]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Two classes, with images for tests."""
    folder_of(tmp_path / "data" / "train", TWO)
    folder_of(tmp_path / "data" / "test", {"cat": 2, "dog": 3})
    return tmp_path / "data"


def test_classes_are_folders(root: Path) -> None:
    data = load(root)
    assert data.classes == ("cat", "dog")
    assert data.train.labels.tolist() == [0] * 6 + [1] * 6
    assert data.test.labels.tolist() == [0, 0, 1, 1, 1]
    assert data.test.names[:2] == ["test/cat/000.png", "test/cat/001.png"]
    assert data.findings
    assert not data.findings.all
    wanted = np.asarray(picture(0, bright=0))
    kept_image = data.train.part(slice(0, 1))[0].numpy()
    assert kept_image.shape == (10, 10, 3)  # 8/7 of the input, of images that are larger
    assert abs(float(kept_image.mean()) - float(wanted.mean())) < 5


def test_val_is_for_tests_where_there_is_no_test(root: Path) -> None:
    (root / "test").rename(root / "val")
    assert load(root).test.names[0] == "val/cat/000.png"
    folder_of(root / "test", {"cat": 1, "dog": 1})
    data = load(root)
    assert len(data.test) == 2
    assert data.findings
    assert [f.path for f in data.findings.all] == ["val"]


@pytest.mark.parametrize("kind", SKIPPED)
def test_what_is_skipped_is_told(root: Path, kind: str) -> None:
    SKIPPED[kind](root / "train" / "cat")
    heard = Heard()
    data = load(root, listener=heard)
    assert len(data.train) == 12
    assert data.findings
    assert [f.kind for f in data.findings.all if f.skipped] == [kind.strip()]
    (table,) = heard.tables
    assert table.rows[0].cells[:3] == (1, kind.strip(), "not used")
    assert "1 left out" in table.title


@pytest.mark.parametrize("kind", USED)
def test_what_is_unusual_is_used_and_told(root: Path, kind: str) -> None:
    USED[kind](root / "train" / "cat")
    data = load(root)
    assert len(data.train) == 13
    assert data.findings
    assert kind in [f.kind for f in data.findings.all]
    assert not data.findings.skipped


@pytest.mark.parametrize("kind", PLAIN)
def test_what_is_used_as_it_is(root: Path, kind: str) -> None:
    PLAIN[kind](root / "train" / "cat")
    data = load(root)
    assert len(data.train) == 13
    assert data.findings
    assert not data.findings.all


def test_files_that_may_not_be_read(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By whatever user the tests run."""
    opened = os.open

    def refuse(path: object, *rest: object, **named: object) -> int:
        if str(path).endswith("000.png"):
            raise PermissionError(13, "Permission denied")
        return opened(path, *rest, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(os, "open", refuse)
    data = load(root)
    assert data.findings
    assert {(f.kind, f.detail.endswith("Permission denied")) for f in data.findings.all} == {
        ("not readable", True)
    }
    assert len(data.train) == 10
    again = load(root)
    assert len(again.train) == 10
    monkeypatch.undo()
    assert len(load(root).train) == 12


def test_a_class_that_is_a_link_to_another_is_refused_and_says_why(tmp_path: Path) -> None:
    folder_of(tmp_path, TWO)
    (tmp_path / "fox").symlink_to(tmp_path / "dog")
    with pytest.raises(DataError, match="fox' has no image") as caught:
        load(tmp_path)
    assert "'fox' is not used: links to folders read elsewhere" in caught.value.why


def test_no_link_gives_an_image_to_two_classes_or_to_training_and_tests(tmp_path: Path) -> None:
    root, store = tmp_path / "data", tmp_path / "store"
    folder_of(root / "train", TWO)
    folder_of(root / "test", TWO)
    folder_of(store, {"more": 3})
    for link, target in (
        ("train/cat/other", "train/dog"),
        ("train/cat/up", "train"),
        ("train/cat/whole", "."),
        ("train/cat/tests", "test/cat"),
        ("train/cat/more", "../store/more"),
        ("train/dog/more", "../store/more"),
        ("test/dog/more", "../store/more"),
    ):
        (root / link).symlink_to(root / target)
    data = load(root)
    assert (len(data.train), len(data.test)) == (15, 12)
    assert torch.bincount(data.train.labels).tolist() == [9, 6]
    assert data.findings
    links = {f.path for f in data.findings.all if f.kind == "links to folders read elsewhere"}
    assert links == {
        *(f"train/cat/{name}" for name in ("other", "up", "whole", "tests")),
        "train/dog/more",
        "test/dog/more",
    }


def test_a_turned_image_is_upright(root: Path) -> None:
    USED["turned"](root / "train" / "cat")
    data = load(root, resize=(9, 15))
    place = list(data.train.names).index("train/cat/a.jpg")
    seen = data.train.part(slice(place, place + 1))[0].numpy()
    wanted = np.asarray(picture(0, 12, 20).rotate(-90, expand=True))
    assert np.abs(seen.mean((0, 1)) - stored(wanted, 3, (9, 9), (9, 15)).mean((0, 1))).max() < 6


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda root: shutil.rmtree(root), "cannot read the folder"),
        (lambda root: shutil.rmtree(root / "train"), "has test/, and no train/"),
        (lambda root: shutil.rmtree(root / "train" / "dog"), "has one folder"),
        (lambda root: folder_of(root / "test", {"fox": 1}), "fox' is of a class that is not known"),
        (lambda root: (root / "train" / "fox").mkdir(), "fox' has no image"),
        (lambda root: folder_of(root / "train", {"DOG": 1}), "has 'DOG' and 'dog'"),
        (
            lambda root: folder_of(root / "train", {"\u00e9": 1, "e\u0301": 1}),
            "has 'e\u0301' and '\u00e9'",
        ),
        (lambda root: os.mkdir(os.fsencode(root / "train") + b"/\xff"), "is not UTF-8"),
    ],
)
def test_folders_that_are_no_classes(
    root: Path, change: Callable[[Path], object], message: str
) -> None:
    change(root)
    with pytest.raises(DataError) as caught:
        load(root)
    assert message in caught.value.what
    assert caught.value.fix


def test_a_class_of_broken_files_alone(root: Path) -> None:
    for path in (root / "train" / "dog").iterdir():
        path.write_bytes(path.read_bytes()[:60])
    with pytest.raises(DataError, match="the class 'dog' has no image that can be read") as caught:
        load(root)
    assert "train/dog/000.png: damaged or cut, image file is truncated" in caught.value.why


def test_the_case_of_train_and_test_does_not_matter(tmp_path: Path) -> None:
    for path in ("Train", "TEST"):
        folder_of(tmp_path / path, {"cat": 3, "dog": 2})
    folder_of(tmp_path / "other", {"cat": 1, "dog": 1})
    data = load(tmp_path)
    assert (len(data.train), len(data.test)) == (5, 5)
    assert data.classes == ("cat", "dog")
    assert data.findings is not None
    assert [finding.path for finding in data.findings.all] == ["other"]


@pytest.mark.parametrize(
    ("train", "test"), [("train", "valid"), ("Training", "Testing"), ("training", "validation")]
)
def test_other_names_of_train_and_test(tmp_path: Path, train: str, test: str) -> None:
    folder_of(tmp_path / train, {"cat": 3, "dog": 2})
    folder_of(tmp_path / test, {"cat": 1, "dog": 1})
    data = load(tmp_path)
    assert (data.classes, len(data.train), len(data.test)) == (("cat", "dog"), 5, 2)
    assert len(load(tmp_path, tests_only=True).test) == 2


@pytest.mark.parametrize(
    "names", [("invalid", "valid"), ("sleeping", "training"), ("a", "testing")]
)
def test_without_the_other_part_they_are_classes(tmp_path: Path, names: tuple[str, str]) -> None:
    folder_of(tmp_path, dict.fromkeys(names, 4))
    data = load(tmp_path)
    assert (data.classes, len(data.train) + len(data.test)) == (names, 8)


def test_folders_of_images_alone_are_classes(tmp_path: Path) -> None:
    folder_of(tmp_path, {"running": 4, "testing": 4, "training": 4})
    assert load(tmp_path).classes == ("running", "testing", "training")


def test_classes_without_tests_are_told(root: Path) -> None:
    assert "no image tests" not in load(root).note
    shutil.rmtree(root / "test" / "dog")
    assert "no image tests 1 class (dog)" in load(root).note


def test_classes_that_are_not_the_networks(root: Path) -> None:
    with pytest.raises(DataError, match="has 2 classes, and the network 10 outputs") as caught:
        load(root, outputs=10)
    assert caught.value.fix.startswith("--classes 2 with a preset or a spec, and --weights")


def test_no_folder_is_named() -> None:
    with pytest.raises(DataError, match="none is named"):
        datasets.load("folder")


def test_too_many_files(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing, "MOST_IMAGES", 11)
    with pytest.raises(LimitError, match="more than 11 images"):
        load(root)


class TestHoldout:
    """Where the folder does not say which images are for tests."""

    @given(
        st.lists(st.integers(1, 40), min_size=2, max_size=6),
        st.floats(0.01, 0.99),
        st.integers(0, 2**31),
    )
    @examples(60)
    def test_each_class_gives_its_share(self, counts: list[int], share: float, seed: int) -> None:
        labels = torch.cat([torch.full((n,), label) for label, n in enumerate(counts)])
        labels = labels[torch.randperm(len(labels))]
        held = held_out(labels, share, seed)
        assert torch.equal(held, held_out(labels, share, seed))
        for label, count in enumerate(counts):
            taken = int((held & (labels == label)).sum())
            assert taken < count
            assert taken >= (count > 1)
            assert abs(taken - share * count) <= 1 or taken in (1, count - 1)

    def test_a_tenth_by_the_seed(self, tmp_path: Path) -> None:
        folder_of(tmp_path / "d", {"cat": 30, "dog": 20})
        data = load(tmp_path / "d")
        assert data.test.labels.tolist() == [0, 0, 0, 1, 1]
        assert not set(data.train.names) & set(data.test.names)
        assert "5 test images were held out by the seed 0" in data.note
        assert load(tmp_path / "d").test.names == data.test.names
        other = load(tmp_path / "d", seed=1)
        assert other.test.names != data.test.names
        assert other.digest == data.digest
        assert len(load(tmp_path / "d", holdout=0.5).test) == 25

    def test_train_may_stand_alone(self, root: Path) -> None:
        shutil.rmtree(root / "test")
        assert len(load(root).test) == 2

    def test_it_is_refused_where_it_changes_nothing(self, root: Path) -> None:
        with pytest.raises(DataError, match="the folder has tests"):
            load(root, holdout=0.1)
        options = {"holdout": 0.1, "resize": None}
        with pytest.raises(DataError, match="digits does not take it"):
            datasets.load("digits", Request(), options)

    def test_a_test_without_it_is_of_all_images(self, tmp_path: Path) -> None:
        folder_of(tmp_path / "d", {"cat": 3, "dog": 2})
        data = load(tmp_path / "d", tests_only=True)
        assert (len(data.train), len(data.test)) == (0, 5)
        assert "all images of the folder are tested" in data.note
        held = load(tmp_path / "d", tests_only=True, holdout=0.4)
        assert held.test.names == load(tmp_path / "d", holdout=0.4).test.names

    def test_nothing_to_test(self, tmp_path: Path) -> None:
        for name in ("cat", "dog"):
            (tmp_path / "d" / name).mkdir(parents=True)
        with pytest.raises(DataError, match="holds no image"):
            load(tmp_path / "d", tests_only=True)

    def test_training_images_are_not_tested(self, root: Path) -> None:
        shutil.rmtree(root / "test")
        with pytest.raises(DataError, match="has no test/ or val/"):
            load(root, tests_only=True)


class TestKept:
    """Decoded once."""

    def test_the_second_time_nothing_is_decoded(self, root: Path) -> None:
        first, second = Heard(), Heard()
        a, b = load(root, listener=first), load(root, listener=second)
        assert first.is_decoded
        assert first.done[-1] == (17, 17)
        assert not second.is_decoded
        assert torch.equal(a.train.images, b.train.images)
        assert a.digest == b.digest
        assert str(cache.folder()) in second.sentences[0]

    @pytest.mark.parametrize(
        "change",
        [
            lambda root: os.utime(root / "train" / "cat" / "000.png", (1, 1)),
            lambda root: picture(99).save(root / "train" / "cat" / "000.png"),
            lambda root: (root / "train" / "cat" / "000.png").rename(root / "train/cat/x.png"),
            lambda root: (root / "train" / "cat" / "000.png").unlink(),
            lambda root: picture(99).save(root / "train" / "cat" / "new.png"),
        ],
    )
    def test_what_changes_is_decoded_again(
        self, root: Path, change: Callable[[Path], object]
    ) -> None:
        load(root)
        change(root)
        heard = Heard()
        load(root, listener=heard)
        assert heard.is_decoded

    def test_another_form_is_kept_beside(self, root: Path) -> None:
        load(root)
        for asked in ({"channels": 1}, {"resize": "stretch"}, {"resize": (11, 12)}):
            heard = Heard()
            load(root, listener=heard, **asked)
            assert heard.is_decoded
        heard = Heard()
        load(root, listener=heard)
        assert not heard.is_decoded

    @given(st.data())
    @examples(12)
    def test_damage_is_repaired(self, data: st.DataObject) -> None:
        """Bytes that are another, or too many or too few, of either file."""
        root = cache.folder() / "damaged"
        if not root.exists():
            folder_of(root, {"a": 2, "b": 2})
        whole = load(root).train.images.clone()
        (place,) = (p for p in _places() if np.load(p / "pixels.npy").shape[0] == 4)
        path = place / data.draw(st.sampled_from(["pixels.npy", "index"]))
        content = bytearray(path.read_bytes())
        at = data.draw(st.integers(0, len(content) - 1))
        how = data.draw(st.sampled_from(["change", "cut", "grow", "remove"]))
        if how == "change":
            content[at] ^= data.draw(st.integers(1, 255))
        path.write_bytes({"cut": content[:at], "grow": content + b"x"}.get(how, content))
        if how == "remove":
            path.unlink()
        assert torch.equal(load(root).train.images, whole)

    def test_two_at_once_decode_once(self, root: Path) -> None:
        heard = [Heard() for _ in range(4)]
        threads = [
            threading.Thread(target=load, args=(root,), kwargs={"listener": h}) for h in heard
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert [h.is_decoded for h in heard].count(True) == 1

    def test_what_is_broken_off_leaves_nothing_that_is_used(
        self, root: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def stop(done: int, total: int) -> None:
            raise KeyboardInterrupt

        before = _places()
        heard = Heard()
        heard.progress = stop  # type: ignore[method-assign]
        with pytest.raises(KeyboardInterrupt):
            load(root, listener=heard)
        assert _places() == before
        assert len(load(root).train) == 12

    def test_what_a_killed_process_left_is_removed(self, root: Path) -> None:
        load(root)
        left = cache.folder() / "images" / "0123.part"
        left.mkdir()
        load(root)
        assert not left.exists()

    def test_it_is_bounded(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        load(root)
        load(root, channels=1)
        assert len(_places()) >= 2
        monkeypatch.setattr(room, "LARGEST_CACHE", 17 * 10 * 10 * 3 + 400)
        load(root, resize="stretch")
        assert len(_places()) == 1
        monkeypatch.setattr(room, "LARGEST_CACHE", 1000)
        with pytest.raises(DataError, match=r"take 5,100 bytes, and .* has room for 1,000"):
            load(root)

    def test_a_cache_that_cannot_be_used(
        self, root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (tmp_path / "file").touch()
        monkeypatch.setenv(cache.VARIABLE, str(tmp_path / "file"))
        with pytest.raises(FileError, match="cannot be used"):
            load(root)


def _places() -> set[Path]:
    return set((cache.folder() / "images").glob("[0-9a-f]*[0-9a-f]"))


@given(
    st.tuples(st.integers(1, 40), st.integers(1, 40)),
    st.tuples(st.integers(1, 12), st.integers(1, 12)),
    st.tuples(st.integers(0, 5), st.integers(0, 5)) | st.none(),
    st.sampled_from([(3, 3), (1, 3), (3, 1), (1, 1)]),
)
@examples(60)
def test_what_is_kept_is_what_a_file_becomes(
    image: tuple[int, int],
    size: tuple[int, int],
    more: tuple[int, int] | None,
    channels: tuple[int, int],
) -> None:
    """The middle of what is kept is the input that `preprocess` makes of the file itself."""
    have, want = channels
    values = np.random.default_rng(0).integers(0, 256, (*image, have), dtype=np.uint8)
    resize = more and (size[0] + more[0], size[1] + more[1])
    order = "RGB" if want == 3 else "grey"
    own = Preprocessing((0.0,) * want, (1.0,) * want, order, resize=resize)
    shape = (want, *size)
    found = stored(values, want, size, resize)
    assert found.shape == (*(resize or size), want)
    np.testing.assert_allclose(
        preprocess(found[None], own, shape), preprocess(values[None], own, shape), atol=0.5001
    )


def test_images_of_one_size_are_kept_as_they_are(tmp_path: Path) -> None:
    """As those of the official archives are, which are up to 4 pixels larger than the input."""
    folder_of(tmp_path / "d", TWO, (11, 10))
    data = load(tmp_path / "d", holdout=0.5)
    assert data.train.images.shape[1:3] == (10, 10)
    data = load(tmp_path / "d", resize=(11, 10), holdout=0.5)
    names = [*data.train.names, *data.test.names]
    places = torch.cat([data.train.places, data.test.places])  # type: ignore[list-item]
    for name, place in zip(names, places.tolist(), strict=True):
        file = np.asarray(image_of(tmp_path / "d" / name))
        np.testing.assert_array_equal(data.train.images[place].numpy(), file)


def image_of(path: Path) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    """The file as Pillow reads it."""
    from PIL import Image

    return np.asarray(Image.open(path).convert("RGB"))


def test_a_crop_smaller_than_the_input_is_refused(root: Path) -> None:
    with pytest.raises(DataError, match="images that cover 8x9 are smaller than the input, 9x9"):
        load(root, resize=(8, 9))


def test_stretched_images(root: Path) -> None:
    data = load(root, resize="stretch")
    assert data.train.images.shape[1:3] == (9, 9)
    assert Feeder(data.train, (3, 9, 9), Pixels.of(data.train)).preprocessing.resize is None


def test_every_finding_is_in_the_file(tmp_path: Path) -> None:
    found = Findings("d", 1, [Finding("a\x1b/b,c.png", "empty", "not used", True, "x")])
    assert found.csv() == 'file,is,becomes,detail\n"a\\x1b/b,c.png",empty,not used,x\n'
    assert "\x1b" not in str(found.table())


class TestRuns:
    """Trainings and tests of folders, by the command line and the library."""

    @pytest.fixture(scope="class")
    @staticmethod
    def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
        """A short run, of images of several sizes."""
        root = tmp_path_factory.mktemp("run")
        for part, count in (("train", 12), ("test", 5)):
            folder_of(root / "data" / part, {"dark": count, "<b>bright": count}, (13, 17))
        folder_of(root / "data" / "train" / "dark", {"deeper": 3}, (9, 30))
        SKIPPED["empty"](root / "data" / "train" / "dark")
        ha.train(SPEC, root / "out", data="folder", data_dir=root / "data", epochs=8, batch=9)
        return root

    def test_a_folder_without_tests_is_refused_before_any_step(self, tmp_path: Path) -> None:
        folder_of(tmp_path / "data", {"cat": 1, "dog": 1})
        with pytest.raises(DataError, match="folder has no images to test"):
            ha.train(SPEC, tmp_path / "out", data="folder", data_dir=tmp_path / "data")
        assert not (tmp_path / "out").exists()

    def test_the_folder_of_the_run(self, trained: Path) -> None:
        names = {path.name for path in (trained / "out").iterdir()}
        assert {"errors.html", "files.csv", "weights.safetensors"} <= names
        assert "train/dark/a.jpg,empty,not used," in (trained / "out" / "files.csv").read_text()
        page = (trained / "out" / "errors.html").read_text()
        assert "<b>bright" not in page
        assert "&lt;b&gt;bright" in page

    def test_the_model_knows_its_classes_and_its_images(self, trained: Path) -> None:
        model = ha.load(trained / "out" / "weights.safetensors")
        assert model.class_names == ("<b>bright", "dark")
        assert model.preprocessing
        assert model.preprocessing.resize == (10, 10)
        data = load(trained / "data")
        wanted = Pixels.of(data.train)
        assert model.preprocessing.mean == pytest.approx(wanted.mean)
        every = torch.stack([data.train.part(slice(n, n + 1))[0] for n in range(len(data.train))])
        assert wanted.mean == pytest.approx(every.double().mean((0, 1, 2)).tolist())
        deviation = every.double().std((0, 1, 2), correction=0).tolist()
        assert wanted.std == pytest.approx(deviation)

    def test_files_are_told_alike_by_all_that_is_made_of_it(self, trained: Path) -> None:
        weights = trained / "out" / "weights.safetensors"
        tested = ha.evaluate(weights, data_dir=trained / "data")
        folders = sorted((trained / "data" / "test").iterdir())
        by_file = ha.classify(weights, *folders)
        labels = [f"{Path(answer.image).parent.name}" for answer in by_file.answers]
        answers = [record["class"] for record in by_file.records()]
        right = sum(a == b for a, b in zip(answers, labels, strict=True))
        assert right == round(tested.score.accuracy * 10)
        for backend in ("onnxruntime", "c"):
            if backend == "onnxruntime":
                pytest.importorskip("onnxruntime")
            elif not shutil.which("cc"):
                continue
            other = ha.classify(weights, *folders, backend=backend)
            assert [record["class"] for record in other.records()] == answers
            for a, b in zip(by_file.answers, other.answers, strict=True):
                assert a.shares == pytest.approx(b.shares, abs=1e-4)

    def test_a_file_of_another_format_is_tested_alike(self, trained: Path, tmp_path: Path) -> None:
        weights, net = trained / "out" / "weights.safetensors", tmp_path / "net.onnx"
        pytest.importorskip("onnx")
        ha.emit(ha.load(weights), "onnx").save(net)
        score = ha.evaluate(weights, data_dir=trained / "data").score
        other = ha.evaluate(net, "folder", data_dir=trained / "data").score
        assert other.confusion == score.confusion
        (tmp_path / "names.txt").write_text("dark\n<b>bright\n")
        line = ["evaluate", str(net), "--class-names", str(tmp_path / "names.txt"), "-f", "json"]
        swapped = run(*line, "--data", "folder", "--data-dir", str(trained / "data"))
        assert json.loads(swapped.out)["accuracy"] == pytest.approx(1 - score.accuracy)
        assert run(*line, "--data", "digits").code == 2
        line[1] = str(weights)  # which say that they are of a folder
        swapped = run(*line, "--data-dir", str(trained / "data"))
        assert json.loads(swapped.out)["accuracy"] == pytest.approx(1 - score.accuracy)

    def test_labels_go_by_the_names_that_the_model_knows(
        self, trained: Path, tmp_path: Path
    ) -> None:
        """A folder of one of the classes is tested as that class."""
        weights = trained / "out" / "weights.safetensors"
        shutil.copytree(trained / "data" / "test" / "dark", tmp_path / "d" / "dark")
        score = ha.evaluate(weights, data_dir=tmp_path / "d").score
        assert [sum(row) for row in score.confusion] == [0, 5]
        folder_of(tmp_path / "d", {"cat": 1})
        with pytest.raises(DataError, match="cat' is of a class that is not known"):
            ha.evaluate(weights, data_dir=tmp_path / "d")

    def test_a_run_goes_on_only_with_the_same_images(self, tmp_path: Path) -> None:
        folder_of(tmp_path / "d", TWO)
        asked: dict[str, Any] = {"data": "folder", "data_dir": tmp_path / "d", "epochs": 2}
        ha.train(SPEC, tmp_path / "run", batch=4, **asked)
        os.utime(tmp_path / "d" / "cat" / "000.png", (1, 1))  # its content is the same
        assert ha.train(SPEC, tmp_path / "run", resume=True, batch=4, **asked).finished
        picture(77).save(tmp_path / "d" / "cat" / "000.png")
        with pytest.raises(ha.HenetArchError, match="is of other images than the folder holds now"):
            ha.train(SPEC, tmp_path / "run", resume=True, batch=4, **asked)

    def test_a_run_that_is_resumed_ends_as_an_unbroken_one(self, tmp_path: Path) -> None:
        folder_of(tmp_path / "d", {"cat": 14, "dog": 8})
        asked: dict[str, Any] = {"data": "folder", "data_dir": tmp_path / "d", "epochs": 3}
        asked |= {"batch": 5, "balanced": True, "cutout": 3, "mixup": 0.4, "resize": (11, 12)}
        ha.train(SPEC, tmp_path / "whole", **asked)
        assert not ha.train(SPEC, tmp_path / "broken", watch=interrupting(4), **asked).finished
        assert ha.train(SPEC, tmp_path / "broken", resume=True, **asked).finished
        assert same_weights(tmp_path / "whole", tmp_path / "broken")

    def test_weights_that_held_out_other_images(self, tmp_path: Path) -> None:
        folder_of(tmp_path / "d", {"cat": 14, "dog": 8})
        asked: dict[str, Any] = {"data": "folder", "data_dir": tmp_path / "d", "epochs": 1}
        ha.train(SPEC, tmp_path / "first", **asked)
        said: dict[int, list[str]] = {0: [], 1: []}
        for seed, lines in said.items():
            weights = tmp_path / "first" / "weights.safetensors"
            ha.train(weights, tmp_path / f"{seed}", seed=seed, say=lines.append, **asked)
        note = "the weights were trained with other images held out"
        assert [any(note in line for line in lines) for lines in said.values()] == [False, True]

    def test_the_commands(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(tmp_path)
        folder_of(tmp_path / "d", {"cat": 10, "dog": 10})
        SKIPPED["no images"](tmp_path / "d" / "cat")
        line = ["train", "henet-r2", "--input", "9", "--channels", "4,8", "--repeats", "0"]
        line += ["--classes", "2", "--data", "folder", "--data-dir", "d", "--epochs", "1"]
        line += ["--batch", "6", "--holdout", "0.2", "--resize", "11", "--no-augment"]
        line += ["--balanced", "--cutout", "3", "--mixup", "0.3", "--name", "net"]
        ended = run(*line)
        assert ended.code == 0, ended.err
        told = " ".join(ended.err.split())
        assert f"images of {tmp_path / 'd'}: 20 used, 1 left out" in told
        assert "1 no images not used" in told
        assert "16 training images and 4 test images of 2 classes (cat, dog), kept as 11x11" in told
        assert "recall" in ended.out
        held = run("evaluate", "net-folder/weights.safetensors", "--data-dir", "d",
                   "--holdout", "0.2", "-f", "json")  # fmt: skip
        assert json.loads(held.out)["images"] == 4
        assert json.loads(held.out)["classes"] == ["cat", "dog"]
        for words in (["--holdout", "0.3"], ["--holdout", "0.2", "--seed", "1"]):
            other = run("evaluate", "net-folder/weights.safetensors", "--data-dir", "d", *words)
            assert other.code == 3
            assert "the training held out other images" in other.err
        shutil.copy(tmp_path / "d" / "cat" / "000.png", tmp_path / "d" / "cat" / "new.png")
        other = run("evaluate", "net-folder/weights.safetensors", "--data-dir", "d",
                    "--holdout", "0.2")  # fmt: skip
        assert other.code == 3
        assert "the training held out other images" in other.err
        every = run("evaluate", "net-folder/weights.safetensors", "--data-dir", "d")
        assert "21 test images" in every.out
        for wrong, message in (
            (["--seed", "3"], "nothing is held out without --holdout"),
            (["--holdout", "1.5"], "'--holdout': 1.5 is not between 0 and 1"),
        ):
            refused = run("evaluate", "net-folder/weights.safetensors", "--data-dir", "d", *wrong)
            assert refused.code in (2, 3)
            assert message in " ".join(refused.err.split())
        helped = run("train", "--help")
        assert "image files in DIR/train/CLASS" in helped.out
