"""A problem without its solution names all that it takes, and nothing that comes out."""

from __future__ import annotations

from pathlib import Path

import pytest

from hwsolve.pipeline import read, work_out
from hwsolve.render import Options, render
from tests.conftest import PROBLEMS

PATHS = sorted([*PROBLEMS.glob("language/*.yaml"), *PROBLEMS.glob("textbook/*.yaml")])
KINDS = ("backprop", "optimize", "worksheet")


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_a_question_has_formulas_and_no_answers(path: Path) -> None:
    for problem in read(path.read_bytes(), path.name):
        if problem.kind not in KINDS:
            continue
        solution = work_out(problem)
        text = str(render((solution,), "plain", Options(questions=True)))
        moved = path.stem in ("columns-powers-and-responses", "larger-maps")  # cells that are moved have no equation
        assert "Formulas" in text or problem.kind == "optimize" or "dropout" in text or "step" in text or moved
        if getattr(problem, "optimizer", None) is not None:
            assert "The optimizer: " in text
        given = {g.quantity.text for g in solution.given if g.quantity is not None}
        found = (getattr(answer.value, "text", "") for answer in solution.answers.values())
        for shown in (text_of for text_of in found if len(text_of.lstrip("-0.")) >= 6 and text_of not in given):
            assert shown not in text
