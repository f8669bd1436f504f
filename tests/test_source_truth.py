"""Exercises with published numbers: what they expect, and what is said of the published, by an independent script."""

from __future__ import annotations

import json
import re
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

pytest.importorskip("torch", reason="PyTorch works the exercises out a second time")
import hwsolve
from tests.source_truth import TRUTH, Values, truth

FOLDER = Path(__file__).parent.parent / "problems" / "textbook"
FRACTION = re.compile(r"([\d.]+)/([\d.]+)")
NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?")
EXACT = 1e-11  # a number of the script is as good as this


@cache
def worked(name: str) -> list[Values]:
    return truth(name)


@pytest.mark.parametrize("name", TRUTH)
def test_what_is_expected_is_what_the_script_gives(name: str) -> None:
    specs = list(yaml.safe_load_all((FOLDER / f"{name}.yaml").read_text(encoding="utf-8")))
    for spec, found in zip(specs, worked(name), strict=True):
        assert spec["expect"].keys() == found.keys()
        for key, value in spec["expect"].items():
            if callable(found[key]):
                assert [eval(value, {}, {"C": C}) for C in (2, 3, 5)] == [found[key](C) for C in (2, 3, 5)]
            else:
                stated = np.array(value, dtype=float)
                np.testing.assert_allclose(stated, found[key].reshape(stated.shape), rtol=1e-6, atol=1e-12)


def verdict(stated: str, values: list[float]) -> str:
    """Whether each number is the script's, rounded to the digits that are stated, or cut off there; `near`: who knows."""
    found = set()
    stated = FRACTION.sub(lambda m: str(Decimal(m[1]) / Decimal(m[2])), stated)
    for text, value in zip(NUMBER.findall(stated.replace("_", "")), values, strict=True):
        place = Decimal(text).as_tuple().exponent
        assert isinstance(place, int)
        unit, exact = Decimal(1).scaleb(place), Decimal(value)
        error = Decimal(max(abs(value), 1e-300)) * Decimal(EXACT)
        ends = {(exact + sign * error).quantize(unit, ROUND_HALF_UP) for sign in (-1, 1)}
        if len(ends) > 1:
            found.add("near")
        elif Decimal(text) in ends:
            found.add("agrees")
        else:
            found.add("cut off" if exact.quantize(unit, ROUND_DOWN) == Decimal(text) else "wrong")
    return next(word for word in ("near", "wrong", "cut off", "agrees") if word in found)


def plain(value: Any) -> list[float]:
    return np.array(value, dtype=float).flatten().tolist()


@pytest.mark.parametrize("name", TRUTH)
def test_what_is_said_of_published_numbers_is_what_rounding_the_scripts_gives(name: str) -> None:
    solved = hwsolve.solve_all(FOLDER / f"{name}.yaml")
    for solution, found in zip(solved, worked(name), strict=True):
        published = json.loads(solution.to("json"))["published"]
        assert published and {p["key"] for p in published} <= found.keys()
        for p in published:
            assert p["source"]
            if not callable(found[p["key"]]):
                assert verdict(p["stated"], plain(found[p["key"]])) in (p["verdict"], "near"), p


def test_the_verdict_of_this_file_can_be_any() -> None:
    assert [verdict("0.15", [v]) for v in (0.151, 0.159, 0.14, 0.155)] == ["agrees", "cut off", "wrong", "near"]
