"""Spec x rules -> Graph: the spec's family adds its layers to a `Net`, which keeps the reasons."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from math import inf

from ..ir import layers
from ..ir.dims import Dim, Pair
from ..ir.features import features
from ..ir.graph import AsPublished, Decision, Graph, GraphBuilder, Node
from ..ir.layer import Layer
from ..ir.scope import join, parent
from ..rules import grouping, resolution
from ..support.collector import collector_paused
from ..support.errors import HenetArchError, LimitError, RuleError, ShapeError
from ..support.limits import MAX_BLOCKS, MOST_BLOCKS
from .families import family_of
from .spec import Spec

MOST_TRIED = 1000
"""Blocks of a network that is built only to advise."""
Reasons = tuple[Decision, ...]
PaddingRule = Callable[[int, int, int], tuple[int, Decision]]


def build(spec: Spec, max_blocks: int = MAX_BLOCKS) -> Graph:
    """The network that `spec` describes, every layer with the reasons for it.

    Raises:
        LimitError: the repeats add up to more than `max_blocks`, which is at most 100,000.
        RuleError, ShapeError: the numbers of the spec do not go together.
    """
    blocks = sum(spec.broadcast("repeats"))
    limit = min(max_blocks, MOST_BLOCKS)
    if blocks > limit:
        more = f", or --max-blocks {blocks} (max_blocks={blocks} in Python)"
        raise LimitError(
            f"repeats add up to {blocks:,} blocks",
            where=f"network {spec.title!r}",
            why=f"the limit is {limit:,}" + (" (max_blocks)" if limit == max_blocks else ""),
            fix="fewer repeats" + (more if blocks <= MOST_BLOCKS else ""),
        )
    net, error = _attempt(spec, limit)
    if error:
        from .suggest import advise

        error.fix = error.fix or advise(spec, error, reach)
        raise error
    return _finished(net, spec)


def expand(spec: Spec) -> Graph:
    """The network of a spec in which sizes may be symbols; no limit is asked, no advice given.

    Raises:
        RuleError, ShapeError: the numbers of the spec do not go together.
        TypeError: a rule needs a number where the spec has a symbol.
    """
    net, error = _attempt(spec)
    if error:
        raise error
    return _finished(net, spec)


def reach(spec: Spec) -> float:
    """How many layers can be built; infinity for all of them, -1 where that takes too long."""
    try:
        net, error = _attempt(spec, MOST_TRIED)
    except HenetArchError:
        return -1
    return len(net.graph) if error else inf


def _finished(net: NetworkBuilder, spec: Spec) -> Graph:
    graph = net.graph.finish(net.outputs)
    return features(graph, spec.feature_strides) if spec.features_only else graph


def _attempt(
    spec: Spec, max_blocks: int = MOST_BLOCKS
) -> tuple[NetworkBuilder, HenetArchError | None]:
    """The network as far as it could be built, and what stopped it, if anything did."""
    net = NetworkBuilder(spec, max_blocks)
    try:
        with collector_paused():
            family_of(spec).expand(net, spec)
            if spec.softmax:
                net.outputs = [net.softmax(output) for output in net.outputs or [net.last]]
    except (RuleError, ShapeError) as error:
        error.where = error.where or net.path or f"network {spec.title!r}"
        return net, error
    return net, None


# Layers never change, and networks have few different ones.
_conv2d = lru_cache(maxsize=4096)(layers.Conv2d)
_norm = lru_cache(maxsize=4096)(layers.BatchNorm2d)
_slice = lru_cache(maxsize=4096)(layers.SliceChannels)
_elementwise = lru_cache(maxsize=4096)(layers.Elementwise)


class NetworkBuilder:
    """What a family writes its network to.

    Every method that adds a layer takes the layer's name within the current scope and returns its
    node, which later layers read.
    """

    def __init__(self, spec: Spec, max_blocks: int = MOST_BLOCKS) -> None:
        self.graph = GraphBuilder(spec.title, spec.family)
        self.max_blocks = max_blocks
        self.grouping = grouping.rule(getattr(spec, "groups", None) or "dense")
        self._pad = resolution.rule(getattr(spec, "padding", "same"))
        self._norm = getattr(spec, "eps", 1e-5), getattr(spec, "momentum", 0.1)
        self.path = ""
        self.outputs: list[Node] = []
        """What the network gives, the main output first; the last layer where it is empty."""

    @contextmanager
    def scope(self, name: str) -> Iterator[None]:
        """Names within it start with `name.`; left as it was, for the message, on an error."""
        outer = self.path
        self.path = f"{outer}.{name}" if outer else name
        yield
        self.path = outer

    def padding(
        self, x: Node, kernel: int, stride: int, rule: PaddingRule | None = None
    ) -> tuple[Pair, Reasons]:
        """What a padding rule, or the spec's, says of a window over `x`, along height and width."""
        _, height, width = x.shape
        pad = rule or self._pad
        (top, why_height), (left, why_width) = (
            pad(size, kernel, stride) for size in (height, width)
        )
        return (top, left), (why_height,) if why_height == why_width else (why_height, why_width)

    def layer(self, name: str, layer: Layer, xs: Sequence[Node], because: Reasons = ()) -> Node:
        """Any layer, reading `xs` in that order."""
        return self._add(name, layer, xs, because)

    def image(self, shape: tuple[int, int, int]) -> Node:
        """The input."""
        return self._add("input", layers.Input(shape), ())

    @property
    def last(self) -> Node:
        """The layer that was added last."""
        return self.graph.last

    def conv(
        self,
        name: str,
        x: Node,
        out: Dim,
        kernel: int = 1,
        stride: int = 1,
        padding: Pair | None = None,
        *,
        groups: Dim = 1,
        bias: bool = True,
        dilation: int = 1,
        because: Reasons = (),
        published_inputs: Dim | None = None,
    ) -> Node:
        """A square convolution to `out` channels; without `padding` it is half of the kernel.

        `published_inputs` are the input channels that the source's table gives, where it differs.
        """
        half = (kernel - 1) // 2
        settings = (
            (kernel, kernel),
            (stride, stride),
            padding or (half, half),
            (dilation, dilation),
            groups,
            bias,
        )
        inputs = x.channels
        as_published = None
        if published_inputs is not None and published_inputs != inputs:
            wider = (published_inputs, *x.shape[1:])
            as_published = AsPublished(_conv2d(published_inputs, out, *settings), (wider,))
        return self._add(name, _conv2d(inputs, out, *settings), (x,), because, as_published)

    def norm(self, name: str, x: Node, because: Reasons = ()) -> Node:
        """Batch normalisation."""
        return self._add(name, _norm(x.channels, *self._norm), (x,), because)

    def elementwise(self, name: str, x: Node, function: str, because: Reasons = ()) -> Node:
        """A function of each element, by its name in `FUNCTIONS`."""
        return self._add(name, _elementwise(function), (x,), because)

    def relu(self, name: str, x: Node, because: Reasons = ()) -> Node:
        """Rectified linear unit."""
        return self.elementwise(name, x, "relu", because)

    def response_norm(self, name: str, x: Node, size: int, because: Reasons = ()) -> Node:
        """Local response normalisation over `size` channels, with Caffe's constants."""
        return self._add(name, layers.LocalResponseNorm(size), (x,), because)

    def dropout(self, name: str, x: Node, p: float, because: Reasons = ()) -> Node:
        """Zeros with probability `p` in training."""
        return self._add(name, layers.Dropout(p), (x,), because)

    def softmax(self, x: Node) -> Node:
        """Probabilities, in the scope of the layer that they are of where it has not ended."""
        scope = parent(x.name)
        other = f"{scope.replace('.', '_') or x.name}_softmax"
        name = join(scope, "softmax") if x is self.last else other
        return self.graph.add(name, layers.Softmax(), (x,))

    def pad_channels(self, name: str, x: Node, out: Dim, because: Reasons = ()) -> Node:
        """Zeros on both sides up to `out` channels, the odd one after."""
        more = out - x.channels
        return self._add(name, layers.PadChannels(more // 2, more - more // 2), (x,), because)

    def shuffle(self, name: str, x: Node, groups: Dim, because: Reasons = ()) -> Node:
        """Channel shuffle."""
        return self._add(name, layers.ChannelShuffle(groups), (x,), because)

    def add(self, name: str, xs: Sequence[Node], because: Reasons = ()) -> Node:
        """Element-wise sum."""
        return self._add(name, layers.Add(), xs, because)

    def multiply(self, name: str, xs: Sequence[Node], because: Reasons = ()) -> Node:
        """Element-wise product; a map of one pixel has a factor for each channel of the others."""
        return self._add(name, layers.Multiply(), xs, because)

    def slice_channels(
        self, name: str, x: Node, start: Dim, stop: Dim, because: Reasons = ()
    ) -> Node:
        """The channels from `start` to before `stop`."""
        return self._add(name, _slice(start, stop), (x,), because)

    def concat(self, name: str, xs: Sequence[Node], because: Reasons = ()) -> Node:
        """Concatenation of channels, in the order of `xs`."""
        return self._add(name, layers.Concat(), xs, because)

    def avg_pool(
        self,
        name: str,
        x: Node,
        kernel: int,
        stride: int,
        padding: Pair = (0, 0),
        because: Reasons = (),
        *,
        ceil_mode: bool = False,
    ) -> Node:
        """Square average pooling."""
        layer = layers.AvgPool2d((kernel, kernel), (stride, stride), padding, ceil_mode)
        return self._add(name, layer, (x,), because)

    def max_pool(
        self,
        name: str,
        x: Node,
        kernel: int,
        stride: int,
        padding: Pair = (0, 0),
        because: Reasons = (),
        *,
        ceil_mode: bool = False,
    ) -> Node:
        """Square maximum pooling."""
        layer = layers.MaxPool2d((kernel, kernel), (stride, stride), padding, ceil_mode)
        return self._add(name, layer, (x,), because)

    def global_pool(self, name: str, x: Node, because: Reasons = ()) -> Node:
        """Mean of each channel."""
        return self._add(name, layers.GlobalAvgPool2d(), (x,), because)

    def flatten(self, name: str, x: Node, because: Reasons = ()) -> Node:
        """All elements in one vector."""
        return self._add(name, layers.Flatten(), (x,), because)

    def linear(self, name: str, x: Node, out: Dim, because: Reasons = ()) -> Node:
        """Fully connected layer with bias."""
        return self._add(name, layers.Linear(x.channels, out), (x,), because)

    def _add(
        self,
        name: str,
        layer: Layer,
        inputs: Sequence[Node],
        because: Reasons = (),
        as_published: AsPublished | None = None,
    ) -> Node:
        scoped = f"{self.path}.{name}" if self.path else name
        return self.graph.add(scoped, layer, inputs, because, as_published)
