"""Functions, decisions and printed digits, against mpmath and fractions."""

from __future__ import annotations

import math
import subprocess
import sys
from decimal import ROUND_HALF_UP, Context, Decimal
from fractions import Fraction
from typing import Any

import mpmath
import numpy as np
import pytest
from flint import arb, ctx, fmpq
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from hwsolve import numbers
from hwsolve.formula import function_code
from hwsolve.formula.function_code import apply, code_names, on_scalars
from hwsolve.numbers import LADDER, NotFinite, Undecided, exact, full, precision, show
from hwsolve.quantities import put_in, quantity
from tests.line_check import ANALYTIC, STEPWISE

DIGITS = 60
POINTS = [Fraction(n, 997) for n in (-7919, -3011, -2999, -1200, -633, -1, 2, 411, 900, 1301, 2990, 3001, 5981, 8191)]
DOMAINS = {
    "log": lambda x: x > 0,
    "log2": lambda x: x > 0,
    "log10": lambda x: x > 0,
    "sqrt": lambda x: x > 0,
    "asin": lambda x: abs(x) < 1,
    "acos": lambda x: abs(x) < 1,
}
PARAMETERS = {"leaky_relu": [Fraction(1, 7)], "prelu": [Fraction(-3, 11)], "elu": [Fraction(5, 3)]}
OF_ONE = sorted(set(code_names()) - {"max", "min", "delta", "d_hard_swish"})


def base(name: str) -> str:
    return name[2:] if name.startswith("d_") else name


def points(name: str) -> list[Fraction]:
    return [x for x in POINTS if DOMAINS.get(base(name), lambda x: True)(x)]


def peer(name: str, x: Fraction, *parameters: Fraction) -> Any:
    """The value by mpmath, or a Fraction where the function is made of pieces."""
    if name in STEPWISE:
        return STEPWISE[name](x, *parameters)
    settings_ = [real(p) for p in parameters]
    if name in ANALYTIC:
        return ANALYTIC[name](real(x), *settings_)
    return mpmath.diff(lambda t: ANALYTIC[base(name)](t, *settings_), real(x))


def real(x: Any) -> Any:
    return mpmath.mpf(x.numerator) / x.denominator if isinstance(x, Fraction) else mpmath.mpf(x)


def rational(x: Fraction) -> fmpq:
    return exact(x.numerator, x.denominator)


def fraction(x: Any) -> Fraction:
    """An exact value, or the middle of a ball, as a Fraction."""
    if isinstance(x, arb):
        mantissa, exponent = x.mid().man_exp()
        return Fraction(int(mantissa)) * Fraction(2) ** int(exponent)
    return Fraction(x) if isinstance(x, (int, float)) else Fraction(int(x.p), int(x.q))


def parameters(name: str) -> list[Fraction]:
    return PARAMETERS.get(base(name), [])


def objects(*values: Any) -> np.ndarray:
    array = np.empty(len(values), dtype=object)
    array[:] = values
    return array


# -- the functions


@pytest.mark.parametrize("name", OF_ONE)
def test_a_function_of_a_rational_is_mpmaths(name: str) -> None:
    with mpmath.workdps(DIGITS), precision(160):
        for x in points(name):
            value = on_scalars(name)(rational(x), *map(rational, parameters(name)))
            wanted = peer(name, x, *parameters(name))
            if isinstance(wanted, Fraction):
                assert fraction(value) == wanted, x
            else:
                assert abs(real(fraction(value)) - wanted) <= mpmath.mpf(10) ** -28 * max(1, abs(wanted)), x
            if isinstance(value, arb):
                assert value.rel_accuracy_bits() > 120, x


