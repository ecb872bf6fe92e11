"""Rule rules, one file each, which defines `RULE`."""
