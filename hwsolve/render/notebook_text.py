"""Pieces of Python in a notebook: numbers as fractions, names, parentheses where an expression needs them."""

from __future__ import annotations

import ast

from hwsolve.formula.notation import plain
from hwsolve.formula.tree import Formula, Number


def number(f: Number) -> str:
    """A number as a fraction."""
    if f.denominator == 1:
        return f"Q({f.numerator})"
    twos = f.denominator
    for prime in (2, 5):
        while twos % prime == 0:
            twos //= prime
    text = plain(Number(f.numerator, f.denominator))
    return f"Q({text!r})" if twos == 1 and "/" not in text and "*" not in text else f"Q({f.numerator}, {f.denominator})"


def bare(f: Formula, text: str) -> str:
    """A whole number without its wrapping."""
    return str(f.numerator) if isinstance(f, Number) and f.denominator == 1 else text


def variable(name: str) -> str:
    """A name that Python takes for a variable."""
    made = "".join(c if c.isalnum() else "_" for c in name)
    return made + "_" if made in ("lambda", "in", "is", "if", "q", "Q", "mp") else made


def within(text: str) -> str:
    """An expression that holds together."""
    try:
        node = ast.parse(text, mode="eval").body
    except SyntaxError:
        return f"({text})"
    simple = isinstance(node, ast.Call | ast.Subscript | ast.Name | ast.Constant | ast.Attribute)
    return text if simple or enclosed(text) else f"({text})"


def enclosed(text: str) -> bool:
    """Whether the first parenthesis is closed by the last sign."""
    if not text.startswith("("):
        return False
    depth = 0
    for n, c in enumerate(text):
        depth += (c == "(") - (c == ")")
        if depth == 0:
            return n == len(text) - 1
    return False


def trimmed(text: str) -> str:
    """An expression without parentheses around the whole."""
    return text[1:-1] if enclosed(text) else text
