"""Kinks within kinks: shares of nested maxima, derivatives of every order at a point, and formulas compared beside."""

from __future__ import annotations

import random
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import pytest

from hwsolve.solution import Missing
from tests.often import often
from tests.test_kinks import slopes, solved, warnings


def nested_extreme(dice: random.Random, depth: int) -> str:
    """Maxima and minima within each other, of lines that all have the value 1 at (1, 1)."""
    if depth == 0:
        return dice.choice(["x", "y", "2*x - 1", "x*y", "x**2", "2*y - 1", "2 - x"])
    args = ", ".join(
        nested_extreme(dice, depth - 1 if dice.random() < 0.7 else 0) for _ in range(dice.choice([2, 2, 3]))
    )
    return f"{dice.choice(['max', 'max', 'min'])}({args})"


@pytest.mark.parametrize("seed", range(often(8)))
def test_equal_arguments_of_nested_maxima_share_as_they_are_typed(seed: int) -> None:
    torch = pytest.importorskip("torch")
    dice = random.Random(seed)

    def extreme(name: str) -> Callable[..., Any]:
        return lambda *args: getattr(torch.stack(args), f"a{name}")()

    for _ in range(4):
        text = f"max({nested_extreme(dice, 2)}, x - 5, y - 5)"
        x, y = (torch.tensor(1.0, dtype=torch.float64, requires_grad=True) for _ in range(2))
        eval(text, {"x": x, "y": y, "max": extreme("max"), "min": extreme("min")}).backward()
        wanted = [0.0 if v.grad is None else float(v.grad) for v in (x, y)]
        solution = solved(f"function: {text}\nwrt: [x, y]\nat: [{{x: 1, y: 1}}]")
        found, real = slopes(solution), "on both sides" in "".join(warnings(solution))
        for ours, theirs in zip(found, wanted, strict=True):
            assert ours is None or real or ours == pytest.approx(theirs, abs=1e-5), text


@pytest.mark.parametrize(
    ("function", "expected", "holds"),
    [
        ("max(x,0)+min(x,0)", "1", True),
        ("relu(x) - relu(-x)", "1", True),
        ("abs(x)", "if(x > 0, 1, -1)", True),
        ("relu6(x)", "if(x >= 0, if(x <= 6, 1, 0), 0)", True),
        ("x", "if(x == 0, 5, 1)", False),
        ("x*abs(x)", "2*x", False),
        ("relu(x)", "if(x > 1, 1, 0)", False),
        ("relu(x)", "if(x > 0, 1, if(x == -1, 3, 0))", False),
    ],
)
def test_a_formula_of_a_derivative_is_not_refuted_on_a_kink(function: str, expected: str, holds: bool) -> None:
    solution = solved(f"function: {function}\nexpect: {{d1: '{expected}'}}")
    assert [check.ok for check in solution.checks] == [holds]


def test_a_function_itself_is_compared_on_its_kinks() -> None:
    solution = solved("function: step(x)\nexpect: {d0: step0(x)}")
    assert [check.ok for check in solution.checks] == [False]


@pytest.mark.parametrize(
    ("function", "at", "first"),
    [
        ("sqrt(x**2)", 0, 2),
        ("sqrt(x**4 + x**2)", 0, 2),
        ("abs(x)*3 + x**2", 0, 2),
        ("x/x", 0, 0),
        ("0/x", 0, 0),
        ("0*log(x)", -1, 0),
        ("log(x)", -1, 0),
        ("x**2/x", 0, 0),
        ("x*abs(x)", 0, 2),
        ("x**3*abs(x)", 0, 4),
        ("x**2/2", 0, 4),
    ],
)
def test_no_derivative_above_one_that_has_none(function: str, at: int, first: int) -> None:
    solution = solved(f"function: {function}\norder: 3\nat: [{{x: {at}}}]")
    found = [not isinstance(solution.answers[f"d{n}_at"].value[0], Missing) for n in range(4)]
    assert found == [n < first for n in range(4)]
    symbols = [f"f{prime}({at})".replace("-", "−") for prime in ("", "′", "″", "‴")]
    assert all(symbol in "".join(warnings(solution)) for symbol in symbols[first:])


@pytest.mark.parametrize(
    ("function", "at", "slope"),
    [
        ("min(x, abs(x))", 0, 1),
        ("sqrt(abs(relu(x)))", -1, 0),
        ("relu(x) - relu(-x)", 0, 1),
        ("max(x, -x) - abs(x) + 5*x", 0, 5),
        ("max(2*x, x) - relu(x)", 0, 1),
    ],
)
def test_a_slope_that_both_sides_have_is_the_derivative(function: str, at: int, slope: int) -> None:
    assert slopes(solved(f"function: {function}\nat: [{{x: {at}}}]")) == slope


@pytest.mark.parametrize("seed", range(often(5)))
def test_partial_derivatives_at_a_kink_belong_together(seed: int) -> None:
    dice = random.Random(seed)
    for _ in range(3):
        text = f"{nested_extreme(dice, 2)} {dice.choice(['+', '-'])} {nested_extreme(dice, 1)} + 0*x*y"

        def along(s: float, t: float, text: str = text) -> float:
            """The slope on one side, by a difference."""
            x, y = Fraction(1) + Fraction(s) / 10**9, Fraction(1) + Fraction(t) / 10**9
            return float((eval(text, {"x": x, "y": y}) - eval(text, {"x": 1, "y": 1})) * 10**9)

        g = slopes(solved(f"function: {text}\nwrt: [x, y]\nat: [{{x: 1, y: 1}}]"))
        for s, t in [(1, 0), (0, 1), (1, 1), (1, -1), (1, 2), (2, 1)]:
            if (s and g[0] is None) or (t and g[1] is None):
                continue
            low, high = sorted((along(s, t), -along(-s, -t)))
            assert low - 1e-5 <= s * (g[0] or 0) + t * (g[1] or 0) <= high + 1e-5, f"{text} along {(s, t)}"


def test_equal_arguments_within_a_minimum_may_be_no_gradient() -> None:
    solution = solved("function: min(max(0, x, y), y, x)\nwrt: [x, y]\nat: [{x: 0, y: 0}]")
    assert slopes(solution) == [None, None]
    assert any("along (1, 1) the slope is 1 on the left and 1 on the right" in w for w in warnings(solution))
    assert slopes(solved("function: max(x, y)\nwrt: [x, y]\nat: [{x: 0, y: 0}]")) == [0.5, 0.5]
