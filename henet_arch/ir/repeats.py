"""Finds what repeats in a graph: scopes of the same structure become one block with parameters.

A scope whose layers stand together in the graph's order is one step of the scope around it. Scopes
that have the same name but for its number, and call the same kinds of layers under the same names
and wired in the same way, are one `Block`, whatever their numbers and whatever lies around them;
what differs among them becomes a parameter. A scope that other layers interrupt is no step: the
scope around it runs its layers. Nor is one with a layer that uses the weights of one elsewhere.
Emitters turn blocks into classes or functions.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any, NamedTuple

from ..support.errors import GraphError
from .graph import Graph, Node
from .parameter_names import Occurrence, parameter_names, rank
from .scope import below, depth, is_inside, leaf, scopes, words


class Value(NamedTuple):
    """What a step reads: an output of an earlier step or, where `step` is -1, the block's input."""

    step: int
    output: int


@dataclass(frozen=True)
class Parameter:
    """Stands for an argument that is not the same everywhere."""

    name: str


@dataclass(frozen=True)
class Step:
    """One layer, or one call of an inner block, within a block."""

    path: tuple[str, ...]
    """Its name below the block; several words where a scope on the way is no step itself.

    A layer that uses an earlier one's weights has that one's name.
    """
    node: Node
    """The layer in the block's first scope; of an inner block, the last one that is read."""
    block: Block | None
    """The inner block, if it is one."""
    arguments: dict[str, Any]
    """The layer's attributes or the inner block's parameters: values, or `Parameter`s."""
    inputs: tuple[Value, ...]
    outputs: int


@dataclass(frozen=True, eq=False)
class Block:
    """Scopes of one structure."""

    name: str
    """The scopes' own name without its number: `block` for `stage1.block2`; "" for the network."""
    scopes: tuple[str, ...]
    """Where it stands in the graph, in order."""
    steps: tuple[Step, ...]
    inputs: tuple[Node, ...]
    """The layers that its inputs come from in its first scope."""
    outputs: tuple[Value, ...]
    """What is read outside, the last made first, or the network's; there is one at least."""
    gives: tuple[Node, ...]
    """The layers that its outputs come from in its first scope."""
    arguments: tuple[dict[str, Any], ...]
    """The parameters' values in each scope."""


def blocks(graph: Graph) -> tuple[Block, ...]:
    """The blocks of `graph`, inner ones before those that call them; the last is the network.

    Raises:
        GraphError: the graph has no layer beside its inputs.
    """
    for name in graph.outputs:
        if not graph[name].inputs:
            raise GraphError(f"network {graph.name!r} gives its input {name!r}")
    items: list[Block] = []
    instances = sorted(_instances(graph), key=lambda instance: (instance.height, instance.first))
    for _, level in groupby(instances, key=lambda instance: instance.height):
        alike: dict[Hashable, list[_Instance]] = {}
        for instance in level:
            alike.setdefault(instance.structure(), []).append(instance)
        items += [_block(graph, group) for group in alike.values()]
    return tuple(items)


@dataclass
class _Instance:
    """One scope with what it calls and, once its block is known, how it is called itself."""

    scope: str
    first: int
    escaping: set[str]
    """The layers inside that are read outside."""
    reads: list[str] = field(default_factory=list)
    """The layers outside that are its inputs."""
    paths: list[tuple[str, ...]] = field(default_factory=list)
    calls: list[Node | _Instance] = field(default_factory=list)
    block: Block | None = None
    gives: list[str] = field(default_factory=list)
    """The layers inside that are its outputs."""
    arguments: dict[str, Any] = field(default_factory=dict)
    """The values of its block's parameters."""
    height: int = 1
    """How many levels of blocks it has."""

    def made(self) -> dict[str, Value]:
        """Where each layer that its steps give comes from."""
        return {
            name: Value(step, output)
            for step, call in enumerate(self.calls)
            for output, name in enumerate(_gives(call))
        }

    def structure(self) -> Hashable:
        """Equal for the instances of one block."""
        instance = self.made()
        calls = (
            (
                _form(call) if isinstance(call, Node) else id(call.block),
                tuple(instance.get(name) for name in _reads(call)),
            )
            for call in self.calls
        )
        return (_own_name(self.scope), tuple(self.paths), tuple(calls))

    def read_outside(self) -> list[str]:
        """What its steps read that they do not make, use by use."""
        instance = self.made()
        return [name for call in self.calls for name in _reads(call) if name not in instance]


def _form(node: Node) -> Hashable:
    """How a layer is written, but for its numbers: equal names below a scope are equal layers."""
    ranks = tuple(map(len, node.input_shapes))
    return (node.layer.kind, node.layer.form, ranks, bool(node.shares))


def _reads(call: Node | _Instance) -> Sequence[str]:
    return call.reads if isinstance(call, _Instance) else call.inputs


def _gives(call: Node | _Instance) -> Sequence[str]:
    return call.gives if isinstance(call, _Instance) else (call.name,)


def _arguments(call: Node | _Instance) -> dict[str, Any]:
    return call.arguments if isinstance(call, _Instance) else call.layer.attributes()


