"""Which steps of a training are written out, and what is said of the others."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Any

import pytest

import hwsolve
from hwsolve.solution import Group, Solution, Value


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


@pytest.mark.parametrize("steps", [1, 2, 3, 4, 5, 6, 40, 130])
def test_a_step_that_is_passed_over_is_named_and_ends_with_values(steps: int) -> None:
    """Up to five short steps all stand there; of more the first and the last, and the weight that the last starts with."""
    page = trained(steps).to("plain")
    said = f"Steps 2 to {steps - 1} go the same way." if steps > 5 else ""
    assert said in page and ("the same way" in page) == (steps > 5)
    assert all(
        f"Step {k} of {steps}" in page for k in (range(1, steps + 1) if 1 < steps < 6 else (1, steps)[: steps - 1])
    )
    if said:
        weight = Fraction(2) - Fraction(3, 2) * Fraction(9, 10) ** (steps - 1)
        behind = page.partition(said)[2].partition(f"Step {steps} of {steps}")[0]
        found = re.search(rf"w⁽¹⁾⟨{steps - 1}⟩ [=≈] ([\d.]+)", behind)
        assert found and float(found[1]) == pytest.approx(float(weight), rel=1e-5), behind


@pytest.mark.parametrize("steps", [3, 5, 7])
def test_the_full_page_has_the_steps_and_not_what_stands_for_them(steps: int) -> None:
    page = trained(steps, full=True).to("plain", full=True)
    assert "the same way" not in page
    assert all(f"Step {k} of {steps}" in page for k in range(1, steps + 1))
    assert "Steps 2 to 6 go the same way." in trained(7).to("plain", full=True)  # which was solved without them


TWO_LAYERS = {
    "input": 2,
    "layers": [
        {"linear": {"out_features": 2, "weight": [["0.5", "-0.2"], ["0.1", "0.4"]], "bias": False}},
        "tanh",
        {"linear": {"out_features": 1, "weight": [["0.3", "-0.6"]], "bias": ["0.1"]}},
    ],
}
OPTIMIZERS = [{"sgd": {"lr": "0.1"}}, {"sgd": {"lr": "0.1", "momentum": "0.9"}}, {"adam": {"lr": "0.1"}}]


@pytest.mark.parametrize("optimizer", OPTIMIZERS, ids=["sgd", "momentum", "adam"])
@pytest.mark.parametrize(
    ("steps", "asked", "at", "jumps"),
    [
        (3, "w1@2", 2, False), (4, "dL_dw1@1", 2, False), (4, "z2@2", 3, True), (5, "w1@4", 4, True),
        (8, "w2@5[1,2]", 5, True), (8, "dL_dw2@1", 2, False), (8, "b2@1", 1, False), (5, "L@2/L", 3, True),
    ],
)  # fmt: skip
def test_a_middle_step_that_is_asked_is_on_the_page(
    optimizer: Any, steps: int, asked: str, at: int, jumps: bool
) -> None:
    """Its own lines stand there, behind the first step or what ends the steps between; nothing of later ones does."""
    settings = {"network": TWO_LAYERS, "input": [1, 2], "target": ["0.5"], "optimizer": optimizer}
    solution = trained(steps, **settings, ask=[asked])
    key = asked.partition(" - ")[0].partition("/")[0].partition("[")[0]
    shown = {
        line.key.name
        for step in solution.sections
        for group in step.items
        if isinstance(group, Group) and group.detail == "page"
        for line in group.lines
        if isinstance(line, Value)
    }
    assert key in shown
    page = solution.to("plain")
    assert f"Step {at} of {steps}" in page and "Step 1 of" in page
    assert ("the same way" in page) == jumps
    assert all(f"Step {k} of {steps}" not in page for k in range(at + 1, steps + 1))
    assert "the loss" not in page.partition("Result")[0].partition("Step 1")[2]


@pytest.mark.parametrize(("alpha", "noted"), [(1, False), (2, True), ("0.5", True)])
def test_elu_has_a_kink_at_0_unless_its_slopes_meet(alpha: Any, noted: bool) -> None:
    """elu is x above 0 and α(eˣ − 1) below: its slopes there are 1 and α."""
    problem = {
        "kind": "backprop", "network": {"input": 1, "layers": [{"elu": {"alpha": alpha}}]}, "input": [0], "upstream": [1],
    }  # fmt: skip
    notes = [str(note.text) for note in hwsolve.solve(problem).notes]
    assert any("no derivative" in note for note in notes) == noted
