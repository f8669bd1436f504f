"""Numbers that are put in tell the value of their line: where rounded ones cancel there are more digits, or none."""

from __future__ import annotations

import json
import re

import mpmath
import pytest

import hwsolve
from tests.line_check import wrong_lines


@pytest.mark.parametrize("z", [5, 20, 40, 80, 1000])
def test_a_saturated_sigmoid_stands_with_as_many_digits_as_its_logarithm_needs(z: int) -> None:
    linear = {"linear": {"out_features": 1, "weight": [[1]], "bias": False}}
    problem = {"kind": "backprop", "network": {"input": 1, "layers": [linear, "sigmoid"]}, "input": [z], "target": [0]}
    solution = hwsolve.solve(problem | {"loss": "binary_cross_entropy"})
    assert not wrong_lines(json.loads(solution.to("json")))
    with mpmath.workdps(500):
        wanted = mpmath.log(1 + mpmath.exp(z))  # −ln(1 − σ(z))
        assert float(solution.answers["L"].value.text) == pytest.approx(float(wanted), rel=1e-5)
        shown = re.findall(r"ln\(1 − (0\.\d+|1\.0+)\)", solution.to("plain"))
        assert all(abs(-mpmath.log(1 - mpmath.mpf(text)) / wanted - 1) < 1e-2 for text in shown)
        assert bool(shown) == (z < 1000)
