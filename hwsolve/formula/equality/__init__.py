"""Whether two formulas are equal."""
