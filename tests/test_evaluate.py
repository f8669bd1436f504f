"""Values of formulas against a reader of their own; schematic formulas written out against loops over arrays."""

from __future__ import annotations

import math
import random
from fractions import Fraction
from typing import Any

import mpmath
import numpy as np
import pytest
from flint import arb, fmpq
from hypothesis import given, settings
from hypothesis import strategies as st

from hwsolve.formula.evaluate import Absent, agrees, agrees_float, ball_of_float, evaluate
from hwsolve.formula.function_code import code_names
from hwsolve.formula.functions import FUNCTIONS
from hwsolve.formula.instantiate import fold, instantiate
from hwsolve.formula.notation import plain
from hwsolve.formula.operators import NoValue
from hwsolve.formula.parse import parse
from hwsolve.formula.tree import BigOperator, Formula, Number, Ref, walk
from hwsolve.numbers import NotFinite, TooRough, Undecided, exact, precision
from tests.line_check import ANALYTIC, Reader, Wrong, mp, read


def table(**values: Any) -> Any:
    """A lookup of names, and of elements of nested lists counted from 1."""

    def lookup(name: str, indices: tuple[int, ...]) -> Any:
        if name not in values:
            raise Absent(name)
        value = values[name]
        for i in indices:
            value = value[i - 1]
        return value

    return lookup


def value(text: str, **values: Any) -> Any:
    return evaluate(parse(text), table(**values))


def fraction(x: Any) -> Fraction:
    return Fraction(x) if isinstance(x, int) else Fraction(int(x.p), int(x.q))


# -- values

X = [Fraction(1, 3), Fraction(-7, 5), Fraction(2)]
RATIONAL_FORMS = [
    "{0} + {1}", "{0} - {1}", "{0}*{1}", "{0}/{1}", "-{0}", "{0}**2", "{0}**-1", "{0} + {1} + {2}", "{0}*{1}*{2}", "({0} - {1})/3",
    "if({0} > {1}, {1}, {2})", "if({0} == {0}, {1}, {2})", "if({0} <= {1}, {1}, 1/7)", "max({0}, {1}, {2})", "min({0}, {1})",
    "abs({0})", "relu({0})", "leaky_relu({0}, 0.1)", "floor({0})", "ceil({0})", "step({0})", "sign({0})", "delta({0}, {1})",
    "Sum({0}*j + {1}, j, 1, 3)", "Prod({0} - j, j, 2, 4)", "Max(j*{0}, j, 1, 3)", "Min(j - {0}, j, -1, 2)", "Sum(x[j]*{0}, j, 1, 3)",
]  # fmt: skip
ATOMS = ["x[1]", "x[2]", "x[1 + 2]", "n", "2", "0.1", "1e-2", "1/3"]


def written(dice: random.Random, forms: list[str], depth: int) -> str:
    if depth == 0:
        return dice.choice(ATOMS)
    return "(" + dice.choice(forms).format(*(written(dice, forms, dice.randint(0, depth - 1)) for _ in range(3))) + ")"


@settings(max_examples=600)
@given(st.randoms(use_true_random=False), st.integers(1, 4))
def test_rational_formulas_are_exact(dice: random.Random, depth: int) -> None:
    text = written(dice, RATIONAL_FORMS, depth)
    known = {f"x[{k}]": v for k, v in enumerate(X, 1)} | {"n": Fraction(4)}
    try:
        wanted = Reader(known)(read(text))
    except Wrong:
        wanted = None
    try:
        got = value(text, x=[exact(v.numerator, v.denominator) for v in X], n=4)
    except NotFinite:
        got = None
    assert (got is None) == (wanted is None), text
    if wanted is not None:
        assert isinstance(got, (int, fmpq)) and fraction(got) == wanted, text


SMOOTH_FORMS = [*RATIONAL_FORMS[:4], *RATIONAL_FORMS[7:9], "{0}**2", *(f"{name}({{0}})" for name in
                ("exp", "sigmoid", "tanh", "softplus", "silu", "gelu", "mish", "erf", "normal_cdf", "normal_pdf", "d_tanh", "elu", "selu", "d_sigmoid"))]  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.randoms(use_true_random=False), st.integers(1, 3))
