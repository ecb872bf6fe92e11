"""What every other folder may use: errors, limits, files, optional packages, plugins."""
