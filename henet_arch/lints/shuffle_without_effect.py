"""A channel shuffle that the layers after it undo, or cannot see."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..ir.graph import Node
from ..ir.layers import ChannelShuffle
from ..ir.scope import leaf
from .rule import Context, Finding, Rule, first_names, listed, macs

Order = tuple[int, ...]
"""For each channel of a layer, the channel of the shuffle's input that it comes from."""

State = tuple[str, Order, Order]
"""A layer with the orders that its channels have after a shuffle and without it."""

Readers = dict[State, tuple[str, ...] | None]
"""The first names of the layers that cannot tell the two orders apart; None if one can."""


def _check(context: Context) -> Iterator[Finding]:
    readers: Readers = {}
    for node in context.graph:
        if isinstance(node.layer, ChannelShuffle):
            channels = tuple(range(int(node.channels)))
            shuffled = _followed(node, channels)
            why = (
                f"{len(channels)} channels in {_many(int(node.layer.groups))} keep their order"
                if shuffled == channels
                else _unseen(context, _state(node.name, shuffled, channels), readers)
            )
            if why:
                moved = context.works[node.name].bytes_moved
                share = moved / context.bytes_moved
                yield Finding((node.name,), f"{why}; it moves {moved:,} B", share=share)


def _followed(node: Node, before: Order) -> Order:
    """The order after a layer whose channels each read one of the only input's."""
    channels = range(int(node.channels))
    return tuple(before[node.layer.reads(channel, node.input_shapes)[0][0]] for channel in channels)


def _unseen(context: Context, state: State, readers: Readers) -> str:
    """Why no reader can tell the shuffled order from the plain one; empty if one can."""
    names = _blind(context, state, readers)
    return f"{listed(names, ' and ')} would read the same channels without it" if names else ""


def _state(name: str, after: Order, before: Order) -> State:
    """The two orders of a layer, their channels numbered as they come."""
    numbers: dict[int, int] = {}
    pair = [tuple(numbers.setdefault(c, len(numbers)) for c in order) for order in (before, after)]
    return name, pair[1], pair[0]


def _blind(context: Context, start: State, readers: Readers) -> tuple[str, ...] | None:
    """The first layers that read one order as the other, through others; None if one does not.

    `readers` has what is known, and learns it of all layers on the way.
    """
    onward: dict[State, list[State]] = {}
    waiting = [start]
    for state in waiting:
        if state not in readers:
            onward[state] = list(_onward(context, state))
            waiting += onward[state]
    for state, beyond in reversed(onward.items()):
        readers[state] = _met(context, state, [readers[each] for each in beyond])
    return readers[start]


def _onward(context: Context, state: State) -> Iterator[State]:
    """Both orders after each layer that treats channels one by one."""
    name, after, before = state
    for reader in context.graph.readers[name]:
        if _is_channel_wise(reader):
            yield _state(reader.name, _followed(reader, after), _followed(reader, before))


def _met(
    context: Context, state: State, beyond: Sequence[tuple[str, ...] | None]
) -> tuple[str, ...] | None:
    name, after, before = state
    others = [reader for reader in context.graph.readers[name] if not _is_channel_wise(reader)]
    if name in context.outputs or any(node.name in context.shared for node in others):
        return None  # weights that another layer has too cannot be put into another order
    if not all(_reads_alike(node, after, before) for node in others):
        return None
    names = [leaf(node.name) for node in others]
    for more in beyond:
        if more is None:
            return None
        names += more
    return first_names(names)


def _many(groups: int) -> str:
    return f"{groups} group{'s' * (groups > 1)}"


def _is_channel_wise(node: Node) -> bool:
    """Whether each channel depends on one of the only input's."""
    if len(node.inputs) > 1 or not node.layer.structure_known:
        return False
    channels = (0, int(node.channels) - 1)
    return all(len(node.layer.reads(channel, node.input_shapes)[0]) == 1 for channel in channels)


def _reads_alike(node: Node, after: Order, before: Order) -> bool:
    """Whether every output weights the same channels in both orders."""
    if len(node.inputs) > 1 or not (macs(node) and node.layer.structure_known):
        return False
    groups = {
        node.layer.reads(channel, node.input_shapes)[0] for channel in range(int(node.channels))
    }
    return all({after[i] for i in group} == {before[i] for i in group} for group in groups)


RULE = Rule(
    id="HA103",
    severity="warning",
    summary="a channel shuffle without effect",
    explanation=(
        "A shuffle is there to bring channels of different groups into one group of the next "
        "convolution. In 1 group, or in as many groups as channels, it keeps their order. And "
        "where the next convolution reads all channels, or the same sets of them as without the "
        "shuffle, its weights in another order give the same output. Depthwise convolutions, "
        "norms, activations and pooling on the way treat channels one by one and are looked "
        "through. Silent where the shuffled map is an output, or meets another map."
    ),
    advice="leave it out, or give the convolution after it several groups",
    source="ShuffleNet (arXiv:1707.01083), section 3.1; HENet section 3.1",
    check=_check,
    of="bytes moved",
    keys=("groups",),
    proposals=lambda spec: [{"groups": groups} for groups in ("nearest-divisors", 2, 3, 4)],
)
