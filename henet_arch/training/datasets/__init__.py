"""The data sets, one file each: `load(folder)` reads the official files."""
