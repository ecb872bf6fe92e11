"""How much room stands between what is drawn: usual, or less for a page that is small."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Spacing:
    """Distances and sizes in points, before all is scaled to a page.

    Attributes:
        title: the size of a title; other text is `SMALL`.
        box: between a box's text and its border, to the sides and above.
        frame: between a frame and what is inside.
        word: between what follows one another in a row.
        row: between rows.
        gutter: beside rows, for the lines that lead from one to the next.
        rank: between ranks inside a block.
        lane: between what stands side by side inside a block.
        narrow: whether a layer's channels stand on a line of their own.
    """

    title: float = 8.0
    box: tuple[float, float] = (5.0, 3.0)
    frame: float = 7.0
    word: float = 15.0
    row: float = 14.0
    gutter: float = 12.0
    rank: float = 14.0
    lane: float = 6.0
    narrow: bool = False


USUAL = Spacing()
CLOSE = Spacing(7.0, (3.0, 1.5), 4.0, 11.0, 7.5, 6.0, 10.5, 3.5)
NARROW = replace(CLOSE, narrow=True)
SPACINGS = (USUAL, CLOSE, NARROW)
