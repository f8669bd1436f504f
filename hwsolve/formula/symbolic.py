"""SymPy as a second opinion: formulas to SymPy and back, its shorter forms, and its derivative at a point.

SymPy is imported only inside the functions.  Big operators are written out, for sizes that are numbers; elements become
symbols.
"""

from __future__ import annotations

from collections.abc import Callable
from math import gcd
from typing import Any

from hwsolve.formula.meaning import by_definition
from hwsolve.formula.simplify.terms import power, product, total
from hwsolve.formula.tree import BigOperator, Call, Formula, Number, Ref

Sizes = dict[str, int]
LONGEST_TO_SHORTEN = 80  # operations above which SymPy is not asked for a shorter form

SAME_NAME = (
    "exp", "log", "sqrt", "sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh", "tanh", "erf", "sign", "floor",
    "gamma",
)  # fmt: skip
BACK = {"exp": "exp", "log": "log", "Abs": "abs"} | {name: name for name in SAME_NAME}


class NoForm(ValueError):
    """A formula that has no counterpart on the other side."""


class ToSympy:
    """Formulas as SymPy's expressions, for given sizes and indices."""

    def __init__(self, known: Sizes, domains: dict[str, str] | None = None) -> None:
        self.known = known
        self.domains = domains or {}

    def write(self, f: Formula, bound: Sizes | None = None) -> Any:
        """The expression."""
        import sympy

        inner = bound or {}
        match f:
            case Number(numerator, denominator):
                return sympy.Rational(numerator, denominator)
            case Ref(name, ()) if name in inner or name in self.known:
                return sympy.Integer(inner.get(name, self.known.get(name)))
            case Ref("pi" | "e" as name, ()):
                return sympy.pi if name == "pi" else sympy.E
            case Ref(name, indices):
                return self.symbol(name, tuple(int(self.write(i, inner)) for i in indices))
            case BigOperator(op, body, index, low, high):
                span = range(int(self.write(low, inner)), int(self.write(high, inner)) + 1)
                parts = [self.write(body, inner | {index: k}) for k in span]
                return {"Sum": sympy.Add, "Prod": sympy.Mul, "Max": sympy.Max, "Min": sympy.Min}[op](*parts)
            case Call(name, args):
                return self.call(name, f, [self.write(a, inner) for a in args], inner)
        raise NoForm(str(f))

    def symbol(self, name: str, indices: tuple[int, ...] = ()) -> Any:
        """A real symbol, positive where its domain is."""
        import sympy

        positive = self.domains.get(name) in ("positive", "unit", "size", "index") or None
        return sympy.Symbol("_".join([name, *map(str, indices)]), real=True, positive=positive)

    def call(self, name: str, f: Call, args: list[Any], bound: Sizes) -> Any:
        """An operator or function; what SymPy lacks is written by its definition."""
        import sympy

        if name in OPERATORS:
            return OPERATORS[name](*args)
        if name in SAME_NAME:
            return getattr(sympy, name)(*args)
        match name:
            case "delta":
                return sympy.Integer(int(args[0] == args[1]))
            case "if":
                return sympy.Piecewise((args[1], args[0]), (args[2], True))
            case "abs" | "ceil" | "max" | "min":
                return {"abs": sympy.Abs, "ceil": sympy.ceiling, "max": sympy.Max, "min": sympy.Min}[name](*args)
        meaning = by_definition(f)
        if meaning is None:
            raise NoForm(name)
        return self.write(meaning, bound)


def relation(name: str) -> Callable[[Any, Any], Any]:
    """A comparison of SymPy."""

    def compare(a: Any, b: Any) -> Any:
        import sympy

        return getattr(sympy, name)(a, b)

    return compare


OPERATORS: dict[str, Callable[..., Any]] = {
    "+": lambda *a: sum(a[1:], a[0]),
    "*": lambda *a: _multiplied(a),
    "-": lambda a, b: a - b,
    "/": lambda a, b: a / b,
    "**": lambda a, b: a**b,
    "neg": lambda a: -a,
    "==": relation("Eq"),
    "<": relation("Lt"),
    ">": relation("Gt"),
    "<=": relation("Le"),
    ">=": relation("Ge"),
}


def _multiplied(parts: tuple[Any, ...]) -> Any:
    out = parts[0]
    for part in parts[1:]:
        out = out * part
    return out


