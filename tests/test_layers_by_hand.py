"""Convolutions and pooling layers, solved by hand, against PyTorch, and every line of them against an independent reader."""

from __future__ import annotations

import json
import warnings
from functools import partial
from typing import Any

import numpy as np
import pytest

import hwsolve
from hwsolve.spec.report import SpecFailure
from tests.line_check import wrong_lines
from tests.nearness import near
from tests.often import each
from tests.random_layers import KERNELS, POOLS, Case, cases, convolution, peer, pooling

torch = pytest.importorskip("torch", reason="PyTorch is the independent peer of these tests: pip install torch")

COUNT = each(6)  # random settings of each layer
READ = 3  # of each layer, how many solutions are read line by line


def array(value: Any) -> np.ndarray:
    """An answer as float64."""
    if isinstance(value, tuple):
        return np.array([array(v) for v in value])
    exact = value.value
    return np.array(exact if isinstance(exact, int) else float(int(exact.p)) / float(int(exact.q)))


def agrees(case: Case) -> dict[str, Any] | None:
    """Solve a case and compare it; gives the solution as JSON, or None where PyTorch has no finite answer."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            wanted = peer(case, torch)
    except RuntimeError as refused:
        with pytest.raises(SpecFailure):
            hwsolve.solve(case.spec)
        assert str(refused)
        return None
    spec = case.spec | {"upstream": wanted.pop("g").tolist()}
    if not np.isfinite(wanted["y"]).all():  # a window that lies in the padding alone has no largest value
        with pytest.raises(SpecFailure):
            hwsolve.solve(spec)
        return None
    solution = hwsolve.solve(spec)
    for key, value in wanted.items():
        found = array(solution.answers[key].value)
        assert found.shape == value.shape, (key, spec)
        near(found, value, f"{key} of {spec}")
    assert "recursion" in solution.answers
    data: dict[str, Any] = json.loads(solution.to("json"))
    return data


@pytest.mark.parametrize("layer", [*KERNELS, *POOLS])
def test_random_layers_agree_with_pytorch(layer: str) -> None:
    """y and all gradients; the solver itself holds its index recursion against each gradient, or stops."""
    read = 0
    make = partial(convolution if layer in KERNELS else pooling, layer=layer)
    for case in cases(make, COUNT, seed=f"by hand {layer}"):
        data = agrees(case)
        if data is not None and read < READ:
            read += 1
            assert wrong_lines(data) == [], case.spec


def test_the_recursion_is_held_against_the_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    """The comparison that the test above relies on can fail."""
    from hwsolve.derivation.lines import Disagreement
    from hwsolve.kinds.convolution.recursion import Recursion

    case = cases(convolution, 1, seed=5)[0]
    true = Recursion.gradient
    monkeypatch.setattr(Recursion, "gradient", lambda self, slot=0: 2 * true(self, slot))
    with pytest.raises(Disagreement):
        hwsolve.solve(case.spec)