@pytest.mark.parametrize("name", OF_ONE)
def test_a_ball_holds_the_function_of_every_number_in_it(name: str) -> None:
    inexact = name not in STEPWISE
    with mpmath.workdps(DIGITS):
        for x in points(name):
            with precision(160):
                around = arb(rational(x)) + arb(0, 1.0001e-9)
                value = arb(on_scalars(name)(around, *map(rational, parameters(name))))
                radius = fraction(value.rad())
            for inside in (x, x - Fraction(1, 10**9), x + Fraction(1, 10**9)):
                wanted = peer(name, inside, *parameters(name))
                slack = mpmath.mpf(10) ** (-28 if inexact else -40) * max(1, abs(real(wanted)))
                assert abs(real(fraction(value)) - real(wanted)) <= real(radius) + slack, inside


@pytest.mark.parametrize("name", OF_ONE)
def test_float64_arrays_agree_with_mpmath(name: str) -> None:
    some = points(name)
    result = apply(name, np.array([float(x) for x in some]), *map(rational, parameters(name)))
    assert isinstance(result, np.ndarray) and result.dtype == np.float64
    with mpmath.workdps(30):
        for x, value in zip(some, result, strict=True):
            wanted = real(peer(name, Fraction(float(x)), *parameters(name)))
            assert abs(value - wanted) <= 1e-12 * max(1e-2, abs(wanted)), x


@pytest.mark.parametrize("name", OF_ONE)
def test_object_arrays_do_what_scalars_do(name: str) -> None:
    some = [rational(x) for x in points(name)]
    settings_ = [rational(p) for p in parameters(name)]
    with precision(128):
        for values in (some, [arb(x) for x in some]):
            result = apply(name, objects(*values), *settings_)
            assert result.dtype == object
            for one, x in zip(result, values, strict=True):
                wanted = on_scalars(name)(x, *settings_)
                assert type(one) is type(wanted) and (one == wanted or arb(one).overlaps(arb(wanted)))


@pytest.mark.parametrize("name", ["exp", "log", "sqrt", "tanh", "sigmoid", "softplus"])
def test_named_array_functions_are_the_functions_of_that_name(name: str) -> None:
    function = getattr(numbers if name in numbers.__all__ else function_code, name)
    x = [0.25, 1.5]
    wanted = [float(peer(name, Fraction(v))) for v in x]
    assert np.allclose(function(np.array(x)), wanted, rtol=1e-13, atol=0)
    assert np.allclose([float(v) for v in function(objects(exact(1, 4), exact(3, 2)))], wanted, rtol=1e-13, atol=0)
    assert math.isclose(float(function(exact(1, 4))), wanted[0]) and math.isclose(function(0.25), wanted[0])


EXACT_VALUES = {
    "exp(0)": 1, "d_exp(0)": 1, "log(1)": 0, "d_log(2/3)": "3/2", "log2(1/8)": -3, "log10(1000)": 3, "sqrt(4/9)": "2/3",
    "d_sqrt(1/4)": 1, "sin(0)": 0, "cos(0)": 1, "d_cos(0)": 0, "tan(0)": 0, "asin(0)": 0, "d_asin(3/5)": "5/4",
    "acos(1)": 0, "d_acos(3/5)": "-5/4", "atan(0)": 0, "d_atan(2)": "1/5", "sinh(0)": 0, "cosh(0)": 1, "tanh(0)": 0,
    "d_tanh(0)": 1, "erf(0)": 0, "gamma(5)": 24, "normal_cdf(0)": "1/2", "d_normal_pdf(0)": 0, "sigmoid(0)": "1/2",
    "d_sigmoid(0)": "1/4", "d_softplus(0)": "1/2", "d_log_sigmoid(0)": "1/2", "silu(0)": 0, "d_silu(0)": "1/2",
    "gelu(0)": 0, "d_gelu(0)": "1/2", "gelu_tanh(0)": 0, "d_gelu_tanh(0)": "1/2", "mish(0)": 0, "d_mish(0)": "3/5",
    "softsign(-1/2)": "-1/3", "d_softsign(-1/2)": "4/9", "elu(3/7)": "3/7", "elu(0)": 0, "d_elu(2)": 1,
    "relu(-2)": 0, "relu(2/3)": "2/3", "d_relu(0)": 0, "step0(0)": 1, "sign(-1/9)": -1, "relu6(7)": 6, "floor(-1/2)": -1,
    "ceil(-1/2)": 0, "hard_sigmoid(1)": "2/3", "hard_swish(1)": "2/3", "d_hard_swish(1)": "5/6", "d_hard_swish(-3)": 0,
    "d_hard_swish(3)": 1,
}  # fmt: skip


