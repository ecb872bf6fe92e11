"""The layer graph: sizes, layers, and the graph that they form."""
