"""A comparison that stands for a number, and a case of an element that is a number: values by hand, lines that hold."""

from __future__ import annotations

import json

import pytest

import hwsolve
from hwsolve.answers import elements
from tests.line_check import wrong_lines

BY_HAND = {
    "x[1] + x[2] > x[3]": [0],
    "x[1] + x[2] == x[3]": [1],
    "y > 1": [1],
    "3*(y == 2)": [3],
    "3*(2 == y)": [3],
    "x > 0.15": [0, 1, 1],
    "sum(x >= 0.2)": [2],
    "sum(x*(x > 0.1))": [0.5],
    "if(y == 2, 5, 0)": [5],
    "if(2 == y, y**2, 1/y)": [4],
    "if(y == 1, 5, log(y) - log(2))": [0],
    "if(y > 1, x[1] > 2, 5)": [0],
    "(y == 2) == (x[1] < 1)": [1],
}


@pytest.mark.parametrize("text", BY_HAND)
def test_a_comparison_is_written_as_a_case(text: str) -> None:
    solution = hwsolve.solve({"kind": "worksheet", "given": {"x": [0.1, 0.2, 0.3], "y": 2}, "define": {"f": text}})
    found = [float(one.text) for one in elements(solution.answers["f"].value).values()]
    assert found == BY_HAND[text]
    document = json.loads(solution.to("json"))
    assert not wrong_lines(document)
    (line, *_) = [x for part in document["sections"] for x in part["lines"] if x.get("key", "").startswith("f")]
    bare = line["formula"].partition("if(")[0]
    assert not any(sign in bare for sign in ("=", "<", ">"))


def test_the_gradient_beside_a_comparison() -> None:
    given = {"kind": "worksheet", "given": {"y": 2}, "define": {"f": "5*(y == 2) + 3*y"}}
    solution = hwsolve.solve(given | {"gradient_of": "f"})
    assert solution.answers["df_dy"].value.text == "3"  # a comparison is flat on both sides
    assert not wrong_lines(json.loads(solution.to("json")))
