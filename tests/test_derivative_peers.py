"""Derivatives of random expressions against SymPy's, and against mpmath's numerical ones; every printed line holds.

SymPy reads the text of the expression through its own parser here, not through the program's bridge.
"""

from __future__ import annotations

import json
import random

import mpmath
import pytest
import sympy
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hwsolve.formula.evaluate import evaluate
from hwsolve.formula.notation import plain
from hwsolve.formula.parse import parse
from hwsolve.formula.random_points import BOUNDS
from hwsolve.formula.tree import Call, Formula, Number, Ref, walk
from hwsolve.numbers import NotFinite, Undecided, exact, precision
from hwsolve.pipeline import read, work_out
from hwsolve.render import Options, render
from tests.line_check import wrong_lines

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
UNARY = [
    "exp", "log", "sqrt", "sin", "cos", "tanh", "sinh", "cosh", "atan", "erf", "sigmoid", "softplus", "relu", "gelu", "silu",
    "softsign", "mish", "selu", "elu", "log_sigmoid", "hard_tanh", "hard_sigmoid", "hard_swish", "relu6", "abs", "tan",
    "normal_pdf", "normal_cdf", "asin", "acos", "log2", "log10", "gelu_tanh",
]  # fmt: skip

leaves = st.one_of(
    st.just(Ref("x")), st.just(Ref("x")), st.just(Ref("a")), st.integers(1, 5).map(Number),
    st.sampled_from([Number(1, 2), Number(3, 10)]),
)  # fmt: skip


def grown(inner: st.SearchStrategy[Formula]) -> st.SearchStrategy[Formula]:
    two = st.tuples(inner, inner)
    return st.one_of(
        st.tuples(st.sampled_from(UNARY), inner).map(lambda p: Call(p[0], (p[1],))),
        st.tuples(st.sampled_from(UNARY), inner).map(lambda p: Call(p[0], (p[1],))),
        st.tuples(st.sampled_from(["+", "-", "*", "/"]), two).map(lambda p: Call(p[0], p[1])),
        st.tuples(st.sampled_from(["+", "-", "*", "/"]), two).map(lambda p: Call(p[0], p[1])),
        inner.map(lambda f: Call("neg", (f,))),
        st.tuples(inner, st.integers(-2, 4)).map(lambda p: Call("**", (p[0], Number(p[1])))),
        st.tuples(st.sampled_from(["leaky_relu", "prelu", "elu"]), inner).map(lambda p: Call(p[0], (p[1], Ref("a")))),
        two.map(lambda p: Call("if", (Call(">", (p[0], Number(1, 7))), p[0], p[1]))),
    )


expressions = st.recursive(leaves, grown, max_leaves=6).filter(
    lambda f: Ref("x") in walk(f) and 3 <= sum(1 for _ in walk(f)) <= 16
)


def theirs(f: Formula) -> sympy.Expr:
    """SymPy's expression of the same tree, function by function from the table above."""
    if isinstance(f, Number):
        return sympy.Rational(f.numerator, f.denominator)
    if isinstance(f, Ref):
        return {"x": X, "a": A}[f.name]
    assert isinstance(f, Call)
    if f.name == "if":
        condition, then, other = f.args
        return sympy.Piecewise(
            (theirs(then), theirs(condition.args[0]) > theirs(condition.args[1])), (theirs(other), True)
        )
    args = [theirs(a) for a in f.args]
    match f.name:
        case "+":
            return args[0] + args[1]
        case "-":
            return args[0] - args[1]
        case "*":
            return args[0] * args[1]
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


def compare(f: Formula, order: int, seed: int) -> int:
    """Points at which the solver's derivatives up to an order agree with both peers."""
    text = plain(f)
    (problem,) = read(f"kind: derivative\nfunction: {json.dumps(text)}\nwrt: x\norder: {order}\n", "random.yaml")
    solution = work_out(problem)
    expression = theirs(f)
    dice = random.Random(seed)
    tried = 0
    low, high = BOUNDS["real"]
    with mpmath.workdps(40), precision(256):
        for _ in range(12):
            x, a = (sympy.Rational(dice.randint(low, high), 1009) for _ in range(2))
            point = {"x": exact(int(x.p), int(x.q)), "a": exact(int(a.p), int(a.q))}
            if number(expression, x, a) is None:
                continue
            agreed = True
            for n in range(1, order + 1):
                formula = solution.answers[f"d{n}"].value
                symbolic = number(sympy.diff(expression, X, n), x, a)
                try:
                    ours = float(evaluate(formula, lambda name, _, p=point: p[name]))
                except (NotFinite, Undecided, KeyError):
                    agreed = False
                    continue
                scale = 1e-12 * max(1.0, abs(ours))
                if symbolic is not None:
                    assert abs(ours - float(symbolic)) <= scale, (text, n, x, a, plain(formula), ours, symbolic)
                inside = sympy.lambdify(X, expression.subs(A, a), modules="mpmath")
                numeric = slope(inside, mpmath.mpf(x.p) / x.q, n)
                if numeric is not None:
                    assert abs(ours - float(numeric)) <= 1e4 * scale, (text, n, x, a, plain(formula), ours, numeric)
                agreed = agreed and (symbolic is not None or numeric is not None)
            tried += agreed
            if tried == 2:
                break
    assert wrong_lines(json.loads(render([solution], "json", Options()))) == []
    return tried


def slope(f: object, x: mpmath.mpf, n: int) -> mpmath.mpf | None:
    """mpmath's numerical derivative, where it is real."""
    try:
        found = mpmath.diff(f, x, n)
    except (ZeroDivisionError, ValueError, TypeError, OverflowError, NameError, AttributeError, KeyError):
        return None
    return None if isinstance(found, mpmath.mpc) or not mpmath.isfinite(found) else found


COUNT = {"examples": 0, "compared": 0}


@pytest.mark.slow
@settings(max_examples=300, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(expressions, st.integers(1, 3), st.integers(0, 10**6))
def test_random_expressions_agree_with_sympy_and_mpmath(f: Formula, order: int, seed: int) -> None:
    COUNT["examples"] += 1
    COUNT["compared"] += compare(f, order, seed) > 0


def test_most_expressions_were_compared() -> None:
    """Random expressions without a real value anywhere are few."""
    if COUNT["examples"]:
        assert COUNT["examples"] >= 300 and COUNT["compared"] >= 0.8 * COUNT["examples"]


@pytest.mark.parametrize("name", UNARY)
@pytest.mark.parametrize("inner", ["x", "a*x + 1/2", "x**2 - x"])
def test_every_function_agrees(name: str, inner: str) -> None:
    f = Call(name, (parse(inner),))
    assert compare(f, 3, 1) or name in ("asin", "acos")


@pytest.mark.parametrize("name", ["leaky_relu", "prelu", "elu"])
def test_functions_with_a_slope(name: str) -> None:
    assert compare(Call(name, (parse("2*x - 1"), Ref("a"))), 3, 1)
