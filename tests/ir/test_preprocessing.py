"""What a network expects of images: what is valid, what fits, and how it is said."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from preprocessings import preprocessings

import henet_arch as ha
from henet_arch.ir import layers
from henet_arch.ir.classes import checked_names, class_names, classes_of, gives_shares
from henet_arch.ir.contract import PRESETS, preset, with_images
from henet_arch.ir.graph import Graph
from henet_arch.ir.model import Model
from henet_arch.ir.preprocessing import ORDERS, Preprocessing, covering
from henet_arch.support.errors import HenetArchError, PreprocessingError, UnknownNameError

RGB = Preprocessing((1.0, 2.0, 3.0), (4.0, 5.0, 6.0))


def _model(*shape: int) -> Model:
    return ha.load(_graph(layers.GlobalAvgPool2d(), *shape))


def _graph(*parts: Any) -> Graph:
    """Layers one after the other, behind an input of the sizes at the end."""
    kinds, shape = [p for p in parts if not isinstance(p, int)], parts
    builder = ha.GraphBuilder("net")
    node = builder.add("image", layers.Input(tuple(p for p in shape if isinstance(p, int))))
    for index, layer in enumerate(kinds):
        node = builder.add(f"layer{index}", layer, node)
    return builder.finish()


@given(preprocessings())
def test_plain_values_come_back_through_json(preprocessing: Preprocessing) -> None:
    values = json.loads(json.dumps(preprocessing.to_dict()))
    assert Preprocessing.from_dict(values) == preprocessing
    assert hash(preprocessing) == hash(Preprocessing.from_dict(values))


def test_the_plain_form() -> None:
    """Files of weights, ONNX files and Caffe's networks have it inside."""
    assert replace(RGB, channel_order="BGR", resize=(256, 288)).to_dict() == {
        "channel_order": "BGR", "scale": 1.0, "mean": [1, 2, 3], "std": [4, 5, 6],
        "resize": [256, 288],
    }  # fmt: skip


_JUNK: st.SearchStrategy[Any] = st.sampled_from(
    [None, "", "rgb", -1, 0, 1e9, float("nan"), float("inf"), True, [], {}, [1, 2], (0, 5), 10**400]
)


