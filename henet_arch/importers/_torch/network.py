"""A trace of PyTorch's operators as a graph of layers."""

from __future__ import annotations

from dataclasses import replace

from ...ir.layers import Input
from ...support.errors import RunError, ShapeError
from .changes import changed
from .constants import Constant, folded, of_tensor
from .finish import Network, finished
from .opaque import opaque, rearranged, unknown
from .padding import PADS
from .rows import ROWS
from .site import Known, Results, Site
from .trace import Batch, Operation, Ref, Sizes, Trace
from .values import Draft, Value, plain
from .views import may_be_view


def network(trace: Trace) -> Network:
    """The layers of a trace, and what computes their weights.

    Raises:
        RunError: no output depends on an input.
        GraphError: a name cannot be used.
    """
    return _Builder(trace).build()


class _Builder:
    def __init__(self, trace: Trace) -> None:
        self._trace = trace
        self._known: dict[str, Known] = {
            name: of_tensor(tensor) for name, tensor in trace.tensors.items()
        }
        self._readers = _readers(trace)
        self._makers = {name: op for op in trace.operations for name in op.results}
        self._claimed: set[Operation] = set()
        self._position = 0
        self._views: dict[str, str] = {}
        self._padded: dict[str, Known] = {}
        self._forms: dict[tuple[Draft, object], Draft] = {}

    def build(self) -> Network:
        inputs = list(self._inputs())
        for position, operation in enumerate(self._trace.operations):
            self._position = position
            if operation not in self._claimed:
                self._read(operation)
        outputs = []
        for name in self._trace.outputs:
            value = self._known[name]
            if isinstance(value, Value):
                draft = self._materialised(value, value.draft.operation)
                outputs += [draft] if draft not in outputs else []
        if not outputs:
            raise RunError(
                f"no output of {self._trace.name} depends on an input",
                why="the network is what leads from the inputs to the tensors that forward gives",
            )
        return finished(self._trace, inputs, outputs)

    def _inputs(self) -> list[Draft]:
        drafts = []
        several = len(self._trace.inputs) > 1
        for name, (argument, sizes, type_) in self._trace.inputs.items():
            sizes = self._with_batch(sizes)
            shape = tuple(size for size in sizes[1:] if isinstance(size, int)) or (1,)
            title = argument if several else "input"
            draft = Draft(Input(shape), (), shape, type_, None, name=title)
            self._known[name] = Value(draft, plain(len(shape)), sizes)
            drafts.append(draft)
        return drafts

    def _with_batch(self, sizes: Sizes) -> Sizes:
        """Sizes in which the number of images is seen, where the trace has a plain one."""
        batch = self._trace.batch
        if batch is None:
            return sizes
        for axis, size in enumerate(sizes):
            if isinstance(size, int) and size and size % batch == 0:
                return (*sizes[:axis], Batch(size // batch), *sizes[axis + 1 :])
        return sizes

    def _read(self, operation: Operation) -> None:
        reads = [self._known[name] for name in operation.reads]
        if all(isinstance(item, Constant) for item in reads):
            constants = {name: self._known[name] for name in operation.reads}
            results: list[Known] = list(folded(operation, constants))  # type: ignore[arg-type]
        else:
            operation = replace(operation, sizes=tuple(map(self._with_batch, operation.sizes)))
            results = self._layers(operation)
            if operation.word in PADS:
                self._padded[operation.results[0]] = reads[0]
        for name, result in zip(operation.results, results, strict=True):
            self._known[name] = result
        if operation.in_place and operation.reads:
            self._change(operation, operation.reads[0], results[0])
        elif operation.reads and may_be_view(operation):
            self._views.update(dict.fromkeys(operation.results, operation.reads[0]))

    def _layers(self, operation: Operation) -> list[Known]:
        site = Site(
            operation,
            self._after,
            self._known,
            self._materialised,
            self._claim,
            self._learnt,
            self._makers,
            self._padded,
        )
        row = ROWS.get(operation.word) if operation.operator.startswith("aten.") else None
        try:
            results: Results = row(site) if row else None
        except ShapeError:
            results = None
        if results is None:
            results = opaque(site)
        return results if isinstance(results, list) else [results]

    def _learnt(self, name: str) -> bool:
        return self._trace.tensors[name].is_parameter

    def _after(self, name: str) -> list[Operation]:
        """The operations that read a name, and the outputs."""
        return self._readers.get(name, [])

    def _claim(self, operation: Operation, value: Known) -> None:
        """Take over a later operation."""
        self._claimed.add(operation)
        (name,) = operation.results
        if isinstance(value, Value):
            value = replace(value, sizes=self._with_batch(operation.sizes[0]))
        self._known[name] = value

    def _change(self, operation: Operation, target: str, result: Known) -> None:
        """What else is changed where an operation works in place: all that shares the memory."""
        before, root = self._known[target], target
        while root in self._views:
            root = self._views[root]
        for name in [root, *(n for n in self._views if self._root(n) == root)]:
            if name == target or not self._is_read_later(name):
                continue
            self._known[name] = self._changed(operation, self._known[name], before, result)
        self._known[target] = result
        if operation.results:
            self._views[operation.results[0]] = target

    def _changed(self, operation: Operation, item: Known, before: Known, result: Known) -> Known:
        """What a value is after an operation that changed `before` to `result` in place."""
        if isinstance(item, Constant) and isinstance(result, Constant):
            return replace(item, key=(item.key, result.key), read=None)
        if (
            isinstance(item, Value)
            and isinstance(before, Value)
            and isinstance(result, Value)
            and (made := changed(operation, item, before, result))
        ):
            return made
        return unknown(operation, item, result, self._materialised)

    def _root(self, name: str) -> str:
        while name in self._views:
            name = self._views[name]
        return name

    def _is_read_later(self, name: str) -> bool:
        later = set(self._trace.operations[self._position + 1 :])
        return name in self._trace.outputs or any(
            reader in later for reader in self._readers.get(name, [])
        )

    def _materialised(self, value: Value, operation: Operation | None) -> Draft:
        if value.is_plain:
            return value.draft
        key = (value.draft, value.axes)
        if key not in self._forms:
            self._forms[key] = rearranged(value, operation)
        return self._forms[key]


def _readers(trace: Trace) -> dict[str, list[Operation]]:
    result: dict[str, list[Operation]] = {}
    for operation in trace.operations:
        for name in dict.fromkeys(operation.reads):
            result.setdefault(name, []).append(operation)
    for name in trace.outputs:  # it counts as read once more
        end = Operation((), "output", "", {"value": Ref(name)}, (), (), (), ())
        result.setdefault(name, []).append(end)
    return result
