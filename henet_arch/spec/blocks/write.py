"""Specs with declared blocks as text: lines as people write them, below each other."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from ...support import formats
from .text import BLOCKS, LAYERS, NETWORK


def dump_toml(data: Mapping[str, Any]) -> str:
    """Keys, then the network, then a table for each block."""
    text = formats.toml_of({k: v for k, v in data.items() if k not in (NETWORK, BLOCKS)})
    text += f"\n{NETWORK} = {_toml_lines(data[NETWORK])}"
    for name, block in data[BLOCKS].items():
        numbers = {key: value for key, value in block.items() if key != LAYERS}
        text += f"\n[{BLOCKS}.{name}]\n{formats.toml_of(numbers)}"
        text += f"{LAYERS} = {_toml_lines(block[LAYERS])}"
    return text


def _toml_lines(lines: list[str]) -> str:
    """No line has three quotes in a row, or a character that needs an escape."""
    return "'''\n" + "".join(f"{line}\n" for line in lines) + "'''\n"


def dump_json(data: Mapping[str, Any]) -> str:
    """Each key on its line, and each line of a block."""
    pairs = []
    for key, value in data.items():
        indent = 2 if key in (NETWORK, BLOCKS) else None
        text = json.dumps(value, indent=indent).replace("\n", "\n  ")
        pairs.append(f"  {json.dumps(key)}: {text}")
    return "{\n" + ",\n".join(pairs) + "\n}\n"


def dump_yaml(data: Mapping[str, Any]) -> str:
    """Lines as literal text."""
    import yaml

    from ...support import core_yaml

    class Text(str):
        """Lines below each other."""

    class Dumper(core_yaml.Dumper):
        """Writes them so."""

    Dumper.add_representer(
        Text,
        lambda dumper, text: dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|"),
    )

    def joined(lines: list[str]) -> Text:
        return Text("".join(f"{line}\n" for line in lines))

    blocks = {
        name: {**block, LAYERS: joined(block[LAYERS])} for name, block in data[BLOCKS].items()
    }
    written = {**data, NETWORK: joined(data[NETWORK]), BLOCKS: blocks}
    return yaml.dump(written, Dumper=Dumper, sort_keys=False, default_flow_style=None, width=1000)


DUMPS: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "toml": dump_toml,
    "json": dump_json,
    "yaml": dump_yaml,
}
"""How each format is written."""
