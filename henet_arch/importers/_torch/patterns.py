"""Several operators that together are one layer."""

from __future__ import annotations

from ...ir.layers import ChannelShuffle, Elementwise, LocalResponseNorm
from .rows_pointwise import on_each
from .site import Results, Site
from .trace import Operation, Ref
from .values import Value, plain


def shuffled(site: Site, value: Value) -> Results:
    """A channel shuffle: a view as (groups, C / groups), the two swapped, viewed back."""
    shape = site.shape
    if len(shape) != 4 or not value.is_regular or len(value.axes) != 3:
        return None
    swap = site.only_reader(site.operation)
    if swap is None or not _swaps(swap):
        return None
    back = site.only_reader(swap)
    while back is not None and back.word in ("contiguous", "clone"):
        back = site.only_reader(back)
    if back is None or back.word not in ("view", "reshape", "flatten"):
        return None
    if back.sizes[0][1:] != value.shape or shape[0] * shape[1] != value.shape[0]:
        return None
    source = site.as_map(value)
    draft = site.draft(ChannelShuffle(shape[0]), source.draft)
    site.claim(back, Value(draft, source.axes, source.sizes))
    return None


def _swaps(operation: Operation) -> bool:
    """Whether it swaps the two axes after the images."""
    if operation.word == "permute":
        return bool(operation["dims"] in ([0, 2, 1, 3, 4], [0, 2, 1, -2, -1]))
    dims = {operation["dim0"], operation["dim1"]}
    return operation.word == "transpose" and {dim % 5 for dim in dims if dim is not None} == {1, 2}


def sigmoid(site: Site) -> Results:
    """A sigmoid; a SiLU where its input is multiplied with it."""
    return _gated(site, "sigmoid", "silu")


def hardsigmoid(site: Site) -> Results:
    """The same with hard forms."""
    return _gated(site, "hardsigmoid", "hardswish")


def _gated(site: Site, gate: str, whole: str) -> Results:
    value = site.value("self")
    times = _times(site, site.operation, site["self"])
    if times:
        site.claim(times, on_each(site, Elementwise(whole), value))
    return on_each(site, Elementwise(gate), value)


def softplus(site: Site) -> Results:
    """A softplus; a Mish where its input is multiplied with its hyperbolic tangent."""
    value = site.value("self")
    tangent = site.only_reader(site.operation, "tanh")
    times = _times(site, tangent, site["self"]) if tangent else None
    if times and (site["beta"], site["threshold"]) == (1, 20):
        site.claim(times, on_each(site, Elementwise("mish"), value))
    return on_each(site, Elementwise("softplus", (site["beta"], site["threshold"])), value)


def hard(site: Site) -> None:
    """A hard sigmoid or hard swish spelled out, `relu6(x + 3) / 6`, if one begins here.

    It takes over the last operation; those between are needed by nothing then.
    """
    value, three = site.given("self"), site.given("other")
    if not isinstance(value, Value) or three != 3 or not isinstance(site["self"], Ref):
        return
    bound = site.only_reader(site.operation)
    if bound is None or not _is_relu6(bound):
        return
    end = site.only_reader(bound)
    if end and _sixth(site, end):
        times = _times(site, end, site["self"])
        name = "hardswish" if times else "hardsigmoid"
        site.claim(times or end, on_each(site, Elementwise(name), value))
    elif times := _times(site, bound, site["self"]):
        end = site.only_reader(times)
        if end and _sixth(site, end):
            site.claim(end, on_each(site, Elementwise("hardswish"), value))


def normalised(site: Site) -> None:
    """A local response norm, if one begins here: its squares, averaged over channels around.

    Source: `torch.nn.functional.local_response_norm`.
    """
    value = site.given("self")
    if not isinstance(value, Value) or site["self"] != site["other"]:
        return
    steps = _chain(site, ("pad", "avg_pool3d", "mul", "add", "pow", "div"))
    if not steps:
        return
    pad, pool, factor, shift, power, end = steps
    size = pool["kernel_size"][0]
    around = [0, 0, 0, 0, size // 2, (size - 1) // 2]
    numbers = (factor["other"], power["exponent"], shift["other"])
    if (
        pool["kernel_size"][1:] == [1, 1]
        and pad["pad"] == around
        and end["self"] == site["self"]
        and all(isinstance(number, int | float) for number in numbers)
    ):
        draft = site.draft(LocalResponseNorm(size, *numbers), site.as_map(value).draft)
        site.claim(end, Value(draft, plain(3), value.sizes))


def _chain(site: Site, words: tuple[str, ...]) -> list[Operation]:
    """The operations that read one another alone, of these words but for views; or none."""
    result: list[Operation] = []
    operation: Operation | None = site.operation
    while operation is not None and len(result) < len(words):
        operation = site.only_reader(operation)
        if operation is None or (operation.word not in (words[len(result)], *_VIEWS)):
            return []
        if operation.word == words[len(result)]:
            result.append(operation)
    return result


_VIEWS = ("view", "reshape", "squeeze", "unsqueeze")


def _is_relu6(operation: Operation) -> bool:
    bounds = {
        "relu6": (0, 6),
        "hardtanh": (operation["min_val"], operation["max_val"]),
        "clamp": (operation["min"], operation["max"]),
    }
    return bounds.get(operation.word) == (0, 6)


def _sixth(site: Site, operation: Operation) -> bool:
    other = operation["other"]
    if isinstance(other, bool) or not isinstance(other, int | float):
        return False
    if operation.word == "div":
        return other == 6 and operation["rounding_mode"] is None
    return operation.word == "mul" and abs(other * 6 - 1) < 1e-6


def _times(site: Site, gate: Operation, source: object) -> Operation | None:
    """The multiplication of a gate, which nothing else reads, with what the gate is made of."""
    times = site.only_reader(gate, "mul")
    if times is None or times["self"] == times["other"]:
        return None
    if source not in (times["self"], times["other"]):
        return None
    return None if times.in_place and times["self"] == source else times
