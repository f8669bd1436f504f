"""Where the formula of a derivative is said to hold: compared with differences of many digits from both sides."""

from __future__ import annotations

import json
import random
from decimal import Decimal, localcontext
from fractions import Fraction
from itertools import product
from typing import Any

import mpmath
import pytest

import hwsolve
from hwsolve.formula.notation import plain
from hwsolve.formula.tree import Call, Formula
from hwsolve.render import Options, render
from hwsolve.solution import Missing, Solution
from tests.line_check import wrong_lines
from tests.test_kinks import solved, warnings

ZERO, STEP, NEAR = mpmath.mpf(10) ** -350, mpmath.mpf(10) ** -30, mpmath.mpf(10) ** -12
POINTS = ("-2", "-3/2", "-1", "-1/2", "0", "1/3", "1/2", "1", "3/2", "2", "3", "sqrt(2)", "-sqrt(2)", "2**(1/3)")
INNER = ("x", "x - 1", "2*x - 1", "x**2", "x**2 - 1", "x**2 - 2", "x**3", "x**3 - 2", "x**2 - x", "-x", "2*x", "3 - x")
ONE = ("abs({a})", "relu({a})", "sign({a})", "floor({a})", "max({a}, 1)", "min(0, {a})", "max(-1, min({a}, 1))",
       "hard_tanh({a})", "({a})**2", "x*({a})")  # fmt: skip
TWO = ("max({a}, {b})", "min({a}, {b})", "({a}) + ({b})", "({a}) - ({b})", "({a})*({b})")


def sign(a: Any) -> int:
    return 0 if abs(a) < ZERO else 1 if a > 0 else -1


def floor(a: Any) -> Any:
    near = mpmath.nint(a)
    return near if sign(a - near) == 0 else mpmath.floor(a)


def cond(holds: bool, a: Any, b: Any) -> Any:
    return a if holds else b


NAMES = {
    "cond": cond, "sign": sign, "floor": floor, "abs": abs, "max": max, "min": min, "sqrt": mpmath.sqrt,
    "relu": lambda a: max(a, mpmath.mpf(0)), "d_relu": lambda a: int(sign(a) > 0),
    "hard_tanh": lambda a: max(min(a, mpmath.mpf(1)), mpmath.mpf(-1)),
    "d_hard_tanh": lambda a: int(sign(a - 1) < 0 < sign(a + 1)), "mpf": mpmath.mpf, "compare": sign,
}  # fmt: skip


def worth(text: str, x: Any, y: Any = 0) -> Any:
    """The value of a formula as Python reads it; comparisons with some tolerance."""
    import ast

    class Tolerant(ast.NodeTransformer):
        def visit_Compare(self, node: ast.Compare) -> ast.AST:
            self.generic_visit(node)
            apart = ast.BinOp(node.left, ast.Sub(), node.comparators[0])
            return ast.Compare(ast.Call(ast.Name("compare", ast.Load()), [apart], []), node.ops, [ast.Constant(0)])

        def visit_Constant(self, node: ast.Constant) -> ast.AST:
            return ast.Call(ast.Name("mpf", ast.Load()), [ast.Constant(str(node.value))], [])

    tree = ast.fix_missing_locations(Tolerant().visit(ast.parse(text.replace("if(", "cond("), mode="eval")))
    return eval(compile(tree, "formula", "eval"), NAMES | {"x": x, "y": y})


def drawn(dice: random.Random, depth: int) -> str:
    if depth == 0:
        return dice.choice(INNER)
    inner = drawn(dice, depth - 1)
    if dice.random() < 0.6:
        return dice.choice(ONE).format(a=inner)
    return dice.choice(TWO).format(a=inner, b=drawn(dice, dice.randint(0, depth - 1)))


