"""Holds the emitted ONNX file against the graph, and ONNX Runtime against PyTorch."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from ...ir.dims import Shape
from ...ir.graph import Graph
from ...ir.model import Model
from ...ir.tensors import tensors_of
from ...support.optional import first_line, need
from ..torch.comparison import compared, example, expected, one_by_one
from ..torch.tensors import arrays_of
from ..torch.verification import compared_shapes
from ..verification import Check, Verification
from .running import called, content

_LEAST = 0.1
"""What a difference is a share of where all outputs are smaller, as those of a softmax are."""


def verify(model: Model) -> Verification:
    """Check the file, and its outputs on random weights and images.

    Raises:
        ExtraError: onnx or ONNX Runtime is not installed.
        EmitError: ONNX has no such layer.
        RunError: ONNX Runtime cannot run it.
    """
    runtime: Any = need("onnxruntime", "onnxruntime")
    module, images = example(model.graph)
    model = replace(model, weights=arrays_of(module))
    file = content(model)
    checks = tuple(_of_file(model.graph, file))
    if all(check.holds for check in checks):
        given = one_by_one(called(file), images)
        checks = (
            *checks,
            *compared(model.graph, given, expected(module, *images, least=_LEAST), _LEAST),
        )
    subject = f"the emitted ONNX file, in ONNX Runtime {runtime.__version__},"
    return Verification(model.name, checks, ("graph", "ONNX"), subject)


def _of_file(graph: Graph, file: bytes) -> Iterator[Check]:
    """What ONNX's own checker and shape inference say, without a look at the sizes written."""
    onnx: Any = need("onnx", "onnx")
    proto = onnx.ModelProto.FromString(file)
    wrong: tuple[str, ...] = ()
    try:
        onnx.checker.check_model(proto, full_check=True)
    except Exception as error:  # the checker's and the inference's own
        wrong = (first_line(error),)
    yield Check("the checker of ONNX", "valid", "invalid" if wrong else "valid", wrong)
    tensors = {each.name: tuple(each.dims) for each in proto.graph.initializer}
    wanted: dict[str, Shape] = tensors_of(graph)
    missing = tuple(f"{name} is missing" for name in wanted if name not in tensors)
    yield Check("weights", f"{len(wanted):,}", f"{len(wanted) - len(missing):,}", missing)
    del proto.graph.value_info[:]
    expected = {node.name: node.shape for node in graph if node.inputs}
    yield compared_shapes("layer output shapes", expected, _inferred(onnx, proto))


def _inferred(onnx: Any, proto: Any) -> dict[str, Shape]:
    """The sizes of each value that ONNX infers, without the batch."""
    graph = onnx.shape_inference.infer_shapes(proto, data_prop=True).graph
    return {
        info.name: tuple(dim.dim_value for dim in info.type.tensor_type.shape.dim)[1:]
        for info in (*graph.value_info, *graph.output)
    }
