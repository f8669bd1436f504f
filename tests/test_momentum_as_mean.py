"""Momentum as a running mean, and one number that stands for the states of all parameters, against torch.optim."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest

import hwsolve

torch = pytest.importorskip("torch")


def eighths(dice: random.Random, *shape: int) -> Any:
    return (np.array([dice.randint(-16, 16) for _ in range(int(np.prod(shape)))]) / 8).reshape(shape).tolist()


def drawn(dice: random.Random) -> tuple[int, dict[str, Any], dict[str, Any]]:
    steps = dice.randint(1, 4)
    shapes: dict[str, tuple[int, ...]] = {"W": (dice.randint(1, 2), 2), "b": (3,)}
    return (
        steps,
        {p: eighths(dice, *s) for p, s in shapes.items()},
        {p: eighths(dice, steps, *s) for p, s in shapes.items()},
    )


def trained(start: dict[str, Any], gradient: dict[str, Any], steps: int, velocity: float, **settings: Any) -> Any:
    """What PyTorch makes of it, from a velocity of one number everywhere."""
    tensors = {p: torch.tensor(w, dtype=torch.float64, requires_grad=True) for p, w in start.items()}
    optimizer = torch.optim.SGD(list(tensors.values()), **settings)
    for tensor in tensors.values():
        optimizer.state[tensor] = {"momentum_buffer": torch.full_like(tensor, velocity).detach()}
    for step in range(steps):
        for p, tensor in tensors.items():
            tensor.grad = torch.tensor(gradient[p][step], dtype=torch.float64)
        optimizer.step()
    return {p: tensor.detach().numpy() for p, tensor in tensors.items()}


def solved(start: Any, gradient: Any, **sgd: Any) -> Any:
    return hwsolve.solve({"kind": "optimize", "parameters": start, "gradient": gradient, "optimizer": {"sgd": sgd}})


@pytest.mark.parametrize("seed", range(20))
def test_the_first_gradient_comes_in_by_its_share_too(seed: int) -> None:
    dice = random.Random(seed)
    steps, start, gradient = drawn(dice)
    settings = {
        "lr": dice.choice((0.5, 0.125)),
        "momentum": dice.choice((0.5, 0.75)),
        "weight_decay": dice.choice((0, 0.25)),
    }
    found = solved(start, gradient, **settings, average=True)
    right = trained(start, gradient, steps, 0.0, dampening=settings["momentum"], **settings)
    for p, values in right.items():
        ours = np.array(found[f"{p}@{steps}"], dtype=float).reshape(values.shape)
        np.testing.assert_allclose(ours, values, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("seed", range(10))
def test_one_number_stands_for_the_states_of_all_parameters(seed: int) -> None:
    dice = random.Random(f"all {seed}")
    steps, start, gradient = drawn(dice)
    velocity, settings = dice.choice((0.0, 0.5, -1.25)), {"lr": 0.125, "momentum": 0.75, "dampening": 0.75}
    found = solved(start, gradient, **settings, state={"velocity": velocity})
    for p, values in trained(start, gradient, steps, velocity, **settings).items():
        ours = np.array(found[f"{p}@{steps}"], dtype=float).reshape(values.shape)
        np.testing.assert_allclose(ours, values, rtol=1e-9, atol=1e-12)


def test_a_rate_inside_of_the_mean_is_inside_of_it() -> None:
    found = solved({"w": 1}, {"w": [2, -1]}, lr="0.1", momentum="0.5", average=True, rate="inside")
    velocity, w = 0.0, 1.0
    for g in (2, -1):
        velocity = 0.5 * velocity + 0.5 * 0.1 * g
        w -= velocity
    assert float(found["w@2"]) == pytest.approx(w, rel=1e-12)
