"""Plots of analyses, one file each, named as the analysis: `plot(result, path)`."""
