"""Derivatives of random expressions against SymPy's, and against mpmath's numerical ones; every printed line holds."""

from __future__ import annotations

import json
import random
from itertools import product

import mpmath
import pytest
import sympy
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hwsolve.formula.domain import Names
from hwsolve.formula.evaluate import evaluate
from hwsolve.formula.functions import ACTIVATIONS
from hwsolve.formula.notation import plain
from hwsolve.formula.parse import parse
from hwsolve.formula.random_points import BOUNDS
from hwsolve.formula.tree import Call, Formula, Number, Ref, walk
from hwsolve.kinds.derivative.asked import Derived
from hwsolve.kinds.derivative.page import Entry
from hwsolve.kinds.derivative.work import derived
from hwsolve.numbers import NotFinite, Undecided, exact, precision
from hwsolve.pipeline import read, work_out
from hwsolve.render import Options, render
from tests.line_check import wrong_lines
from tests.often import TIMES, often
from tests.sympy_peer import A, X, number, slope, theirs

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


EXPRESSIONS = often(100)
COUNT = {"examples": 0, "compared": 0}


@pytest.mark.slow
@settings(max_examples=EXPRESSIONS, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(expressions, st.integers(1, 3), st.integers(0, 10**6))
def test_random_expressions_agree_with_sympy_and_mpmath(f: Formula, order: int, seed: int) -> None:
    COUNT["examples"] += 1
    COUNT["compared"] += compare(f, order, seed) > 0


def test_most_expressions_were_compared() -> None:
    """Random expressions without a real value anywhere are few."""
    if COUNT["examples"]:
        assert COUNT["examples"] >= EXPRESSIONS and COUNT["compared"] >= 0.8 * COUNT["examples"]


@pytest.mark.parametrize("name", UNARY)
@pytest.mark.parametrize("inner", ["x", "a*x + 1/2", "x**2 - x"][: 2 if TIMES == 1 else 3])
def test_every_function_agrees(name: str, inner: str) -> None:
    f = Call(name, (parse(inner),))
    assert compare(f, 3, 1) or name in ("asin", "acos")


@pytest.mark.parametrize("name", ["leaky_relu", "prelu", "elu"])
def test_functions_with_a_slope(name: str) -> None:
    assert compare(Call(name, (parse("2*x - 1"), Ref("a"))), 3, 1)


def test_every_activation_is_among_them() -> None:
    assert {f.name for f in ACTIVATIONS if not f.name.startswith("d_")} <= {*UNARY, "leaky_relu", "prelu", "elu"}


VECTORS = [  # function, variables, order
    ("softmax(x)", "x", 1), ("log_softmax(x)[i]", "x[k]", 2), ("logsumexp(x)", "x", 2), ("norm(x)", "x", 2),
    ("-Sum(t[j]*log_softmax(x)[j], j, 1, n)", "x", 2), ("-Sum(t[j]*log(sigmoid(x[j])), j, 1, n)", "x", 2),
    ("Sum(Sum(x[i]*A[i,j]*x[j], i, 1, n), j, 1, n)", "x", 2), ("Sum(Sum(A[i,j]*x[j], i, 1, n)**2, j, 1, n)", "A[k,l]", 1),
    ("Sum(gelu(A[i,j]*x[j]), j, 1, n)", "x", 1), ("Prod(1 + x[j]**2, j, 1, 3)*log(1 + x[k]**2)", "x[1]", 3),
    ("exp(Sum(x[j]*Sum(t[m]*x[m], m, 1, j), j, 1, n))", "x", 2), ("sigmoid(x)", "x", 1), ("softmax(x)[i]*x[i]", "x[k]", 1),
    ("x*exp(x*y)/(1 + y**2)", "[x, y]", 2), ("[x*tanh(y), silu(x)/y]", "[x, y]", 1),
]  # fmt: skip


@pytest.mark.parametrize(("function", "by", "order"), VECTORS)
def test_vectors_agree_with_sympy(function: str, by: str, order: int) -> None:
    """Sizes are 3, and every index of a derivative is 1 and 2 in turn."""
    stated = function if function.startswith("[") else json.dumps(function)
    vectors = "".join(
        f"  {name}: {{size: {size}}}\n" for name, size in (("t", "n"), ("A", "[n, n]")) if f"{name}[" in function
    )
    vectors += "  x: {size: n}\n" if "[x, y]" not in by else ""
    text = f"kind: derivative\nfunction: {stated}\nwrt: {by}\norder: {order}\n"
    (problem,) = read(text + (f"variables:\n{vectors}" if vectors else ""), "vectors.yaml")
    assert problem.prepared is not None
    out, dice, compared = problem.prepared.written_out, random.Random(1), 0
    values: dict[str, sympy.Rational] = {}
    for d in (d for entry in derived(problem).values[1:] for d in entries(entry)):
        f, found = out(d.function), out(d.formula)
        names = Names((f, found, *d.by))
        for places in product((1, 2), repeat=len(names.indices)):
            whole = dict.fromkeys(names.sizes, 3) | dict(zip(names.indices, places, strict=True))
            wanted = sympy.diff(theirs(f, whole), *(theirs(b, whole) for b in d.by))
            for symbol in sorted((theirs(f, whole) + wanted).free_symbols, key=str):
                values.setdefault(symbol.name, sympy.Rational(dice.randint(100, 1500), 1009))
            value = sympy.N(wanted.subs({s: values[s.name] for s in wanted.free_symbols}), 30)
            with precision(256):
                ours = evaluate(found, lambda name, at, w=whole: w.get(name) or given_value(values, name, at))
            assert abs(float(ours) - float(value)) <= 1e-12 * max(1, abs(float(value))), (plain(found), whole)
            compared += 1
    assert compared


def given_value(values: dict[str, sympy.Rational], name: str, at: tuple[int, ...]) -> object:
    """The number that SymPy's symbol has."""
    value = values.get("_".join([name, *map(str, at)]))
    if value is None:
        raise KeyError(name)
    return exact(int(value.p), int(value.q))


def entries(entry: Entry) -> list[Derived]:
    """Nested derivatives in a row."""
    return [d for part in entry for d in entries(part)] if not isinstance(entry, Derived) else [entry]
