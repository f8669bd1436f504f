"""Convolution by hand."""
