"""Roots that a page writes exactly: against sympy, and in the lines and verdicts of initialization problems."""

from __future__ import annotations

import json
import random
import re
from fractions import Fraction
from typing import Any

import pytest

from hwsolve.formula.notation import plain
from hwsolve.formula.simplify.roots import root_of
from hwsolve.pipeline import read, work_out
from hwsolve.render import render
from hwsolve.render.options import Options
from hwsolve.solution import Solution

sympy = pytest.importorskip("sympy")


def solved(activation: Any, fans: tuple[Any, Any] = ("M0", "M1"), **more: Any) -> Solution:
    spec = {"kind": "initialization", "layer": {"linear": fans[1]}, "input": fans[0], "activation": activation, **more}
    (problem,) = read(json.dumps(spec), "t")
    return work_out(problem)


def page(solution: Solution, **options: Any) -> str:
    return " ".join(render([solution], "plain", Options(width=1000, **options)).split())


@pytest.mark.parametrize("seed", range(40))
def test_a_root_is_the_one_of_sympy_and_as_short(seed: int) -> None:
    dice = random.Random(seed)
    above, below = dice.randint(1, 300), dice.choice((1, 4, 9, dice.randint(1, 300)))
    found = root_of(above, below)
    assert found is not None
    assert sympy.sympify(plain(found)) == sympy.sqrt(sympy.Rational(above, below))
    if below == 1:  # no square is left under the root
        under = [int(n) for n in re.findall(r"sqrt\((\d+)\)", plain(found))]
        assert all(max(sympy.factorint(n).values(), default=0) < 2 for n in under)


def test_a_root_too_long_to_be_read_has_no_form() -> None:
    assert root_of(10**6 + 3, 7) is None and root_of(7, 10**6 + 3) is None


@pytest.mark.parametrize("alpha", ["0", "0.25", "0.5", "0.1", "1/3", "2"])
def test_the_gain_of_a_leaky_unit_is_exact(alpha: str) -> None:
    found = solved({"prelu": {"init": alpha}}, expect={"gain": f"sqrt(2/(1 + ({alpha})**2))"})
    gain = found.answers["gain"].value
    square = 2 / (1 + Fraction(alpha) ** 2)
    root = sympy.sqrt(sympy.Rational(square.numerator, square.denominator))
    if root.is_rational:
        assert gain.root is None and sympy.Rational(gain.exact) == root
    else:
        assert sympy.simplify(sympy.sympify(plain(gain.root)) - root) == 0
        assert f" ≈ {gain.text}" in page(found)
    assert [(c.ok, c.how) for c in found.checks] == [(True, "")]  # proven, not to so many digits


def test_a_root_that_is_another_is_not_held_to_be_it() -> None:
    (check,) = solved("relu", expect={"gain": "sqrt(2) + 10**-9"}).checks
    assert not check.ok


def test_an_irrational_square_has_no_root_of_its_own() -> None:
    gain = solved({"elu": 1}).answers["gain"].value
    assert gain.relation == "≈" and gain.root is None


@pytest.mark.parametrize("mode", ["fan_in", "fan_out", "average"])
@pytest.mark.parametrize("alpha", ["0", "0.25"])
def test_a_slope_that_is_given_is_put_into_the_variance(mode: str, alpha: str) -> None:
    text = page(solved({"prelu": {"init": alpha}}, mode=mode))
    for fan in {"fan_in": "₀", "fan_out": "₁", "average": "₀₁"}[mode]:
        result = sympy.Rational(2) / (1 + sympy.Rational(alpha) ** 2)
        over = f"M{fan}" if result.q == 1 else f"({result.q}M{fan})"
        assert f"Var W = 2/(M{fan} × (1 + {alpha}²)) = {result.p}/{over}" in text


def test_without_a_number_for_the_slope_nothing_is_put_in() -> None:
    assert page(solved({"prelu": {"init": "alpha"}})).count("⟺ Var W = 2/(M₀(1 + α²)) gain") == 1


@pytest.mark.parametrize("activation", ["relu", "tanh", "identity", {"elu": 1}, {"leaky_relu": 0.1}])
@pytest.mark.parametrize("mode", ["fan_in", "fan_out", "average"])
@pytest.mark.parametrize("gain", ["derived", "linear"])
def test_errors_are_defined_where_they_are_named(activation: Any, mode: str, gain: str) -> None:
    if gain == "linear" and activation not in ("tanh", "identity"):
        return
    text = page(solved(activation, mode=mode, gain=gain))
    if "Var δ" in text:
        assert "derivatives of the loss with respect to z" in text
        assert text.count("derivatives of the loss with respect to z") == 1
