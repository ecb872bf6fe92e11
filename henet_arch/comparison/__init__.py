"""What two networks differ in: their layers matched, and what each match costs."""
