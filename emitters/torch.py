"""Emits a graph as one file of PyTorch that imports nothing but torch.

Each block of the graph's structure becomes a class, or a line where it is a chain that is written
once. State-dict keys are the layers' scoped names.
"""

from __future__ import annotations

import builtins
import re
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from ..ir.dims import format_shape
from ..ir.features import feature_channels, feature_strides, smallest_image
from ..ir.graph import Graph, Node, check_names
from ..ir.model import Model
from ..ir.repeats import Block, Parameter, Step, blocks
from ..ir.scope import words
from ..support.errors import EmitError, look_up
from ._forward import forward
from ._helpers import HELPERS
from ._images import NAMES, image_rows
from ._initial import INITS
from ._opaque import refuse_opaque
from ._python import WIDTH, Call, Expression, Numbered, class_name, docstring, layout
from ._repeats import folded, runs
from ._rows import EXPRESSIONS, MODULES, NESTED, Arguments, module, surrounded, text
from ._target import Target, option
from ._title import title, usual_init
from ._weights import weights_of

_TAKEN = {"Tensor", "OrderedDict", "LayerNorm2d", "Scale", "WindowMean2d", *NAMES, *dir(builtins)}
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
    """One file of PyTorch that imports nothing but torch; the model's weights lie beside it."""

    name = "torch"
    endings = (".py",)
    weights_beside = True

    init: str | None = option(None, "How weights start; by default as the family does", INITS)

    @property
    def describes_images(self) -> bool:
        return True

    def emit(self, model: Model) -> dict[str, bytes]:
        stem = model.name.replace("-", "_")
        files = {f"{stem}.py": source(model.graph, self.init, image_rows(model)).encode()}
        if model.weights is not None and self.init is None:
            files[f"{stem}.safetensors"] = weights_of(model)
        return files


TARGET = Torch


def source(graph: Graph, init: str | None = None, rest: Sequence[str] = ()) -> str:
    """The source of a module of `graph`: one class of no arguments, `(N, C, H, W) -> (N, K)`.

    A graph of several outputs gives a tuple of them. Without `init` weights start as those of the
    family do. `rest` are lines behind the classes.

    Raises:
        GraphError: a name is not one that a builder takes.
        EmitError: PyTorch has no such layer, a layer's name is one of `nn.Module`, or a size is
            a symbol.
        UnknownNameError: there is no initialisation `init`.
    """
    kinds = {node.layer.kind for node in graph}
    initialise = look_up(init or usual_init(graph), INITS, "initialisation")
    _check(graph)
    result = blocks(graph)
    names = _class_names(result, graph.name)
    classes = [_class(block, names, graph) for block in result if names[block]]
    body = [row for rows in classes for row in ("", "", *rows)]
    body += [*_reset(initialise, kinds), *rest]
    helpers = [row for word, rows in HELPERS.items() if _mention(body, word) for row in rows]
    imports = (
        ["from collections import OrderedDict", ""] if _mention(helpers, "OrderedDict") else []
    )
    imports += ["import torch"] if _mention([*helpers, *body], r"(?<![.\w])torch\.") else []
    lines = [*docstring(title(graph)), "", *imports, "from torch import Tensor, nn"]
    return "\n".join([*lines, *helpers, *body]) + "\n"


_MOST_INPUTS = 500
"""Inputs of one expression; Python reads no much longer ones."""


_MOST_NESTED = 50
"""The same where they are nested."""


def _check(graph: Graph) -> None:
    check_names(graph)
    for node in graph:
        if not node.inputs:
            continue
        _check_row(node)
        if node.shares:
            _check_shared(node, graph[node.shares])
        for word in words(node.name):
            if word in _RESERVED or word.startswith("_"):
                raise EmitError(
                    f"{word!r} cannot be an attribute of an nn.Module",
                    where=node.name,
                    why="the module or its class has one of that name",
                    fix=f"another name, such as {word.strip('_') or 'layer'}_layer",
                )


def _check_row(node: Node) -> None:
    """Refuse a layer that no module or expression stands for."""
    refuse_opaque(node)
    kind = node.layer.kind
    if kind not in MODULES and kind not in EXPRESSIONS:
        raise EmitError(f"target torch has no row for the kind {kind!r}", where=node.name)
    most = _MOST_NESTED if kind in NESTED else _MOST_INPUTS
    if len(node.inputs) > most:
        raise EmitError(
            f"{kind} of {len(node.inputs):,} inputs is more than the limit of {most}",
            where=node.name,
        )


def _check_shared(node: Node, owner: Node) -> None:
    """Refuse a layer that is not the very one whose weights it uses."""
    ranks = (tuple(map(len, of.input_shapes)) for of in (node, owner))
    if node.layer != owner.layer or len(set(ranks)) > 1:
        raise EmitError(
            f"it uses the weights of {owner.name!r}, and is another layer than that one",
            where=node.name,
            why="one module of PyTorch cannot be both",
            fix="the same attributes, or weights of its own",
        )


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
            and (step.block or _is_plain(step.node))
            and [value.step for value in step.inputs] == [index - 1]
            for index, step in enumerate(block.steps)
        )
    )


def _is_plain(node: Node) -> bool:
    """Whether a layer is a module of its own, and all of it."""
    return node.layer.kind in MODULES and not node.shares and surrounded(node.layer, "x") == "x"


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