@pytest.mark.parametrize(("call", "wanted"), EXACT_VALUES.items())
def test_a_rational_result_is_rational(call: str, wanted: int | str) -> None:
    name, _, argument = call.rstrip(")").partition("(")
    value = on_scalars(name)(rational(Fraction(argument)))
    assert isinstance(value, fmpq) and fraction(value) == Fraction(wanted)
    assert math.isclose(on_scalars(name)(float(Fraction(argument))), float(Fraction(wanted)), abs_tol=1e-15)


@pytest.mark.parametrize("name", sorted(set(OF_ONE) & set(STEPWISE)))
def test_kinks_follow_the_peer(name: str) -> None:
    for x in (-3, -1, 0, 1, 3, 6):
        wanted = peer(name, Fraction(x), *parameters(name))
        assert fraction(on_scalars(name)(x, *map(rational, parameters(name)))) == wanted
        assert math.isclose(on_scalars(name)(float(x), *map(float, parameters(name))), float(wanted), abs_tol=1e-15)


@pytest.mark.parametrize(
    "call", ["log(0)", "log(-1)", "sqrt(-1)", "gamma(0)", "gamma(-3)", "asin(2)", "acos(-2)", "d_log(0)", "d_sqrt(0)"]
)
def test_what_does_not_exist_is_refused(call: str) -> None:
    name, _, argument = call.rstrip(")").partition("(")
    for value in (exact(int(argument)), int(argument)):
        with pytest.raises(NotFinite):
            on_scalars(name)(value)


@given(st.fractions(-50, 50, max_denominator=99), st.fractions(-6, 6, max_denominator=4))
def test_powers_are_exact_where_they_can_be(x: Fraction, y: Fraction) -> None:
    if (x < 0 and y.denominator != 1) or (x == 0 and y < 0):
        with pytest.raises(NotFinite):
            numbers.power(rational(x), rational(y))
        return
    with precision(160):
        value = numbers.power(rational(x), rational(y))
    if y.denominator == 1:
        assert fraction(value) == x ** int(y)
    elif isinstance(value, fmpq):
        assert fraction(value) ** y.denominator == x**y.numerator
    else:
        with mpmath.workdps(DIGITS):
            assert abs(real(fraction(value)) / mpmath.power(real(x), real(y)) - 1) < 1e-40


# -- decisions


def straddling() -> arb:
    return arb(1).exp() - arb(1).exp()


@pytest.mark.parametrize("name", ["step", "step0", "sign", "d_relu", "d_abs", "d_elu", "floor"])
def test_an_unproven_branch_is_never_taken(name: str) -> None:
    with pytest.raises(Undecided):
        on_scalars(name)(straddling())


@pytest.mark.parametrize("name", ["relu", "leaky_relu", "abs", "elu", "relu6", "hard_swish", "hard_tanh"])
def test_a_continuous_function_needs_no_branch(name: str) -> None:
    around = arb(0, 0.5)
    value = on_scalars(name)(around, *map(rational, parameters(name)))
    for x in (Fraction(-1, 2), Fraction(0), Fraction(1, 2)):
        assert value.contains(arb(real_text(peer(name, x, *parameters(name)))))


def real_text(x: Any) -> str:
    return mpmath.nstr(real(x), 15)