def test_balls_hold_the_value_and_floats_come_near(dice: random.Random, depth: int) -> None:
    text = written(dice, SMOOTH_FORMS, depth)
    known = {f"x[{k}]": v for k, v in enumerate(X, 1)} | {"n": Fraction(4)}
    with mpmath.workdps(80):
        try:
            wanted = mp(Reader(known)(read(text)))
        except (Wrong, OverflowError):
            return
        with precision(400):
            try:
                got = arb(value(text, x=[exact(v.numerator, v.denominator) for v in X], n=4))
            except (NotFinite, Undecided):
                return
            mantissa, exponent = got.mid().man_exp()
            middle, accuracy = mpmath.mpf(int(mantissa)) * mpmath.mpf(2) ** int(exponent), got.rel_accuracy_bits()
        assert abs(middle - wanted) <= mpmath.mpf(10) ** -35 * max(1, abs(wanted)), text
        assert accuracy > 150 or abs(wanted) < mpmath.mpf(10) ** -30
        if 1e-3 < abs(wanted) < 1e6 and all(op not in text for op in "-/"):
            assert math.isclose(value(text, x=[float(v) for v in X], n=4.0), wanted, rel_tol=1e-8), text


def test_ints_stay_ints() -> None:
    assert [
        type(value(t, n=6))
        for t in ("(n + 1)*n", "n/3", "floor(n/4 + 1/2)", "ceil(7/n)", "2**n", "max(n, 2)", "-n", "Sum(j, j, 1, n)")
    ] == [int] * 8
    assert value("floor((n + 2*1 - 3)/2 + 1)", n=8) == 4 and value("ceil((n - 3)/2) + 1", n=8) == 4
    assert value("floor(n/4)", n=-1) == -1 and value("ceil(n/4)", n=-1) == 0
    assert fraction(value("n/4", n=6)) == Fraction(3, 2)


@given(st.integers(-50, 50), st.integers(-9, 9).filter(bool), st.integers(-9, 9))
def test_floor_and_ceil_of_quotients(a: int, b: int, c: int) -> None:
    assert value("floor(a/b - c/3)", a=a, b=b, c=c) == math.floor(Fraction(a, b) - Fraction(c, 3))
    assert value("ceil(a/b + c)", a=a, b=b, c=c) == math.ceil(Fraction(a, b) + c)


def test_a_decimal_never_becomes_a_float_among_exact_values() -> None:
    assert fraction(value("0.1*x + 0.2", x=exact(1, 3))) == Fraction(7, 30)
    with precision(200):
        assert value("0.1*x", x=arb(2).sqrt()).rel_accuracy_bits() > 190
    assert value("0.1*x + 1/3 + pi", x=0.5) == 0.05 + 1 / 3 + math.pi


def test_only_the_branch_that_is_taken_is_evaluated() -> None:
    assert value("if(x > 0, log(x), 0)", x=-1) == 0
    with pytest.raises(Undecided):
        value("if(x > 0, 1, 0)", x=arb(0, 1))


def test_constants_and_names_that_hide_them() -> None:
    assert value("pi").contains(arb.pi()) and value("e").contains(arb.const_e())
    assert value("e + 1", e=2) == 3


@pytest.mark.parametrize(
    "text", ["1/0", "0**-1", "log(0)", "sqrt(-1)", "1/(n - n)", "(-8)**0.5", "9**9**9", "2**1000000"]
)
def test_what_does_not_exist(text: str) -> None:
    with pytest.raises(NotFinite):
        value(text, n=2)
    with pytest.raises(NotFinite):
        value(text.replace("0**", "(z)**").replace("1/0", "1/z").replace("log(0)", "1/z"), n=2.0, z=0.0)


