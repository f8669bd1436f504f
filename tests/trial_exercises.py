"""What four exercises of other courses come to, by NumPy and PyTorch: no part of hwsolve is used here.

python -m tests.trial_exercises prints what stands under `expect` in problems/textbook.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

Found = dict[str, Any]


def fast_gradient_sign() -> Found:
    """Autograd for the gradient of the input; the moved input goes through the network again."""
    w1, b1 = torch.tensor([[0.3, -0.2, 0.5], [-0.4, 0.1, 0.2]]).double(), torch.tensor([0.1, 0]).double()
    w2, b2 = torch.tensor([[1, -0.5], [-1, 0.8]]).double(), torch.tensor([0, 0.2]).double()

    def loss(x: Any) -> Any:
        return torch.nn.functional.cross_entropy(w2 @ torch.tanh(w1 @ x + b1) + b2, torch.tensor(0))

    x = torch.tensor([0.5, -1, 2], dtype=torch.float64, requires_grad=True)
    loss(x).backward()
    moved = x.detach() + 0.1 * torch.sign(x.grad)
    return {"L": loss(x).item(), "dL_dx": x.grad.tolist(), "x_adv": moved.tolist(), "L_adv": loss(moved).item()}


def newton_logistic() -> Found:
    """The gradient and the Hessian in closed form, and `numpy.linalg.solve` in place of an inverse."""
    X, y = np.array([[1, 0.5], [1, -1], [1, 2], [1, 1]]), np.array([0, 0, 1, 1])
    found: Found = {}
    theta = np.zeros(2)
    for step in ("", "1"):
        h = 1 / (1 + np.exp(-X @ theta))
        found[f"J{step}"] = -np.log(np.where(y == 1, h, 1 - h)).mean()
        hessian = sum(p * (1 - p) * np.outer(row, row) for p, row in zip(h, X, strict=True)) / 4
        found[f"H{step}"] = np.asarray(hessian).tolist()
        theta = theta - np.linalg.solve(hessian, (h - y) @ X / 4)
        found[f"theta{1 if step == '' else 2}"] = theta.tolist()
    return found


def momentum_as_mean() -> Found:
    """v ← 0.9 v + 0.1 g, w ← w − 0.2/(1 + t) v."""
    w, v, found = np.array([1, -2, 0.5]), np.zeros(3), {}
    for t, g in enumerate(([0.5, -1, 0.2], [0.4, -0.6, 0.1], [-0.2, 0.3, -0.4]), 1):
        v = 0.9 * v + 0.1 * np.array(g)
        w = w - 0.2 / (1 + t) * v
        found |= {f"velocity_W@{t}": v[:2].tolist(), f"W@{t}": w[:2].tolist(), f"b@{t}": float(w[2])}
    return found


def depthwise_separable() -> Found:
    """Two convolutions of PyTorch, the first in two groups."""
    maps = [[[1, 0, 2], [1, -1, 0], [0, 2, 1]], [[0, 1, -1], [2, 0, 1], [1, 1, 0]]]
    x = torch.tensor([maps], dtype=torch.float64)
    kernels = torch.tensor([[[[1, 2], [0, -1]]], [[[0.5, -1], [1, 0]]]], dtype=torch.float64, requires_grad=True)
    points = torch.tensor([[[[1]], [[-1]]], [[[0.5]], [[2]]]], dtype=torch.float64, requires_grad=True)
    z = torch.nn.functional.conv2d(x, kernels, groups=2)
    y = torch.nn.functional.conv2d(torch.relu(z), points).mean((2, 3))
    loss = ((y - torch.tensor([[1, 0]])) ** 2).sum() / 2
    loss.backward()
    assert kernels.grad is not None and points.grad is not None
    return {"z1": z[0].tolist(), "L": loss.item(), "dL_dw1": kernels.grad.tolist(), "dL_dw2": points.grad.tolist()}


EXERCISES = {
    "fast-gradient-sign": fast_gradient_sign,
    "newton-logistic": newton_logistic,
    "momentum-as-mean": momentum_as_mean,
    "depthwise-separable": depthwise_separable,
}


def rounded(value: Any) -> Any:
    """At seven digits."""
    if isinstance(value, list):
        return [rounded(one) for one in value]
    return int(value) if value == int(value) else float(f"{value:.7g}")


if __name__ == "__main__":
    for name, work in EXERCISES.items():
        print(f"# {name}\nexpect:")
        for key, value in work().items():
            print(f"  {key}: {rounded(value)}")
