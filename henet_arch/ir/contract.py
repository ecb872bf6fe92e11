"""Gives a model what is said of its images and classes beside its layers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from ..support.errors import PreprocessingError, look_up
from .classes import class_names as checked_class_names
from .model import Model
from .preprocessing import BYTE, ORDERS, Preprocessing, image_shape, usual_order

CROP = 7 / 8
"""How much of a side ImageNet's crops keep: 224 pixels of 256."""

PRESETS: dict[str, tuple[Sequence[float], Sequence[float], float]] = {
    "bytes": ((0.0,), (1.0,), 1.0),
    "unit": ((0.0,), (1.0,), BYTE),
    "signed": ((0.5,), (0.5,), BYTE),
    "imagenet": ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225), BYTE),
    "caffe": ((104.0, 117.0, 123.0), (1.0, 1.0, 1.0), 1.0),
}
"""Mean, std and scale by name: bytes as they are, 0 to 1, -1 to 1, torchvision's, and Caffe's."""


def preset(name: str, model: Model) -> Preprocessing:
    """What many networks of that kind expect, for the model's input.

    `imagenet` cuts 224 of 256 pixels, or the same share of another size; the others stretch the
    image.

    Raises:
        UnknownNameError: there is no such preset.
        PreprocessingError: it does not fit the model.
    """
    mean, std, scale = look_up(name, PRESETS, "preprocessing")
    channels, height, width = image_shape(model.graph)
    if len(mean) == 1:
        mean, std = (tuple(values) * channels for values in (mean, std))
    order = "BGR" if name == "caffe" else usual_order(len(mean))
    whole = (round(height / CROP), round(width / CROP))
    resize = whole if name == "imagenet" else None
    return Preprocessing(tuple(mean), tuple(std), order, scale, resize)


def with_images(
    model: Model,
    preprocessing: str | Preprocessing | None = None,
    class_names: Sequence[str] | None = None,
    **values: Any,
) -> Model:
    """The model with other words on its images and classes; None leaves a value as it is.

    Args:
        model: The network.
        preprocessing: All of it, or the name of one of `PRESETS`. Without it the rest changes the
            model's own, or `bytes` where it has none.
        class_names: A name for each element of the output.
        **values: The mean, std, channel_order and resize of a `Preprocessing`, as `ha.with_images`
            takes them.

    Raises:
        UnknownNameError: there is no such preset or channel order.
        PreprocessingError: it is not valid, or does not fit the model.
    """
    if class_names is not None:
        model = replace(model, class_names=tuple(class_names))
        checked_class_names(model)
    changes = {key: value for key, value in values.items() if value is not None}
    if preprocessing is None and not changes:
        return model
    base = preprocessing or model.preprocessing or "bytes"
    if isinstance(base, str):
        base = preset(base, model)
    changed = _changed(base, changes)
    changed.check(model.graph)
    return replace(model, preprocessing=changed)


def _changed(base: Preprocessing, changes: dict[str, Any]) -> Preprocessing:
    """The base with other values; one number stands for every channel."""
    if changes.get("resize") == "stretch":
        changes["resize"] = None
    order = changes.get("channel_order", base.channel_order)
    fixed = look_up(order, ORDERS, "channel order")
    count = fixed or base.channels
    for key in ("mean", "std"):
        given = key in changes
        values = tuple(changes.get(key, getattr(base, key)))
        is_one = len(values) == 1 or (not given and len(set(values)) == 1)
        changes[key] = values[:1] * count if is_one else values
        if given and fixed and len(changes[key]) != fixed:
            raise PreprocessingError(
                f"{key} has {len(values)} numbers, and {order} images have {fixed} channels",
                fix=f"{fixed} numbers, or one for all",
            )
    return replace(base, **changes)
