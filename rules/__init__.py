"""How networks are built: grouping, resolution, and one file for each family."""
