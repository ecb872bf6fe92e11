"""Emits a graph as one file of PyTorch that imports nothing but torch.

Each block of the graph's structure becomes a class, or a line where it is a chain that is written
once. State-dict keys are the layers' scoped names.
"""

from __future__ import annotations

import builtins
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from ..analyzers.report import analyze
from ..ir.dims import Sides, format_shape
from ..ir.functions import FUNCTIONS
from ..ir.graph import Graph, Node, check_names
from ..ir.layer import Layer
from ..ir.layers import AvgPool2d, MaxPool2d
from ..ir.model import Model
from ..ir.repeats import Block, Parameter, Step, blocks
from ..ir.scope import words
from ..spec.families import family
from ..spec.family import Family
from ..support.errors import EmitError, UnknownNameError, look_up
from ..support.version import __version__
from ._forward import forward
from ._initial import INITS
from ._python import Call, Expression, Numbered, class_name, docstring, layout
from ._repeats import folded, runs
from ._target import Target, option

Arguments = Mapping[str, Any]


def _module(
    head: str, positional: Sequence[str] = (), **defaults: object
) -> Callable[[Arguments], Call]:
    """A row of the table: a module whose arguments are attributes of the layer.

    `defaults` become keyword arguments, left out where they have that value.
    """

    def row(values: Arguments) -> Call:
        named = [
            (key, _short(values[key])) for key, usual in defaults.items() if values[key] != usual
        ]
        return Call(head, [*(("", _short(values[key])) for key in positional), *named])

    return row


MODULES: dict[str, Callable[[Arguments], Call]] = {
    "conv2d": _module(
        "nn.Conv2d",
        ("in_channels", "out_channels", "kernel"),
        stride=(1, 1),
        padding=(0, 0),
        dilation=(1, 1),
        groups=1,
        bias=True,
    ),
    "batch_norm2d": _module("nn.BatchNorm2d", ("channels",), eps=1e-5, momentum=0.1),
    **{name: _module(f"nn.{f.torch}", (), **f.parameters) for name, f in FUNCTIONS.items()},
    "softmax": lambda values: Call("nn.Softmax", [("dim", "1")]),
    "dropout": _module("nn.Dropout", ("p",)),
    "local_response_norm": _module("nn.LocalResponseNorm", ("size",), alpha=1e-4, beta=0.75, k=1.0),
    "pad_channels": lambda values: Call(
        "nn.ZeroPad3d", [("", f"(0, 0, 0, 0, {_text(values['before'])}, {_text(values['after'])})")]
    ),
    "channel_shuffle": _module("nn.ChannelShuffle", ("groups",)),
    "avg_pool2d": _module(
        "nn.AvgPool2d",
        ("kernel", "stride"),
        padding=(0, 0),
        ceil_mode=False,
        count_include_pad=True,
        divisor_override=None,
    ),
    "max_pool2d": _module("nn.MaxPool2d", ("kernel", "stride"), padding=(0, 0), ceil_mode=False),
    "global_avg_pool2d": lambda values: Call("nn.AdaptiveAvgPool2d", [("", "1")]),
    "flatten": _module("nn.Flatten"),
    "linear": _module("nn.Linear", ("in_features", "out_features"), bias=True),
}
"""From the kinds of one input to modules."""

JOINS: dict[str, Callable[[Sequence[str]], str]] = {
    "add": lambda values: " + ".join(values),
    "concat": lambda values: f"torch.cat([{', '.join(values)}], dim=1)",
}
"""From the kinds of several inputs to expressions."""

_TAKEN = {"Tensor", "OrderedDict", *dir(builtins)}
_RESERVED = frozenset(
    re.findall(
        r"\w+",
        """
        T_destination add_module append apply bfloat16 buffers call_super_init children compile cpu
        cuda delattr double dump_patches eval extend extra_repr float forward get_buffer
        get_extra_state get_parameter get_submodule half insert ipu load_state_dict modules mtia
        named_buffers named_children named_modules named_parameters parameters pop
        register_backward_hook register_buffer register_forward_hook register_forward_pre_hook
        register_full_backward_hook register_full_backward_pre_hook
        register_load_state_dict_post_hook register_load_state_dict_pre_hook register_module
        register_parameter register_state_dict_post_hook register_state_dict_pre_hook
        requires_grad_ reset_parameters set_extra_state set_submodule share_memory state_dict to
        to_empty train training type xpu zero_grad
        """,
    )
)
"""What a module's attribute cannot be called, since `nn.Module` or the emitted code uses it."""


