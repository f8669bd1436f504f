"""Formulas made simpler."""
