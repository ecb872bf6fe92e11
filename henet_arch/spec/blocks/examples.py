"""Files with the blocks of known networks, to start from."""

from __future__ import annotations

import json
import re
from functools import cache
from importlib import resources
from pathlib import Path

from ...support.errors import SpecError, nearest
from ..families import family
from ..files import parse
from ..spec import Spec

_FOLDER = "examples"


@cache
def examples() -> tuple[str, ...]:
    """The families of which a file says the blocks."""
    names = (Path(entry.name) for entry in _folder().iterdir())
    return tuple(sorted(name.stem for name in names if name.suffix == ".toml"))


def text_of(name: str) -> str:
    """The file of a family, as it is.

    Raises:
        SpecError: there is none.
    """
    if name not in examples():
        raise SpecError(
            f"no file has the blocks of family {name}", key="family", fix=nearest(name, examples())
        )
    return (_folder() / f"{name}.toml").read_text("utf-8")


def declared(spec: Spec) -> Spec:
    """The same network by blocks that the spec declares itself.

    Raises:
        SpecError: there is no file of the family's blocks, or a key says what that cannot.
    """
    return parse(text_for(spec), "toml")


def text_for(spec: Spec) -> str:
    """The file of a spec's family with the values of the spec.

    Raises:
        SpecError: there is none, or a key says what it cannot.
    """
    text = text_of(spec.family)
    usual = family(spec.family).spec.model_fields
    values = spec.model_dump(mode="json", exclude={"family", "name"})
    head, mark, blocks = text.partition("\nnetwork = ")
    more = [f'name = "{spec.title}"']
    for key, value in values.items():
        pattern = re.compile(rf"(?m)^({key}\s*=\s*)(?:[^#\n]*[^#\s])")
        said = json.dumps(value)
        if pattern.search(head):
            head = pattern.sub(lambda match, said=said: match[1] + said, head, count=1)  # type: ignore[misc]
        elif key in Spec.model_fields:
            more += [f"{key} = {said}"] if value != usual[key].default else []
        elif getattr(spec, key) != usual[key].default:
            raise SpecError(
                f"the blocks of {spec.family} are for {key} = {json.dumps(usual[key].default)}",
                key=key,
                fix=f"{spec.title} without {key}",
            )
    remark, rest = re.fullmatch(r"(?s)((?:#[^\n]*\n)*)(.*)", head).groups()  # type: ignore[union-attr]
    return remark + "\n".join(more) + "\n" + rest + mark + blocks


def _folder() -> resources.abc.Traversable:
    from ... import rules

    return resources.files(rules) / _FOLDER