def sides(f: str, x: Any, order: int) -> list[Any]:
    """The derivative of an order on the left and on the right; nothing where one below it is two."""
    values = {k: worth(f, x + k * STEP) for k in range(-3, 4)}
    if any(abs(values[k] - values[0]) > STEP**0.5 for k in (-1, 1)):
        return []
    slopes = [(values[0] - values[-1]) / STEP, (values[1] - values[0]) / STEP]
    if order == 1:
        return slopes
    if abs(slopes[0] - slopes[1]) > NEAR:
        return []
    return [(values[2 * s] - 2 * values[s] + values[0]) / STEP**2 for s in (-1, 1)]


def said(condition: Formula) -> str:
    """A condition as Python reads it."""
    assert isinstance(condition, Call) and condition.name == "!="
    return " != ".join(map(plain, condition.args))


def printed(solution: Solution, order: int, place: int) -> float | None:
    value = solution.answers[f"d{order}_at"].value[place]
    return None if isinstance(value, Missing) else float(value.value)


def check(seed: int) -> None:
    dice = random.Random(seed)
    mpmath.mp.dps = 400
    text = drawn(dice, dice.choice([1, 2, 2, 3]))
    points = ", ".join(f"{{x: {p}}}" for p in POINTS)
    solution = solved(f"function: {text}\nwrt: x\norder: 2\nat: [{points}]")
    told = " ".join(warnings(solution))
    for order in (1, 2):
        answer = solution.answers[f"d{order}"]
        for n, place in enumerate(POINTS):
            where = (text, order, place)
            x = worth(place, 0)
            both = sides(text, x, order)
            exists = both and abs(both[0] - both[1]) < NEAR
            value = worth(plain(answer.value), x)
            shown = printed(solution, order, n)
            undecided = shown is None and "(" in place and "do not decide" in told  # a cube root, say
            if all(worth(said(c), x) for c in answer.where):
                assert both, where
                assert exists or order == 1, where
                assert min(both) - NEAR <= value <= max(both) + NEAR, where
                assert undecided or (shown is not None and abs(shown - value) < 1e-9), where
            if exists:
                kept = shown is not None and abs(shown - both[0]) < 1e-9
                assert kept or undecided or (shown is None and "kinks give" in told), where
            elif order == 2 or not both:
                assert shown is None, where
    assert wrong_lines(json.loads(render([solution], "json", Options()))) == [], text


@pytest.mark.parametrize("seed", range(24))
def test_a_formula_is_the_derivative_wherever_it_is_said_to_hold(seed: int) -> None:
    check(seed)


def conditions(function: str, order: int) -> list[str]:
    return [said(c) for c in solved(f"function: {function}\nwrt: x\norder: {order}").answers[f"d{order}"].where]


@pytest.mark.parametrize(
    ("function", "first", "second"),
    [
        ("max(x, x**2)", ["x != x**2"], ["x != x**2"]),
        ("max(y, x**2)", ["y != x**2"], ["y != x**2"]),
        ("abs(x**2 - 1)", [], ["x**2 - 1 != 0"]),
        ("abs(x**2)", [], ["x**2 != 0"]),
        ("abs(x**3)", [], []),
        ("abs(x**2 + 1)", [], []),
        ("abs(x**3 - 2)", [], ["x**3 - 2 != 0"]),
        ("relu(x**2 - 2) - relu(2 - x**2)", ["x**2 - 2 != 0"], ["x**2 - 2 != 0"]),
        ("abs(sin(x))", [], ["sin(x) != 0"]),
        ("max(exp(x), -1)", [], []),
        ("softsign(x)", [], ["x != 0"]),
        ("relu(abs(x) - 1)", [], ["abs(x) - 1 != 0"]),
        ("x*sign(x)", ["x != 0"], ["x != 0"]),
    ],
)
def test_conditions_stand_where_they_are_needed_and_nowhere_else(
    function: str, first: list[str], second: list[str]
) -> None:
    assert [conditions(function, 1), conditions(function, 2)] == [first, second]


def test_a_condition_that_another_implies_is_left_out() -> None:
    (card, *_) = render([solved("function: hard_swish(x)\norder: 2")], "plain", Options()).split("Asked")
    assert "x < −3" in card and "x > 3" in card and "≠" not in card