def _class(block: Block, names: Mapping[Block, str], graph: Graph) -> list[str]:
    modules = _modules(block, names)
    counted = {
        name for _, value in modules if isinstance(value, Numbered) for name in value.names()
    }
    kept = _kept(block, {name for name, _ in modules})
    inputs, body = forward(block, partial(_written, kept), surrounded, counted)
    arguments = [f"{name}: {_annotations(block, name)}" for name in block.arguments[0]]
    count = len(block.outputs)
    results = ", ".join(["Tensor"] * count) if count <= _FEW else "Tensor, ..."
    returned = f"tuple[{results}]" if count > 1 else results
    return [
        f"class {names[block]}(nn.Module):",
        *docstring(_describe(block), 1),
        "",
        *(_constants(graph) if _is_network(block) else []),
        *_signature("__init__", arguments, "None"),
        "        super().__init__()",
        *(f"        self.{attribute} = {name}" for name, attribute in kept.items()),
        *_assignments(modules),
        *(["        self.reset_parameters()"] if _is_network(block) else []),
        "",
        *_signature("forward", [f"{name}: Tensor" for name in inputs], returned),
        *(_guard(graph, inputs) if _is_network(block) else []),
        *(f"        {line}" for line in folded(body, counted)),
    ]


def _constants(graph: Graph) -> list[str]:
    """What a module says of its feature maps; nothing where it gives none."""
    if not graph.gives_features:
        return []
    rows = []
    for name, values in (
        ("feature_channels", feature_channels(graph)),
        ("feature_strides", feature_strides(graph)),
    ):
        if len(values) == 1:
            rows.append(f"    {name} = ({values[0]},)")
        else:
            rows += layout(f"{name} = ", Call("", [("", str(value)) for value in values]), 1)
    return [*rows, ""]


def _guard(graph: Graph, inputs: Sequence[str]) -> list[str]:
    """Refuses an image that is too small for the feature maps, before it runs."""
    if not graph.gives_features or len(inputs) != 1:
        return []
    height, width = smallest_image(graph)
    return [
        f"        height, width = {inputs[0]}.shape[2:]",
        f"        if height < {height} or width < {width}:",
        '            size = f"an image of {height}x{width} is too small"',
        f'            raise ValueError(f"{{size}}: {height}x{width} or more")',
    ]


def _kept(block: Block, taken: Container[str]) -> dict[str, str]:
    """The parameters that expressions in `forward` need, with the attributes that keep them."""
    names = {
        value.name: value.name
        for step in block.steps
        if not step.block and step.node.layer.kind in EXPRESSIONS
        for value in step.arguments.values()
        if isinstance(value, Parameter)
    }
    return {name: f"{name}_given" if name in taken else name for name in names}


def _written(kept: Mapping[str, str], step: Step, inputs: Sequence[str]) -> str | None:
    """The expression of a layer that needs no module."""
    if step.block or step.node.layer.kind not in EXPRESSIONS:
        return None
    values = {
        key: Parameter(f"self.{kept[value.name]}") if isinstance(value, Parameter) else value
        for key, value in step.arguments.items()
    }
    return EXPRESSIONS[step.node.layer.kind](inputs, values)


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


def _reset(initialise: str, kinds: Container[str]) -> list[str]:
    drawn = [name for kind, name in _DRAWN.items() if kind in kinds]
    reset = dict.fromkeys(name for kind, name in _RESET.items() if kind in kinds)
    rows = [
        "",
        "    def reset_parameters(self) -> None:",
        *docstring(["Start anew: weights drawn at random, biases 0."], 2),
    ]
    if drawn or reset:
        rows.append("        for module in self.modules():")
    if drawn:
        rows += [
            *_is_one("if", drawn),
            f"                {initialise}",
            "                if module.bias is not None:",
            "                    nn.init.zeros_(module.bias)",
        ]
    if reset:
        rows += [
            *_is_one("elif" if drawn else "if", list(reset)),
            "                module.reset_parameters()",
        ]
    return rows


def _is_one(word: str, classes: Sequence[str]) -> list[str]:
    """Whether a module is of one of these classes."""
    short = f"            {word} isinstance(module, {' | '.join(classes)}):"
    if len(short) <= WIDTH:
        return [short]
    listed = Call("", [("", name) for name in classes], spread=True)
    return layout(f"{word} ", Call("isinstance", [("", "module"), ("", listed)]), 3, ":")


_DRAWN = {"conv2d": "nn.Conv2d", "conv_transpose2d": "nn.ConvTranspose2d", "linear": "nn.Linear"}
"""The modules whose weights are drawn, by kind."""
_RESET = {
    "batch_norm2d": "nn.BatchNorm2d",
    "batch_norm1d": "nn.BatchNorm1d",
    "layer_norm": "nn.LayerNorm",
    "group_norm": "nn.GroupNorm",
    "prelu": "nn.PReLU",
    "scale": "Scale",
}
"""The modules that start as they begin, by kind."""


def _modules(block: Block, names: Mapping[Block, str]) -> list[tuple[str, Call | Numbered]]:
    """The attributes of a class in order, those that only count on as one."""
    modules = [
        (step.path, _expression(step, names, {}))
        for step in block.steps
        if step.block or (step.node.layer.kind in MODULES and not step.node.shares)
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
        return module(step.node, values)
    if name := names[step.block]:
        few = len(values) <= _FEW
        return Call(name, [("" if few else key, text(value)) for key, value in values.items()])
    inner = [(s.path[0], _expression(s, names, values)) for s in step.block.steps]
    return Call("chain", list(_arguments(inner)), spread=True)


_FEW = 5
"""Arguments or results that a reader tells apart without their names."""


def _arguments(modules: Sequence[tuple[str, Call]]) -> Iterator[tuple[str, Expression]]:
    for name, value in runs(modules):
        yield ("", value) if isinstance(value, Numbered) else (name, value)
