"""What `torch.export` gives, as a trace."""

from __future__ import annotations

import operator
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ...ir.scope import leaf, words
from ...support.errors import RunError
from .source import decision
from .trace import Batch, Frame, Operation, Ref, Size, Sizes, Tensor, Trace, memory_of, type_of

if TYPE_CHECKING:
    import torch
    from torch import fx, nn
    from torch.export import ExportedProgram

_INLINE = ("wrap_with_set_grad_enabled", "wrap_with_autocast")
"""Parts of a network that stand in a graph of their own; the number of arguments before it."""


def read_program(program: ExportedProgram, module: nn.Module, name: str, batch: int) -> Trace:
    """The trace of an exported module.

    Args:
        program: What `torch.export.export` gave for `module`.
        module: Whose tensors the trace reads.
        name: The network's.
        batch: How many images the example had.

    Raises:
        RunError: a size depends on the values of a tensor.
    """
    return _Reader(program, module, batch).trace(name)


class _Reader:
    def __init__(self, program: ExportedProgram, module: nn.Module, batch: int) -> None:
        self._program = program
        self._batch = batch
        self._own: Mapping[str, torch.Tensor] = {
            **dict(module.named_parameters(remove_duplicate=False)),
            **dict(module.named_buffers(remove_duplicate=False)),
        }
        self._names: dict[int, str] = {}
        self._tensors: dict[str, Tensor] = {}
        self._operations: list[Operation] = []
        self._inputs: dict[str, tuple[str, Sizes, str]] = {}
        self._is_open = False

    def trace(self, name: str) -> Trace:
        """All of the program."""
        graph = self._program.graph_module
        bound = dict(zip(_placeholders(graph), self._placed(), strict=True))
        outputs = _refs(self._walk(graph, bound, ""))
        mutations = len(self._program.graph_signature.output_specs) - len(
            self._program.graph_signature.user_outputs
        )
        return Trace(
            name,
            self._inputs,
            self._tensors,
            tuple(self._operations),
            tuple(ref.name for ref in outputs[mutations:]),
            None if self._is_open else self._batch,
        )

    def _placed(self) -> list[Any]:
        """What stands for each placeholder: tensors by their names, inputs by theirs."""
        result = []
        for node, spec in zip(
            _placeholders(self._program.graph_module),
            self._program.graph_signature.input_specs,
            strict=True,
        ):
            if spec.kind.name == "USER_INPUT":
                value: Any = node.meta.get("val")
                if not hasattr(value, "shape"):  # a plain number or None
                    result.append(value)
                    continue
                self._inputs[node.name] = (node.name, self._sizes(value), type_of(value))
                result.append(Ref(node.name))
            else:
                target = str(spec.target or node.name)
                result.append(self._tensor(target, spec.kind.name == "PARAMETER"))
        return result

    def _tensor(self, target: str, is_parameter: bool) -> Ref:
        value = self._own.get(target)
        if value is None:
            value = self._program.constants.get(target, self._program.state_dict.get(target))
        return self._held(target, value, is_parameter)

    def _held(self, target: str, value: Any, is_parameter: bool) -> Ref:
        name = self._names.setdefault(id(value), target)
        self._tensors.setdefault(name, Tensor.of(name, value, is_parameter=is_parameter))
        return Ref(name)

    def _walk(self, graph: fx.GraphModule, bound: dict[fx.Node, Any], prefix: str) -> Any:
        """Read the operations of a graph; what its output is bound to."""
        for node in graph.graph.nodes:
            if node.op == "get_attr":
                value = graph
                for part in words(str(node.target)):
                    value = getattr(value, part)
                bound[node] = (
                    value if hasattr(value, "graph") else self._held(node.name, value, False)
                )
            elif node.op == "call_function":
                bound[node] = self._call(node, bound, prefix)
            elif node.op == "output":
                return self._argument(node.args[0], bound)
        return []

    def _call(self, node: fx.Node, bound: dict[fx.Node, Any], prefix: str) -> Any:
        value: Any = node.meta.get("val")
        if node.target is operator.getitem:
            return self._argument(node.args[0], bound)[node.args[1]]
        if _is_number(value):
            return self._size(value)
        if (inside := _inlined(node, bound)) is not None:
            graph, arguments = inside
            given = [self._argument(argument, bound) for argument in arguments]
            inner = dict(zip(_placeholders(graph), given, strict=True))
            return self._walk(graph, inner, f"{prefix}{node.name}.")
        values = value if isinstance(value, list | tuple) else [value]
        tensors = [each for each in values if hasattr(each, "shape")]
        if not tensors:
            return None
        names = [f"{prefix}{node.name}"]
        if isinstance(value, list | tuple):
            names = [f"{names[0]}.{index}" for index in range(len(tensors))]
        self._operations.append(
            Operation(
                tuple(names),
                *_titles(node.target),
                self._arguments(node, bound),
                tuple(self._sizes(each) for each in tensors),
                tuple(map(type_of, tensors)),
                _frames(node),
                decision(node.meta.get("stack_trace")),
                _is_view(node, tensors[0]),
            )
        )
        refs = [Ref(each) for each in names]
        return refs if isinstance(value, list | tuple) else refs[0]

    def _arguments(self, node: fx.Node, bound: dict[fx.Node, Any]) -> dict[str, Any]:
        given = [self._argument(argument, bound) for argument in node.args]
        named = {key: self._argument(argument, bound) for key, argument in node.kwargs.items()}
        schema = getattr(node.target, "_schema", None)
        if schema is None:
            return {str(index): argument for index, argument in enumerate(given)} | named
        result = {}
        for index, argument in enumerate(schema.arguments):
            if index < len(given):
                result[argument.name] = given[index]
            elif argument.name in named:
                result[argument.name] = named[argument.name]
            elif argument.has_default_value():
                result[argument.name] = self._argument(argument.default_value, bound)
        return result

    def _argument(self, value: Any, bound: dict[fx.Node, Any]) -> Any:
        if isinstance(value, list | tuple):
            return [self._argument(item, bound) for item in value]
        if value is None or isinstance(value, bool | int | float | str):
            return value
        if _is_number(value):
            return self._size(value)
        return bound[value] if hasattr(value, "meta") and value in bound else str(value)

    def _sizes(self, value: torch.Tensor) -> Sizes:
        return tuple(map(self._size, value.shape))

    def _size(self, value: Any) -> Any:
        """A number, or how often it holds the number of images."""
        if isinstance(value, bool | int | float):
            return value
        expression = value.node.expr
        if not expression.free_symbols:
            return value.node.hint
        self._is_open = True
        (symbol, *others) = expression.free_symbols
        if others or str(symbol).startswith("u"):
            raise RunError(
                "a size of the network depends on the values of a tensor",
                why=f"PyTorch's export calls it {expression}",
                fix="a forward whose sizes depend on the input's size alone",
            )
        one, two = (expression.subs(symbol, count) for count in (1, 2))
        times = int(one)
        if two != 2 * one or times < 1:
            hint = value.node.hint
            return hint if hint is None else _of_batch(hint, self._batch)
        return Batch(times)


