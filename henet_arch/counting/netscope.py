"""As the `macc` column of Netscope CNN Analyzer counts a Caffe network.

Read off its published source (github.com/dgschwend/netscope, src/analyzer.coffee, commit 1f687cb),
which does not look at groups; it runs in a browser, and no test holds this against it. Caffe writes
a batch norm's scale and shift as a layer `Scale`, whose elements are counted once.
"""

from __future__ import annotations

from ..conventions import Convention

CONVENTION = Convention(
    "netscope",
    "multiply-accumulates as if no convolution were grouped, the scale of each batch norm, and "
    "the squares that response normalisation sums",
    {
        "conv2d": {"dense_mac": 1},
        "linear": {"mac": 1},
        "batch_norm2d": {"outputs": 1},
        "local_response_norm": {"window": 1},
    },
)