@dataclass(frozen=True)
class Torch(Target):
    """One file of PyTorch that imports nothing but torch."""

    name = "torch"
    endings = (".py",)

    init: str | None = option(None, "How weights start; by default as the family does", INITS)

    def emit(self, model: Model) -> dict[str, bytes]:
        text = source(model.graph, self.init)
        return {f"{model.name.replace('-', '_')}.py": text.encode()}


TARGET = Torch


def source(graph: Graph, init: str | None = None) -> str:
    """The source of a module of `graph`: one class of no arguments, `(N, C, H, W) -> (N, K)`.

    A graph of several outputs gives a tuple of them. Without `init` weights start as those of the
    family do.

    Raises:
        GraphError: a name is not one that a builder takes.
        EmitError: PyTorch has no such layer, a layer's name is one of `nn.Module`, or a size is
            a symbol.
        UnknownNameError: there is no initialisation `init`.
    """
    initialise = look_up(init or _usual_init(graph), INITS, "initialisation")
    _check(graph)
    result = blocks(graph)
    names = _class_names(result, graph.name)
    classes = [_class(block, names) for block in result if names[block]]
    body = [row for rows in classes for row in ("", "", *rows)] + _reset(initialise)
    helpers = [row for word, rows in _HELPERS.items() if _mention(body, word) for row in rows]
    imports = (
        ["from collections import OrderedDict", ""] if _mention(helpers, "OrderedDict") else []
    )
    imports += ["import torch"] if _mention(body, r"(?<![.\w])torch\.") else []
    lines = [*docstring(_title(graph)), "", *imports, "from torch import Tensor, nn"]
    return "\n".join([*lines, *helpers, *body]) + "\n"


def _usual_init(graph: Graph) -> str:
    family = _family(graph)
    return family.init if family else "kaiming"


def _family(graph: Graph) -> Family[Any] | None:
    with suppress(UnknownNameError):  # of a package that is not installed
        return family(graph.family) if graph.family else None
    return None


_HELPERS = {
    r"(?<![.\w])chain\(": [
        "",
        "",
        "def chain(**layers: nn.Module) -> nn.Sequential:",
        *docstring(["Layers one after the other, each under its name."], 1),
        "    return nn.Sequential(OrderedDict(layers))",
    ],
    r"(?<![.\w])tree\(": [
        "",
        "",
        "def tree(**layers: nn.Module) -> nn.Module:",
        *docstring(["Layers under their names, for whoever runs them."], 1),
        "    module = nn.Module()",
        "    for name, layer in layers.items():",
        "        module.add_module(name, layer)",
        "    return module",
    ],
}
"""What is written before the classes that use it: by the pattern of a use."""


def _text(value: object) -> str:
    """An attribute as Python source.

    Raises:
        EmitError: the value is no number.
    """
    if isinstance(value, Parameter):
        return value.name
    if isinstance(value, tuple):
        return f"({', '.join(map(_text, value))})"
    if value is None or isinstance(value, (bool, int, float)):
        return repr(value)
    raise EmitError(f"{str(value)[:99]} is no number, and a module needs one", fix="fix the sizes")


def _short(value: object) -> str:
    """The same, and equal numbers for height and width as one."""
    return _text(value[0] if isinstance(value, tuple) and len(set(value)) == 1 else value)


_MOST_INPUTS = 500
"""Inputs of one expression; Python reads no much longer ones."""


