"""Pieces in ranks along the flow, with what is run again drawn back over them."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence

from .layered import Link, Node, Placement, cap, layered
from .piece import Piece
from .plan import Wire
from .spacing import Spacing
from .wiring import Read

_LOOP = 7.0
_HANDLE = 10.0
"""The width and height of a line from a node back to itself."""


def ranks(
    pieces: Sequence[Piece],
    reads: Sequence[Read],
    space: Spacing,
    again: Iterable[tuple[str, str]] = (),
) -> Piece:
    """Pieces laid out in ranks, with the border of a frame before and behind them.

    Args:
        pieces: in the order of the data's flow.
        reads: the lines between them, and to what is outside.
        space: how far apart all is.
        again: the keys of the last and the first piece of what is run more than once.
    """
    own = {piece.key: piece for piece in pieces}
    lines = dict.fromkeys(_to_border(read, own) for read in reads)
    coming = list(dict.fromkeys(line.value for line in lines if line.source is None))
    going = list(dict.fromkeys(line.value for line in lines if line.target is None))
    starts = _numbered(coming)
    places = _numbered(own, len(coming))
    ends = _numbered(going, len(coming) + len(own))
    links = [
        (_link(line, own, starts, places, ends), line)
        for line in lines
        if line.source is not None or line.target is not None
    ]
    links.sort(key=lambda pair: pair[0].target)
    nodes = [Node(0.0, 0.0)] * len(coming)
    nodes += [piece.node for piece in pieces]
    nodes += [Node(0.0, 0.0, last=True)] * len(going)
    result = layered(nodes, [link for link, _ in links], space.rank, space.lane)
    loops = sorted(set(again))
    result = _lowered(result, _LOOP * len(loops) + 2 if loops else 0.0)
    whole = Piece(result.main, result.bottom)
    for piece in pieces:
        main, cross = result.nodes[places[piece.key]]
        whole.add(piece, main, cross - piece.cross / 2)
    for (_, line), way in zip(links, result.ways, strict=True):
        leaves, reaches = _leaf(own, line.source), _leaf(own, line.target)
        whole.wires.append(Wire(way, line.value, leaves, reaches))
    whole.entries = {value: result.nodes[place][1] for value, place in starts.items()}
    whole.exits = {value: result.nodes[place][1] for value, place in ends.items()}
    for number, (last, first) in enumerate(loops):
        lane = result.top - _LOOP * (number + 1)
        spots = (own[last], places[last]), (own[first], places[first])
        whole.wires.append(_loop(result, *spots, lane))
    return whole


def _to_border(read: Read, places: Container[str]) -> Read:
    """A line as far as the border of what is in `places`: one for all that read the map beyond."""
    source = read.source if read.source in places else None
    return read._replace(source=source) if read.target in places else Read(read.value, source, None)


def _numbered(keys: Iterable[str], first: int = 0) -> dict[str, int]:
    return {key: number for number, key in enumerate(keys, first)}


def _link(
    line: Read,
    own: Mapping[str, Piece],
    starts: Mapping[str, int],
    places: Mapping[str, int],
    ends: Mapping[str, int],
) -> Link:
    """A line between nodes, by their numbers: those of the pieces, and of the border."""
    source, start = starts.get(line.value, 0), 0.0
    target, end = ends.get(line.value, 0), 0.0
    if line.source is not None:
        piece = own[line.source]
        source, start = places[piece.key], piece.leaves(line.value) - piece.cross / 2
    if line.target is not None:
        piece = own[line.target]
        target, end = places[piece.key], piece.enters(line.value) - piece.cross / 2
    return Link(source, target, start, end, (line.value, line.operand))


def _leaf(own: Mapping[str, Piece], key: str | None) -> str | None:
    """The box that a line ends at, if it ends at one."""
    return None if key is None else own[key].key_of_leaf


def _lowered(result: Placement, room: float) -> Placement:
    """The same from `room` across on, so that there is room above it."""
    by = room - result.top
    return Placement(
        tuple((main, cross + by) for main, cross in result.nodes),
        tuple(tuple((main, cross + by) for main, cross in way) for way in result.ways),
        result.bands,
        result.main,
        room,
        result.bottom + by,
    )


def _loop(
    result: Placement, last: tuple[Piece, int], first: tuple[Piece, int], lane: float
) -> Wire:
    """A dashed line back over everything; of what is alone at the top, a handle on it."""
    (source, at), (target, to) = last, first
    out, back = result.nodes[at], result.nodes[to]
    ends = (source.key, source.key, target.key_of_leaf or target.key)
    if source is target and _is_free(result, at, source):
        middle, edge = out[0] + source.main / 2, out[1] - source.cross / 2
        right, left = middle + _HANDLE / 2, middle - _HANDLE / 2
        low, high = edge + cap(source.node, _HANDLE / 2), edge - _HANDLE
        return Wire(((right, low), (right, high), (left, high), (left, low)), *ends, dashed=True)
    right, left = result.bands[at][1] + 5, result.bands[to][0] - 5
    rise, fall = out[1] - 3, back[1] - 3
    start = (out[0] + source.main, rise)
    points = (start, (right, rise), (right, lane), (left, lane), (left, fall), (back[0], fall))
    return Wire(points, *ends, dashed=True)


def _is_free(result: Placement, node: int, piece: Piece) -> bool:
    """Whether nothing stands or passes above a node in its rank."""
    start, end = result.bands[node]
    edge = result.nodes[node][1] - piece.cross / 2 - 0.01
    others = (*result.nodes, *(point for way in result.ways for point in way))
    return not any(start <= main <= end and cross < edge for main, cross in others)
