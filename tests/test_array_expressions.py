"""Expressions over whole arrays under `ask` and `define`, in every kind, against NumPy over the values on record."""

from __future__ import annotations

import json
import re
from typing import Any

import numpy as np
import pytest

import hwsolve
from hwsolve.kinds import KINDS, about
from hwsolve.render import Options, render
from hwsolve.solution import Quantity
from hwsolve.spec.report import SpecFailure
from tests.line_check import wrong_lines

SPEC: dict[str, Any] = {
    "kind": "backprop",
    "network": {
        "input": 3,
        "layers": [
            {"linear": {"out_features": 2, "weight": [["0.3", "-0.2", "0.5"], ["-0.4", "0.1", "0.2"]], "bias": [1, 0]}},
            "tanh",
            {"linear": {"out_features": 2, "weight": [["1", "-0.5"], ["-1", "0.8"]], "bias": False}},
        ],
    },
    "input": ["0.5", -1, 2],
    "target": {"class": 1},
    "loss": "cross_entropy",
    "optimizer": {"sgd": {"lr": "0.5"}},
}
FORMS = {
    "w1@1 - w1": lambda q: q["w1@1"] - q["w1"],
    "x + 0.1*sign(dL_dx)": lambda q: q["x"] + 0.1 * np.sign(q["dL_dx"]),
    "norm(dL_dw1)": lambda q: np.linalg.norm(q["dL_dw1"]),
    "w2 @ a1 - p": lambda q: q["w2"] @ q["a1"] - q["p"],
    "dL_dw1/norm(dL_dw1)": lambda q: q["dL_dw1"] / np.linalg.norm(q["dL_dw1"]),
    "sum(w1, 1)": lambda q: q["w1"].sum(0),
    "w1[2] + x": lambda q: q["w1"][1] + q["x"],
    "norm([L, 2*L] - dL_dz2)": lambda q: np.linalg.norm([q["L"] - q["dL_dz2"][0], 2 * q["L"] - q["dL_dz2"][1]]),
    "Sum(x[i]*dL_dx[i], i)": lambda q: q["x"] @ q["dL_dx"],
    "T(w1) @ dL_dz1 - dL_dx": lambda q: q["w1"].T @ q["dL_dz1"] - q["dL_dx"],
}


def number(value: Any) -> Any:
    if isinstance(value, tuple):
        return [number(one) for one in value]
    return float(value.value if isinstance(value, Quantity) else value)


def flat(value: Any) -> list[Any]:
    return [q for one in value for q in flat(one)] if isinstance(value, tuple) else [value]


def record(found: Any) -> dict[str, Any]:
    """Every quantity as an array: answers, and what the spec gives."""
    layers = [one["linear"] for one in SPEC["network"]["layers"] if isinstance(one, dict)]
    given = {"x": SPEC["input"], "w1": layers[0]["weight"], "w2": layers[1]["weight"]}
    known = {key: np.array(number(answer.value), float) for key, answer in found.answers.items() if key[0] not in "dq"}
    slopes = {key: np.array(number(a.value), float) for key, a in found.answers.items() if key.startswith("dL_d")}
    return known | slopes | {key: np.array(value, float) for key, value in given.items()}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("named", [False, True])
def test_an_array_expression_is_what_numpy_gives(form: str, named: bool) -> None:
    more = {"define": {"q": form}, "ask": ["q"]} if named else {"ask": [form]}
    found = hwsolve.solve(SPEC | more)
    (key,) = found.asked
    np.testing.assert_allclose(number(found.answers[key].value), FORMS[form](record(found)), rtol=1e-12, atol=1e-15)
    assert wrong_lines(json.loads(render([found], "json", Options()))) == []
    assert "What is asked" in found.to("plain")


def test_an_expression_goes_on_with_an_array_that_was_defined() -> None:
    define = {"d": "w1@1 - w1", "size": "norm(d)", "part": "d[1,2]/size"}
    found = hwsolve.solve(SPEC | {"define": define, "ask": ["size", "part"]})
    d = record(found)["w1@1"] - record(found)["w1"]
    assert number(found["size"]) == pytest.approx(np.linalg.norm(d), rel=1e-12)
    assert number(found["part"]) == pytest.approx(d[0, 1] / np.linalg.norm(d), rel=1e-12)


def test_what_is_expected_of_an_array_expression_is_checked() -> None:
    spec = SPEC | {"define": {"adv": "x + 0.1*sign(dL_dx)"}, "expect": {"adv": ["0.4", "-1.1", "2.1"]}}
    found = hwsolve.solve(spec)
    right = 0.1 * np.sign(record(found)["dL_dx"]) + [0.5, -1, 2]
    assert [bool(check.ok) for check in found.checks] == [np.allclose(right, [0.4, -1.1, 2.1])]


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ("x + dL_dz1", "`x` is 3 and `dL_dz1` is 2: they do not fit"),
        ("x + sine(dL_dx)", "There is no function `sine`"),
        ("w1[3] + x", "the index runs from 1 to 2"),
        ("x/(x - x)", "division by zero"),
    ],
)
def test_an_array_expression_that_means_nothing_says_why(form: str, said: str) -> None:
    with pytest.raises(SpecFailure, match=re.escape(said)):
        hwsolve.solve(SPEC | {"ask": [form]})


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_reckons_with_its_answers(kind: str) -> None:
    """An expression of a key works wherever the key does, alone and defined."""
    text = about(kind).STARTER
    plain = hwsolve.solve(text)
    keys = [key for key, answer in plain.answers.items() if all(isinstance(q, Quantity) for q in flat(answer.value))][
        :3
    ]
    assert keys
    asked = [f"{key}*3" for key in keys]
    found = hwsolve.solve(f"{text}\nask: {json.dumps(asked)}\n")
    assert found.asked == tuple(asked)
    for key, expression in zip(keys, asked, strict=True):
        three = 3 * np.array(number(plain.answers[key].value))
        np.testing.assert_allclose(number(found.answers[expression].value), three, rtol=1e-12)


@pytest.mark.parametrize("form", ["2*w1@1[1,2]", "(a1[2] - a1[1])/2", "norm([L, w1[1,1]])"])
def test_an_expression_with_elements_stands_in_the_card(form: str) -> None:
    card = hwsolve.solve(SPEC | {"ask": ["L", form]}).to("plain").partition("╰")[0]
    value = hwsolve.solve(SPEC | {"ask": [form]}).answers[form].value
    assert "L ≈" in card and value.text.replace("-", "−") in card
