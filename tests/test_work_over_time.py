"""What is asked for each step of a sequence is asked as often as there are steps, not as often as their square."""

from __future__ import annotations

from typing import Any

import pytest

import hwsolve
from hwsolve.graph.explain.time_groups import TimeGroups
from hwsolve.kinds.backprop.answers import Answers


def asked(monkeypatch: pytest.MonkeyPatch, steps: int) -> int:
    """How often a step of a sequence is looked at."""
    count = 0

    def counted(of: type, name: str) -> None:
        plain = getattr(of, name)

        def look(self: Any, *args: Any) -> Any:
            nonlocal count
            count += 1
            return plain(self, *args)

        monkeypatch.setattr(of, name, look)

    with monkeypatch.context():
        counted(TimeGroups, "cell")
        counted(TimeGroups, "is_start")
        counted(Answers, "enter_step")
        layer = {
            "hidden_size": 1,
            "weight_ih": [[0.5]] * 4,
            "weight_hh": [[-0.25]] * 4,
            "bias": False,
            "returns": "last",
        }
        hwsolve.solve(
            {"kind": "backprop", "network": {"input": [steps, 1], "layers": [{"lstm": layer}]}, "upstream": [1],
             "input": [[k % 3] for k in range(steps)]}
        )  # fmt: skip
        monkeypatch.undo()
    return count


def test_the_work_grows_with_the_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    few, many = (asked(monkeypatch, steps) for steps in (8, 32))
    assert many < 4.5 * few
