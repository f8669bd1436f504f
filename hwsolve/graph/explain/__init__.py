"""The lines that explain a run of a graph."""
