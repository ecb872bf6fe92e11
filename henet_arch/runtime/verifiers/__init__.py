"""What holds an emitted target against its graph, one file each: `verify(graph)` gives the checks."""
