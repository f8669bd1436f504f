"""What is written beside each other: the factors of a product, the terms of a sum with their signs."""

from __future__ import annotations

from hwsolve.formula.tree import Call, Formula, Number


def factors(f: Formula) -> list[Formula]:
    """The factors of nested products in one list."""
    if type(f) is not Call or f.name != "*":
        return [f]
    found: list[Formula] = []
    for a in f.args:
        found += factors(a) if type(a) is Call else (a,)
    return found


def terms(f: Formula, sign: str = "+") -> list[tuple[str, Formula]]:
    """The terms of a sum with their signs; the first one's is always +."""
    if type(f) is Call and f.name == "+":
        first, *rest = f.args
        return terms(first) + [signed(a) for a in rest]
    if type(f) is Call and f.name == "-":
        return [*terms(f.args[0]), ("-", f.args[1])]
    return [(sign, f)]


def signed(f: Formula) -> tuple[str, Formula]:
    """a + (-b) is written a - b."""
    if type(f) is Call and f.name == "neg" and type(f.args[0]) is not Number:
        return "-", f.args[0]
    return "+", f
