"""A channel shuffle that the layers after it undo, or cannot see."""

from __future__ import annotations

from collections.abc import Iterator

from ..graph import Node
from ..layers import ChannelShuffle
from ..linting import Context, Finding, Lint, leaf, macs

Order = tuple[int, ...]
"""For each channel of a layer, the channel of the shuffle's input that it comes from."""


def _check(context: Context) -> Iterator[Finding]:
    for node in context.graph:
        if isinstance(node.layer, ChannelShuffle):
            channels = tuple(range(int(node.channels)))
            shuffled = _followed(node, channels)
            why = (
                f"{len(channels)} channels in {_many(int(node.layer.groups))} keep their order"
                if shuffled == channels
                else _unseen(context, node, shuffled, channels)
            )
            if why:
                moved = context.works[node.name].bytes_moved
                share = moved / context.bytes_moved
                yield Finding((node.name,), f"{why}; it moves {moved:,} B", share=share)


def _followed(node: Node, before: Order) -> Order:
    """The order after a layer whose channels each read one of the only input's."""
    channels = range(int(node.channels))
    return tuple(before[node.layer.reads(channel, node.input_shapes)[0][0]] for channel in channels)


def _unseen(context: Context, shuffle: Node, shuffled: Order, plain: Order) -> str:
    """Why no reader can tell the shuffled order from the plain one; empty if one can."""
    seen: dict[str, None] = {}
    waiting = [(shuffle.name, shuffled, plain)]
    for name, after, before in waiting:
        if name in context.graph.outputs:
            return ""
        for reader in context.readers[name]:
            if _is_channel_wise(reader):
                orders = _followed(reader, after), _followed(reader, before)
                waiting.append((reader.name, *orders))
            elif _reads_alike(reader, after, before):
                seen[leaf(reader.name)] = None
            else:
                return ""
    return f"{' and '.join(seen)} would read the same channels without it" if seen else ""


def _many(groups: int) -> str:
    return f"{groups} group{'s' * (groups > 1)}"


def _is_channel_wise(node: Node) -> bool:
    """Whether each channel depends on one of the only input's."""
    if len(node.inputs) > 1:
        return False
    channels = (0, int(node.channels) - 1)
    return all(len(node.layer.reads(channel, node.input_shapes)[0]) == 1 for channel in channels)


def _reads_alike(node: Node, after: Order, before: Order) -> bool:
    """Whether every output weights the same channels in both orders."""
    if len(node.inputs) > 1 or not macs(node):
        return False
    groups = {
        node.layer.reads(channel, node.input_shapes)[0] for channel in range(int(node.channels))
    }
    return all({after[i] for i in group} == {before[i] for i in group} for group in groups)


LINT = Lint(
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
    fix="leave it out, or give the convolution after it several groups",
    source="ShuffleNet (arXiv:1707.01083), section 3.1; HENet section 3.1",
    check=_check,
    of="bytes moved",
    keys=("groups",),
)
