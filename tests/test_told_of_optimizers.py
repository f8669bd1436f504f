"""What a page tells of an optimizer: which settings are defaults, where states start, what comes out."""

from __future__ import annotations

from typing import Any

import pytest

import hwsolve
from hwsolve.spec.report import SpecFailure

PROBLEM: dict[str, Any] = {"kind": "optimize", "minimize": "x**2 + 3*y**2 - x*y", "start": {"x": 1, "y": -2}}


def solved(optimizer: dict[str, Any], steps: int = 3) -> tuple[Any, str]:
    solution = hwsolve.solve(PROBLEM | {"optimizer": optimizer, "steps": steps})
    return solution, " ".join(str(solution.to("plain")).split())


def test_step_sizes_that_a_spec_leaves_open_are_told_as_defaults() -> None:
    _, page = solved({"rprop": {"lr": 1.5}})
    assert "Δₘᵢₙ = 0.000001, Δₘₐₓ = 50, as in PyTorch where nothing is stated." in page
    assert "Start at the learning rate, 1.5: Δ. Start at 0: p." in page
    assert "x = 1 y = −2 1 Step" in page  # all that is given
    _, page = solved({"rprop": {"step_sizes": [0.5, 1]}})
    assert "x = 1 y = −2 Δₘᵢₙ = 0.5 Δₘₐₓ = 1" in page and "Δₘᵢₙ = 0.5, " not in page


@pytest.mark.parametrize("stated", [0.3, {"x": 0.3, "y": 0.2}])
def test_a_learning_rate_beside_the_step_sizes_is_not_read(stated: Any) -> None:
    _, page = solved({"rprop": {"lr": 0.1, "state": {"Delta": stated}}})
    assert "`lr` is not read" in page
    _, page = solved({"rprop": {"state": {"Delta": stated}}})
    assert "`lr` is not read" not in page


@pytest.mark.parametrize("sizes", [[50, 1], ["3*sqrt(2)", 4]])
def test_the_smallest_step_size_stands_first(sizes: Any) -> None:
    with pytest.raises(SpecFailure, match=r"The smallest of `step_sizes` stands first\."):
        solved({"rprop": {"step_sizes": sizes}})
    assert solved({"rprop": {"step_sizes": sizes[::-1]}}) and solved({"rprop": {"step_sizes": [1, 1]}})


@pytest.mark.parametrize("t0", [0, 1, 2])
def test_the_average_of_the_weights_comes_out_and_begins_where_it_is_said(t0: int) -> None:
    solution, page = solved({"asgd": {"lr": 0.1, "t0": t0}}, steps := 6)
    assert "x, y, aₓ, a_y after 6 updates" in page and "f the objective" in page
    assert "t₀ the number of the update whose weights begin the average, less 2" in page
    weights = [float(solution.answers[f"x@{k}"].value.text) for k in range(t0 + 2, steps + 1)]
    assert float(solution.answers[f"a_x@{steps}"].value.text) == pytest.approx(sum(weights) / len(weights), rel=1e-5)
    assert {"a_x@6", "a_y@6"} <= {*solution.asked}