def _instances(graph: Graph) -> list[_Instance]:
    """The network and every scope that is a step of another, with what they call, in order."""
    nodes = [node for node in graph if node.inputs]
    images = [node.name for node in graph if not node.inputs]
    instances = {"": _Instance("", 0, set(), images, gives=list(graph.outputs))}
    apart = _sharing_outside(nodes)
    for scope, members in _members(nodes).items():
        if members[-1] - members[0] == len(members) - 1 and scope not in apart:
            instances[scope] = _Instance(scope, members[0], set())
    for index, node in enumerate(nodes):
        around = instances[""]
        for scope in scopes(node.name):
            if scope in instances:
                if instances[scope].first == index:
                    _call(around, scope, instances[scope])
                around = instances[scope]
        _call(around, node.owner, node)
    _mark_escaping(graph, instances)
    for scope in sorted(instances, key=depth, reverse=True):
        inner = (call.height for call in instances[scope].calls if isinstance(call, _Instance))
        instances[scope].height = 1 + max(inner, default=0)
    return list(instances.values())


def _sharing_outside(nodes: Sequence[Node]) -> set[str]:
    """The scopes of layers that use the weights of a layer elsewhere."""
    return {
        scope
        for node in nodes
        if node.shares
        for scope in scopes(node.name)
        if not is_inside(node.shares, scope)
    }


def _call(around: _Instance, name: str, call: Node | _Instance) -> None:
    around.paths.append(tuple(words(below(name, around.scope))))
    around.calls.append(call)


def _members(nodes: Sequence[Node]) -> dict[str, list[int]]:
    """The layers of every scope, as places in `nodes`."""
    members: dict[str, list[int]] = {}
    for index, node in enumerate(nodes):
        for scope in scopes(node.name):
            members.setdefault(scope, []).append(index)
    return members


def _mark_escaping(graph: Graph, instances: dict[str, _Instance]) -> None:
    """Tell each scope which of its layers are read outside of it."""
    uses = [(name, node.name) for node in graph for name in node.inputs]
    for name, reader in [*uses, *((name, "") for name in graph.outputs)]:
        for scope in scopes(name):
            if scope in instances and graph[name].inputs and not is_inside(reader, scope):
                instances[scope].escaping.add(name)


def _block(graph: Graph, instances: list[_Instance]) -> Block:
    """The block of `instances`, which learn how they are called."""
    first, own_layers = instances[0], instances[0].made()
    ports = _name_inputs(instances)
    outputs = _name_outputs(instances)
    arguments = _generalise(instances)
    steps = []
    for path, call, values in zip(first.paths, first.calls, arguments, strict=True):
        inputs = (own_layers.get(name) or Value(-1, next(ports)) for name in _reads(call))
        node = call if isinstance(call, Node) else graph[call.gives[0]]
        block = call.block if isinstance(call, _Instance) else None
        steps.append(Step(path, node, block, values, tuple(inputs), len(_gives(call))))
    block = Block(
        name=_own_name(first.scope),
        scopes=tuple(instance.scope for instance in instances),
        steps=tuple(steps),
        inputs=tuple(graph[name] for name in first.reads),
        outputs=outputs,
        gives=tuple(graph[name] for name in first.gives),
        arguments=tuple(instance.arguments for instance in instances),
    )
    for instance in instances:
        instance.block = block
    return block


def _name_inputs(instances: list[_Instance]) -> Iterator[int]:
    """Tell the instances their inputs; two uses are one input where all of them read one layer.

    Returns the input of each use, in order.
    """
    columns = list(zip(*(instance.read_outside() for instance in instances), strict=True))
    inputs = list(dict.fromkeys([*zip(*(i.reads for i in instances), strict=True), *columns]))
    for index, instance in enumerate(instances):
        instance.reads = [names[index] for names in inputs]
    places = {names: index for index, names in enumerate(inputs)}
    return iter([places[column] for column in columns])


def _name_outputs(instances: list[_Instance]) -> tuple[Value, ...]:
    """Tell the instances their outputs: whatever is read outside of one of them.

    The network alone knows its outputs, and their order.
    """
    layers_made = [instance.made() for instance in instances]
    if instances[0].gives:
        return tuple(layers_made[0][name] for name in instances[0].gives)
    escaping = {
        of[name] for of, i in zip(layers_made, instances, strict=True) for name in i.escaping
    }
    outputs = tuple(sorted(escaping or {max(layers_made[0].values())}, reverse=True))
    for of, instance in zip(layers_made, instances, strict=True):
        names = {value: name for name, value in of.items()}
        instance.gives = [names[value] for value in outputs]
    return outputs


def _generalise(instances: list[_Instance]) -> list[dict[str, Any]]:
    """For each step its arguments, with a parameter for each that differs among the instances."""
    arguments = [[_arguments(call) for call in instance.calls] for instance in instances]
    uses: dict[str, list[Occurrence]] = {}
    differing: dict[str, tuple[Any, ...]] = {}  # by text, since 2 and 2.0 are equal
    columns: list[dict[str, tuple[Any, ...]]] = []
    own_layers = instances[0].made()
    for step, call in enumerate(instances[0].calls):
        enters = any(name not in own_layers for name in _reads(call))
        columns.append(
            {key: tuple(of[step][key] for of in arguments) for key in arguments[0][step]}
        )
        for key, column in columns[-1].items():
            if len(set(column)) > 1:
                place = Occurrence(step, "_".join(instances[0].paths[step]), key, enters)
                uses.setdefault(repr(column), []).append(place)
                differing[repr(column)] = column
    names = dict(zip(uses, parameter_names(list(uses.values())), strict=True))
    for index, instance in enumerate(instances):
        ordered = sorted(names.items(), key=lambda item: rank(item[1]))
        instance.arguments = {name: differing[text][index] for text, name in ordered}
    return [
        {key: Parameter(names[repr(c)]) if repr(c) in names else c[0] for key, c in step.items()}
        for step in columns
    ]


def _own_name(scope: str) -> str:
    return leaf(scope).rstrip("0123456789")
