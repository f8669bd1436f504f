"""A layer of windows by itself: its index formulas, the recursion of the error, and a case with numbers."""
