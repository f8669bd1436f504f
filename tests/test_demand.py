"""Lines on demand: whatever element of an array of any length is asked for has its line, with what it rests on."""

from __future__ import annotations

import json
from itertools import product
from math import prod
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import hwsolve
from hwsolve.checks import failures
from hwsolve.selection import Selection, selection
from tests.line_check import numbers_in, wrong_lines
from tests.often import often

Problem = dict[str, Any]


def numbers(dice: Random, *shape: int) -> Any:
    """Nested lists of short decimals."""
    return [numbers(dice, *shape[1:]) for _ in range(shape[0])] if shape else dice.randint(-20, 20) / 10


def dense(dice: Random, n: int, m: int, samples: int = 0) -> Problem:
    """A layer of n × m weights, trained once."""
    linear = {"out_features": m, "weight": numbers(dice, m, n), "bias": numbers(dice, m)}
    lead = (samples,) * bool(samples)
    data = {"input": numbers(dice, *lead, n), "target": numbers(dice, *lead, m)}
    network = {"input": n, "layers": [{"linear": linear}, "relu"]}
    more = {"loss": "half_squared_error", "optimizer": {"sgd": {"lr": 0.1}}}
    return {"kind": "backprop", "network": network} | data | more


def activated(dice: Random, shape: list[int], activation: str) -> Problem:
    """A function of every element of an array of up to three axes."""
    network = {"input": shape, "layers": [activation]}
    return {"kind": "backprop", "network": network, "input": numbers(dice, *shape), "upstream": numbers(dice, *shape)}


