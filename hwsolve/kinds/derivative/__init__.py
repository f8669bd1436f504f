"""Derivatives step by step."""
