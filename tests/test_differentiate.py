"""Derivatives by rules: each rule, the index rule with its conditions, and the record of steps; mpmath is the judge."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator

import mpmath as mp
import pytest

from hwsolve.formula.affine import solve
from hwsolve.formula.differentiate import Rewrite, differentiate
from hwsolve.formula.functions import ACTIVATIONS, ELEMENTARY
from hwsolve.formula.notation import plain
from hwsolve.formula.parse import parse
from hwsolve.formula.rules import NoRule
from hwsolve.formula.simplify.logarithms import taken_apart
from hwsolve.formula.simplify.recognise import recognised
from hwsolve.formula.simplify.simplify import expand, factored, simplify, together
from hwsolve.formula.simplify.textbook import textbook
from hwsolve.formula.tree import Call, Formula, Number, Ref
from hwsolve.formula.vectors import Elements, NoElement, compact
from tests.test_backward_formulas import positions, value


def d(text: str, by: str = "x", **ranges: tuple[str, str]) -> str:
    known = {k: (parse(a), parse(b)) for k, (a, b) in ranges.items()}
    return plain(textbook(differentiate(parse(text), parse(by), ranges=known or None)))


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("x", "1"),
        ("a*x", "a"),
        ("x**3 - 2*x + 1", "3*x**2 - 2"),
        ("x*exp(x)", "exp(x)*(1 + x)"),
        ("1/(1+exp(-x))", "exp(-x)/(1 + exp(-x))**2"),
        ("x/(1+x)", "1/(1 + x)**2"),
        ("x/(1+x**2)**2", "(1 - 3*x**2)/(1 + x**2)**3"),
        ("x**n", "n*x**(n - 1)"),
        ("2**x", "2**x*log(2)"),
        ("x**x", "x**x*(log(x) + 1)"),
        ("sin(x)*cos(x)", "cos(x)**2 - sin(x)**2"),
        ("sqrt(x)", "1/(2*sqrt(x))"),
        ("tanh(2*x)", "2*(1 - tanh(2*x)**2)"),
        ("max(x, 1 - x)", "if(x > 1 - x, 1, -1)"),
        ("if(x > 0, x**2, 3)", "if(x > 0, 2*x, 0)"),
        ("floor(x)", "0"),
        ("0.1*x**2", "0.2*x"),
        ("prelu(x, a)", "d_prelu(x, a)"),
        ("max(x, y, 2)", "if(x > max(y, 2), 1, 0)"),
        ("max(0, x)", "if(x > 0, 1, 0)"),
        ("min(1, x)", "if(x < 1, 1, 0)"),
        ("max(0, 1 - y*x)", "-y*if(1 - y*x > 0, 1, 0)"),
        ("(x - m)*(m - x)", "2*(m - x)"),
    ],
)
def test_rules(text: str, wanted: str) -> None:
    assert d(text) == wanted


def test_other_parameters() -> None:
    assert d("prelu(x, a)", "a") == "-relu(-x)"
    assert d("elu(x, a)", "a") == "if(x > 0, 0, exp(x) - 1)"
    assert d("leaky_relu(a*x, a)", "a") == "x*d_leaky_relu(a*x, a) - relu(-a*x)"


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("x[i]", "delta(i, k)"),
        ("x[i]**2", "2*x[i]*delta(i, k)"),
        ("Sum(x[j]**2, j, 1, n)", "2*x[k]"),
        ("Sum(W[i,j]*x[j], j, 1, n)", "W[i,k]"),
        ("Sum(Sum(x[i]*A[i,j]*x[j], i, 1, n), j, 1, n)", "Sum(A[k,j]*x[j], j, 1, n) + Sum(A[i,k]*x[i], i, 1, n)"),
        ("log(Sum(exp(x[j]), j, 1, n))", "softmax(x)[k]"),
        ("exp(x[i])/Sum(exp(x[j]), j, 1, n)", "softmax(x)[i]*(delta(i, k) - softmax(x)[k])"),
        ("Prod(x[j], j, 1, n)", "Prod(if(l == k, 1, x[l]), l, 1, n)"),
        ("Max(x[j], j, 1, n)", "if(x[k] == Max(x[j], j, 1, n), 1, 0)"),
        ("Sum(k*x[k], k, 1, n)", "k"),
        ("Sum(y[j], j, 1, n)", "0"),
        ("x[3]", "delta(3, k)"),
    ],
)
def test_index_rule(text: str, wanted: str) -> None:
    assert d(text, "x[k]") == wanted


def test_index_rule_writes_conditions_out() -> None:
    assert d("Sum(x[j], j, 1, n - 1)", "x[k]", k=("1", "n")) == "if(k <= n - 1, 1, 0)"
    assert d("Sum(x[j], j, 1, n)", "x[k]", k=("1", "n")) == "1"
    assert d("Sum(x[2*j], j, 1, 2)", "x[k]") == "if(floor(k/2) == k/2, if(1 <= k/2, if(k/2 <= 2, 1, 0), 0), 0)"
    assert d("Sum(x[j], j, 1, 3)", "x[5]") == "0" or d("Sum(x[j], j, 1, 3)", "x[5]") == "if(5 <= 3, 1, 0)"


def test_two_matrices() -> None:
    f = differentiate(parse("Sum(A[i,l]*B[l,j], l, 1, n)"), parse("A[p,q]"))
    assert plain(f) == "delta(i, p)*B[q,j]" or plain(f) == "B[q,j]*delta(i, p)"


@pytest.mark.parametrize(
    ("index", "target", "wanted"),
    [
        ("S*(p-1)+u-P", "m", "(m + P - u)/S + 1"),
        ("S*(p-1)+D*(u-1)+1-P", "m", "(m + P - 1 - D*(u - 1))/S + 1"),
        ("2*p - p", "m", "m"),
        ("3 - p", "m", "3 - m"),
        ("p/2", "m", "2*m"),
        ("p*p", "m", None),
        ("floor(p/2)", "m", None),
        ("q", "m", None),
    ],
)
def test_indices_are_solved_for(index: str, target: str, wanted: str | None) -> None:
    found = solve(parse(index), "p", parse(target))
    assert (None if found is None else plain(found)) == wanted


def steps_of(step: Rewrite) -> Iterator[Rewrite]:
    yield step
    for inner in step.substeps:
        yield from steps_of(inner)


def test_steps_are_named_and_hold_by_themselves() -> None:
    record: list[Rewrite] = []
    f = parse("x**2*exp(-a*x)/(1 + sin(x))")
    differentiate(f, Ref("x"), record)
    (root,) = record
    rules = [str(s.rule) for s in steps_of(root)]
    assert rules[0] == "quotient rule"
    assert {"product rule", "power rule", "chain rule, derivative of exp", "sum rule", "derivative of sin"} <= set(
        rules
    )
    draw = random.Random(1)
    for step in steps_of(root):
        assert isinstance(step.lhs, Call) and step.lhs.name == "diff"
        env = {"a": mp.mpf(draw.uniform(0.5, 1)), "x": mp.mpf(draw.uniform(0.5, 1))}
        numeric = mp.diff(lambda t, s=step, e=env: value(s.lhs.args[0], {**e, "x": t}), env["x"])
        assert abs(value(step.rhs, env) - numeric) < mp.mpf(10) ** -25
        assert abs(value(with_values(step.form, env), env) - numeric) < mp.mpf(10) ** -25


def with_values(form: Formula, env: dict) -> Formula:
    """The form with each `diff` worked out numerically."""
    from hwsolve.formula.tree import children, rebuild

    if isinstance(form, Call) and form.name == "diff":
        number = mp.diff(lambda t: value(form.args[0], {**env, "x": t}), env["x"])
        env[f"value{len(env)}"] = number
        return Ref(f"value{len(env) - 1}")
    parts = children(form)
    return rebuild(form, tuple(with_values(p, env) for p in parts)) if parts else form


def test_what_no_rule_covers_says_so() -> None:
    for text in ("gamma(x)", "unheard_of(x)", "Sum(j, j, 1, x)", "relu(x, 2)", "delta(x, 1)"):
        with pytest.raises(NoRule):
            differentiate(parse(text), Ref("x"))
    with pytest.raises(NoRule, match="different numbers of indices"):
        differentiate(parse("x[1] + x"), Ref("x"))


SMOOTH = [f.name for f in (*ELEMENTARY, *ACTIVATIONS) if f.name not in ("gamma",) and not f.name.startswith("d_")]


@pytest.mark.parametrize("name", SMOOTH)
def test_every_function_of_the_table(name: str) -> None:
    """Orders 1 to 3 of every function, in mpmath, at points of all pieces."""
    from hwsolve.formula.evaluate import evaluate
    from hwsolve.formula.functions import function
    from hwsolve.numbers import exact, precision

    known = function(name)
    assert known is not None
    f: Formula = Call(name, tuple(Ref(p) for p in known.parameters))
    points = [(k, 100) for k in (-370, -125, -64, -15, 23, 77, 141, 290, 450, 733)]
    orders = [f]
    for _ in range(3):
        orders.append(textbook(differentiate(orders[-1], Ref("x"))))

    def at(g: Formula, x: object) -> object:
        return evaluate(g, lambda n, i: x if n == "x" else exact(3, 7) if n == "a" else missing(n))

    tried = 0
    with precision(400):
        for place in points:
            h = exact(1, 10**24)
            try:
                x = exact(*place)
                for g, slope in itertools.pairwise(orders):
                    around = (at(g, x + h) - at(g, x - h)) / (2 * h)
                    assert abs(float(around - at(slope, x))) < 1e-15 * max(1, abs(float(around)))
                tried += 1
            except ArithmeticError:
                continue
    assert tried >= 2


def missing(name: str) -> object:
    raise LookupError(name)


# forms


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("x + x", "2*x"),
        ("x*x/x", "x"),
        ("a - (b - c)", "a - b + c"),
        ("x*0 + 1*y", "y"),
        ("-(-x)", "x"),
        ("sqrt(x)*sqrt(x)", "x"),
        ("sqrt(x)/x", "1/sqrt(x)"),
        ("abs(x)**2", "x**2"),
        ("abs(x)*sign(x)", "x"),
        ("(a-b)*(b-a)", "-(a - b)**2"),
        ("2*x/4", "x/2"),
        ("0.5*x", "0.5*x"),
        ("x**2*x**n", "x**(2 + n)"),
        ("if(x > 0, 1, 1)", "1"),
    ],
)
def test_simplify(text: str, wanted: str) -> None:
    assert plain(simplify(parse(text))) == wanted


def test_the_square_root_of_a_square_stays() -> None:
    assert plain(simplify(parse("(x**2)**(1/2)"))) == "(x**2)**(1/2)"
    assert plain(simplify(parse("sqrt(x**2)"))) == "sqrt(x**2)"


def test_forms() -> None:
    assert plain(expand(parse("(a+b)*(a-b)"))) == "a**2 - b**2"
    assert plain(factored(parse("s*(1-s)**2 - s**2*(1-s)"))) == "s*(1 - s)*(1 - 2*s)"
    assert plain(together(parse("1 - x**2/(1+x**2)"))) == "1/(1 + x**2)"


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("1/(1+exp(-x))", "sigmoid(x)"),
        ("1/(exp(-2*x)+1)", "sigmoid(2*x)"),
        ("3*x/(1+exp(-x))", "3*x*sigmoid(x)"),
        ("log(exp(x)+1)", "softplus(x)"),
        ("(exp(2*x)-exp(-2*x))/(exp(2*x)+exp(-2*x))", "tanh(2*x)"),
        ("1/(1+exp(x))", "sigmoid(-x)"),
        ("max(0, x-1)", "max(0, x - 1)"),
        ("1/(2+exp(-x))", "1/(2 + exp(-x))"),
        ("1/(1+exp(-x)*y)", "1/(1 + exp(-x)*y)"),
    ],
)
def test_functions_are_recognised(text: str, wanted: str) -> None:
    assert plain(recognised(parse(text))) == wanted


def test_logarithms() -> None:
    assert plain(taken_apart(parse("log(exp(x)/Sum(exp(y[j]), j, 1, n))"))) == "x - log(Sum(exp(y[j]), j, 1, n))"
    assert plain(taken_apart(parse("log(a*b)"))) == "log(a*b)"
    assert plain(taken_apart(parse("log(a*b**2)"), frozenset("ab"))) == "log(a) + 2*log(b)"


def test_vectors_are_written_out() -> None:
    elements = Elements({"x": (Ref("n"),), "W": (Ref("m"), Ref("n"))})
    softmax = elements.number(parse("softmax(2*x)[i]"))
    assert plain(softmax) == "exp(2*x[i])/Sum(exp(2*x[j]), j, 1, n)"
    assert plain(compact(softmax)) == "softmax(2*x)[i]"
    assert plain(elements.number(parse("norm(x)"))) == "sqrt(Sum(x[j]**2, j, 1, n))"
    assert plain(elements.number(parse("matmul(W, x)[i]"))) == "Sum(W[i,j]*x[j], j, 1, n)"
    for text in ("softmax(y)[i]", "x + 1", "softmax(x)", "W", "sin(y)[2]"):
        with pytest.raises(NoElement):
            elements.number(parse(text))


def test_bound_indices_do_not_capture() -> None:
    """∂/∂x[k] of a sum over k, and of a sum inside whose index is that of the variable."""
    f = parse("Sum(Sum(x[j]*A[j,k], k, 1, n), j, 1, n)")
    found = differentiate(f, parse("x[k]"))
    draw = random.Random(3)
    env = {"n": mp.mpf(3), "k": mp.mpf(2)}
    env["A"] = {at: mp.mpf(draw.random()) for at in positions((3, 3))}
    assert value(found, env) == sum(env["A"][(2, j)] for j in (1, 2, 3))
    assert isinstance(differentiate(parse("3*x"), Ref("x")), Number)