@pytest.mark.parametrize(
    "text",
    [
        "nothing(1)",
        "relu(1, 2)",
        "leaky_relu(1)",
        "delta(1)",
        "diff(x, x)",
        "Max(j, j, 2, 1)",
        "Sum(1, j, 1, 99999999)",
    ],
)
def test_what_has_no_value(text: str) -> None:
    with pytest.raises(NoValue):
        value(text, x=1)


def test_what_is_absent() -> None:
    for text in ("y", "y[1]", "x[1/2]"):
        with pytest.raises(Absent):
            value(text, x=[1, 2])


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("(n + 1)*m", "100*(n + 1)"),
        ("floor((n + 2*P - 3)/S) + 1", "floor((n - 1)/2) + 1"),
        ("if(n > m, n, 2)", "if(n > 100, n, 2)"),
        ("Sum(j*n, j, 1, n)", "Sum(j*n, j, 1, n)"),
        ("n*0 + P", "1"),
        ("max(n, m)", "max(n, 100)"),
        ("w[n, P]", "w[n,1]"),
    ],
)
def test_sizes_that_have_only_a_name(text: str, wanted: str) -> None:
    got = value(text, n=Ref("n"), m=100, P=1, S=2)
    assert isinstance(got, Formula)
    for n in (5, 8):
        given_ = table(n=n, w=[[n] * 9] * 9)
        assert evaluate(got, given_) == evaluate(parse(wanted), given_)
    assert plain(got) == wanted


# -- the functions' own texts give their values

SAMPLES = [Fraction(n, 97) for n in (-641, -301, -205, -55, 14, 77, 88, 205, 299, 700)]


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_definitions_cases_and_derivatives_are_those_of_the_function(name: str) -> None:
    f = FUNCTIONS[name]
    rest = {p: exact(3, 7) for p in f.parameters[1:]}
    own = f"{name}({', '.join(f.parameters)})"
    for x in SAMPLES:
        if (name in ("log", "log2", "log10", "sqrt") and x < 0) or (name in ("asin", "acos") and abs(x) > 1):
            continue
        at = rest | {f.parameters[0]: exact(x.numerator, x.denominator)}
        with precision(256):
            got = value(own, **at)
            for text in filter(None, (f.definition, f.cases if f.cases != own else None)):
                assert agrees(got, value(text, **at), digits=30), (text, x)
            if f.derivative and f.derivative != f"d_{own}" and f"d_{name}" in code_names():
                assert agrees(value(f"d_{own}", **at), value(f.derivative, **at), digits=30), x
            step = Fraction(1, 10**12)
            for parameter, text in f.partials.items():
                high, low = (
                    value(own, **at | {parameter: at[parameter] + sign * exact(1, 10**12)}) for sign in (1, -1)
                )
                slope, wanted = (
                    arb((high - low) / (2 * exact(step.numerator, step.denominator))),
                    arb(value(text, **at)),
                )
                assert abs(slope - wanted) < 1e-10, (parameter, x)


def test_every_smooth_function_of_the_line_check_is_known() -> None:
    assert set(ANALYTIC) <= set(FUNCTIONS) and {f"d_{name}" for name in ANALYTIC} <= set(code_names())


# -- agreement


def test_balls_that_are_too_wide_to_agree_are_undecided() -> None:
    with precision(128):
        root = arb(2).sqrt()
        assert agrees(root * root, 2) and agrees(exact(1, 2), arb(0.5)) and not agrees(root, exact(14142, 10000))
        assert agrees(2, exact(2)) and not agrees(2, 3)
        with pytest.raises(Undecided):
            agrees(root, root + arb(0, 0.01))


@given(st.lists(st.tuples(st.floats(-10, 10), st.floats(-10, 10)), min_size=1, max_size=12), st.floats(-10, 10))
def test_a_float_sum_agrees_and_a_wrong_one_does_not(pairs: list[tuple[float, float]], b: float) -> None:
    w, x = zip(*pairs, strict=True)
    formula = parse(" + ".join(f"w[{k}]*x[{k}]" for k in range(1, len(w) + 1)) + " + b")
    found = float(np.array(w) @ np.array(x)) + b
    lookup = table(w=w, x=x, b=b)
    assert agrees_float(found, formula, lookup)
    size = sum(abs(p * q) for p, q in pairs) + abs(b)
    assert not agrees_float(found + 1e-12 * size + 1e-250, formula, lookup)


