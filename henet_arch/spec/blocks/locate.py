"""Where the lines of declared blocks stand in the file that they come from."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from .text import BLOCKS, LAYERS, NETWORK, Blocks, BlockText, Code, Line, Owner, Spot


def located(data: Mapping[str, Any], text: str, file: str) -> dict[str, Any]:
    """The values of a spec file, of which the lines of blocks know their places.

    Args:
        data: what the file says.
        text: the file's text, in whatever format.
        file: what the places call it.

    Raises:
        SpecError: what stands for lines is no text.
    """
    result = dict(data)
    page = _Page(text, file)
    if NETWORK in data:
        start = page.find(NETWORK, 0)
        result[NETWORK] = page.placed(Code.of(data[NETWORK], Owner(NETWORK)), start)
    if BLOCKS in data:
        start = page.find(BLOCKS, 0)
        result[BLOCKS] = Blocks([page.block(b, start) for b in Blocks.of(data[BLOCKS])])
    return result


class _Page:
    """The lines of a file."""

    def __init__(self, text: str, file: str) -> None:
        self._lines = text.splitlines()
        self._file = file

    def block(self, block: BlockText, start: int) -> BlockText:
        """The same block, its lines with their places."""
        header = self.find(block.name, start)
        layers = self.find(LAYERS, header)
        numbers = tuple(
            (name, self.placed(code, self.find(name, header))) for name, code in block.numbers
        )
        return BlockText(block.name, numbers, self.placed(block.layers, layers))

    def find(self, key: str, start: int) -> int:
        """The index of the first line from `start` on that begins a key or a table; or `start`."""
        word = re.escape(key)
        pattern = re.compile(
            rf"""\s*+(?:[{{\[]\s*+)?(?:["']?[\w-]++["']?\s*+\.\s*+)*["']?{word}["']?\s*+[\]=:.]"""
        )
        lines = enumerate(self._lines[start:], start)
        return next((i for i, line in lines if key in line and pattern.match(line)), start)

    def placed(self, code: Code, start: int) -> Code:
        """The same lines, each with its place at or after the line of index `start`."""
        row, column, lost = start, 0, False
        result: list[Line] = []
        for line in code.lines:
            words = line.text.lstrip()
            spot = None if lost or not words else self._spot(words, row, column)
            if spot:
                row, column = spot.line - 1, spot.column + len(words) - 1
                indent = len(line.text) - len(words)
                spot = spot._replace(column=spot.column - indent)
            lost = lost or bool(words and not spot)
            result.append(line._replace(spot=spot or Spot(self._file, row + 1, 1)))
        return Code(result)

    def _spot(self, words: str, row: int, column: int) -> Spot | None:
        """The place of the words, as they are or as JSON has them."""
        escaped = json.dumps(words, ensure_ascii=False)[1:-1]
        for index in range(row, len(self._lines)):
            for text in (words, escaped):
                at = self._lines[index].find(text, column if index == row else 0)
                if at >= 0:
                    return Spot(self._file, index + 1, at + 1)
        return None
