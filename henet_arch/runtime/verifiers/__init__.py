"""Holds emitted targets against their graphs, one file each with `verify(graph)`."""
