"""Every solution is as the schema of solutions says, and a solution that is not is noticed."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator, ValidationError

from hwsolve.pipeline import read, work_out
from hwsolve.render import Options, render
from hwsolve.render.json_schema import solution_schema
from tests.conftest import PROBLEMS

SPECS = sorted(PROBLEMS.rglob("*.yaml"))
SOLUTIONS = Draft202012Validator(solution_schema())


def documents(path: Any) -> list[Any]:
    found = [work_out(p) for p in read(path.read_text(encoding="utf-8"), str(path))]
    return list(json.loads(render(found, "json", Options(several=True))))


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_a_shipped_problem_is_as_the_schema_says(path: Any) -> None:
    for document in documents(path):
        SOLUTIONS.validate(document)


def test_several_problems_of_a_file_are_a_list() -> None:
    (one,) = documents(next(p for p in SPECS if p.stem == "mazur-2-2-2"))
    SOLUTIONS.validate([one, one])
    with pytest.raises(ValidationError):
        SOLUTIONS.validate([one, {}])


def test_what_the_schema_does_not_know_is_noticed() -> None:
    Draft202012Validator.check_schema(solution_schema())
    (document,) = documents(next(p for p in SPECS if p.stem == "2.1-backprop"))
    for change in (
        lambda d: d.update(more=1),
        lambda d: d["sections"][-1]["lines"][0].update(kind="guess"),
        lambda d: d["sections"][0].pop("body"),
        lambda d: d.update(schema=1),
    ):
        wrong = copy.deepcopy(document)
        change(wrong)
        with pytest.raises(ValidationError):
            SOLUTIONS.validate(wrong)
