"""Operation counts."""
