"""Every function in every number system against mpmath, far out, near 0 and at its kinks, and against what defines it."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import mpmath
import numpy as np
import pytest
from flint import arb, fmpq

import hwsolve
from hwsolve.formula import arrays, function_code
from hwsolve.formula.function_code import COMPUTED, apply, code_names, on_floats, on_rationals_and_balls, statement
from hwsolve.formula.functions import FUNCTIONS, Function, function
from hwsolve.formula.parse import parse
from hwsolve.formula.python_code import compiled
from hwsolve.language import say
from hwsolve.numbers import NotFinite, Undecided, precision
from tests.line_check import ANALYTIC, STEPWISE, logistic

DICE = random.Random(7)
SIDES = [DICE.uniform(-40, 40) for _ in range(4)] + [DICE.uniform(-3, 3) for _ in range(6)]
EXTREMES = [1000.0, -1000.0, 1e-300, -1e-300]
KINKS = [0.0, 1.0, -1.0, 3.0, -3.0, 6.0]
SLOPES_OF_PIECES = {
    "d_hard_swish": lambda x: 0 if x <= -3 else 1 if x >= 3 else (2 * x + 3) / 6,
    "d_elu": lambda x, a: 1 if x > 0 else a * mpmath.exp(x),
    "d_selu": lambda x: (
        mpmath.mpf("1.0507009873554804934193349852946")
        * (1 if x > 0 else mpmath.mpf("1.6732632423543772848170429916717") * mpmath.exp(x))
    ),
    "d_softsign": lambda x: 1 / (1 + abs(x)) ** 2,
}
CLOSED: dict[str, Any] = {  # where a difference of numbers near each other would be a poor peer
    "sigmoid": logistic,
    "d_sigmoid": lambda x: logistic(x) * logistic(-x),
    "d_softplus": logistic,
    "d_log_sigmoid": lambda x: logistic(-x),
    "d_silu": lambda x: logistic(x) + x * logistic(x) * logistic(-x),
    "normal_cdf": lambda x: mpmath.erfc(-x / mpmath.sqrt(2)) / 2,
    "d_normal_cdf": mpmath.npdf,
    "gelu": lambda x: x * mpmath.erfc(-x / mpmath.sqrt(2)) / 2,
    "d_gelu": lambda x: mpmath.erfc(-x / mpmath.sqrt(2)) / 2 + x * mpmath.npdf(x),
    "gelu_tanh": lambda x: x * logistic(inner(x)),
    "d_gelu_tanh": lambda x: logistic(inner(x)) * (1 + x * inner_slope(x) * logistic(-inner(x))),
    "d_tanh": lambda x: mpmath.sech(x) ** 2,
    "d_erf": lambda x: 2 / mpmath.sqrt(mpmath.pi) * mpmath.exp(-x * x),
    "d_normal_pdf": lambda x: -x * mpmath.npdf(x),
}


def inner(x: Any) -> Any:
    return mpmath.sqrt(8 / mpmath.pi) * (x + mpmath.mpf("0.044715") * x**3)


def inner_slope(x: Any) -> Any:
    return mpmath.sqrt(8 / mpmath.pi) * (1 + 3 * mpmath.mpf("0.044715") * x * x)


def settings_of(name: str) -> list[Fraction]:
    return [Fraction(5, 3)] * (len(function(name).parameters) - 1)  # type: ignore[union-attr]


def peer(name: str, x: float) -> Any:
    """The value by mpmath; None where there is none."""
    others = settings_of(name)
    if name in STEPWISE:
        return mp(STEPWISE[name](Fraction(x), *others))
    found = CLOSED.get(name) or SLOPES_OF_PIECES.get(name) or ANALYTIC.get(name)
    try:
        if found is None:
            base = ANALYTIC[name.removeprefix("d_")]
            value = mpmath.diff(lambda t: base(t, *map(mp, others)), mpmath.mpf(x))
        else:
            value = found(mpmath.mpf(x), *map(mp, others))
    except (ValueError, ZeroDivisionError):
        return None
    return value if isinstance(value, (int, mpmath.mpf)) and mpmath.isfinite(value) else None


def mp(x: Any) -> Any:
    return mpmath.mpf(x.numerator) / x.denominator if isinstance(x, Fraction) else mpmath.mpf(x)


def rational(x: Any) -> fmpq:
    return fmpq(*Fraction(x).as_integer_ratio())


def middle(ball: arb) -> Any:
    mantissa, exponent = ball.mid().man_exp()
    return mpmath.ldexp(int(mantissa), int(exponent))


NOT_COMPILED = ("sqrt", "delta")  # stated by a power 1/2, and by an equality
ONE_ARGUMENT = [name for name in code_names() if name not in ("max", "min", "delta")]


@pytest.mark.parametrize("name", ONE_ARGUMENT)
def test_a_function_is_mpmaths_in_all_three_systems(name: str) -> None:
    others = [rational(p) for p in settings_of(name)]
    tried = 0
    for x in SIDES + EXTREMES + KINKS:
        with mpmath.workdps(1000 if abs(x) == 1000 else 400):
            wanted = peer(name, x)
            if wanted is None or ("gamma" in name and not -100 < x < 100) or (name == "d_gamma" and x <= 0):
                continue
            tried += 1
            slack = abs(wanted) * mpmath.mpf(10) ** -30 + mpmath.mpf(10) ** -380
            with precision(192):
                for argument in (rational(x), arb(x)):
                    ball = arb(on_rationals_and_balls(name)(argument, *others))
                    assert abs(middle(ball) - wanted) <= middle(ball.rad()) + slack, (x, argument)
                    assert ball.rel_accuracy_bits() > 90 or abs(wanted) < slack, (x, argument)
            with np.errstate(all="ignore"):
                (found,) = apply(name, np.array([x]), *others)
            if abs(wanted) > 1.7e308:
                assert math.isinf(found) and (found > 0) == (wanted > 0), x
            else:
                assert abs(found - wanted) <= 1e-10 * abs(wanted) + 1e-300, x
    assert tried >= 3


@pytest.mark.parametrize("name", [name for name in code_names() if statement(name) and name not in NOT_COMPILED])
def test_the_code_is_what_the_definition_says(name: str) -> None:
    """What is computed otherwise than it is stated, and what NumPy or flint compute, is the function that is stated."""
    known, text = function(name), statement(name)
    assert known is not None and text is not None
    if text.startswith(f"{name}("):
        return
    others = [rational(p) for p in settings_of(name)]
    jumps = name.startswith("d_") or name in ("sign", "step", "step0")
    exactly = compiled(parse(text), known, lambda f: function_code.plainly(f, False), False, jumps)
    in_floats = compiled(parse(text), known, lambda f: function_code.plainly(f, True), True, jumps)
    for x in [DICE.uniform(-4, 4) for _ in range(6)] + [DICE.uniform(-0.9, 0.9) for _ in range(4)]:
        if name in ("max", "min", "delta"):
            others = [rational(DICE.uniform(-4, 4))]
        try:
            with precision(256):
                for argument in (rational(x), arb(x)):
                    assert arb(exactly(argument, *others)).overlaps(
                        arb(on_rationals_and_balls(name)(argument, *others))
                    )
        except NotFinite:
            continue
        with np.errstate(all="ignore"):
            a, b = (f(np.array([x]), *map(float, map(arb, others)))[0] for f in (in_floats, on_floats(name)))
        assert abs(a - b) <= 2e-13 * max(1.0, abs(b)), x


@pytest.mark.parametrize("name", sorted(COMPUTED))
def test_what_is_computed_otherwise_has_a_definition_too(name: str) -> None:
    known = function(name)
    assert known is not None and (statement(name) or name == "d_gelu_tanh")
    assert COMPUTED[name] != statement(name)


@pytest.mark.parametrize(
    "name", ["relu", "relu6", "hard_tanh", "hard_sigmoid", "hard_swish", "leaky_relu", "elu", "selu"]
)
def test_a_ball_around_a_kink_gives_both_sides_and_a_slope_does_not(name: str) -> None:
    others = [rational(p) for p in settings_of(name)]
    for kink in FUNCTIONS[name].kinks:
        around = arb(int(kink), 0.25)
        ball = arb(on_rationals_and_balls(name)(around, *others))
        for x in (float(kink) - 0.25, float(kink), float(kink) + 0.25):
            assert ball.contains(arb(on_rationals_and_balls(name)(rational(x), *others)))
        with pytest.raises(Undecided):
            on_rationals_and_balls(f"d_{name}")(around, *others)
    assert arb(on_rationals_and_balls("relu")(arb(0, 0.25))) >= 0


@pytest.fixture
def swoosh() -> Iterator[None]:
    FUNCTIONS["swoosh"] = Function(name="swoosh", about=say("A bump."), definition="x*exp(-x**2/4)/2", shown="swoosh")
    yield
    del FUNCTIONS["swoosh"]
    for cached in (function_code.code_text, function_code.has_code):
        cached.cache_clear()


@pytest.mark.usefixtures("swoosh")
@pytest.mark.parametrize("numbers", ["exact", "float64"])
def test_a_function_is_added_by_its_definition_alone(numbers: str) -> None:
    """One entry of the table: its value and slope in each system, and its derivation, follow."""
    problem: dict[str, Any] = {
        "kind": "derivative",
        "function": "swoosh(3*x)",
        "at": [{"x": "0.4"}],
        "numbers": numbers,
    }
    answers = hwsolve.solve(problem).answers

    def wanted(t: Any) -> Any:
        return 3 * t * mpmath.exp(-(9 * t * t) / 4) / 2

    with mpmath.workdps(30):
        point = mpmath.mpf("0.4")
        assert math.isclose(float(answers["d0_at"].value[0].value), wanted(point), rel_tol=1e-12)
        assert math.isclose(float(answers["d1_at"].value[0].value), mpmath.diff(wanted, point), rel_tol=1e-12)
    array = np.array([0.4, -1.3])
    assert np.allclose(
        arrays.slope("swoosh(3*x)", "x", ("x",), (array,)), [float(mpmath.diff(wanted, v)) for v in array]
    )
