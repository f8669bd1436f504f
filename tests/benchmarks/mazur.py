"""Mazur's 2-2-2 net: the loop as one writes it by hand in NumPy, and the same by hwsolve."""

from __future__ import annotations

import numpy as np

STEPS = 10_000


def by_hand(steps: int = STEPS) -> float:
    """The loss after the steps, in float64."""
    x, t = np.array([0.05, 0.10]), np.array([0.01, 0.99])
    w1, w2 = np.array([[0.15, 0.20], [0.25, 0.30]]), np.array([[0.40, 0.45], [0.50, 0.55]])
    b1, b2, lr = 0.35, 0.60, 0.5
    losses = []
    for _ in range(steps):
        a1 = 1 / (1 + np.exp(-(w1 @ x + b1)))
        a2 = 1 / (1 + np.exp(-(w2 @ a1 + b2)))
        losses.append(0.5 * ((a2 - t) ** 2).sum())
        d2 = (a2 - t) * a2 * (1 - a2)
        d1 = (w2.T @ d2) * a1 * (1 - a1)
        w2 = w2 - lr * np.outer(d2, a1)
        w1 = w1 - lr * np.outer(d1, x)
    a1 = 1 / (1 + np.exp(-(w1 @ x + b1)))
    a2 = 1 / (1 + np.exp(-(w2 @ a1 + b2)))
    return float(0.5 * ((a2 - t) ** 2).sum())


def by_hwsolve(numbers: str, steps: int = STEPS) -> float:
    """The same loss from the shipped problem."""
    from hwsolve.kinds import work
    from hwsolve.pipeline import Request, read
    from tests.conftest import PROBLEMS

    path = PROBLEMS / "textbook" / "mazur-2-2-2.yaml"
    (problem,) = read(path.read_bytes(), path.name, Request({"steps": str(steps), "numbers": numbers}))
    solution = work("backprop").solve(problem)
    return float(solution.answers[f"E@{steps}"].value.value)
