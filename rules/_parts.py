"""What many families are made of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..ir.dims import Dim, Pair, certainly_equal
from ..ir.graph import Decision
from .resolution import same

if TYPE_CHECKING:
    from ..ir.graph import Node
    from ..spec.build import NetworkBuilder, Reasons

BARE = Decision("bias", "no bias, since batch norm follows", "common practice")
_MEANS = Decision("pooling", "the mean of each map alone", "as Network in Network")
POOLED = Decision("head", "global average pool, fully connected", "as Network in Network")
_GATE = Decision("gate", "a factor for each channel, made of all means", "arXiv:1709.01507, eq. 4")


def conv_norm(
    net: NetworkBuilder,
    number: str,
    x: Node,
    out: Dim,
    kernel: int = 1,
    stride: int = 1,
    *,
    groups: Dim = 1,
    because: Reasons = (),
) -> Node:
    """`conv<number>` without bias and `bn<number>`; the net's rule pads it where it strides."""
    padding, why = padded(net, x, kernel, stride)
    x = net.conv(f"conv{number}", x, out, kernel, stride, padding, groups=groups, bias=False,
                 because=(*because, BARE, *why))  # fmt: skip
    return net.norm(f"bn{number}", x)


def conv_norm_relu(
    net: NetworkBuilder,
    number: str,
    x: Node,
    out: Dim,
    kernel: int = 1,
    stride: int = 1,
    *,
    groups: Dim = 1,
    because: Reasons = (),
) -> Node:
    """The same, and `relu<number>`."""
    x = conv_norm(net, number, x, out, kernel, stride, groups=groups, because=because)
    return net.relu(f"relu{number}", x)


def padded(net: NetworkBuilder, x: Node, kernel: int, stride: int) -> tuple[Pair, Reasons]:
    """Half of the kernel, and what the net's padding rule says where a window strides."""
    if kernel == 1:
        return (0, 0), ()
    if stride > 1:
        return net.padding(x, kernel, stride)
    half, why = same(0, kernel, stride)
    return (half, half), (why,)


def max_pool(net: NetworkBuilder, name: str, x: Node, because: Reasons = ()) -> Node:
    """Maximum over 3x3 with stride 2, padded by the net's rule."""
    padding, why = padded(net, x, 3, 2)
    return net.max_pool(name, x, 3, 2, padding, (*because, *why))


def shrunk(net: NetworkBuilder, x: Node, stride: int, like: Node) -> tuple[Node, int]:
    """A skip's input, and the stride of the 1x1 that makes it as large as `like`.

    A strided 1x1 reads every other pixel from the first on, which gives the size that half padding
    gives. For any other size the input is averaged over the windows of the branch first.
    """
    strided = tuple((size - 1) // stride + 1 for size in x.shape[1:])
    if stride == 1 or certainly_equal(strided, like.shape[1:]):
        return x, stride
    padding, why = net.padding(x, 3, stride)
    return net.avg_pool("shrink", x, 3, stride, padding, why), 1


def multiple_of_8(wanted: float) -> int:
    """The nearest one, and never 10 % below; 8 at least.

    Source: `_make_divisible` of the authors of MobileNet, as torchvision has it.
    """
    number = max(8, int(wanted + 4) // 8 * 8)
    return number + 8 if number < 0.9 * wanted else number


def squeeze_excite(
    net: NetworkBuilder,
    x: Node,
    width: Dim,
    function: str,
    gate: str,
    because: Reasons,
    name: str = "excite",
) -> Node:
    """The means of all maps through `width` channels to a factor for each map."""
    with net.scope(name):
        means = net.global_pool("pool", x, because)
        h = net.conv("conv1", means, width, because=because)
        h = net.conv("conv2", net.elementwise("act", h, function), x.channels, because=because)
        return net.multiply("multiply", (x, net.elementwise("gate", h, gate)), (_GATE,))


def pooled_head(net: NetworkBuilder, x: Node, classes: int, because: Reasons = (POOLED,)) -> Node:
    """The mean of each map, fully connected with the classes."""
    x = net.flatten("flatten", net.global_pool("pool", x, because))
    return net.linear("fc", x, classes, because)


def hidden_head(
    net: NetworkBuilder,
    x: Node,
    hidden: tuple[int, ...],
    classes: int,
    because: Reasons,
    *,
    pooling: bool = False,
) -> Node:
    """All elements, or their means, through hidden layers, half of each dropped, to the classes."""
    if pooling:
        x = net.global_pool("pool", x, (_MEANS,))
    x = net.flatten("flatten", x, because)
    for index, width in enumerate(hidden):
        x = net.relu(f"relu{index + 1}", net.linear(f"fc{index + 1}", x, width, because))
        x = net.dropout(f"dropout{index + 1}", x, 0.5, because)
    return net.linear(f"fc{len(hidden) + 1}", x, classes, because)
