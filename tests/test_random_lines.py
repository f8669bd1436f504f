"""Every line of random training problems, calculated anew by a reader that knows nothing of the program."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings

import hwsolve
from hwsolve.spec.report import SpecFailure
from tests.line_check import answers_without_line, wrong_lines
from tests.often import often
from tests.random_nets import problems

DIVERGED = ("beyond 10^", "may not be positive", "logarithm")
SPECS = often(100)
RANDOM = settings(
    max_examples=SPECS,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    derandomize=True,
    phases=(Phase.explicit, Phase.generate),
)


def solved(problem: dict[str, Any]) -> Any:
    """The solution; None where training diverges beyond what 8,192 bits or 10^±100,000 hold, which names the quantity."""
    try:
        return hwsolve.solve(problem)
    except SpecFailure as refused:
        assert any(words in str(refused) for words in DIVERGED), str(refused)
        return None


@pytest.mark.slow
@RANDOM
@given(problems(deepest=3, widest=4))
def test_every_line_of_a_random_problem_holds(problem: dict[str, Any]) -> None:
    found = solved(problem)
    if found is None:
        return
    solution = json.loads(found.to("json"))
    assert wrong_lines(solution) == []
    assert answers_without_line(solution) == []


@pytest.mark.slow
@settings(RANDOM, max_examples=SPECS // 2)
@given(problems(deepest=3, widest=4))
def test_float64_agrees_with_its_formulas(problem: dict[str, Any]) -> None:
    """A line whose formula does not give the array's value would stop the program."""
    found = solved(problem)
    if found is None:
        return
    exact = found.answers
    rough = hwsolve.solve({**problem, "numbers": "float64"}).answers
    assert rough.keys() == exact.keys()
    assert abs(value(rough["L"]) - value(exact["L"])) <= 1e-9 * max(1, abs(value(exact["L"])))


def value(answer: Any) -> float:
    """A scalar answer, or the sum of an array's."""
    parts = answer.value if isinstance(answer.value, tuple) else (answer.value,)
    return sum(value_of(p) for p in parts)


def value_of(part: Any) -> float:
    """The sum of nested quantities."""
    return sum(map(value_of, part)) if isinstance(part, tuple) else float(part.value)
