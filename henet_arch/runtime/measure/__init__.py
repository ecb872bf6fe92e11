"""Times networks, and measures this machine."""
