"""Checked lines: a quantity, its formula, its value."""
