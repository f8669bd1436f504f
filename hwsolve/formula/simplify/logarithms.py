"""Logarithms of products, quotients and powers taken apart: ln(a/b) = ln a - ln b where both are positive."""

from __future__ import annotations

from hwsolve.formula.simplify.terms import product, term_of, total
from hwsolve.formula.tree import BigOperator, Call, Formula, Number, Ref, transform

POSITIVE = ("exp", "cosh", "sigmoid", "softplus", "normal_pdf", "normal_cdf")


def taken_apart(f: Formula, positive_names: frozenset[str] = frozenset()) -> Formula:
    """Every logarithm of positive parts as a sum."""

    def change(node: Formula) -> Formula:
        return apart(node.args[0], positive_names) if isinstance(node, Call) and node.name == "log" else node

    return transform(f, change)


def apart(inner: Formula, names: frozenset[str]) -> Formula:
    """ln of a product of positive factors."""
    term = term_of(inner)
    if term.coefficient <= 0 or not all(positive(base, names) for base, _ in term.factors):
        return Call("log", (inner,))
    parts = [product(exponent, log(base)) for base, exponent in term.factors]
    if term.coefficient != 1:
        above, below = term.coefficient.numerator, term.coefficient.denominator
        parts.append(Call("log", (Number(above, below),)))
    return total(*parts)


def log(f: Formula) -> Formula:
    """ln f, where ln exp(u) is u."""
    return f.args[0] if isinstance(f, Call) and f.name == "exp" else Call("log", (f,))


def positive(f: Formula, names: frozenset[str]) -> bool:
    """Whether a formula is surely positive."""
    match f:
        case Number(numerator, _):
            return numerator > 0
        case Ref(name, _):
            return name in names or name in ("pi", "e")
        case BigOperator("Sum" | "Prod" | "Max" | "Min", body, _, _, _):
            return positive(body, names)
        case Call(name, args) if name in POSITIVE:
            return True
        case Call("+" | "*" | "/" | "sqrt", args):
            return all(positive(a, names) for a in args)
        case Call("**", (base, _)):
            return positive(base, names)
    return False
