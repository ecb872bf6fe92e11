"""Specs, graphs, reports, profiles, weights and checkpoints that are nearly right."""

from __future__ import annotations

import json
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
from fuzz.bounds import folder
from fuzz.mutations import bytes_near, changed, json_near, numbers, text_near, values, words
from hypothesis import strategies as st
from safetensors.numpy import save
from strategies import networks, specs

import henet_arch as ha
from henet_arch.importers.record import to_record
from henet_arch.search.choices import space
from henet_arch.search.progress import Progress
from henet_arch.search.query import query
from henet_arch.search.search import search
from henet_arch.spec.files import DUMPS

FORMS = ("toml", "json", "yaml")


@st.composite
def spec_texts(draw: st.DrawFn) -> tuple[str, str]:
    """A format, and text in it that is nearly a spec."""
    form = draw(st.sampled_from(FORMS))
    spec = draw(specs() | networks())
    data = spec.model_dump(mode="json", exclude_none=True)
    if draw(st.booleans()):
        key = draw(st.sampled_from(sorted(type(spec).model_fields)) | words)
        data[key] = draw(values | numbers | st.lists(numbers, max_size=5))
    text = _dumped(data, form)
    return form, draw(text_near(text)) if draw(st.integers(0, 3)) == 0 else text


def _dumped(data: dict[str, Any], form: str) -> str:
    """What the format can say of it; JSON, which TOML and YAML nearly read, of all else."""
    try:
        return DUMPS[form](data)
    except Exception:
        return json.dumps(data)


@cache
def _graph() -> Any:
    spec = ha.Spec(channels=(4, 8), repeats=1, input=(1, 7, 7), classes=3)
    return json.loads(ha.to_json(ha.build(spec)))


def graphs() -> st.SearchStrategy[str]:
    """JSON that is nearly a graph."""
    return st.deferred(lambda: json_near(_graph()))


@cache
def _report() -> Any:
    return ha.analyze(ha.Spec(channels=(4, 8), repeats=1, input=(3, 7, 7), classes=3)).to_dict()


def reports() -> st.SearchStrategy[str]:
    """JSON that is nearly a saved report."""
    return st.deferred(lambda: json_near(_report()))


_PROFILE = 'name = "a"\npeak_gflops = {}\nbandwidth_gb_per_s = {}\n'


def profiles() -> st.SearchStrategy[str]:
    """TOML that is nearly a machine's profile."""
    number = st.sampled_from(("1e-06", "0.5", "10", "123.4", "1e9")) | numbers.map(repr) | words
    text = st.builds(_PROFILE.format, number, number)
    return text | text | text | text.flatmap(text_near)


SPEC = ha.Spec(channels=(4, 8), repeats=1, input=(1, 7, 7), classes=10)
NET = DUMPS["json"](SPEC.model_dump(mode="json", exclude_none=True))
PIXELS = {"mean": [0.5], "std": [0.25]}


@cache
def _tensors() -> dict[str, Any]:
    random = np.random.default_rng(0)
    from henet_arch.ir.tensors import tensors_of

    return {
        name: np.abs(random.standard_normal(shape)).astype(np.float32)
        for name, shape in tensors_of(ha.build(SPEC)).items()
    }


@st.composite
def weights(draw: st.DrawFn) -> bytes:
    """A file that is nearly trained weights: its words, its tensors or its bytes are changed."""
    data = {
        "spec": SPEC.model_dump(mode="json"),
        "training": {"data": "digits", "pixels": PIXELS, "note": ""},
    }
    if draw(st.booleans()):
        data |= to_record(ha.load(SPEC))
    tensors = dict(_tensors())
    kind = draw(st.sampled_from((*("words",) * 3, *("tensors",) * 3, "text", "bytes")))
    text = json.dumps(draw(changed(data)) if kind == "words" else data)
    if kind == "text":
        text = draw(text_near(text))
    if kind == "tensors":
        name = draw(st.sampled_from(sorted(tensors)))
        renamed = draw(words).encode("utf-8", "replace").decode()
        tensors[renamed] = tensors.pop(name).astype(
            draw(st.sampled_from((np.float32, np.float64, np.float16, np.int64, np.bool_)))
        )
        other = draw(st.sampled_from(sorted(tensors)))
        with np.errstate(all="ignore"):
            tensors[other] = tensors[other] * draw(st.sampled_from((1, -1, np.nan, np.inf, 1e38)))
    content = save(tensors, {"henet_arch": text.encode("utf-8", "replace").decode()})
    return draw(bytes_near(content)) if kind == "bytes" else content


BUDGET = ("henet-r2", "--channels", "4..12:4,8", "--input", "15", "--repeats", "1..3")
"""The query that the checkpoints of budget are of."""


@cache
def _budget_checkpoint() -> Any:
    asked = query(space("henet-r2", channels=((4, 8, 12), (8,)), repeats=(1, 2, 3), input=(15,)))
    progress = Progress(asked)
    search(progress, None)
    with folder({}) as place:
        progress.save(place / "kept.json")
        return json.loads((place / "kept.json").read_text())


@st.composite
def budget_checkpoints(draw: st.DrawFn) -> str:
    """JSON that is nearly the state of a search; its digest is right, or what it was."""
    kept = draw(changed(_budget_checkpoint()))
    if isinstance(kept, dict) and "sha256" in kept and draw(st.integers(0, 3)):
        del kept["sha256"]
        kept["sha256"] = sha256(json.dumps(kept).encode()).hexdigest()
    text = json.dumps(kept) + "\n"
    return draw(text_near(text)) if draw(st.integers(0, 9)) == 0 else text


TRAIN = ("train", "net.json", "--epochs", "1", "--batch", "500")
"""The training that the checkpoints are of."""


@cache
def _run() -> dict[str, bytes]:
    """What a short training leaves in its folder."""
    from cli.run import run

    with folder({"net.json": NET}) as place:
        outcome = run(*TRAIN, "-o", "run")
        assert outcome.code == 0, outcome
        return {p.name: p.read_bytes() for p in (place / "run").iterdir()}


@st.composite
def runs(draw: st.DrawFn) -> dict[str, str | bytes]:
    """The folder of a training, one of its files damaged."""
    files: dict[str, str | bytes] = dict(_run())
    name = draw(st.sampled_from(("checkpoint.safetensors",) * 3 + tuple(sorted(files))))
    content = files[name]
    assert isinstance(content, bytes)
    files[name] = draw(
        _header_near(content) if name.endswith("safetensors") else bytes_near(content)
    )
    if draw(st.booleans()):
        files.pop("weights.safetensors", None)
    return files


@st.composite
def _header_near(draw: st.DrawFn, content: bytes) -> bytes:
    """A safetensors file with changes in what it says, or anywhere."""
    if draw(st.booleans()):
        return draw(bytes_near(content))
    length = int.from_bytes(content[:8], "little")
    header = json.loads(content[8 : 8 + length])
    header["__metadata__"] = {
        key: json.dumps(draw(changed(json.loads(text)))) if text[:1] == "{" else text
        for key, text in header["__metadata__"].items()
    }
    text = json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + content[8 + length :]


def written(files: dict[str, str | bytes], place: str) -> None:
    """Write the files of a folder below the working folder."""
    Path(place).mkdir()
    for name, content in files.items():
        (Path(place) / name).write_bytes(
            content if isinstance(content, bytes) else content.encode()
        )
