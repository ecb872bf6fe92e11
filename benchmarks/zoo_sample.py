"""A zoo that needs nothing installed: presets as modules of PyTorch, loaded and emitted again.

make zoo-sample          (under two minutes on two cores)

Each module is what we emit for a preset, so that its graph is known: the graph that is loaded has
the same layers, weights and multiply-accumulates, and the module that is emitted of it gives the
same outputs.
"""

from __future__ import annotations

import sys
import time

import torch
from zoo_checks import off, scramble

import henet_arch as ha
from henet_arch.ir.graph import Graph

PRESETS = {
    "henet-r2": (3, 31, 31),
    "xception": (3, 71, 71),
    "shufflenet-v1-g3": (3, 64, 64),
    "mobilenet": (3, 32, 32),
    "mobilenetv2": (3, 32, 32),
    "mobilenetv3-small": (3, 32, 32),
    "shufflenetv2": (3, 32, 32),
    "squeezenet1_1": (3, 64, 64),
    "efficientnet-b0": (3, 32, 32),
    "regnety-200mf": (3, 32, 32),
    "resnet18": (3, 32, 32),
    "densenet121": (3, 32, 32),
    "googlenet": (3, 64, 64),
    "vgg11": (3, 32, 32),
}
"""Image shapes by preset: as small as each takes."""
TOLERANCE = 1e-5


def main() -> int:
    """1 where one differs."""
    torch.set_num_threads(1)
    wrong = 0
    for preset, shape in PRESETS.items():
        start = time.perf_counter()
        own = ha.load(preset, shape)
        module = ha.to_torch(own)
        torch.manual_seed(0)
        scramble(module)
        model = ha.load(module, shape)
        differences = [
            what
            for what, holds in (
                ("layers", _layers(own.graph) == _layers(model.graph)),
                ("counts", _counts(own.graph) == _counts(model.graph)),
                ("outputs", off(module, model, shape) <= TOLERANCE),
            )
            if not holds
        ]
        wrong += bool(differences)
        seconds = time.perf_counter() - start
        print(f"{preset:20} {len(model.graph):4} layers {seconds:5.1f} s", *differences, flush=True)
    return 1 if wrong else 0


def _layers(graph: Graph) -> list[tuple[str, tuple[object, ...]]]:
    """Kinds and shapes, but for what does nothing at inference."""
    return sorted((node.layer.kind, node.shape) for node in graph if node.layer.kind != "dropout")


def _counts(graph: Graph) -> tuple[int, int]:
    report = ha.analyze(graph)
    return int(report.params), int(report.macs)


if __name__ == "__main__":
    sys.exit(main())
