"""Simplification keeps every value: random formulas of roots, powers, |x| and signs, before and after, by mpmath."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import mpmath
import pytest

from hwsolve.formula.notation import plain
from hwsolve.formula.parse import parse
from hwsolve.formula.simplify import expand, factored, simplify, together
from hwsolve.formula.textbook import textbook
from hwsolve.formula.tree import Call, Formula, Number, Ref
from hwsolve.pipeline import read, work_out

WAYS: tuple[Callable[[Formula], Formula], ...] = (simplify, expand, together, factored, textbook)
POINTS = [mpmath.mpf(n) / 7 for n in (-33, -12, -5, -2, 3, 6, 11, 40)]

NOTHING = mpmath.mpf(10) ** -20  # what is nearer to 0 is 0 but for rounding


class NoNumber(ArithmeticError):
    """Where a formula has no real value."""


def value(f: Formula, x: Any) -> Any:
    """The value of a formula, from what each operator means."""
    match f:
        case Number(p, q):
            return mpmath.mpf(p) / q
        case Ref():
            return x
        case Call("if", (Call(">", (a, b)), then, other)):
            return value(then if value(a, x) > value(b, x) else other, x)
        case Call(name, args):
            return operator(name, [value(a, x) for a in args])
    raise AssertionError(plain(f))


def operator(name: str, values: list[Any]) -> Any:
    """One operator of values."""
    a = values[0]
    match name:
        case "+":
            return sum(values)
        case "*":
            return mpmath.fprod(values)
        case "-":
            return a - values[1]
        case "neg":
            return -a
        case "abs":
            return abs(a)
        case "sign":
            return mpmath.sign(a)
        case "sqrt":
            return power(a, mpmath.mpf(1) / 2)
        case "/":
            return a * power(values[1], mpmath.mpf(-1))
        case "**":
            return power(a, values[1])
    raise AssertionError(name)


def power(a: Any, n: Any) -> Any:
    """A power that is real."""
    if (a < 0 and n != int(n)) or (abs(a) < NOTHING and n <= 0):
        raise NoNumber
    return mpmath.power(a, n)


def random_formula(dice: random.Random, depth: int) -> str:
    """Roots in roots, powers of every kind, and their products."""
    if depth == 0:
        return dice.choice(["x", "x", "x", "abs(x)", "sign(x)", "2", "3", "(x**2 + 1)"])
    a, b = (random_formula(dice, depth - 1) for _ in range(2))
    form = dice.choice(
        ["sqrt({a})"] * 3
        + ["abs({a})", "sign({a})", "({a})**2", "({a})**3", "({a})**(-1)", "({a})**(-2)", "({a})**(1/2)"]
        + ["({a})**(1/3)", "({a})**(-3/2)", "({a})*({b})", "({a})*({b})", "({a})/({b})", "({a})/({b})"]
        + ["({a})*sqrt({a})*({b})", "sqrt({a})**2*({b})/({a})", "abs({a})*sign({a})*({b})", "sign({a})*abs({a})**2"]
        + ["({a}) + ({b})", "({a}) - ({b})", "sqrt({a})*sqrt(sqrt({a}))**(-2)", "sqrt(sqrt({a}))**(-3)*({b})"]
    )
    return form.format(a=a, b=b)


@pytest.mark.parametrize("seed", range(12))
def test_a_simpler_formula_has_every_value_of_the_formula(seed: int) -> None:
    dice = random.Random(seed)
    compared = 0
    with mpmath.workdps(40):
        for _ in range(60):
            text = random_formula(dice, dice.choice([1, 2, 2, 3]))
            f = parse(text)
            made = dict.fromkeys(way(f) for way in WAYS)
            for x in POINTS:
                try:
                    wanted = value(f, x)
                except NoNumber:
                    continue
                if abs(wanted) < NOTHING:  # what is 0 but for rounding decides no sign
                    continue
                for form in made:
                    compared += 1
                    off = abs(value(form, x) - wanted)
                    assert off < mpmath.mpf(10) ** -25 * (1 + abs(wanted)), f"{text} at {x} became {plain(form)}"
    assert compared > 300


@pytest.mark.parametrize(
    ("text", "order"),
    [
        ("sqrt(sqrt(x))", 3),
        ("sqrt(sqrt(x**2+1))", 3),
        ("sqrt(sqrt(sqrt(x)))", 3),
        ("sqrt(sqrt(relu(x)))", 3),
        ("sqrt(sqrt(abs(relu(x))))", 3),
        ("sqrt(sqrt(abs(x)))", 3),
        ("(2-sqrt(abs(x)))/x", 3),
        ("sqrt(sqrt(relu6(x)**2 + x**2))", 3),
    ],
)
def test_derivatives_of_roots_in_roots(text: str, order: int) -> None:
    (problem,) = read(f"kind: derivative\nfunction: {text}\norder: {order}\nat: [{{x: 5/4}}]\n", "test.yaml")
    answers = work_out(problem).answers
    function = {"relu": lambda v: max(v, 0), "relu6": lambda v: min(max(v, 0), 6), "sqrt": mpmath.sqrt, "abs": abs}
    with mpmath.workdps(60):
        for n in range(1, order + 1):
            wanted = mpmath.diff(lambda x: eval(text, function | {"x": x}), mpmath.mpf(5) / 4, n)
            found = answers[f"d{n}_at"].value[0].value
            assert abs(float(found) - float(wanted)) < 1e-12 * (1 + abs(float(wanted)))
