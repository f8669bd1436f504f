"""The simulated variances of random networks, what is expected of them, and networks of PyTorch as a peer."""

from __future__ import annotations

import json
from math import sqrt
from typing import Any

import numpy as np
import pytest

from hwsolve.figures import Curve
from hwsolve.formula.parse import parse
from hwsolve.kinds.initialization.moments import unit
from hwsolve.kinds.initialization.prediction import Curves, Interpolated, expected
from hwsolve.kinds.initialization.simulation import Simulate, simulate
from hwsolve.pipeline import read, work_out
from hwsolve.solution import Sentence, Solution, Table

LIMIT = 5  # standard errors


def curves(text: str) -> Curves:
    u = unit(parse(text), {})
    constants = {name: c.numerator / c.denominator for name, c in u.constants.items()}
    return Curves(u.pieces, u.slopes, constants, u.homogeneous)


def solve(**spec: Any) -> Solution:
    whole = {"kind": "initialization", "layer": {"linear": 8}, "input": 8} | spec
    (problem,) = read(json.dumps(whole), "<test>")
    return work_out(problem)


CASES = [
    ("z", 1.0), ("relu(z)", 2.0), ("leaky_relu(z, 0.3)", 2 / 1.09), ("tanh(z)", 1.0), ("tanh(z)", 25 / 9), ("gelu(z)", 2.3517),
    ("silu(z)", 2.8107), ("sigmoid(z)", 3.4085), ("selu(z)", 1.0), ("hard_tanh(z)", 1.9378), ("relu6(z)", 2.0), ("sin(z)", 2.3132),
]  # fmt: skip


@pytest.mark.parametrize(("text", "gain2"), CASES)
@pytest.mark.parametrize("seed", [1, 2])
def test_simulated_variances_lie_within_five_standard_errors(text: str, gain2: float, seed: int) -> None:
    forward, backward = simulate(curves(text), gain2, Simulate(20, 128, seed, 16))
    assert 0 < forward.deviation < LIMIT and 0 < backward.deviation < LIMIT


@pytest.mark.parametrize("text", ["relu(z)", "tanh(z)"])
def test_fifty_layers_of_512_units(text: str) -> None:
    f = curves(text)
    forward, backward = simulate(f, 1 / f.means(1.0).f2, Simulate(50, 512, 1, 6))
    assert forward.deviation < LIMIT and backward.deviation < LIMIT
    assert len(forward.simulated) == len(backward.simulated) == 51


def test_a_wrong_prediction_is_seen() -> None:
    """A squared gain that is 25 % off leaves the five standard errors, forward and backward."""
    from hwsolve.kinds.initialization.simulation import drawn, track

    f, setting = curves("relu(z)"), Simulate(20, 256, 1, 16)
    z, delta = drawn(f, 2.0, setting)
    wrong = expected(f, 2.0 * 1.25, setting.depth, setting.width)
    assert track(wrong.forward, z, setting.networks).deviation > LIMIT
    assert track(wrong.backward, delta, setting.networks).deviation > LIMIT


TORCH = {"relu(z)": "relu", "tanh(z)": "tanh", "gelu(z)": "gelu", "softplus(z)": "softplus"}


@pytest.mark.parametrize("text", TORCH)
def test_networks_of_pytorch_behave_as_expected(text: str) -> None:
    """Their own layers and automatic gradients: mean squares of z and of the gradients by z."""
    torch = pytest.importorskip("torch")
    torch.manual_seed(7)
    f, depth, width, networks = curves(text), 12, 96, 60
    gain2 = 1 / f.means(1.0).f2
    function = getattr(torch.nn.functional, TORCH[text], None) or getattr(torch, TORCH[text])
    z2, delta2 = np.zeros(depth + 1), np.zeros(depth + 1)
    for _ in range(networks):
        z = torch.randn(width, dtype=torch.float64, requires_grad=True)
        layers = [z]
        for _ in range(depth):
            weight = torch.randn(width, width, dtype=torch.float64) * sqrt(gain2 / width)
            layers.append(weight @ function(layers[-1]))
        deltas = torch.autograd.grad(layers[-1], layers, torch.randn(width, dtype=torch.float64))
        z2 += [float((z.detach() ** 2).mean()) for z in layers]
        delta2 += [float((d * d).mean()) for d in deltas]
    forecast = expected(f, gain2, depth, width)
    for found, e in ((z2 / networks, forecast.forward), (delta2 / networks, forecast.backward)):
        error = np.sqrt((np.array(e.square) - np.array(e.mean) ** 2) / networks)
        assert np.all(np.abs(found - e.mean) < LIMIT * error)


@pytest.mark.parametrize("text", ["relu(z)", "selu(z)", "hard_tanh(z)", "gelu(z)"])
def test_the_means_are_those_of_many_samples(text: str) -> None:
    f, n = curves(text), 2_000_000
    z = np.random.default_rng(0).standard_normal(n) * sqrt(1.7)
    value, slope, m = f.f(z), f.slope(z), f.means(1.7)
    samples = (value**2, value**4, slope**2, slope**4, value**2 * slope**2, z**2 * slope**2)
    for mean, sample in zip((m.f2, m.f4, m.d2, m.d4, m.both, m.zd2), samples, strict=True):
        assert abs(mean - sample.mean()) < LIMIT * sample.std() / sqrt(n) + 1e-12
    assert m.along == pytest.approx((z * value * slope).mean() / (value**2).mean(), rel=0.01)


def test_means_between_the_grid_points_are_as_good_as_computed() -> None:
    f = curves("tanh(z)")
    q = np.exp(np.array([-7.03, -0.55, 0.0, 1.234, 4.9]))
    rows = Interpolated(f).at(q)
    for k, variance in enumerate(q):
        m = f.means(float(variance))
        wanted = (m.f2, m.f4, m.d2, m.d4, m.both, m.zd2, m.along)
        assert [float(row[k]) for row in rows] == pytest.approx(wanted, rel=1e-5)


def test_a_seed_is_a_seed() -> None:
    f = curves("relu(z)")
    first, again, other = (simulate(f, 2.0, Simulate(3, 16, seed, 2))[0].simulated for seed in (4, 4, 5))
    assert first == again != other


def test_the_simulation_of_a_spec_stands_in_tables_and_a_figure() -> None:
    solution = solve(activation="relu", simulate={"depth": 50, "width": 64, "seed": 1})
    section = solution.sections[-1]
    assert all(isinstance(t, Table) for t in section.tables) and len(section.tables) == 2
    assert len(section.figures) == 2
    for curve in section.figures:
        assert isinstance(curve, Curve) and curve.log and len(curve.x) == 51
    assert [int(str(row[0])) for row in section.tables[0].rows][-1] == 50
    said = section.items[0]
    assert isinstance(said, Sentence) and "standard errors of what is expected" in str(said.text)
    assert not any("standard errors" in str(note.text) for note in solution.notes)


def test_the_simulation_takes_the_gain_that_is_asked_for() -> None:
    """With gain 1 a ReLU network halves the variance in every layer."""
    solution = solve(activation="relu", gain=1, simulate={"depth": 4, "width": 32, "seed": 1})
    curve, _ = solution.sections[-1].figures
    assert isinstance(curve, Curve)
    assert curve.series[0][1] == pytest.approx([0.5**k for k in range(5)], rel=1e-9)
