"""The JSON of an exported program as a trace.

Source: `torch/_export/serde/schema.py`, version 8.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Protocol

from ...ir.scope import leaf
from ...support.errors import FileError
from .source import decision
from .trace import Batch, Frame, Operation, Ref, Sizes, Tensor, Trace

_OPERATOR = re.compile(r"torch\.ops\.(\w{1,99})\.(\w{1,99})(?:\.(\w{1,99}))?")
_SYMBOL = re.compile(r"Symbol\('(\w{1,40})'[^()]*\)")
_MULTIPLE = re.compile(r"Mul\(Integer\((\d{1,12})\), (Symbol\('\w{1,40}'[^()]*\))\)")
_LISTS = ("as_tensors", "as_ints", "as_floats", "as_strings", "as_bools", "as_sym_ints",
          "as_optional_tensors", "as_sym_bools", "as_sym_floats")  # fmt: skip


class Stored(Protocol):
    """A tensor of the file."""

    type: str
    shape: tuple[int, ...]
    is_parameter: bool

    @property
    def same(self) -> tuple[Any, ...]: ...

    def reader(self) -> Any: ...


class SavedProgram:
    """An exported program.

    Args:
        program: What the JSON holds.
        tensors: The file's tensors by name.
        types: The names of element types by their numbers.
        name: The network's.
    """

    def __init__(
        self,
        program: Mapping[str, Any],
        tensors: Mapping[str, Stored],
        types: Mapping[int, str],
        name: str,
    ) -> None:
        self._module = program["graph_module"]
        self._graph = self._module["graph"]
        self._stored = tensors
        self._types = types
        self._name = name
        self._tensors: dict[str, Tensor] = {}
        self._owners: dict[tuple[Any, ...], str] = {}
        self._renamed: dict[str, str] = {}
        self._inputs: dict[str, tuple[str, Sizes, str]] = {}
        self._symbol = ""

    def trace(self) -> Trace:
        """The operators.

        Raises:
            KeyError, TypeError, ValueError: the JSON is not what the schema says.
            FileError: the network has other things inside than tensors.
        """
        signature = self._module["signature"]
        for spec in signature["input_specs"]:
            self._place(spec)
        first = next(iter(self._inputs.values()))[1]
        batch = None if isinstance(first[0], Batch) else first[0]
        outputs = [
            self._renamed.get(item, item)
            for spec in signature["output_specs"]
            for item in _user_output(spec)
        ]
        return Trace(
            self._name,
            self._inputs,
            self._tensors,
            tuple(self._operations()),
            tuple(outputs),
            batch,
        )

    def _place(self, spec: Mapping[str, Any]) -> None:
        ((kind, item),) = spec.items()
        if kind == "user_input":
            if "as_tensor" in item["arg"]:
                name = item["arg"]["as_tensor"]["name"]
                meta = self._graph["tensor_values"][name]
                self._find_symbol(meta)
                self._inputs[name] = (name, self._sizes(meta), self._types[meta["dtype"]])
            return
        keys = {
            "parameter": "parameter_name",
            "buffer": "buffer_name",
            "tensor_constant": "tensor_constant_name",
        }
        if kind not in keys:
            raise FileError(f"the network holds a {kind:.40}, which is no tensor")
        target = item[keys[kind]]
        stored = self._stored[target]
        owner = self._owners.setdefault(stored.same, target)
        name = item["arg"]["name"]
        self._renamed[name] = owner
        is_parameter = kind == "parameter"
        frozen = is_parameter and not self._graph["tensor_values"][name].get("requires_grad", True)
        self._tensors.setdefault(
            owner,
            Tensor(owner, stored.shape, stored.type, is_parameter, stored.reader(), frozen),
        )

    def _find_symbol(self, meta: Mapping[str, Any]) -> None:
        """The name of the number of images, where the first size of an input is left open."""
        expression = meta["sizes"][0].get("as_expr", {}).get("expr_str", "")
        if found := _SYMBOL.fullmatch(expression):
            self._symbol = self._symbol or found[1]

    def _sizes(self, meta: Mapping[str, Any]) -> Sizes:
        return tuple(self._size(size) for size in meta["sizes"])

    def _size(self, size: Mapping[str, Any]) -> int | Batch:
        if "as_int" in size:
            return _checked(size["as_int"])
        text = size["as_expr"]["expr_str"]
        multiple = _MULTIPLE.fullmatch(text)
        symbol = _SYMBOL.fullmatch(multiple[2] if multiple else text)
        if symbol and symbol[1] == self._symbol:
            return Batch(_checked(int(multiple[1])) if multiple else 1)
        return _checked(size["as_expr"]["hint"]["as_int"])

    def _operations(self) -> Iterator[Operation]:
        for node in self._graph["nodes"]:
            outputs = [name for output in node["outputs"] for name in _names(output)]
            match = _OPERATOR.fullmatch(node["target"])
            if not outputs or not match:
                continue
            metas = [self._graph["tensor_values"][name] for name in outputs]
            operator, overload = f"{match[1]}.{match[2]}", match[3] or "default"
            given = {item["name"]: self._argument(item["arg"]) for item in node["inputs"]}
            yield Operation(
                tuple(outputs),
                operator,
                overload,
                _defaults(match[1], match[2], overload) | given,
                tuple(self._sizes(meta) for meta in metas),
                tuple(self._types[meta["dtype"]] for meta in metas),
                _frames(node["metadata"].get("nn_module_stack", "")),
                decision(node["metadata"].get("stack_trace")),
                self._is_view(node, metas[0]),
            )

    def _is_view(self, node: Mapping[str, Any], result: Mapping[str, Any]) -> bool | None:
        """Whether a map that is laid out in order was so before; None of other operators."""
        if not node["target"].endswith("aten.contiguous.default"):
            return None
        read = self._graph["tensor_values"][node["inputs"][0]["arg"]["as_tensor"]["name"]]
        return bool(read["strides"] == result["strides"])

    def _argument(self, argument: Mapping[str, Any]) -> Any:
        ((kind, item),) = argument.items()
        if kind in _LISTS:
            return [self._item(kind, each) for each in item]
        return self._item(kind, item)

    def _item(self, kind: str, item: Any) -> Any:
        if kind == "as_none":
            return None
        if kind in ("as_tensor", "as_tensors"):
            return Ref(self._renamed.get(item["name"], item["name"]))
        if kind in ("as_optional_tensors", "as_optional_tensor"):
            return self._argument(item)
        if kind.startswith("as_sym"):
            return self._number(kind, item)
        if kind == "as_scalar_type":
            return f"torch.{self._types.get(item, 'unknown')}"
        if isinstance(item, bool | int | float | str):
            return item
        return str(kind)

    def _number(self, kind: str, item: Mapping[str, Any]) -> Any:
        if "as_name" not in item:
            ((_, value),) = item.items()
            return value
        values = {"as_sym_int": "sym_int_values", "as_sym_ints": "sym_int_values"}
        known = self._graph[values[kind]][item["as_name"]] if kind in values else {}
        return self._size(known) if known else None


def _defaults(space: str, name: str, overload: str) -> dict[str, Any]:
    """The arguments of an operator that need not be given."""
    if space != "aten":
        return {}
    import torch

    packet = getattr(torch.ops.aten, name, None)
    schema = getattr(getattr(packet, overload, None), "_schema", None)
    arguments = schema.arguments if schema else ()
    return {each.name: each.default_value for each in arguments if each.has_default_value()}


def _checked(size: Any) -> int:
    if not isinstance(size, int) or isinstance(size, bool) or not 0 <= size < 2**40:
        raise ValueError(f"{size!r:.50} is no size")
    return size


def _names(argument: Mapping[str, Any]) -> list[str]:
    """The tensors that an operation gives."""
    ((kind, item),) = argument.items()
    items = item if kind == "as_tensors" else [item] if kind == "as_tensor" else []
    return [each["name"] for each in items]


def _user_output(spec: Mapping[str, Any]) -> list[str]:
    ((kind, item),) = spec.items()
    return _names(item["arg"]) if kind == "user_output" else []


def _frames(text: str) -> tuple[Frame, ...]:
    """The modules around, from `key,path,class;...`."""
    frames = []
    for part in text.split(";"):
        key, _, rest = part.partition(",")
        path, _, kind = rest.partition(",")
        if path and not path.startswith("_empty_nn_module_stack"):
            frames.append(Frame(key, path, leaf(kind)))
    return tuple(frames)
