"""The Python API, as it is used in a notebook."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import hwsolve
from hwsolve.errors import CallError
from hwsolve.spec.report import SpecFailure
from tests.conftest import PROBLEMS

SPEC = {"kind": "count-params", "network": {"input": 4, "layers": [{"linear": 3}, "relu", {"linear": 2}]}}
TEXT = "kind: count-params\nnetwork: {input: 4, layers: [linear: 3, relu, linear: 2]}\n"


def params(solution: hwsolve.Solution) -> int:
    return int(solution.answers["params"].value.value)


def test_a_dict_a_text_and_a_file(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text(TEXT)
    assert [params(hwsolve.solve(spec)) for spec in (SPEC, TEXT, path, str(path))] == [23] * 4


def test_a_field_can_be_changed() -> None:
    spec = PROBLEMS / "homework-2" / "2.1-backprop.yaml"
    assert "E@3" in hwsolve.solve(spec, steps=3).answers
    assert "E@3" not in hwsolve.solve(spec).answers


def test_python_numbers_are_the_decimals_that_were_typed() -> None:
    spec = {
        "kind": "backprop",
        "network": {"input": 1, "layers": [{"linear": {"out_features": 1, "bias": False, "weight": [[0.1]]}}]},
        "input": [3],
    }
    solution = hwsolve.solve(spec)
    (line,) = (line for line in solution.lines if getattr(line, "quantity", None))
    assert (line.quantity.text, line.quantity.relation) == ("0.3", "=")  # type: ignore[union-attr]


def test_it_shows_itself() -> None:
    solution = hwsolve.solve(SPEC)
    assert "23" in str(solution) and "23" in solution._repr_markdown_() and "count-params" in repr(solution)
    assert json.loads(solution.to("json"))["answers"]["params"]["value"] == 23
    assert max(map(len, solution.to("plain", width=60).splitlines())) <= 60
    with pytest.raises(CallError, match="There is no format `docx`"):
        solution.to("docx")


def test_several_problems() -> None:
    assert len(hwsolve.solve_all(TEXT + "---\n" + TEXT)) == 2
    with pytest.raises(CallError, match="2 problems"):
        hwsolve.solve(TEXT + "---\n" + TEXT)


def test_a_wrong_spec_says_where() -> None:
    with pytest.raises(SpecFailure, match=r"<text>:2:30.*\n.*network.layers\[1\]"):
        hwsolve.solve(TEXT.replace("linear: 3", "liner: 3"))
    with pytest.raises(CallError, match=r"There is no file missing\.yaml"):
        hwsolve.solve("missing.yaml")
    with pytest.raises(AttributeError):
        _ = hwsolve.nothing
