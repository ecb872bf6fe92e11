"""As Netscope CNN Analyzer counts a Caffe network: its columns `macc` and `param`.

Source: what github.com/dgschwend/netscope publishes, its branch gh-pages (commit 8ae36d8),
assets/js/netscope.js. Caffe writes a batch norm's scale and shift as a layer `Scale`, whose
elements are counted once; response normalisation has its alpha and beta as parameters.
"""

from __future__ import annotations

from .convention import Convention

CONVENTION = Convention(
    "netscope",
    "multiply-accumulates without biases, the scale of each batch norm, and the squares that "
    "response normalisation sums; two parameters more for each response normalisation",
    {
        "conv2d": {"mac": 1},
        "linear": {"mac": 1},
        "batch_norm2d": {"outputs": 1},
        "local_response_norm": {"window": 1},
    },
    parameters={"local_response_norm": {"layers": 2}},
)