def from_sympy(expression: Any) -> Formula:
    """A SymPy expression of numbers, symbols, sums, products, powers and known functions."""
    import sympy

    match expression:
        case sympy.Rational():
            return Number(int(expression.p), int(expression.q))
        case sympy.Symbol():
            return Ref(expression.name)
        case sympy.Add():
            return total(*(from_sympy(a) for a in expression.as_ordered_terms()))
        case sympy.Mul():
            return product(*(from_sympy(a) for a in expression.as_ordered_factors()))
        case sympy.Pow():
            base, exponent = expression.as_base_exp()
            if exponent == sympy.Rational(1, 2):
                return Call("sqrt", (from_sympy(base),))
            return power(from_sympy(base), from_sympy(exponent))
    if expression == sympy.pi:
        return Ref("pi")
    if expression == sympy.E:
        return Call("exp", (Number(1),))
    name = type(expression).__name__
    if name not in BACK:
        raise NoForm(name)
    return Call(BACK[name], tuple(from_sympy(a) for a in expression.args))


def shorter_forms(f: Formula, domains: dict[str, str]) -> list[Formula]:
    """What SymPy makes of a formula without elements: factored, over one denominator."""
    import sympy

    try:
        expression = ToSympy({}, domains).write(f)
        if sympy.count_ops(expression) > LONGEST_TO_SHORTEN or expression.has(sympy.Piecewise):
            return []
        found = [sympy.factor(sympy.together(expression)), sympy.cancel(expression)]
        return [from_sympy(e) for e in found]
    except (NoForm, ValueError, TypeError, NotImplementedError, AttributeError, sympy.PolynomialError):
        return []


def vanishes(f: Formula, domains: dict[str, str]) -> bool | None:
    """Whether a formula is 0 for all values: as SymPy proves it, or refutes it; None where it can't tell."""
    import sympy

    try:
        expression = ToSympy({}, domains).write(f)
        if sympy.count_ops(expression) > LONGEST_TO_SHORTEN or expression.has(sympy.Piecewise):
            return None
        for rewrite in (sympy.expand, sympy.simplify):
            expression = rewrite(expression)
            if expression.is_number:
                return None if expression.is_zero is None else bool(expression.is_zero)
    except (NoForm, ValueError, TypeError, NotImplementedError, AttributeError, sympy.PolynomialError):
        return None
    return None


def in_terms_of(f: Formula, derivative: Formula, wrt: Ref, symbol: str) -> Formula | None:
    """The derivative as a polynomial in `symbol`, which stands for f: f = (e²ˣ - 1)/(e²ˣ + 1) has 1 - f².

    f must be a quotient of two expressions that are linear in one exponential; that is solved for and put in.
    """
    import sympy

    try:
        bridge = ToSympy({})
        function, slope, x, y = bridge.write(f), bridge.write(derivative), bridge.write(wrt), sympy.Symbol(symbol)
        exponentials = [e for e in (function + slope).atoms(sympy.exp) if e.has(x)]
        if not exponentials:
            return None
        step = min((e.args[0] for e in exponentials), key=sympy.count_ops)
        powers = {e: sympy.cancel(e.args[0] / step) for e in exponentials}
        if not all(p.is_Integer for p in powers.values()):
            return None
        common = gcd(*(int(p) for p in powers.values()))
        kernel = sympy.Symbol("kernel", positive=True)
        put = {e: kernel ** (int(p) // common) for e, p in powers.items()}
        above, below = sympy.fraction(sympy.cancel(function.subs(put)))
        if above.has(x) or below.has(x) or max(sympy.degree(above, kernel), sympy.degree(below, kernel)) != 1:
            return None
        (value,) = sympy.solve(sympy.Eq(above, y * below), kernel)
        found = sympy.factor(sympy.cancel(slope.subs(put).subs(kernel, value)))
        return None if sympy.denom(found).has(y) or not found.has(y) else from_sympy(found)
    except (NoForm, ValueError, TypeError, NotImplementedError, AttributeError, sympy.PolynomialError):
        return None


def derivative_at(
    f: Formula, wrt: list[Ref], known: Sizes, domains: dict[str, str], point: Callable[[Any], Any], digits: int = 30
) -> Any:
    """SymPy's derivative of f, one time by each of `wrt`, at a point; None where SymPy has no value for it.

    `point` gives the rational value of a symbol.
    """
    import sympy

    bridge = ToSympy(known, domains)
    try:
        expression = bridge.write(f)
        by = [bridge.write(w) for w in wrt]
        derivative = sympy.diff(expression, *by)
        value = derivative.subs({s: point(s) for s in derivative.free_symbols | expression.free_symbols})
        number = sympy.N(value, digits)
    except (NoForm, ValueError, TypeError, NotImplementedError, AttributeError, RecursionError):
        return None
    return number if (number.is_real and number.is_Float) or number.is_Integer else None
