"""From a graph to the steps in which it is computed, one pass a file.

For targets that run no graph themselves, in this order:

    absorb  layers that only move channels become indexing
    prune   what nothing reads is left out
    fold    batch norm into the convolution before it
    fuse    ReLU and addition into the step that makes what they read
    choose  how each step is computed
    clean   which maps need zeros around them
    layout  how its maps lie in memory
    buffers where they lie, by liveness

`plan` runs them all.
"""
