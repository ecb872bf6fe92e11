"""What a checkpoint says of the training that it is of, and whether another one may go on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from ...importers.load import spec_of
from ...importers.record import same_layers
from ...ir.model import Model
from ...ir.serialize import from_json, to_json
from ...spec.spec import Spec
from ...support.errors import SpecError, TrainError
from ..schedules import Schedule
from ..settings import Settings

if TYPE_CHECKING:
    from ..data import Data

FORMAT = 1
"""How checkpoints are laid out."""
_FORMER = {"settings": asdict(Settings()), "conventions": Schedule("", 0, float).conventions()}
"""What checkpoints of earlier versions leave out, as it was then."""


def identity(
    model: Model, settings: Settings, data: Data, processes: int, start: str
) -> dict[str, Any]:
    """What a checkpoint is of; the engine is no part of it, nor are its threads."""
    spec = spec_of(model)
    return {
        "format": FORMAT,
        "processes": processes,
        "spec": spec.model_dump(mode="json") if spec else None,
        "graph": to_json(model.graph),
        "images": data.digest,
        "settings": asdict(settings),
        "conventions": settings.plan.conventions(),
        "start": start,
    }


def check_resumable(
    state: dict[str, object], model: Model, settings: Settings, processes: int
) -> None:
    """Refuse a checkpoint of another network or of other settings.

    Raises:
        SpecError: the checkpoint is of another spec.
        TrainError: it is of another network, or was made with other settings.
    """
    spec = spec_of(model)
    asked = {"format": FORMAT, "processes": processes}
    _check_equal(state, asked)
    if spec and state.get("spec"):
        _check_spec(state["spec"], spec)
    elif "graph" not in state:
        raise _other(model)
    if "graph" in state and not same_layers(from_json(str(state["graph"])), model.graph):
        raise _other(model)
    _check_settings(_with_former(state.get("settings", {}), _FORMER["settings"]), asdict(settings))
    _check_equal(
        _with_former(state.get("conventions", {}), _FORMER["conventions"]),
        settings.plan.conventions(),
    )


def _check_spec(had: object, spec: Spec) -> None:
    """Refuse another spec, and say where it differs."""
    changes = _changes(had if isinstance(had, dict) else {}, spec.model_dump(mode="json"))
    if not changes:
        return
    said = ", ".join([*changes.values()][:_MOST_SAID])
    more = "" if len(changes) <= _MOST_SAID else f", and {len(changes) - _MOST_SAID} others"
    raise SpecError(
        f"the checkpoint is of another network: {said}{more}",
        why=_WHY,
        fix="the network that it began with, or another --output",
    )


def check_same_images(state: dict[str, object] | None, data: Data) -> None:
    """Refuse a checkpoint of other images.

    Raises:
        TrainError: a file of the folder has changed since.
    """
    known = "" if state is None else state.get("images", "")
    if known and known != data.digest:
        raise TrainError(
            "the checkpoint is of other images than the folder holds now",
            why=f"{_WHY}; weights that it began from may say how images are resized",
            fix="the images and --weights that it began with, or another --output",
        )


def _with_former(had: object, former: dict[str, Any]) -> object:
    return {**former, **had} if isinstance(had, dict) else had


_WHY = "a training goes on only as it began"
_MOST_SAID = 3
"""Differences of two specs that a message has."""


def _other(model: Model) -> TrainError:
    return TrainError(
        f"the checkpoint is of another network than {model.name}",
        why=_WHY,
        fix="the network that it began with, or another --output",
    )


def _option(key: str, value: object) -> str:
    """What a command line says for a setting to be `value`."""
    flag = f"--{key.replace('_', '-')}"
    if key == "augment":
        return "--no-augment" if value is False else "no --no-augment"
    if value is None or value is False:
        return f"no {flag}"
    if value is True:
        return flag
    text = "x".join(map(str, value)) if isinstance(value, list) else value
    return f"{flag} {text}"


def _spelt(value: object) -> str:
    return "not said" if value is None else repr(value)


def _changes(had: Mapping[str, object], wants: Mapping[str, object]) -> dict[str, str]:
    """What differs, in words, by its key."""
    words = {
        key: list(value) if isinstance(value, tuple) else value for key, value in wants.items()
    }
    return {
        key: f"{key} was {_spelt(had.get(key))} and is now {_spelt(value)}"
        for key, value in words.items()
        if had.get(key) != value
    }


def _check_settings(had: object, wants: Mapping[str, object]) -> None:
    """Refuse other settings, and name the option that mends each."""
    if not isinstance(had, dict):
        raise TrainError("the checkpoint does not say what it is of", fix="train anew")
    changes = _changes(had, wants)
    if not changes:
        return
    options = " and ".join(_option(key, had.get(key)) for key in changes)
    raise TrainError(
        f"the run began with other settings: {'; '.join(changes.values())}",
        why=_WHY,
        fix=f"{options}, or another --output",
    )


def _check_equal(had: object, wants: Mapping[str, object]) -> None:
    if not isinstance(had, dict):
        raise TrainError("the checkpoint does not say what it is of", fix="train anew")
    for key, value in wants.items():
        value = list(value) if isinstance(value, tuple) else value
        if had.get(key) != value:
            raise TrainError(
                f"the checkpoint has {key} = {had.get(key)!r}, and now it is {value!r}",
                why=_WHY,
                fix=f"{key} = {had.get(key)!r}, or another --output",
            )
