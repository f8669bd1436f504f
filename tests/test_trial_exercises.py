"""The exercises of the trial of a new user expect what an independent script works out."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
import yaml

from hwsolve import pipeline
from hwsolve.render import Options, render
from tests.conftest import PROBLEMS
from tests.line_check import wrong_lines

pytest.importorskip("torch")
from tests.trial_exercises import EXERCISES


@pytest.mark.parametrize("name", EXERCISES)
def test_an_exercise_expects_what_the_script_says(name: str) -> None:
    stated = yaml.safe_load((PROBLEMS / "textbook" / f"{name}.yaml").read_text(encoding="utf-8"))["expect"]
    wanted: dict[str, Any] = EXERCISES[name]()
    assert stated.keys() == wanted.keys()
    for key, value in wanted.items():
        np.testing.assert_allclose(np.array(stated[key], float), np.array(value), rtol=5e-7, atol=1e-12)


@pytest.mark.parametrize("name", EXERCISES)
def test_all_expectations_hold_and_every_line(name: str) -> None:
    path = PROBLEMS / "textbook" / f"{name}.yaml"
    for problem in pipeline.read(path.read_bytes(), path.name):
        solution = pipeline.work_out(problem)
        assert solution.checks and all(check.ok for check in solution.checks), solution.checks
        assert wrong_lines(json.loads(render([solution], "json", Options()))) == []
