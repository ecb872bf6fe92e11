"""Results as tables, outlines and drawings."""
