"""Targets that are folders with weights, one file each: `project(graph, ...)` gives their files."""
