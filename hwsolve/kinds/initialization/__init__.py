"""Weight initialisation."""
