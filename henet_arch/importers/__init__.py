"""Networks from files, one module a format, and `load`, which chooses among them."""