def _check(graph: Graph) -> None:
    check_names(graph)
    for node in graph:
        if not node.inputs:
            continue
        kind = node.layer.kind
        if kind not in MODULES and kind not in JOINS:
            raise EmitError(f"target torch has no row for the kind {kind!r}", where=node.name)
        if isinstance(node.layer, AvgPool2d) and node.layer.sides:
            _check_divisor(node, node.layer)
        if len(node.inputs) > _MOST_INPUTS:
            raise EmitError(
                f"{kind} of {len(node.inputs):,} inputs is more than the limit of {_MOST_INPUTS}",
                where=node.name,
            )
        for word in words(node.name):
            if word in _RESERVED or word.startswith("_"):
                raise EmitError(
                    f"{word!r} cannot be an attribute of an nn.Module",
                    where=node.name,
                    why="the module or its class has one of that name",
                    fix=f"another name, such as {word.strip('_') or 'layer'}_layer",
                )


def _check_divisor(node: Node, pool: AvgPool2d) -> None:
    """Refuse a mean without a padding that PyTorch's module cannot tell from the map."""
    if not pool.count_include_pad and pool.divisor_override is None:
        raise EmitError(
            f"the mean leaves out the padding {format_shape(pool.padding)}, which differs by side",
            where=node.name,
            why="PyTorch pads a pool by the same on both sides, or counts the padding",
            fix="count_include_pad=True, the same padding on both sides, or target c",
        )


def _padded(layer: Layer, sides: Sides, text: str) -> str:
    """The input of a layer, with what PyTorch's module cannot put around it."""
    above, below, left, right = sides
    value = ', value=float("-inf")' if isinstance(layer, MaxPool2d) else ""
    return f"nn.functional.pad({text}, ({left}, {right}, {above}, {below}){value})"


def _mention(lines: Sequence[str], pattern: str) -> bool:
    return any(re.search(pattern, line) for line in lines)


def _is_chain(block: Block) -> bool:
    """Whether its modules run one after the other, each reading only the one before."""
    return (
        len(block.inputs) == len(block.outputs) == 1
        and block.outputs[0].step == len(block.steps) - 1
        and all(
            len(step.path) == 1
            and step.outputs == 1
            and (step.block or not step.node.layer.sides)
            and step.node.layer.kind not in JOINS
            and [value.step for value in step.inputs] == [index - 1]
            for index, step in enumerate(block.steps)
        )
    )


def _is_inline(block: Block) -> bool:
    """Whether it is a `chain` where it is used, and no class: it is used once, or calls blocks."""
    once = len(block.scopes) == 1
    return _is_chain(block) and (once or all(step.block for step in block.steps))


def _class_names(result: Sequence[Block], title: str) -> dict[Block, str]:
    """A class name for each block; "" for those that are written inline."""
    *inner, network = result
    names = {network: class_name(title, _TAKEN, "Network")}
    taken = {*_TAKEN, *names.values()}
    for block in sorted(inner, key=lambda block: -len(block.scopes)):
        names[block] = "" if _is_inline(block) else class_name(block.name, taken, "Block")
        taken.add(names[block])
    return names


def _title(graph: Graph) -> Iterator[str]:
    report = analyze(graph)
    yield (
        f"{graph.name}: {report.params:,} parameters and {report.macs:,} multiply-accumulates "
        f"for one image, {graph.signature}."
    )
    yield ""
    if family := _family(graph):
        yield f"Family {graph.family}: {family.summary}. Source: {family.source}."
    yield f"Written by henet-arch {__version__}."


def _class(block: Block, names: Mapping[Block, str]) -> list[str]:
    modules = _modules(block, names)
    counted = {
        name for _, value in modules if isinstance(value, Numbered) for name in value.names()
    }
    inputs, body = forward(block, JOINS, _padded, counted)
    arguments = [f"{name}: {_annotations(block, name)}" for name in block.arguments[0]]
    count = len(block.outputs)
    results = ", ".join(["Tensor"] * count) if count <= _FEW else "Tensor, ..."
    returned = f"tuple[{results}]" if count > 1 else results
    return [
        f"class {names[block]}(nn.Module):",
        *docstring(_describe(block), 1),
        "",
        *_signature("__init__", arguments, "None"),
        "        super().__init__()",
        *_assignments(modules),
        *(["        self.reset_parameters()"] if _is_network(block) else []),
        "",
        *_signature("forward", [f"{name}: Tensor" for name in inputs], returned),
        *(f"        {line}" for line in folded(body, counted)),
    ]


