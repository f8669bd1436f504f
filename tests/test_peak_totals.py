"""The peak of activations: with names for sizes a formula that is right for all of them; else what is not known."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest

from hwsolve.formula.evaluate import evaluate
from hwsolve.formula.tree import Formula
from hwsolve.pipeline import read, work_out
from hwsolve.render import Options, render

PEAK = {"activations": "peak"}


def solved(size: list[Any], layers: list[Any]) -> Any:
    spec = {"kind": "count-params", "network": {"input": size, "layers": layers}, "count": PEAK}
    (problem,) = read(json.dumps(spec), "test.yaml")
    return work_out(problem)


def layers_of(m: Any, k: Any, back: bool) -> list[Any]:
    conv = {"conv2d": {"out_channels": m, "kernel_size": 3, "padding": 1}}
    inner = [{"conv2d": {"out_channels": k, "kernel_size": 1}}, {"conv2d": {"out_channels": m, "kernel_size": 1}}]
    return [conv, "relu", {"residual": {"body": inner}} if back else inner[0], "flatten", {"linear": 5}]


@pytest.mark.parametrize("back", [False, True])
def test_the_largest_of_formulas_is_that_of_numbers(back: bool) -> None:
    whole = solved(["n", 4, 4], layers_of("m", "k", back)).answers
    draw = random.Random(2)
    for _ in range(12):
        sizes = {name: draw.randint(1, 9) for name in "nmk"}
        own = solved([sizes["n"], 4, 4], layers_of(sizes["m"], sizes["k"], back)).answers
        for key in ("activations", "activations.bytes"):
            found = whole[key].value
            assert isinstance(found, Formula)
            assert evaluate(found, lambda name, _, s=sizes: s[name]) == own[key].value.value  # type: ignore[misc]


def test_moments_that_are_never_the_largest_are_left_out() -> None:
    """Where one is the largest for all sizes it is the answer."""
    page = render([solved(["n", 5, 5], ["relu"])], "plain", Options())
    assert "activations = 50n" in page and "max" not in page


def test_what_is_not_known_is_no_zero() -> None:
    """Of a map whose sides are not stated nothing is counted: a reason that is the real one, and no number."""
    conv = {"conv2d": {"out_channels": 2, "kernel_size": 3}}
    page = " ".join(render([solved({"channels": 3, "features": 100}, [conv, "relu"])], "plain", Options()).split())  # type: ignore[arg-type]
    assert "activations: not known (not counted: conv1, relu1)" in page
    assert "at least 0" not in page and "sides of the map are not stated" in page and "sizes that are names" not in page