@given(st.sampled_from(list(RGB.to_dict())), _JUNK)
def test_junk_is_refused_with_a_reason(key: str, value: Any) -> None:
    values = {**RGB.to_dict(), key: value}
    if key == "resize" and value in (None, [1, 2]):
        assert Preprocessing.from_dict(values)
        return
    with pytest.raises((PreprocessingError, UnknownNameError)):
        Preprocessing.from_dict(values)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"std": [0.0, 1.0, 1.0]}, "std has 0.0, which is no number of 1e-06 to 1,000,000"),
        ({"mean": [float("nan")] * 3}, "mean has nan, which is no number"),
        ({"mean": [0.0], "std": [1.0]}, "1 means and 1 deviations are not those of RGB images"),
        ({"mean": [0.0] * 4}, "4 means and 3 deviations"),
        ({"channel_order": "rgb"}, "unknown channel order 'rgb'"),
        ({"resize": [0, 5]}, "resize has 0, which is not 1 to 16,384 pixels"),
        ({"resize": 256}, "resize = 256 is no height and width"),
        ({"mean": "123"}, "mean = '123' is no list of numbers"),
    ],
)
def test_refusals_say_what(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(HenetArchError, match=message):
        Preprocessing.from_dict({**RGB.to_dict(), **changes})


@pytest.mark.parametrize("values", [None, [], {}, {"mean": [1]}, {**RGB.to_dict(), "more": 1}])
def test_other_values_are_no_preprocessing(values: object) -> None:
    """A key that is not known could change what the rest means."""
    with pytest.raises(PreprocessingError, match="is no preprocessing"):
        Preprocessing.from_dict(values)


@pytest.mark.parametrize(
    ("preprocessing", "shape", "message"),
    [
        (RGB, (4, 8, 8), "takes 4 channels, and RGB images have 3"),
        (replace(RGB, resize=(8, 7)), (3, 8, 8), "8x8 cannot be cut from an image of 8x7"),
        (RGB, (3, 20_000, 8), "larger than images are"),
        (RGB, (8,), "does not take one image"),
    ],
)
def test_a_network_that_takes_no_such_image(
    preprocessing: Preprocessing, shape: tuple[int, ...], message: str
) -> None:
    graph = _graph(layers.Elementwise("relu"), *shape)
    with pytest.raises(PreprocessingError, match=message):
        preprocessing.check(graph)


def test_what_fits() -> None:
    grey = Preprocessing((0.0,), (1.0,), "grey")
    for preprocessing, channels in ((RGB, 3), (RGB, 1), (grey, 1), (grey, 5)):
        preprocessing.check(_model(channels, 8, 8).graph)
    replace(RGB, resize=(8, 9)).check(_model(3, 8, 8).graph)


@given(*[st.integers(1, 5000)] * 4)
def test_an_image_covers_what_is_cut_out_and_no_more(h: int, w: int, tall: int, wide: int) -> None:
    height, width = covering((h, w), (tall, wide))
    assert height >= tall
    assert width >= wide
    assert height == tall or width == wide
    assert abs(height / h - width / w) <= 1 / min(h, w)  # the longer side is rounded down


@given(*[st.integers(1, 5000)] * 3)
def test_a_square_is_covered_as_torchvision_resizes(h: int, w: int, n: int) -> None:
    short, long = sorted((h, w))
    found = covering((h, w), (n, n))
    assert sorted(found) == [n, int(n * long / short)]


def test_presets_fit_networks_of_their_channels() -> None:
    for channels in (1, 3, 5):
        model = _model(channels, 224, 192)
        for name, (mean, *_) in PRESETS.items():
            own = preset(name, model)
            if channels in (1, 3) or len(mean) == 1:
                own.check(model.graph)
            assert own.channel_order in ORDERS
    assert preset("imagenet", _model(3, 224, 192)).resize == (256, 219)
    assert preset("bytes", _model(1, 8, 8)).channel_order == "grey"
    assert preset("caffe", _model(3, 8, 8)).channel_order == "BGR"


def test_what_is_said_changes_that_alone() -> None:
    model = replace(_model(3, 8, 8), preprocessing=RGB)
    assert with_images(model) is model
    changed = with_images(model, mean=(9,), channel_order="BGR").preprocessing
    assert changed == replace(RGB, mean=(9.0,) * 3, channel_order="BGR")
    resized = with_images(model, resize=(9, 9))
    assert with_images(resized, resize="stretch") == model
    grey = with_images(_model(3, 8, 8), "signed", channel_order="grey").preprocessing
    assert grey == Preprocessing((0.5,), (0.5,), "grey", 1 / 255)
    assert with_images(_model(3, 8, 8), std=(2,)).preprocessing == Preprocessing(
        (0.0,) * 3, (2.0,) * 3
    )
    with pytest.raises(PreprocessingError, match="3 means and 3 deviations are not those of grey"):
        with_images(model, channel_order="grey")
    with pytest.raises(UnknownNameError, match="unknown preprocessing 'imagnet'"):
        with_images(model, "imagnet")


@pytest.mark.parametrize("names", ["ab", [1], ["\ud800"], ["a\0"], ["x" * 1001], {"a": 1}, None])
def test_what_is_no_name_of_a_class(names: object) -> None:
    with pytest.raises(PreprocessingError, match=r"is no (name of a class|list of the classes)"):
        checked_names(names)


def test_names_are_as_many_as_the_network_scores() -> None:
    model = _model(3, 8, 8)
    assert class_names(with_images(model, class_names=["a", "b", "ü\n"])) == ("a", "b", "ü\n")
    with pytest.raises(PreprocessingError, match="2 names are not those of the classes of net"):
        with_images(model, class_names=["a", "b"])
    maps = ha.load(_graph(layers.Elementwise("relu"), 3, 8, 8))
    with pytest.raises(PreprocessingError, match="3 names") as caught:
        with_images(maps, class_names=["a", "b", "c"])
    assert "no vector of scores" in caught.value.why


def test_scores_and_shares() -> None:
    """Seen through layers that only move numbers."""
    pool, flat, softmax = layers.GlobalAvgPool2d(), layers.Flatten(), layers.Softmax()
    assert classes_of(_graph(pool, 3, 8, 8)) == 3
    assert classes_of(_graph(pool, flat, 1, 8, 8)) is None
    assert classes_of(_graph(layers.Elementwise("relu"), 3, 8, 8)) is None
    assert not gives_shares(_graph(pool, flat, 3, 8, 8))
    assert gives_shares(_graph(pool, softmax, flat, layers.Dropout(), 3, 8, 8))
    assert gives_shares(_graph(pool, flat, layers.Elementwise("sigmoid"), 3, 8, 8))
    assert not gives_shares(_graph(pool, softmax, layers.Elementwise("relu"), 3, 8, 8))


@pytest.mark.parametrize("key", ["mean", "std"])
def test_equal_numbers_are_a_number_for_each_channel_too(key: str) -> None:
    """One stands for all; two or four that happen to be equal are a slip."""
    model = ha.load("henet-r2")

    def given(count: int) -> Preprocessing | None:
        changes: dict[str, Any] = {key: (0.5,) * count}
        return ha.with_images(model, "unit", **changes).preprocessing

    assert given(1) == given(3)
    for count in (2, 4):
        with pytest.raises(PreprocessingError, match=f"{key} has {count} numbers, and RGB"):
            given(count)