def _is_view(node: fx.Node, result: torch.Tensor) -> bool | None:
    """Whether a result lies in the memory of what the node reads first."""
    first = next((each.meta.get("val") for each in node.all_input_nodes), None)
    return memory_of(first) == memory_of(result) if hasattr(first, "untyped_storage") else None


def _of_batch(hint: int, batch: int) -> Size:
    return Batch(hint // batch) if hint and hint % batch == 0 else hint


def _is_number(value: Any) -> bool:
    """Whether it is a number that may be left open."""
    return isinstance(value, bool | int | float) or (
        hasattr(value, "node") and hasattr(value.node, "expr")
    )


def _inlined(node: fx.Node, bound: dict[fx.Node, Any]) -> tuple[Any, Any] | None:
    """The graph inside and its arguments, of what only switches gradients or types."""
    if not str(node.target).endswith(_INLINE):
        return None
    arguments: tuple[Any, ...] = node.args
    for index, argument in enumerate(arguments):
        if hasattr(graph := bound.get(argument) if hasattr(argument, "op") else None, "graph"):
            return graph, node.args[index + 1 :]
    return None


def _titles(target: Any) -> tuple[str, str]:
    """The operator and its overload: `aten.conv2d` and `default`."""
    schema = getattr(target, "_schema", None)
    if schema is None:
        return getattr(target, "__name__", str(target)), ""
    name = schema.name.replace("::", ".")
    return name, schema.overload_name or "default"


def _frames(node: fx.Node) -> tuple[Frame, ...]:
    stack = node.meta.get("nn_module_stack") or {}
    frames = (Frame(key, path, str(kind)) for key, (path, kind) in stack.items())
    return tuple(
        Frame(frame.key, frame.path, leaf(frame.class_name))
        for frame in frames
        if frame.path and not frame.path.startswith("_empty_nn_module_stack")
    )


def _placeholders(graph: fx.GraphModule) -> list[fx.Node]:
    return [node for node in graph.graph.nodes if node.op == "placeholder"]


def _refs(value: Any) -> list[Ref]:
    """The tensors among nested outputs; other values are left out, but keep their places."""
    return [item for item in value if isinstance(item, Ref)]
