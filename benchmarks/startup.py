"""Times whole processes in turns: henet-arch against a script that runs ptflops on PyTorch.

python benchmarks/startup.py        (needs the `bench` extra)
"""

from __future__ import annotations

import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path

ROUNDS = 7
HERE = Path(__file__).parent
PEER = (
    "from henet_torch import henet\n"
    "from ptflops import get_model_complexity_info\n"
    "print(get_model_complexity_info(henet(), (3, 31, 31), as_strings=False,"
    " print_per_layer_stat=False))"
)


def main() -> None:
    """Print the median time of each command and its ratio to the peer's."""
    command = shutil.which("henet-arch", path=str(Path(sys.executable).parent)) or "henet-arch"
    commands = {
        "PyTorch and ptflops": [sys.executable, "-c", PEER],
        "henet-arch analyze": [command, "analyze", "--channels", "24,48,96,192"],
        "henet-arch list": [command, "list"],
        "henet-arch --help": [command, "--help"],
        "100,000 layers": [command, "analyze", "--repeats", "4160"],
    }
    times: dict[str, list[float]] = {name: [] for name in commands}
    for turn in range(ROUNDS + 1):
        for name, arguments in commands.items():
            start = time.perf_counter()
            subprocess.run(arguments, cwd=HERE, check=True, capture_output=True)
            if turn:
                times[name].append(time.perf_counter() - start)
    peer = statistics.median(times["PyTorch and ptflops"])
    print("| process | median s | fastest s | of the peer |")
    print("| --- | ---: | ---: | ---: |")
    for name, values in times.items():
        median = statistics.median(values)
        print(f"| {name} | {median:.2f} | {min(values):.2f} | {median / peer:.2f} |")


if __name__ == "__main__":
    main()