@given(st.floats(-40, 40))
def test_float_functions_agree_with_their_formulas(x: float) -> None:
    lookup = table(x=x)
    for text in (
        "1/(1 + exp(-x))",
        "sigmoid(x)*(1 - sigmoid(x))",
        "tanh(x)",
        "log(1 + exp(x))",
        "relu(x)",
        "d_relu(x)",
        "x*normal_cdf(x)",
        "1 - tanh(x)**2",
    ):
        found = float(over_floats(text, x))
        assert agrees_float(found, parse(text), lookup)
        assert not agrees_float(found + 1e-6 * (1 + abs(found)), parse(text), lookup)


def over_floats(text: str, x: float) -> float:
    names = {"exp": math.exp, "tanh": math.tanh, "log": math.log, "relu": lambda v: max(v, 0.0), "d_relu": lambda v: float(v > 0),
             "sigmoid": lambda v: 1 / (1 + math.exp(-v)), "normal_cdf": lambda v: math.erfc(-v / math.sqrt(2)) / 2}  # fmt: skip
    return eval(text, {"__builtins__": {}}, names | {"x": x})


def test_a_ball_of_a_float_is_as_wide_as_rounding() -> None:
    ball = ball_of_float(0.1, 2)
    assert (
        ball.contains(arb(0.1))
        and ball.contains(arb(0.1) * (1 + arb(2) ** -50))
        and not ball.contains(arb(0.1) * (1 + arb(2) ** -49))
    )
    assert ball_of_float(0.0, 2).is_zero()


def test_a_branch_at_a_rounded_zero_still_agrees() -> None:
    formula, lookup = parse("d_relu(x - y)*z"), table(x=0.1 + 0.2, y=0.3, z=2.0)
    assert agrees_float(2.0, formula, lookup)
    with pytest.raises(TooRough):
        agrees_float(0.0, formula, lookup)


# -- written out

LINEAR = parse("Sum(w[i,j]*x[j], j, 1, J) + b[i]")
CONVOLUTION = parse("Sum(Sum(w[o,c,u]*x[c,S*(p-1)+D*(u-1)+1-P], u, 1, K), c, 1, C) + b[o]")
TO_INPUT = parse("Sum(Sum(g[o,(m+P-1-D*(u-1))/S+1]*w[o,c,u], u, 1, K), o, 1, O)")
POOLING = parse("Max(x[c,S*(p-1)+u-P], u, 1, K)")


def test_a_linear_unit() -> None:
    shapes = {"w": (2, 2), "x": (2,), "b": (2,)}
    assert plain(instantiate(LINEAR, {"i": 2, "J": 2}, shapes)) == "w[2,1]*x[1] + w[2,2]*x[2] + b[2]"
    assert plain(instantiate(LINEAR, {"i": 2, "J": 2}, shapes, unroll_limit=1)) == "Sum(w[2,j]*x[j], j, 1, 2) + b[2]"


settings_of_windows = st.fixed_dictionaries(
    {
        "n": st.integers(1, 7),
        "K": st.integers(1, 4),
        "S": st.integers(1, 3),
        "P": st.integers(0, 3),
        "D": st.integers(1, 3),
        "C": st.integers(1, 2),
        "O": st.integers(1, 2),
    }
)


