"""The multiply-adds of formulas are those that a loop counts, which works every sum out once for each of its indices."""

from __future__ import annotations

from itertools import product
from math import prod
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hwsolve.pipeline import read, work_out

SIZES = {"i": 2, "j": 3, "k": 4, "l": 5}


def macs(formula: str, **shapes: list[int]) -> int:
    """What a network counts whose only layer is a formula."""
    inputs = ", ".join(f"{name}: {shape}" for name, shape in shapes.items())
    text = (
        f'kind: count-params\nnetwork:\n  inputs: {{{inputs}}}\n  layers:\n    - formula: "{formula}"\n'
        "count: {macs: matmul}\n"
    )
    return int(work_out(read(text, "net.yaml", None, None)[0]).answers["macs"].value.exact)


@given(st.data())
@settings(deadline=None)
def test_sums_over_letters(data: Any) -> None:
    """y[left] = Σ a[…]·b[…]·c[…] over the letters that are not left: one for each term of two factors or more."""
    words = data.draw(st.lists(st.lists(st.sampled_from("ijkl"), min_size=1, max_size=3, unique=True), min_size=1,
                               max_size=3))  # fmt: skip
    letters = sorted({c for word in words for c in word})
    left = data.draw(st.lists(st.sampled_from(letters), max_size=len(letters) - 1, unique=True))
    summed = [c for c in letters if c not in left]
    named = dict(zip("abc", words, strict=False))
    body = "*".join(f"{name}[{','.join(word)}]" for name, word in named.items())
    head = f"y[{','.join(left)}]" if left else "y"
    shapes = {name: [SIZES[c] for c in word] for name, word in named.items()}
    counted = sum(len(words) > 1 for _ in product(*(range(SIZES[c]) for c in letters)))
    for letter in summed:
        body = f"Sum({body}, {letter})"
    assert macs(f"{head} = {body}", **shapes) == counted


@pytest.mark.parametrize(
    ("formula", "shapes", "expected"),
    [
        ("a / 255", {"a": [4]}, 0),
        ("a * b", {"a": [4], "b": [4]}, 0),
        ("a @ b", {"a": [4, 3], "b": [3, 5]}, 4 * 3 * 5),
        ("a @ b @ a", {"a": [4, 3], "b": [3, 4]}, 4 * 3 * 4 + 4 * 4 * 3),
        ("y[i] = Sum(a[i,j], j)/3", {"a": [4, 3]}, 0),
        ("y = Sum(a[i]**2, i)", {"a": [7]}, 7),
        ("y[i] = Sum(2*a[i,j], j)", {"a": [4, 3]}, 0),
        # scores that stand above and below a fraction are worked out once
        (
            "y[i,j] = exp(Sum(a[i,d]*b[j,d], d))/Sum(exp(Sum(a[i,c]*b[k,c], c)), k)",
            {"a": [4, 3], "b": [5, 3]},
            4 * 5 * 3,
        ),
        # the sum of squares is one number, not one for each element
        ("y[i] = a[i]/sqrt(Sum(a[j]**2, j))", {"a": [6]}, 6),
        ("y[i] = Sum(v[j]*tanh(a[i,j]), j) + Sum(v[j]*b[i,j], j)", {"v": [3], "a": [4, 3], "b": [4, 3]}, 2 * 12),
        ("y[i] = Max(a[i,j]*a[i,j], j)", {"a": [4, 3]}, 0),
    ],
)
def test_each_sum_is_worked_out_once(formula: str, shapes: dict[str, list[int]], expected: int) -> None:
    assert macs(formula, **shapes) == expected


def test_backward_each_factor_has_its_gradient() -> None:
    """Σ a·b in front of which weights stand: once more for each factor, as in a product of two matrices."""
    text = (
        "kind: count-params\nnetwork:\n  inputs: {x: [4, 3]}\n  layers:\n    - linear: {out_features: 3, output: q}\n"
        '    - permute: [2, 1]\n    - formula: "q @ input"\ncount: {macs: matmul}\nask: [macs.backward, macs.attention]\n'
    )
    answers = work_out(read(text, "net.yaml", None, None)[0]).answers
    assert int(answers["macs.attention"].value.exact) == prod((4, 3, 4))
    assert int(answers["macs.backward"].value.exact) == 2 * prod((4, 3, 4)) + 4 * 3 * 3


def test_products_with_a_free_parameter_are_products_with_weights() -> None:
    """Of what comes in with a parameter that stands by itself, or what is made of it; not of two that follow from x."""
    layers = """
    - parameter: {shape: [16, 3], output: W}
    - formula: "V = 2*W"
    - formula: "y[i,j] = Sum(x[i,k]*V[k,j], k, 1, 16)"
    - formula: "s[i,j] = Sum(y[i,k]*y[j,k], k, 1, 3)"
"""
    text = (
        f"kind: count-params\nnetwork:\n  inputs: {{x: [6, 16]}}\n  layers: {layers}"
        "ask: [macs, macs.matmul, macs.attention]\n"
    )
    (problem,) = read(text, "net.yaml")
    answers = work_out(problem).answers
    found = [int(answers[key].value.exact) for key in ("macs", "macs.matmul", "macs.attention")]
    assert found == [6 * 3 * 16 + 6 * 6 * 3, 6 * 3 * 16, 6 * 6 * 3]
