"""The exercise book: every shipped problem is solved, comes out as it says, and every line of it can be calculated anew."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from hwsolve.checks import failure_text, failures
from hwsolve.pipeline import read, work_out
from hwsolve.render import BINARY, FORMATS, Options, render
from hwsolve.render.measure import width as cells
from hwsolve.solution import Solution
from tests.conftest import PROBLEMS, ROOT
from tests.line_check import answers_without_line, wrong_lines

WIDTHS = dict.fromkeys(("plain", "terminal"), (40, 80, 140))  # the other formats do not know how wide a page is
SPECS = sorted(path.relative_to(ROOT).as_posix() for path in PROBLEMS.rglob("*.yaml"))


@cache
def solved(spec: str) -> list[Solution]:
    return [work_out(problem) for problem in read((ROOT / spec).read_bytes(), spec)]


@cache
def as_json(spec: str) -> list[dict[str, Any]]:
    data = json.loads(render(solved(spec), "json", Options()))
    return data if isinstance(data, list) else [data]


def test_there_are_exercises() -> None:
    assert len(SPECS) >= 6


@pytest.mark.parametrize("spec", SPECS)
def test_an_exercise_comes_out_as_it_says(spec: str) -> None:
    for solution in solved(spec):
        assert solution.checks, "an exercise without expectations shows nothing"
        assert [str(failure_text(check)) for check in failures(solution)] == []


@pytest.mark.parametrize("spec", SPECS)
def test_every_line_of_an_exercise_holds(spec: str) -> None:
    for solution in as_json(spec):
        assert wrong_lines(solution) == []


@pytest.mark.parametrize("spec", SPECS)
def test_an_exercise_is_worked_out_rather_than_told(spec: str) -> None:
    for solution in as_json(spec):
        derived = [section for section in solution["sections"] if section["part"] != "statement"]
        lines = [line for section in derived for line in section["lines"]]
        worked = [line for line in lines if line["kind"] in ("value", "identity")]
        assert len(worked) >= 3
        told = [part for section in derived for part in section["body"] if "say" in part and not part.get("claims")]
        assert len(worked) >= 2 * len(told)
        assert len(answers_without_line(solution)) <= sum(key.startswith("shape.") for key in solution["answers"]) * 4


@pytest.mark.parametrize("format", [name for name in FORMATS if name not in BINARY])
@pytest.mark.parametrize("spec", SPECS)
def test_an_exercise_can_be_shown_in_every_format(spec: str, format: str) -> None:
    for width in WIDTHS.get(format, (80,)):
        text = render(solved(spec), format, Options(width=width, color=False))
        assert text.endswith("\n") and "Message(" not in text and "Traceback" not in text
        if format in WIDTHS and width >= 80:
            assert max(map(cells, text.splitlines())) <= width


@pytest.mark.parametrize("spec", SPECS)
def test_an_exercise_can_be_set_without_its_solution(spec: str) -> None:
    for solution in solved(spec):
        question = render([solution], "plain", Options(questions=True))
        assert question.count("\n═══") == 1 and (
            "Asked: " in question or "Problem\n" in question or "Layer\n" in question
        )
        assert not any(word in question for word in ("Answer", "Checks", "Totals", "Backward pass", "First derivative"))


def changed(value: Any) -> Any:
    """A value, or an array in its last element, with another last digit."""
    if isinstance(value, list):
        return [*value[:-1], changed(value[-1])]
    return value[:-1] + ("1" if value[-1] != "1" else "2")


def test_a_broken_line_is_found_in_an_exercise() -> None:
    """The check above can fail: a digit of one value is changed."""
    (solution,) = as_json(Path("problems/homework-2/2.1-backprop.yaml").as_posix())
    for section in solution["sections"]:
        for line in section["lines"]:
            if line["kind"] == "value":
                before = line["value"]
                line["value"] = changed(before)
                assert wrong_lines(solution)
                line["value"] = before
    assert wrong_lines(solution) == []