@settings(max_examples=200, deadline=None)
@given(settings_of_windows, st.sampled_from([0, 1, 2, 64]))
def test_convolution_and_its_gradient_are_loops(s: dict[str, int], unroll_limit: int) -> None:
    """Padding, bounds and stride come from absent references alone."""
    places = (s["n"] + 2 * s["P"] - s["D"] * (s["K"] - 1) - 1) // s["S"] + 1
    if places < 1:
        return
    dice = np.random.default_rng(s["n"])
    w, x, b, g = (
        dice.integers(-9, 9, shape)
        for shape in ((s["O"], s["C"], s["K"]), (s["C"], s["n"]), (s["O"],), (s["O"], places))
    )
    y, dx = np.zeros((s["O"], places), int) + b[:, None], np.zeros_like(x)
    for o, c, p, u in np.ndindex(s["O"], s["C"], places, s["K"]):
        at = s["S"] * p + s["D"] * u - s["P"]
        if 0 <= at < s["n"]:
            y[o, p] += w[o, c, u] * x[c, at]
            dx[c, at] += w[o, c, u] * g[o, p]
    arrays = {"w": w.tolist(), "x": x.tolist(), "b": b.tolist(), "g": g.tolist()}
    shapes = {"w": w.shape, "x": x.shape, "b": b.shape, "g": g.shape}
    for o, p in np.ndindex(y.shape):
        f = instantiate(CONVOLUTION, {**s, "o": o + 1, "p": p + 1}, shapes, unroll_limit)
        assert evaluate(f, table(**arrays)) == y[o, p]
    for c, m in np.ndindex(dx.shape):
        f = instantiate(TO_INPUT, {**s, "c": c + 1, "m": m + 1}, shapes, unroll_limit)
        assert evaluate(f, table(**arrays)) == dx[c, m]
        assert unroll_limit < 64 or not any(isinstance(node, BigOperator) for node in walk(f))


@given(settings_of_windows)
def test_pooling_skips_what_is_absent(s: dict[str, int]) -> None:
    x = [[-(k * 7 % 5) - 1 for k in range(s["n"])]]
    for p in range(1, s["n"] + 1):
        there = [x[0][i - 1] for u in range(1, s["K"] + 1) if 1 <= (i := s["S"] * (p - 1) + u - s["P"]) <= s["n"]]
        f = instantiate(POOLING, {**s, "c": 1, "p": p}, {"x": (1, s["n"])})
        assert evaluate(f, table(x=x)) == (max(there) if there else 0)


def test_a_long_sum_keeps_its_sign_over_the_terms_that_are_there() -> None:
    f = instantiate(parse("Sum(x[S*(p-1)+u-P], u, 1, 100)"), {"p": 1, "S": 2, "P": 1}, {"x": (99,)})
    assert plain(f) == "Sum(x[u - 1], u, 2, 100)"


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("1*g[2*3-1] + 0*x + delta(1,2)*y - 0", "g[5]"),
        ("delta(2,2)*x/1 + z**1", "x + z"),
        ("if(1 > 2, a, b) + if(3/2 == 1.5, c, d)", "b + c"),
        ("0 - x", "-x"),
        ("x - x", "x - x"),
        ("2*3 + 1/2", "2*3 + 1/2"),
        ("Sum(0*x[j], j, 1, n) + y", "y"),
        ("delta(i,i) + delta(i,j)", "1 + delta(i, j)"),
        ("-(1*x)*1", "-x"),
        ("0/x", "0"),
    ],
)
def test_what_folds_and_what_stays(text: str, wanted: str) -> None:
    assert plain(fold(parse(text))) == wanted


def test_nothing_there_is_zero() -> None:
    shapes = {"x": (3,)}
    assert instantiate(parse("2*x[k - 4]"), {"k": 4}, shapes) == Number(0)
    assert instantiate(parse("sigmoid(Sum(w[u]*x[u + k], u, 1, 3))"), {"k": 5}, shapes) == parse("sigmoid(0)")
    assert instantiate(parse("y - x[9]"), {}, shapes) == Ref("y")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("Sum(j, j, 1, pi)", None),
        ("Sum(j, j, sqrt(2), 3)", None),
        ("Sum(j, j, 1, 5/2)", None),
        ("Sum(j, j, 1, 6/2)", 6),
    ],
)
def test_a_bound_is_a_whole_number_or_an_error(text: str, value: int | None) -> None:
    from hwsolve.formula.evaluate import no_names
    from hwsolve.formula.operators import NoValue

    if value is not None:
        assert evaluate(parse(text), no_names) == value
        return
    with pytest.raises(NoValue, match="whole numbers"):
        evaluate(parse(text), no_names)
