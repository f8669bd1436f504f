"""Pooling by hand."""
