"""What people look at: one file for each output form."""