def test_comparisons_of_balls() -> None:
    small, large = arb(1).exp(), arb(2).exp()
    assert numbers.less(small, large) and not numbers.less(large, small) and not numbers.equal(small, large)
    assert numbers.equal(exact(1, 2), arb(0.5))
    for decide in (numbers.less, numbers.equal):
        with pytest.raises(Undecided):
            decide(small, arb(1).exp())


@given(
    st.lists(st.lists(st.integers(-3, 3), min_size=4, max_size=4), min_size=1, max_size=4), st.sampled_from([0, 1, -1])
)
def test_winner_and_maximum_are_numpys(rows: list[list[int]], axis: int) -> None:
    plain = np.array(rows, dtype=float)
    for made in (exact, arb):
        array = np.frompyfunc(made, 1, 1)(np.array(rows, dtype=object))
        assert (numbers.winner(array, axis) == plain.argmax(axis)).all()
        assert (numbers.maximum(array, axis).astype(float) == plain.max(axis)).all()
    assert (numbers.winner(plain, axis) == plain.argmax(axis)).all()


def test_a_winner_among_overlapping_balls_is_undecided() -> None:
    with pytest.raises(Undecided):
        numbers.winner(objects(arb(1).exp(), arb(1).exp()), 0)


def test_where_takes_masks_of_every_system() -> None:
    a, b = objects(exact(1), exact(2)), objects(exact(3), exact(4))
    assert list(numbers.where(numbers.positive(objects(exact(-1), exact(1))), a, b)) == [3, 2]
    assert list(numbers.where(np.array([1.0, 0.0]), np.array([1.0, 2.0]), 5.0)) == [1.0, 5.0]


def test_a_float_is_kept_out_of_exact_values() -> None:
    with pytest.raises(TypeError):
        apply("leaky_relu", objects(arb(-1)), 0.1)


def test_tidy() -> None:
    long = exact(3**3000, 2**3000)
    with precision(256):
        tidied = numbers.tidy(objects(long, exact(1, 3)))
    assert isinstance(tidied[0], arb) and tidied[1] == exact(1, 3)
    assert abs(fraction(tidied[0]) / fraction(long) - 1) < Fraction(1, 2**250)
    unchanged = objects(exact(1, 3), arb(1).exp())
    assert numbers.tidy(unchanged) is unchanged
    for bad in (np.array([1.0, np.inf]), np.array([np.nan]), float("nan")):
        with pytest.raises(NotFinite):
            numbers.tidy(bad)
    nothing = objects(arb(1) / arb(0))
    with precision(128), pytest.raises(Undecided):
        numbers.tidy(nothing)
    with precision(LADDER[-1]), pytest.raises(NotFinite):
        numbers.tidy(nothing)


def test_precision_is_restored_even_after_an_error() -> None:
    before = ctx.prec
    with pytest.raises(ValueError), precision(777):
        assert ctx.prec == 777
        raise ValueError
    assert ctx.prec == before


def test_close() -> None:
    with precision(128):
        root = arb(2).sqrt()
        assert numbers.close(exact(1, 3), exact(1, 3)) and not numbers.close(
            exact(1, 3), exact(1, 3) + exact(1, 10**40)
        )
        assert numbers.close(root * root, 2) and not numbers.close(root, exact(14142, 10000))
        assert not numbers.close(root + arb(0, 0.1), root), "a ball wider than the last digit proves nothing"


# -- digits


def rounded(x: Fraction, digits: int) -> Decimal:
    """x to so many significant digits, by decimal's own rounding."""
    top, bottom = Decimal(x.numerator), Decimal(x.denominator)
    wide = Context(prec=400).divide(top, bottom)
    return Context(prec=digits, rounding=ROUND_HALF_UP).plus(wide)


def significant(text: str) -> int:
    return len(text.partition("e")[0].replace(".", "").lstrip("-").lstrip("0"))


rationals = st.one_of(
    st.fractions(max_denominator=10**6),
    st.builds(lambda n, k: Fraction(n) * Fraction(10) ** k, st.integers(-(10**14), 10**14), st.integers(-40, 30)),
    st.builds(Fraction, st.integers(-(10**30), 10**30), st.integers(1, 10**30)),
)


