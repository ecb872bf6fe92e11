"""As the HENet paper counts."""

from __future__ import annotations

from .convention import Convention

CONVENTION = Convention(
    "paper",
    "parameters as if no convolution were grouped, multiply-accumulates of convolutions "
    "only, and where a table of the paper prints a wider layer, that one",
    {"conv2d": {"mac": 1}},
    parameters={"conv2d": {"dense_params": 1}},
    as_published=True,
)
