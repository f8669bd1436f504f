"""The exercises on attention expect what the script beside says, to the digits that are written."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.attention_exercises import EXERCISES, rounded

PROBLEMS = Path(__file__).parent.parent / "problems" / "textbook"


def flat(value: Any) -> list[float]:
    return [x for part in value for x in flat(part)] if isinstance(value, list) else [value]


@pytest.mark.parametrize("name", EXERCISES)
def test_an_exercise_expects_what_the_script_finds(name: str) -> None:
    expect = yaml.safe_load((PROBLEMS / f"{name}.yaml").read_text())["expect"]
    wanted = EXERCISES[name]()
    assert expect.keys() == wanted.keys()
    for key, value in wanted.items():
        assert flat(expect[key]) == pytest.approx(flat(rounded(value)), rel=1e-6, abs=1e-12), key
