"""Sums divided by sums, and what that makes of derivatives: never longer than before, and equal."""

from __future__ import annotations

import random
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hwsolve.formula.differentiate import differentiate
from hwsolve.formula.equality.equality import equal_for_all
from hwsolve.formula.notation import unicode
from hwsolve.formula.parse import parse
from hwsolve.formula.simplify import textbook
from hwsolve.formula.simplify.division import divided
from hwsolve.formula.simplify.simplify import expand
from hwsolve.formula.tree import Call, Formula, Ref
from tests.random_functions import expression

TERMS = st.tuples(st.integers(-5, 5).filter(bool), *[st.integers(0, 2) for _ in "xyt"])


def polynomial(terms: list[tuple[int, ...]]) -> str:
    return " + ".join(f"({c})*x**{a}*y**{b}*tanh(x)**{n}" for c, a, b, n in terms)


@given(st.lists(TERMS, min_size=2, max_size=4), st.lists(TERMS, min_size=1, max_size=4))
@settings(max_examples=100, deadline=None)
def test_a_multiple_is_the_product_again(divisor: list[tuple[int, ...]], other: list[tuple[int, ...]]) -> None:
    by = expand(parse(polynomial(divisor)))
    product = expand(parse(f"({polynomial(divisor)})*({polynomial(other)})"))
    if not (isinstance(by, Call) and by.name in ("+", "-")) or not isinstance(product, Call):
        return
    found = divided(product, [by])
    assert equal_for_all(found, product, {}).equal
    if product.name in ("+", "-") and product != by:
        assert found != product


@given(st.lists(TERMS, min_size=2, max_size=4), st.lists(TERMS, min_size=1, max_size=4))
@settings(max_examples=100, deadline=None)
def test_what_is_no_multiple_stays_as_it_is(divisor: list[tuple[int, ...]], other: list[tuple[int, ...]]) -> None:
    """A rest of z, which no multiple of the divisor has alone."""
    by = expand(parse(polynomial(divisor)))
    if isinstance(by, Call) and by.name in ("+", "-"):
        f = expand(parse(f"({polynomial(divisor)})*({polynomial(other)}) + z"))
        assert divided(f, [by]) == f


def without_division(f: Formula) -> Formula:
    with patch.object(textbook, "divisors", lambda f: []):
        return textbook.textbook(f)


def test_derivatives_are_never_longer_than_without_and_equal() -> None:
    dice, better = random.Random(11), 0
    for _ in range(100):
        f = parse(expression(dice, 2))
        for _ in range(2):
            f = textbook.simplify(differentiate(f, Ref("x")))
        before, after = without_division(f), textbook.textbook(f)
        assert textbook.cost(after) <= textbook.cost(before), unicode(f)
        assert len(unicode(after)) <= len(unicode(before)) + 2, unicode(f)
        assert after == before or equal_for_all(after, before, {"a": "real"}).equal, unicode(f)
        better += after != before
    assert better


@pytest.mark.parametrize(
    ("derivative_of", "textbook_form"),
    [
        ("2 - 2*tanh(x)**2 - 2*x*tanh(x)*(1 - tanh(x)**2)", "2*(1 - tanh(x)**2)*(1 - x*tanh(x))"),
        (
            "sigmoid(x)*(1 - sigmoid(x))*(1 + x*(1 - sigmoid(x))) + (1 - sigmoid(x) - x*sigmoid(x)*(1 - sigmoid(x)))*sigmoid(x)",
            "sigmoid(x)*(1 - sigmoid(x))*(2 + x - 2*x*sigmoid(x))",
        ),
    ],
)
def test_the_form_of_the_textbook(derivative_of: str, textbook_form: str) -> None:
    """Second derivatives of x·tanh(x) and of x·σ(x), as they stand in tables of activation functions."""
    assert textbook.textbook(parse(derivative_of)) == parse(textbook_form)
