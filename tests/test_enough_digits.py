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


def trained(z: float, target: float) -> dict[str, object]:
    """A layer of two tanh, one of them near 1, trained once."""
    linear = {"linear": {"out_features": 2, "weight": [[z], [0.5]], "bias": False}}
    return {
        "kind": "backprop", "network": {"input": 1, "layers": [linear, "tanh"]}, "input": [1], "target": [target, 0],
        "loss": "mse_loss", "optimizer": {"sgd": {"lr": 0.1}},
    }  # fmt: skip


@pytest.mark.parametrize("z", [5, 8, 12])
def test_a_square_that_is_nearly_one_has_the_digits_that_are_left_of_its_difference(z: int) -> None:
    page = hwsolve.solve(trained(z, 0)).to("plain", full=True)
    (text,) = set(re.findall(r"1 − (0\.99\d+|1\.0+)²\)", page))
    with mpmath.workdps(60):
        left = 1 - mpmath.tanh(z) ** 2
        assert abs((1 - mpmath.mpf(text) ** 2) / left - 1) < 3e-2


def test_an_asked_difference_has_the_digits_that_are_left_of_it() -> None:
    page = hwsolve.solve(trained(8, 0) | {"ask": ["w1@1[1,1] - w1[1,1]", "w1@1 - w1"]}).to("plain")
    step = float(hwsolve.solve(trained(8, 0)).answers["w1@1"].value[0][0].value) - 8
    differences = re.findall(r"≈ (\d\.\d+) − 8 ≈", page)
    assert len(differences) == 2
    assert all(float(text) - 8 == pytest.approx(step, rel=1e-2) for text in differences)


def test_arrays_whose_elements_cancel_are_not_put_in_rounded() -> None:
    assert re.search(r"a⁽¹⁾ − t ≈ ⎡[ ]*1\.0+ *⎤ − ⎡0⎤", hwsolve.solve(trained(8, 0)).to("plain"))
    assert re.search(r"a⁽¹⁾ − t ≈ ⎡−2\.25070 × 10⁻⁷⎤", hwsolve.solve(trained(8, 1)).to("plain"))


def test_fractions_stand_where_their_rounded_numbers_would_not_add_up_to_nothing() -> None:
    attention = {"attention": {"inputs": ["q", "k", "v"], "scale": False}}
    problem = {
        "kind": "backprop", "network": {"inputs": {"q": [1, 1], "k": [3, 1], "v": [3, 1]}, "layers": [attention]},
        "input": {"q": [[0]], "k": [[1], [2], [4]], "v": [[1], [0], [2]]}, "upstream": [[1]],
    }  # fmt: skip
    solution = hwsolve.solve(problem)
    assert not wrong_lines(json.loads(solution.to("json", full=True)))
    page = solution.to("plain", full=True)
    assert "1/3 × (1 − (1 × (1/3) + 0 × (1/3) + 2 × (1/3))) = 0" in page


@pytest.mark.parametrize("z", [2, 15, 40, 400])
def test_a_logarithm_of_nearly_one_has_the_digits_that_tell_it_from_one(z: int) -> None:
    linear = {"linear": {"out_features": 2, "weight": [[z], [0]], "bias": False}}
    problem = {"kind": "backprop", "network": {"input": 1, "layers": [linear]}, "input": [1], "target": {"class": 1}}
    solution = hwsolve.solve(problem | {"loss": "cross_entropy"})
    assert not wrong_lines(json.loads(solution.to("json")))
    shown = re.findall(r"−ln\((0\.\d+|1\.0+)\)", solution.to("plain"))
    assert bool(shown) == (z < 400)
    with mpmath.workdps(60):
        wanted = mpmath.log(1 + mpmath.exp(-z))
        assert all(abs(-mpmath.log(mpmath.mpf(text)) / wanted - 1) < 1e-2 for text in shown)
