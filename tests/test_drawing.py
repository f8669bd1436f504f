"""Drawn weights: bounds, deviations and forms against torch.nn.init and the rules themselves."""

from __future__ import annotations

import random
from fractions import Fraction
from math import sqrt

import numpy as np
import pytest

import hwsolve
from hwsolve.formula.tree import Number
from hwsolve.initializers import INITIALIZERS
from hwsolve.initializers.initializer import rounded
from hwsolve.spec.records import form_of

SHAPES = {"dirac": (6, 4, 3, 3), "eye": (4, 6), "sparse": (40, 30), "orthogonal": (40, 30)}


def numbers(name: str, shape: tuple[int, ...], seed: int = 1, **arguments: Number | str) -> np.ndarray:
    values = INITIALIZERS[name](**arguments).values(shape, seed)
    return np.array([v.numerator / v.denominator for v in values]).reshape(shape)


@pytest.mark.parametrize("name", INITIALIZERS)
def test_every_name_of_the_spec_is_drawn(name: str) -> None:
    needed = dict.fromkeys(form_of(INITIALIZERS[name]).required, Number(1, 2))
    assert numbers(name, SHAPES.get(name, (40, 30)), **needed).shape == SHAPES.get(name, (40, 30))


@pytest.mark.parametrize("name", ["xavier_uniform", "xavier_normal", "kaiming_uniform", "kaiming_normal"])
@pytest.mark.parametrize("shape", [(400, 300), (40, 30, 5, 5)])
def test_the_deviation_is_that_of_pytorch(name: str, shape: tuple[int, ...]) -> None:
    torch = pytest.importorskip("torch", reason="PyTorch is the independent peer of this test: pip install torch")
    peer = getattr(torch.nn.init, f"{name}_")(torch.empty(shape))
    ours = numbers(name, shape)
    assert abs(ours.std() - float(peer.std())) < 0.02 * float(peer.std())
    assert (
        abs(np.abs(ours).max() - float(peer.abs().max()))
        < (0.02 if name.endswith("uniform") else 0.4) * np.abs(ours).max()
    )


def test_a_seed_gives_the_same_numbers_and_another_seed_others() -> None:
    assert (numbers("normal", (5, 4), 7) == numbers("normal", (5, 4), 7)).all()
    assert (numbers("normal", (5, 4), 7) != numbers("normal", (5, 4), 8)).any()


def test_rows_or_columns_of_an_orthogonal_matrix_are_orthonormal() -> None:
    tall, wide = numbers("orthogonal", (8, 5)), numbers("orthogonal", (5, 8))
    assert np.allclose(tall.T @ tall, np.eye(5), atol=2e-3)
    assert np.allclose(wide @ wide.T, np.eye(5), atol=2e-3)


def test_a_truncated_normal_stays_in_its_bounds() -> None:
    values = numbers("trunc_normal", (100, 100), std=Number(1), a=Number(-1), b=Number(1, 2))
    assert values.min() >= -1
    assert values.max() <= 0.5


def test_a_sparse_matrix_has_its_zeros_in_every_column() -> None:
    assert ((numbers("sparse", (40, 30), sparsity=Number(1, 4)) == 0).sum(axis=0) == 10).all()


def test_dirac_keeps_the_input_of_a_convolution() -> None:
    torch = pytest.importorskip("torch", reason="PyTorch is the independent peer of this test: pip install torch")
    assert np.array_equal(numbers("dirac", (6, 4, 3, 3)), torch.nn.init.dirac_(torch.empty(6, 4, 3, 3)).numpy())


def test_a_constant_is_exact_and_small_numbers_keep_their_digits() -> None:
    third = INITIALIZERS["constant"](val=Number(1, 3)).values((2,), 0)
    assert third == (Number(1, 3), Number(1, 3))
    small = numbers("normal", (100,), std=Number(1, 10**9))
    assert abs(small.std() / 1e-9 - 1) < 3 / sqrt(200)


def test_a_drawn_weight_is_a_given_of_the_problem() -> None:
    layer = {"linear": {"out_features": 2, "weight": {"init": "xavier_uniform", "seed": 7}, "bias": {"init": "zeros"}}}
    solution = hwsolve.solve({"kind": "backprop", "network": {"input": 3, "layers": [layer]}, "input": [1, 2, 3]})
    drawn = [Fraction(g.quantity.exact or g.quantity.text) for g in solution.given if g.key.name == "w1"]
    assert len(drawn) == 6
    assert all(abs(w) <= Fraction(11, 10) for w in drawn)  # r = √(6/5)
    assert [float(w) for w in drawn] == pytest.approx(list(numbers("xavier_uniform", (2, 3), 7).reshape(-1)))


@pytest.mark.parametrize("rule", INITIALIZERS)
def test_only_what_is_random_is_said_to_be_drawn_with_a_seed(rule: str) -> None:
    """A rule is random where other seeds give other numbers."""
    given = {"val": "0.5", "sparsity": "0.5"}
    arguments = {key: given[key] for key in form_of(INITIALIZERS[rule]).required}
    shape, layer = ((2, 2, 3), "conv1d") if rule == "dirac" else ((4, 6), "linear")
    exact = {key: Number(1, 2) for key in arguments}
    drawn = {INITIALIZERS[rule](**exact).values(shape, seed) for seed in range(4)}
    weight = {"init": {rule: arguments} if arguments else rule, "seed": 3}
    size = {"out_features": 4} if layer == "linear" else {"out_channels": 2, "kernel_size": 3}
    net = {"input": 6 if layer == "linear" else [2, 3], "layers": [{layer: size | {"weight": weight, "bias": False}}]}
    data = [1] * 6 if layer == "linear" else [[1, 2, 3], [3, 2, 1]]
    page = hwsolve.solve({"kind": "backprop", "network": net, "input": data}).to("plain")
    assert ("with seed 3" in page) == (len(drawn) > 1)
    assert (f"is filled by {rule}" in page) == (len(drawn) == 1)


@pytest.mark.parametrize("mode", ["fan_in", "fan_out"])
@pytest.mark.parametrize("slope", [0, 1, 3])
def test_the_slope_of_kaiming_makes_weights_smaller(slope: int, mode: str) -> None:
    """He et al. 2015: r = √(6/((1 + a²)·fan)) bounds a uniform weight."""
    values = numbers("kaiming_uniform", (400, 100), a=Number(slope), mode=mode)
    bound = sqrt(6 / ((1 + slope**2) * (100 if mode == "fan_in" else 400)))
    assert 0.99 * bound < np.abs(values).max() <= 1.001 * bound


def test_a_drawn_number_is_the_rational_of_its_first_digits() -> None:
    dice = random.Random(8)
    drawn = [dice.gauss(0, 1) * 10.0 ** dice.randint(-9, 9) for _ in range(2000)]
    for v in (*drawn, 0.0, -0.0, 9.9996, -0.099996, 1e300, 5e-324):
        found = rounded(v)
        assert (found.numerator, found.denominator) == Fraction(f"{v:.3e}").as_integer_ratio()
