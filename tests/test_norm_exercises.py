"""The exercises on norms, dropout, embeddings and step units expect what an independent script works out."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest
import yaml

from hwsolve import pipeline
from tests.norm_exercises import EXERCISES

FOLDER = Path(__file__).parent.parent / "problems" / "language"


def close(a: Any, b: Any) -> bool:
    if isinstance(a, list) or isinstance(b, list):
        return len(a) == len(b) and all(close(u, v) for u, v in zip(a, b, strict=True))
    return math.isclose(float(a), b, rel_tol=5e-7, abs_tol=1e-12)


@pytest.mark.parametrize("name", EXERCISES)
def test_an_exercise_expects_what_the_script_says(name: str) -> None:
    documents = list(yaml.safe_load_all((FOLDER / f"{name}.yaml").read_text(encoding="utf-8")))
    for document, wanted in zip(documents, EXERCISES[name], strict=True):
        assert document["expect"].keys() == wanted.keys()
        for key, value in wanted.items():
            assert close(document["expect"][key], value), (name, key, value)


@pytest.mark.parametrize("path", [FOLDER / f"{name}.yaml" for name in EXERCISES], ids=lambda path: path.stem)
def test_all_expectations_hold(path: Path) -> None:
    for problem in pipeline.read(path.read_bytes(), path.name):
        solution = pipeline.work_out(problem)
        assert solution.checks and all(check.ok for check in solution.checks), solution.checks
