"""What papers print, beside what this package computes."""
