"""Counting conventions, one file each, which defines `CONVENTION`."""
