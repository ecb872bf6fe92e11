"""From a graph to the steps in which it is computed, one pass a file; for targets that run no graph.

    absorb  layers that only move channels become indexing
    fold    batch norm into the convolution before it
    fuse    ReLU and addition into the step that makes what they read
    choose  how each step is computed
    layout  how its maps lie in memory
    buffers where they lie, by liveness

`plan` runs them all.
"""
