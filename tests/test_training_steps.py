"""Which steps of a training are written out, and what is said of the others."""

from __future__ import annotations

from typing import Any

import pytest

import hwsolve
from hwsolve.solution import Solution


def trained(steps: int, **settings: Any) -> Solution:
    layer = {"linear": {"out_features": 1, "weight": [["0.5"]], "bias": False}}
    problem = {
        "kind": "backprop", "network": {"input": 1, "layers": [layer]}, "input": [1], "target": [2],
        "loss": "half_squared_error", "optimizer": {"sgd": {"lr": "0.1"}}, "steps": steps,
    }  # fmt: skip
    return hwsolve.solve(problem | settings)


def lines_of(solution: Solution, name: str) -> list[str]:
    """The steps at which a quantity has a line of its own, by their keys."""
    return [
        line.key.name
        for line in solution.lines
        if getattr(line, "key", None) is not None
        and hasattr(line, "formula")
        and line.key.name.partition("@")[0] == name
    ]


@pytest.mark.parametrize("steps", [1, 2, 5, 6, 40])
def test_the_first_and_the_last_step_are_written_out(steps: int) -> None:
    solution = trained(steps)
    whole = range(steps) if steps <= 5 else (0, steps - 1)
    assert lines_of(solution, "dL_dw1") == [f"dL_dw1@{k}" if k else "dL_dw1" for k in whole]
    assert lines_of(solution, "w1") == [f"w1@{k + 1}" for k in whole]
    assert float(solution.answers[f"w1@{steps}"].value[0][0].value) == pytest.approx(2 - 1.5 * 0.9**steps)


def test_a_step_that_is_passed_over_is_named() -> None:
    assert "Steps 2 to 39 go the same way." in trained(40).to("plain")
    assert "go the same way" not in trained(5).to("plain")


@pytest.mark.parametrize(("alpha", "noted"), [(1, False), (2, True), ("0.5", True)])
def test_elu_has_a_kink_at_0_unless_its_slopes_meet(alpha: Any, noted: bool) -> None:
    """elu is x above 0 and α(eˣ − 1) below: its slopes there are 1 and α."""
    problem = {
        "kind": "backprop", "network": {"input": 1, "layers": [{"elu": {"alpha": alpha}}]}, "input": [0], "upstream": [1],
    }  # fmt: skip
    notes = [str(note.text) for note in hwsolve.solve(problem).notes]
    assert any("no derivative" in note for note in notes) == noted
