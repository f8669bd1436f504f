"""Whole numbers in float64 are exact as long as all that is made of them on the way is: sums may cancel, and be small."""

from __future__ import annotations

import json
from fractions import Fraction
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import hwsolve
from hwsolve import numbers
from hwsolve.graph import narrow as followed
from hwsolve.graph.run import NARROW, SHAKEN, trained
from hwsolve.numbers.narrow import Unclear
from hwsolve.pipeline import Request, read

LARGE = st.builds(lambda n, k: n * 2**k, st.integers(-9, 9), st.integers(0, 52)).filter(lambda n: abs(n) < 2**53)


def run(spec: dict[str, Any], way: Any) -> dict[str, Any]:
    """What one run in float64 finds, with its errors."""
    (problem,) = read(json.dumps(spec).encode(), "test.yaml", Request({}))
    computed: Any = problem.prepared
    with numbers.quiet(), patch.object(followed, "LARGE", 0):
        found = trained(computed.graph, computed.values(False), 0, {0}, way).kept[0]
    return {computed.graph.symbol(name): value for name, value in found.items()}


def worksheet(defined: dict[str, str], **stated: Any) -> dict[str, Any]:
    return {"kind": "worksheet", "numbers": "float64", "given": stated, "define": defined}


def holds(found: Any, true: Fraction) -> bool:
    return abs(Fraction(float(found)) - true) <= Fraction(found.error)


@settings(deadline=None)
@given(st.lists(st.tuples(LARGE, LARGE), min_size=1, max_size=4), LARGE, st.booleans())
def test_a_sum_of_products_is_no_farther_off_than_it_says(pairs: list[tuple[int, int]], c: int, contrary: bool) -> None:
    """With every product once more and a minus before it, so that what is left is small."""
    a, b = [[x[k] for x in pairs] for k in (0, 1)]
    a, b = [*a, 1, *a], [*b, c, *([-y for y in b] if contrary else b)]
    defined = {"p": "a @ b", "q": "sum(a*b)", "r": "mean(a*b)", "s": "sum((a - b)**2)", "t": "p/3 + c - c"}
    dot = sum(x * y for x, y in zip(a, b, strict=True))
    true = {"p": dot, "q": dot, "r": Fraction(dot, len(a)), "s": sum((x - y) ** 2 for x, y in zip(a, b, strict=True))}
    for way in (SHAKEN, NARROW):
        try:
            found = run(worksheet(defined, a=a, b=b, c=c), way)
        except Unclear:
            continue
        for name, value in (true | {"t": Fraction(dot, 3)}).items():
            assert holds(found[name], Fraction(value)), (name, way)


@settings(deadline=None)
@given(LARGE, LARGE, LARGE)
def test_a_formula_of_whole_numbers_is_no_farther_off_than_it_says(a: int, b: int, c: int) -> None:
    """What is added and taken away again within one formula."""
    defined = {"p": "a*b + c - a*b", "q": "a/3 + b - b", "r": "a**3 - (a**3 - c)", "s": "relu(a*b + c - a*b)"}
    true = {"p": c, "q": Fraction(a, 3), "r": c, "s": max(c, 0)}
    found = run(worksheet(defined, a=a, b=b, c=c), SHAKEN)
    for name, value in true.items():
        assert holds(found[name], Fraction(value)), name


def test_what_stays_below_the_limit_is_exact() -> None:
    found = run(worksheet({"p": "a @ b", "q": "sum((a - b)**2)"}, a=[1000, 1, 1000], b=[1000, 1, -1000]), SHAKEN)
    plain = 4 * 2.0**-53  # the rounding of a printed number
    assert (float(found["p"]), found["p"].error) == (1, plain)
    assert (float(found["q"]), found["q"].error) == (4e6, 4e6 * plain)


@pytest.mark.parametrize(
    ("formula", "digits"), [("a @ b", "1"), ("sum(a*b)", "1"), ("mean(a*b)", "0.333333"), ("(a @ b)*0.5", "0.5")]
)
def test_no_false_digit_of_a_worksheet(formula: str, digits: str) -> None:
    """1e16 + 1 − 1e16, of which float64 keeps nothing."""
    spec = worksheet({"y": formula}, a=[10**8, 1, 10**8], b=[10**8, 1, -(10**8)])
    assert hwsolve.solve(spec).answers["y"].value.text == digits


def test_no_false_digit_of_a_layer() -> None:
    """2⁶⁰ + 1 − 2⁶⁰."""
    layer = {"linear": {"out_features": 1, "weight": [[2**30, 1, -(2**30)]], "bias": False, "output": "y"}}
    spec = {"kind": "backprop", "numbers": "float64", "network": {"input": [3], "layers": [layer]}}
    solution = hwsolve.solve(spec | {"input": [2**30, 1, 2**30], "upstream": [1]})
    (y,) = solution.answers["y"].value
    assert y.text == "1"