def test_a_root_ends_before_another_factor_and_long_decimals_are_written_out() -> None:
    page = render([solved("function: sqrt(abs(x))\norder: 2")], "plain", Options())
    assert "√|x||x|" not in page and "√|x| · |x|" in page
    with localcontext(prec=80):
        product = Decimal("1.0507009873554804934193349852946") * Decimal("1.6732632423543772848170429916717")
    assert str(product) in render([solved("function: selu(x)")], "plain", Options())


# ---------------------------------------------------------------- two variables

PLACES = (-1, 0, Fraction(1, 2), 1)
PLANE = (
    "abs(x)*y", "max(x, y)", "abs(x) + max(x, y)*y", "relu(x - y)*x", "min(x, 2*y)*x", "abs(x*y)", "abs(x)*x*y",
    "relu(x*y)**2", "max(x, y, 0)", "sign(x)*y", "hard_tanh(x + y)", "abs(x - y)**3", "floor(x) + y", "x**2*y + relu(y)",
    "max(x**2, y)", "abs(abs(x) - y)*y",
)  # fmt: skip


def differences(function: str, x: Any, y: Any, by: str) -> list[Any]:
    """The difference quotients of an order by variables, on all sides of a point."""
    h = STEP if len(by) == 1 else mpmath.mpf(10) ** -60

    def f(a: Any, b: Any) -> Any:
        return worth(function, x + a * h, y + b * h)

    if len(by) == 1:
        return [(f(*((s, 0) if by == "x" else (0, s))) - f(0, 0)) / (s * h) for s in (1, -1)]
    if by in ("xx", "yy"):
        along = [[f(*((s * k, 0) if by == "xx" else (0, s * k))) for k in range(3)] for s in (1, -1)]
        return [(a - 2 * b + c) / h**2 for a, b, c in along]
    return [(f(s, t) - f(s, 0) - f(0, t) + f(0, 0)) / (s * t * h**2) for s in (1, -1) for t in (1, -1)]


@pytest.mark.parametrize("function", PLANE)
def test_derivatives_by_two_variables_hold_under_their_conditions(function: str) -> None:
    """Where they hold, all sides agree with the formula; in a first derivative a convention may stand between the sides."""
    with mpmath.workdps(400):
        solution = hwsolve.solve({"kind": "derivative", "function": function, "wrt": ["x", "y"], "order": 2})
        gradient, hessian = solution.answers["gradient"], solution.answers["hessian"]
        for x, y in [
            *product(PLACES, PLACES),
            (Fraction(977, 89), Fraction(-311, 97)),
            (Fraction(-311, 97), Fraction(5, 7)),
        ]:
            at = mpmath.mpf(x.numerator) / x.denominator, mpmath.mpf(y.numerator) / y.denominator
            first = [differences(function, *at, by) for by in "xy"]
            on = {"x": at[0], "y": at[1]}
            smooth = all(abs(a - b) < NEAR for a, b in first)
            if met(gradient.where, on):
                for (a, b), form in zip(first, gradient.value, strict=True):
                    assert min(a, b) - NEAR < worth_at(form, on) < max(a, b) + NEAR, (function, x, y)
            if met(hessian.where, on):
                assert smooth, (function, x, y)
                for by, form in zip(("xx", "xy", "yx", "yy"), [g for row in hessian.value for g in row], strict=True):
                    assert all(abs(d - worth_at(form, on)) < NEAR for d in differences(function, *at, by)), (
                        function,
                        x,
                        y,
                    )
            assert abs(x) < 2 or met((*gradient.where, *hessian.where), on), "away from all borders"


def worth_at(form: Formula, on: dict[str, Any]) -> Any:
    """The value of a formula at a point."""
    return worth(plain(form), **on)


def met(conditions: tuple[Formula, ...], on: dict[str, Any]) -> bool:
    """Whether conditions hold at a point."""
    return all(
        isinstance(c, Call) and abs(worth_at(c.args[0], on) - worth_at(c.args[1], on)) > NEAR for c in conditions
    )
