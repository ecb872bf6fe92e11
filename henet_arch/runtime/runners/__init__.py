"""What runs a network for timing, one file each: `prepare(graph, module, image)` gives a pass."""
