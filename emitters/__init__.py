"""What machines run: one file for each target."""
