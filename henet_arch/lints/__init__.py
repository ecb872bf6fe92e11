"""Lint rules, one file each, which defines `LINT`."""
