"""What networks cost as formulas in their widths, repeats and sizes; the home of sympy."""