@settings(max_examples=500)
@given(rationals, st.integers(1, 20))
def test_a_shown_rational_is_right_to_its_last_digit(x: Fraction, digits: int) -> None:
    shown = show(rational(x), digits)
    assert Fraction(shown.exact or "") == x and shown.system == "exact"
    if shown.relation == "=":
        assert Fraction(shown.text) == x
        assert x.denominator == 1 or significant(shown.text) <= max(12, digits)
    else:
        assert significant(shown.text) == digits
        assert Decimal(shown.text) == rounded(x, digits) != Decimal(0)


@given(rationals)
def test_the_relation_is_equality_exactly_for_short_decimals(x: Fraction) -> None:
    short = x.denominator == 1 or (Fraction(rounded(x, 12)) == x)
    assert (show(rational(x)).relation == "=") == short


@settings(max_examples=300)
@given(st.fractions(Fraction(1, 10**9), 10**9), st.sampled_from(["sqrt", "exp", "log", "tanh"]), st.integers(1, 30))
def test_a_shown_ball_is_right_to_its_last_digit(x: Fraction, name: str, digits: int) -> None:
    assume(name != "exp" or x < 400)
    with precision(256):
        value = on_scalars(name)(rational(x))
        assume(isinstance(value, arb))
        shown = show(value, digits)
    with mpmath.workdps(160):
        wanted = Fraction(mpmath.nstr(getattr(mpmath, name)(real(x)), 120, min_fixed=-(10**6), max_fixed=10**6))
    assert (shown.relation, shown.system, shown.exact) == ("≈", "certified", None)
    assert significant(shown.text) == digits
    assert Decimal(shown.text) == rounded(wanted, digits)


@given(st.integers(1, 12), st.integers(-30, 30))
def test_digits_that_are_not_proven_are_not_shown(digits: int, power: int) -> None:
    middle = Fraction(10) ** power * (1 + Fraction(1, 2) * Fraction(10) ** (1 - digits))
    with precision(256), pytest.raises(Undecided):
        show(arb(rational(middle)) + arb(0, 2) * arb(10) ** (power - digits), digits)


@given(st.integers(2, 9), st.integers(-20, 20))
def test_a_ball_around_a_tie_is_shown_to_one_more_digit(digits: int, power: int) -> None:
    middle = Fraction(10) ** power * (1 + Fraction(1, 2) * Fraction(10) ** (1 - digits))
    with precision(256):
        shown = show(arb(rational(middle)) + arb(0, 1e-60) * arb(10) ** power, digits)
    assert (Fraction(shown.text), shown.relation) == (middle, "≈")


@given(st.floats(allow_nan=False, allow_infinity=False), st.integers(1, 9))
def test_a_shown_float(x: float, digits: int) -> None:
    shown = show(x, digits)
    assert (shown.relation, shown.system) == ("≈", "float64")
    assert float(shown.text) == float(f"{x:.{min(digits, 6) - 1}e}")
    assert not (x == 0 and "-" in shown.text)


LAYOUT = {
    0: "0", -3: "-3", 10**20: "1" + "0" * 20, "0.18": "0.18", "-1/3": "-0.333333", "2/3": "0.666667",
    "0.32124532712": "0.32124532712", "0.000001": "0.000001", "0.0000001": "1e-7", "0.00000351": "0.00000351",
    "1/3000000000": "3.33333e-10", "10000000000000000.5": "1.00000e16", "250000.5": "250000.5",
    "1.000000000005": "1.00000", "-1.000000000005": "-1.00000",
}  # fmt: skip


@pytest.mark.parametrize(("value", "text"), LAYOUT.items())
def test_layout_of_exact_values(value: int | str, text: str) -> None:
    assert show(rational(Fraction(value))).text == text
    assert not isinstance(value, int) or show(value).text == text


