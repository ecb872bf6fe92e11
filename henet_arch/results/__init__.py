"""Values that results are made of: tables, figures of layers, costs."""
