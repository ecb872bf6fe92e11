"""The layout of diagrams: boxes in rows that wrap, placed by us and written by each form."""
