"""One expression tree: parse, evaluate, differentiate, and write it down.

`tree` holds the nodes; `parse` reads text; `evaluate` gives values; `differentiate` gives derivatives with
their rules; `notation` writes plain text, Unicode, LaTeX, MathML and Typst.
"""