def _is_network(block: Block) -> bool:
    return block.scopes == ("",)


def _annotations(block: Block, name: str) -> str:
    """The types of what a parameter is in the block's scopes."""
    return " | ".join(dict.fromkeys(_annotation(of[name]) for of in block.arguments))


def _annotation(value: object) -> str:
    if value is None:
        return "None"
    if isinstance(value, tuple):
        return f"tuple[{', '.join(map(_annotation, value))}]"
    return type(value).__name__


def _signature(name: str, arguments: Sequence[str], returned: str) -> list[str]:
    head = Call(name, [("", argument) for argument in ("self", *arguments)])
    return layout("def ", head, 1, f" -> {returned}:")


def _describe(block: Block) -> Iterator[str]:
    """Where the block stands, and its first shapes."""
    taken = ", ".join(format_shape(node.shape) for node in block.inputs)
    given = ", ".join(format_shape(node.shape) for node in block.gives)
    yield f"{_places(block)}: {taken} -> {given}."


def _places(block: Block) -> str:
    if _is_network(block):
        return "The network"
    more = len(block.scopes) - 1
    return f"{block.scopes[0]}, of {more} more the first" if more else block.scopes[0]


def _reset(initialise: str) -> list[str]:
    return [
        "",
        "    def reset_parameters(self) -> None:",
        *docstring(["Start anew: weights drawn at random, biases 0."], 2),
        "        for module in self.modules():",
        "            if isinstance(module, nn.Conv2d | nn.Linear):",
        f"                {initialise}",
        "                if module.bias is not None:",
        "                    nn.init.zeros_(module.bias)",
        "            elif isinstance(module, nn.BatchNorm2d):",
        "                module.reset_parameters()",
    ]


def _modules(block: Block, names: Mapping[Block, str]) -> list[tuple[str, Call | Numbered]]:
    """The attributes of a class in order, those that only count on as one."""
    modules = [
        (step.path, _expression(step, names, {}))
        for step in block.steps
        if step.block or step.node.layer.kind in MODULES
    ]
    return list(runs(_nested(modules)))


def _assignments(modules: Sequence[tuple[str, Call | Numbered]]) -> list[str]:
    """`self.name = ...` for each module, repeats in a loop."""
    lines: list[str] = []
    for name, value in modules:
        if isinstance(value, Numbered):
            lines.append(f"        for i in range({value.start}, {value.stop}):")
            added = Call("self.add_module", [("", f'f"{name}{{i}}"'), ("", value.value)])
            lines += layout("", added, 3)
        else:
            lines += layout(f"self.{name} = ", value, 2)
    return lines


def _nested(modules: Sequence[tuple[Sequence[str], Call]]) -> list[tuple[str, Call]]:
    """Modules below one word as a `tree` under that word."""
    below: dict[str, list[tuple[Sequence[str], Call]]] = {}
    for path, value in modules:
        below.setdefault(path[0], []).append((path[1:], value))
    return [
        (word, inner[0][1] if not inner[0][0] else Call("tree", list(_nested(inner)), spread=True))
        for word, inner in below.items()
    ]


def _expression(step: Step, names: Mapping[Block, str], bound: Arguments) -> Call:
    """What makes the step's module; `bound` are the arguments of an inline block around it."""
    values = {
        key: bound.get(value.name, value) if isinstance(value, Parameter) else value
        for key, value in step.arguments.items()
    }
    if step.block is None:
        around = {"padding": (0, 0)} if step.node.layer.sides else {}
        return MODULES[step.node.layer.kind]({**values, **around})
    if name := names[step.block]:
        few = len(values) <= _FEW
        return Call(name, [("" if few else key, _text(value)) for key, value in values.items()])
    inner = [(s.path[0], _expression(s, names, values)) for s in step.block.steps]
    return Call("chain", list(_arguments(inner)), spread=True)


_FEW = 5
"""Arguments or results that a reader tells apart without their names."""


def _arguments(modules: Sequence[tuple[str, Call]]) -> Iterator[tuple[str, Expression]]:
    for name, value in runs(modules):
        yield ("", value) if isinstance(value, Numbered) else (name, value)
