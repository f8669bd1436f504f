"""SymPy as the last resort of equality: whether a formula without loops and elements is 0 for all values.

SymPy is imported only inside the functions.
"""

from __future__ import annotations

from typing import Any

from hwsolve.formula.meaning import by_definition
from hwsolve.formula.tree import Call, Formula, Number, Ref

LONGEST = 80  # operations above which SymPy is not asked
SAME_NAME = (
    "exp", "log", "sqrt", "sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh", "tanh", "erf", "sign", "floor",
    "gamma",
)  # fmt: skip
OTHER_NAME = {"abs": "Abs", "ceil": "ceiling", "max": "Max", "min": "Min"} | {
    "==": "Eq", "<": "Lt", ">": "Gt", "<=": "Le", ">=": "Ge", "+": "Add", "*": "Mul", "**": "Pow",
}  # fmt: skip


class NoForm(ValueError):
    """A formula that has no counterpart in SymPy."""


def vanishes(f: Formula, domains: dict[str, str]) -> bool | None:
    """Whether a formula is 0 for all values: as SymPy proves it, or refutes it; None where it can't tell."""
    import sympy

    try:
        expression = expression_of(f, domains)
        if sympy.count_ops(expression) > LONGEST or expression.has(sympy.Piecewise):
            return None
        for rewrite in (sympy.expand, sympy.simplify):
            expression = rewrite(expression)
            if expression.is_number:
                return None if expression.is_zero is None else bool(expression.is_zero)
    except (NoForm, ValueError, TypeError, NotImplementedError, AttributeError, sympy.PolynomialError):
        return None
    return None


def expression_of(f: Formula, domains: dict[str, str]) -> Any:
    """A formula as SymPy's expression; what SymPy lacks is written by its definition."""
    import sympy

    match f:
        case Number(numerator, denominator):
            return sympy.Rational(numerator, denominator)
        case Ref("pi" | "e" as name, ()):
            return sympy.pi if name == "pi" else sympy.E
        case Ref(name, ()):
            positive = domains.get(name) in ("positive", "unit", "size", "index") or None
            return sympy.Symbol(name, real=True, positive=positive)
        case Call(name, args):
            parts = [expression_of(a, domains) for a in args]
            match name, parts:
                case "-", [a, b]:
                    return a - b
                case "/", [a, b]:
                    return a / b
                case "neg", [a]:
                    return -a
                case "if", [condition, then, other]:
                    return sympy.Piecewise((then, condition), (other, True))
            if name in SAME_NAME or name in OTHER_NAME:
                return getattr(sympy, OTHER_NAME.get(name, name))(*parts)
            if (meaning := by_definition(f)) is not None:
                return expression_of(meaning, domains)
    raise NoForm(str(f))
