"""One file for each analysis; each returns a frozen report on a graph."""