@st.composite
def problems(draw: st.DrawFn) -> Problem:
    """Problems whose arrays have one to three axes and up to about 300 elements."""
    dice = Random(draw(st.integers(0, 10**6)))
    if draw(st.booleans()):
        shape = draw(st.lists(st.integers(1, 300), min_size=1, max_size=3).filter(lambda s: prod(s) <= 300))
        return activated(dice, shape, draw(st.sampled_from(["relu", "tanh", "sigmoid"])))
    n = draw(st.integers(1, 40))
    m = draw(st.integers(1, max(300 // n, 1)))
    return dense(dice, n, m, draw(st.integers(0, min(3, 300 // m))))


def written(solution: hwsolve.Solution, **options: Any) -> Any:
    return json.loads(solution.to("json", **options))


def lines_of(document: Any, kind: str = "value") -> list[str]:
    return [line["key"] for section in document["sections"] for line in section["lines"] if line["kind"] == kind]


@settings(max_examples=often(20), deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(problems(), st.data())
def test_any_element_that_is_asked_for_has_its_line(problem: Problem, data: st.DataObject) -> None:
    """The line calculated anew, by a reader that knows nothing of the program, gives what the whole array says."""
    solution = hwsolve.solve(problem)
    whole = written(solution)
    key = data.draw(st.sampled_from(sorted(whole["answers"])))
    name, value = data.draw(st.sampled_from(list(numbers_in(key, whole["answers"][key]["value"]))))
    asked = written(solution, only=name)
    assert name in lines_of(asked)
    assert wrong_lines(asked) == wrong_lines(whole) == []
    assert [answer["value"] for answer in asked["answers"].values()] == [value]


@settings(max_examples=often(10), deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(problems())
def test_of_every_array_the_first_64_elements_have_a_line(problem: Problem) -> None:
    whole = written(hwsolve.solve(problem))
    lines = lines_of(whole)
    for key, answer in whole["answers"].items():
        names = [name for name, _ in numbers_in(key, answer["value"])]
        assert set(names[:64]) <= set(lines)
        assert [name for name in names if name in lines] == names[:64]
    assert wrong_lines(whole) == []


def test_a_line_comes_with_all_that_it_rests_on() -> None:
    """With sums that are written out nothing is carried over: every number goes back to the givens."""
    solution = hwsolve.solve(dense(Random(3), 12, 25, 3))
    asked = written(solution, only="w1@1[24,11]")
    assert lines_of(asked, "carried") == []
    samples = {f"{name}[{n},24]" for name in ("z1", "a1", "dL_da1", "dL_dz1") for n in (1, 2, 3)}
    assert set(lines_of(asked)) == samples | {"dL_dw1[24,11]", "w1@1[24,11]"}


def test_what_is_asked_costs_what_is_shown() -> None:
    """Of 120,000 weights one, and a sum of 400 terms whose first and last are shown."""
    layer = {"linear": {"out_features": 300, "weight": {"init": "xavier_uniform", "seed": 1}, "bias": False}}
    after = {"linear": {"out_features": 2, "weight": {"init": "xavier_uniform", "seed": 2}, "bias": False}}
    data = {"input": {"ones": 400}, "target": [1, 0], "loss": "mse_loss", "optimizer": {"sgd": {"lr": 0.1}}}
    problem = {"kind": "backprop", "network": {"input": 400, "layers": [layer, "tanh", after]}} | data
    key = "w1@1[290,399]"
    solution = hwsolve.solve({**problem, "expect": {key: 7, f"{key} + 0*L": 7}})
    assert [check.key for check in failures(solution)] == [key, f"{key} + 0*L"]
    assert "w1@1" not in solution.answers and key in solution.answers and key in lines_of(written(solution))
    asked = written(solution, only=key)
    assert key in lines_of(asked) and len(lines_of(asked)) < 200
    assert wrong_lines(asked) == []


SLICES = {
    "w@1": Selection("w@1"), "w@1[12,5]": Selection("w@1", ((12, 12), (5, 5))),
    "w@1[12,:]": Selection("w@1", ((12, 12), (1, None))), "w[2:, :3]": Selection("w", ((2, None), (1, 3))),
    "w[1:3]": Selection("w", ((1, 3),)), "a + b": None, "w[a]": None, "w[1": None, "w[]": None,
}  # fmt: skip


@pytest.mark.parametrize("key", SLICES)
def test_a_key_names_elements(key: str) -> None:
    assert selection(key) == SLICES[key]


@given(st.lists(st.tuples(st.integers(1, 5), st.integers(1, 5) | st.none()), max_size=3), st.data())
def test_a_slice_is_that_of_an_array(ranges: list[tuple[int, int | None]], data: st.DataObject) -> None:
    """The elements are those that lie in all ranges; so are those that it says it holds, and its text says it again."""
    shape = tuple(data.draw(st.lists(st.integers(1, 5), min_size=len(ranges), max_size=3)))
    one = Selection("w", tuple(ranges))
    everything = list(product(*(range(1, n + 1) for n in shape)))
    inside = [at for at in everything if all(a <= i <= (b or 9) for (a, b), i in zip(ranges, at, strict=False))]
    assert one.elements(shape) == inside
    assert [at for at in everything if one.holds(Selection("w", tuple((i, i) for i in at)))] == inside
    assert selection(str(one)) == one


def test_a_slice_has_its_lines_and_its_values() -> None:
    solution = hwsolve.solve(dense(Random(5), 20, 30))
    asked = written(solution, only="w1@1[25,3:6]")
    row = written(solution)["answers"]["w1@1"]["value"][24]
    assert asked["answers"]["w1@1[25,3:6]"]["value"] == row[2:6]
    assert {f"w1@1[25,{j}]" for j in range(3, 7)} <= set(lines_of(asked))
    assert not {f"w1@1[25,{j}]" for j in (2, 7)} & set(lines_of(asked))
    assert wrong_lines(asked) == []


def test_a_step_between_has_its_line_too() -> None:
    solution = hwsolve.solve({**dense(Random(6), 2, 1), "steps": 50})
    assert "w1@20[1,2]" not in lines_of(written(solution))
    asked = written(solution, only="w1@20[1,2]")
    assert {"dL_dw1@19[1,2]", "w1@20[1,2]"} <= set(lines_of(asked))
    assert wrong_lines(asked) == []


def test_a_page_shows_the_first_few_and_names_how_to_see_more() -> None:
    """Under --full all lines stand, up to a limit that is said, with a key that does give any other."""
    solution = hwsolve.solve(dense(Random(4), 10, 10))
    page = solution.to("plain", width=120)
    assert "w⁽¹⁾₁₁⁺ =" in page and "w⁽¹⁾₁₂⁺ =" not in page and "63 other elements: --full" in page
    assert "w⁽¹⁾₇₄⁺ =" in solution.to("plain", full=True, width=120)
    assert "w⁽¹⁾₇₅⁺ =" not in solution.to("plain", full=True, width=120)
