"""PyTorch's networks: modules that are exported, and files that `torch.export` saves.

`export` and `archive` make a `Trace`; `network` makes its layers, by the rows in `rows_*`.
"""
