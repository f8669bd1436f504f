"""Specs out of what people have: a model's configuration, a file of another program, a module in memory.

An importer goes from its source to the text of a spec, and counts nothing.  `source.py` finds the one that reads a
source, `spec_text.py` writes what all of them make.
"""
