"""= and ≈: an array has one precision, and = stands only before what the link in front of it gives."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest

import hwsolve
from hwsolve.numbers import exact
from hwsolve.quantities import alike, each, quantity
from hwsolve.solution import Quantity
from tests.line_check import wrong_lines


def significant(text: str) -> int:
    return len(text.partition("e")[0].replace(".", "").lstrip("-0"))


def arrays(solution: Any) -> list[tuple[Any, ...]]:
    return [a.value for a in solution.answers.values() if isinstance(a.value, tuple)]


@pytest.mark.parametrize("seed", range(15))
def test_an_array_has_one_precision(seed: int) -> None:
    """Rationals that end, that do not end, and irrationals in one vector: at most six digits, but for whole numbers."""
    draw = random.Random(seed)
    kinds = ("sqrt(2)", "1/3", "0.123456789", "0.5", "sqrt(2)*sqrt(8)", "123456789", "0", "22/7", "1/1024")
    values = [draw.choice(kinds) for _ in range(4)]
    problem = {"kind": "backprop", "network": {"input": 4, "layers": ["leaky_relu"]}, "input": values}
    solution = hwsolve.solve(problem)
    for array in arrays(solution):
        quantities: list[Quantity] = list(each(array))
        if any(q.relation == "≈" for q in quantities):
            assert all(significant(q.text) <= 6 or "." not in q.text for q in quantities)
        for q, typed in zip(quantities, values, strict=True):
            ends = typed not in ("sqrt(2)", "1/3", "22/7")
            assert (q.relation == "=") == (ends and significant(q.text) == significant(quantity(q.value).text)), typed


def test_alike_leaves_values_alone() -> None:
    found = alike(
        ((quantity(exact(123456789, 10**9)), quantity(exact(1, 3))), (quantity(exact(1, 2)), quantity(exact(7))))
    )
    assert [(q.text, q.relation) for q in each(found)] == [
        ("0.123457", "≈"),
        ("0.333333", "≈"),
        ("0.5", "="),
        ("7", "="),
    ]
    assert next(each(found)).exact == "123456789/1000000000"
    same = (quantity(exact(123456789, 10**9)), quantity(exact(1, 2)))
    assert alike(same) == same


@pytest.mark.parametrize(
    ("row", "end"),
    [
        ([1, -1, 0], "1 × 1.41421 + (−1) × 1.41421 + 0 × 0.353553 = 0"),
        ([0.25, 0, -1], "0.25 × 1.41421 + 0 × 1.41421 + (−1) × 0.353553 ≈ 0"),  # 0.3535525 is not 0.353553
    ],
)
def test_equality_stands_behind_rounded_numbers_only_where_they_give_the_value(row: list[float], end: str) -> None:
    first = {"out_features": 3, "weight": [[1], [1], [0.25]], "bias": False}
    second = {"out_features": 1, "weight": [row], "bias": False}
    problem = {
        "kind": "backprop",
        "network": {"input": 1, "layers": [{"linear": first}, {"linear": second}]},
        "input": ["sqrt(2)"],
    }
    solution = hwsolve.solve(problem)
    (line,) = [x for s in json.loads(solution.to("json"))["sections"] for x in s["lines"] if x.get("key") == "z2[1]"]
    assert line["shown"].endswith(end)
    assert (line["relation"], line["value"]) == ("=", "0")


@pytest.mark.parametrize("lr", ["1/4", "1/2", "1/3"])
@pytest.mark.parametrize("behind", [[], ["relu"], ["softmax"]])
def test_carried_decimals_prove_digits_and_no_equality(lr: str, behind: list[str]) -> None:
    """w = r√2 at every step, and w√2 is rational: the answers say so, a line that reads w as a decimal cannot."""
    layer = {"linear": {"out_features": 2, "weight": [["sqrt(2)"], ["sqrt(2)"]], "bias": False}}
    problem = {
        "kind": "backprop",
        "network": {"input": 1, "layers": [layer, *behind]},
        "input": ["sqrt(2)"],
        "target": [1, 1],
        "loss": "half_squared_error",
        "optimizer": {"sgd": {"lr": lr}},
        "steps": 9,
    }
    solution = hwsolve.solve(problem)
    made = json.loads(solution.to("json"))
    lines = {x["key"]: x for s in made["sections"] for x in s["lines"] if x["kind"] in ("value", "carried")}
    assert lines["w1@8[1,1]"]["kind"] == "carried"
    assert (lines["z1[1]"]["relation"], lines["z1[1]"]["value"]) == ("=", "2")
    assert lines["z1@8[1]"]["relation"] == lines["L@9"]["relation"] == "≈"
    assert wrong_lines(made) == []
    assert solution.answers["z1@9"].value[0].exact is not None


def test_what_no_carried_digit_matters_to_stays_exact() -> None:
    """relu of a carried number below 0, and 0 times any."""
    first = {"out_features": 2, "weight": [["sqrt(2)"], ["-sqrt(2)"]], "bias": False}
    second = {"out_features": 1, "weight": [["sqrt(3)", "sqrt(3)"]], "bias": False}
    problem = {
        "kind": "backprop",
        "network": {"input": 1, "layers": [{"linear": first}, "relu", {"linear": second}]},
        "input": [1],
        "target": [1],
        "loss": "half_squared_error",
        "optimizer": {"sgd": {"lr": "0.1"}},
        "steps": 6,
    }
    lines = [x for s in json.loads(hwsolve.solve(problem).to("json"))["sections"] for x in s["lines"]]
    by_key = {x["key"]: x for x in lines if x["kind"] == "value"}
    assert all((by_key[k]["relation"], by_key[k]["value"]) == ("=", "0") for k in ("a1@5[2]", "dL_dw1@5[2,1]"))