def test_layout_of_balls_and_floats() -> None:
    with precision(128):
        e = arb(1).exp()
        near_one = [1 + e / 10**20, 1 - e / 10**6, 1 - e / 10**7]
        texts = [show(v).text for v in (e, -e * 10**5, e * 10**6, e / 10**6, e / 10**7, *near_one)]
    assert texts == ["2.71828", "-271828", "2.71828e6", "0.00000271828", "2.71828e-7", "1.00000", "0.999997", "1.00000"]
    assert [show(v).text for v in (0.0, -0.0, 0.5, -1e-9, 1234567.0)] == [
        "0.000000",
        "0.000000",
        "0.500000",
        "-1.00000e-9",
        "1.23457e6",
    ]


def test_a_ball_around_zero_is_shown_only_at_the_cap() -> None:
    with precision(LADDER[0]), pytest.raises(Undecided):
        show(straddling())
    with precision(LADDER[-1]):
        assert (show(straddling()).text, show(straddling()).relation) == ("0.000000", "≈")
        with pytest.raises(Undecided):
            show(arb(0, 1e-6))
    assert (show(arb(0)).text, show(arb(0)).relation) == ("0", "=")


@pytest.mark.parametrize("value", [float("nan"), float("inf"), arb("nan")])
def test_no_number_is_not_shown(value: Any) -> None:
    with pytest.raises(NotFinite):
        show(value)


@given(rationals.filter(bool))
def test_full_keeps_what_was_used(x: Fraction) -> None:
    assert Fraction(full(rational(x))) == x
    assert float(full(float(x))) == float(x)
    with precision(192):
        ball = arb(rational(x)).exp() if abs(x) < 1000 else abs(arb(rational(x))).sqrt()
        text = full(ball)
    assert significant(text) >= 30
    assert Decimal(text) == rounded(fraction(ball), significant(text))


def test_quantities() -> None:
    q = quantity(exact(12769, 500000))
    assert (q.text, q.relation, q.exact, q.system) == ("0.025538", "=", "12769/500000", "exact")
    third, quarter = put_in(exact(1, 3)), put_in(exact(-1, 4))
    assert (third.text, third.rounded, Fraction(third.numerator, third.denominator)) == (
        "0.333333",
        True,
        Fraction("0.333333"),
    )
    assert (quarter.text, quarter.rounded, quarter.numerator, quarter.denominator) == ("-0.25", False, -1, 4)


def test_counting_loads_neither_numpy_nor_flint() -> None:
    code = """
import sys
from hwsolve.formula.evaluate import evaluate
from hwsolve.formula.parse import parse
from hwsolve.quantities import quantity
f = parse("floor((H + 2*P - K)/S + 1)*max(n, 2)**2")
assert quantity(evaluate(f, lambda name, indices: {"H": 8, "P": 1, "K": 3, "S": 2, "n": 3}[name])).text == "36"
print([m for m in ("numpy", "flint", "mpmath", "sympy") if m in sys.modules])
{extra}
print([m for m in ("numpy", "flint") if m in sys.modules])
"""
    run = [
        subprocess.run(
            [sys.executable, "-c", code.replace("{extra}", extra)], capture_output=True, text=True, check=True
        ).stdout
        for extra in ("", "import hwsolve.numbers; hwsolve.numbers.exp")
    ]
    assert run == ["[]\n[]\n", "[]\n['numpy', 'flint']\n"]


@pytest.mark.parametrize("text", ["1.5461875", "1.5461855", "9.9999995", "0.0015461875"])
def test_a_ball_around_a_tie_at_a_later_digit_is_decided(text: str) -> None:
    numerator, denominator = Fraction(text).as_integer_ratio()
    with precision(256):
        ball = arb(fmpq(numerator, denominator)) + arb(0, 2.0**-200)
        shown = show(ball, 6).text
    assert abs(Fraction(shown) - Fraction(text)) <= Fraction(text) / 10**5 / 2
