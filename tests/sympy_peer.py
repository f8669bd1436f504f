"""SymPy's and mpmath's derivatives of the program's formulas, by a bridge and a table of functions of its own."""

from __future__ import annotations

import mpmath
import sympy

from hwsolve.formula.tree import BigOperator, Call, Formula, Number, Ref

X = sympy.Symbol("x", real=True)
A = sympy.Symbol("a", real=True)


def heaviside(z: sympy.Expr, value: sympy.Expr, other: sympy.Expr) -> sympy.Expr:
    return sympy.Piecewise((value, z > 0), (other, True))


def cdf(z: sympy.Expr) -> sympy.Expr:
    return (1 + sympy.erf(z / sympy.sqrt(2))) / 2


def sigmoid(z: sympy.Expr) -> sympy.Expr:
    return 1 / (1 + sympy.exp(-z))


def clamp(z: sympy.Expr, low: int, high: int) -> sympy.Expr:
    return sympy.Piecewise((low, z <= low), (z, z < high), (high, True))


FUNCTIONS = {
    "sigmoid": sigmoid, "softplus": lambda z: sympy.log(1 + sympy.exp(z)), "abs": sympy.Abs,
    "relu": lambda z: heaviside(z, z, 0), "leaky_relu": lambda z, a: heaviside(z, z, a * z),
    "prelu": lambda z, a: heaviside(z, z, a * z), "elu": lambda z, a=1: heaviside(z, z, a * (sympy.exp(z) - 1)),
    "selu": lambda z: sympy.Rational("1.0507009873554804934193349852946")
    * heaviside(z, z, sympy.Rational("1.6732632423543772848170429916717") * (sympy.exp(z) - 1)),
    "gelu": lambda z: z * cdf(z), "silu": lambda z: z * sigmoid(z), "normal_cdf": cdf,
    "normal_pdf": lambda z: sympy.exp(-z * z / 2) / sympy.sqrt(2 * sympy.pi),
    "mish": lambda z: z * sympy.tanh(sympy.log(1 + sympy.exp(z))), "softsign": lambda z: z / (1 + sympy.Abs(z)),
    "log_sigmoid": lambda z: -sympy.log(1 + sympy.exp(-z)), "hard_tanh": lambda z: clamp(z, -1, 1),
    "hard_sigmoid": lambda z: clamp(z + 3, 0, 6) / 6, "hard_swish": lambda z: z * clamp(z + 3, 0, 6) / 6,
    "relu6": lambda z: clamp(z, 0, 6), "log2": lambda z: sympy.log(z) / sympy.log(2),
    "log10": lambda z: sympy.log(z) / sympy.log(10),
    "gelu_tanh": lambda z: z / 2 * (1 + sympy.tanh(sympy.sqrt(2 / sympy.pi) * (z + sympy.Rational("0.044715") * z**3))),
}  # fmt: skip


def theirs(f: Formula, whole: dict[str, int] | None = None) -> sympy.Expr:
    """SymPy's expression of the same tree, function by function from the table above.

    `whole` are values of sizes and indices; sums are written out, and the element x[1,2] is the symbol x_1_2.
    """
    whole = whole or {}
    if isinstance(f, Number):
        return sympy.Rational(f.numerator, f.denominator)
    if isinstance(f, Ref):
        if f.name in whole:
            return sympy.Integer(whole[f.name])
        return sympy.Symbol("_".join([f.name, *(str(theirs(i, whole)) for i in f.indices)]), real=True)
    if isinstance(f, BigOperator):
        span = range(int(theirs(f.low, whole)), int(theirs(f.high, whole)) + 1)
        return {"Sum": sympy.Add, "Prod": sympy.Mul}[f.op](*(theirs(f.body, {**whole, f.index: k}) for k in span))
    assert isinstance(f, Call)
    if f.name == "if":
        condition, then, other = f.args
        sides = [theirs(side, whole) for side in condition.args]
        holds = {">": sympy.Gt, "<": sympy.Lt, "==": sympy.Eq, "<=": sympy.Le}[condition.name](*sides)
        return sympy.Piecewise((theirs(then, whole), holds), (theirs(other, whole), True))
    args = [theirs(a, whole) for a in f.args]
    match f.name:
        case "delta":
            return sympy.Integer(args[0] == args[1])
        case "+":
            return sympy.Add(*args)
        case "-":
            return args[0] - args[1]
        case "*":
            return sympy.Mul(*args)
        case "/":
            return args[0] / args[1]
        case "**":
            return args[0] ** args[1]
        case "neg":
            return -args[0]
    return FUNCTIONS[f.name](*args) if f.name in FUNCTIONS else getattr(sympy, f.name)(*args)


def number(expression: sympy.Expr, x: sympy.Rational, a: sympy.Rational) -> mpmath.mpf | None:
    """The real value of an expression, by mpmath; None where it has none."""
    try:
        found = sympy.lambdify((X, A), expression, modules="mpmath")(mpmath.mpf(x.p) / x.q, mpmath.mpf(a.p) / a.q)
    except (ZeroDivisionError, ValueError, TypeError, OverflowError, NameError, AttributeError, KeyError):
        return None
    if isinstance(found, mpmath.mpc):
        return None
    value = mpmath.mpf(found)
    return value if mpmath.isfinite(value) else None


def slope(f: object, x: mpmath.mpf, n: int) -> mpmath.mpf | None:
    """mpmath's numerical derivative, where it is real."""
    try:
        found = mpmath.diff(f, x, n)
    except (ZeroDivisionError, ValueError, TypeError, OverflowError, NameError, AttributeError, KeyError):
        return None
    return None if isinstance(found, mpmath.mpc) or not mpmath.isfinite(found) else found
