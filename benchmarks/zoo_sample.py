"""A few networks of other people, with small images, against PyTorch.

make zoo-sample          (a minute; timm, pytorchcv and torchvision in an environment of their own)

Each is loaded, counted and emitted as `make zoo` does it, and all that it checks must hold.
"""

from __future__ import annotations

import sys
import time

import torch
from zoo_checks import TOLERANCE, checks
from zoo_networks import Network

SAMPLE = {
    "timm": (
        "convnext_atto", "cs3darknet_focus_s", "dla34", "efficientvit_b0", "ese_vovnet19b_slim",
        "fastvit_t8", "ghostnet_050", "hrnet_w18_small", "lcnet_035", "mobilenetv4_conv_small_050",
        "mobilevit_xxs", "test_nfnet", "repvgg_a0", "resnest14d",
        "rexnetr_100", "starnet_s1",
    ),
    "pytorchcv": ("condensenet74_c4_g4", "diracnet18v2", "menet108_8x1_g3", "octresnet10_ad2"),
    "torchvision": ("mnasnet0_5", "shufflenet_v2_x0_5", "squeezenet1_0"),
}  # fmt: skip
LARGEST = {"timm": 64, "pytorchcv": 224, "torchvision": 64}
"""The most rows and columns of an image; those of pytorchcv end in a pool of a fixed size."""


def main() -> int:
    """1 where one differs."""
    torch.set_num_threads(1)
    wrong = 0
    for network in (Network(library, name, "") for library in SAMPLE for name in SAMPLE[library]):
        start = time.perf_counter()
        row = checks(network, emits=True, largest=LARGEST[network.library])
        off = row.get("off", 0.0)
        differences = list(row["wrong"])
        if isinstance(off, str) or not off <= TOLERANCE:
            differences.append(f"the emitted module is off by {off}")
        wrong += bool(differences)
        line = f"{network.name:28} {row['layers']:4} layers {row['opaque']:3} opaque"
        print(f"{line} {time.perf_counter() - start:5.1f} s", *differences, flush=True)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
