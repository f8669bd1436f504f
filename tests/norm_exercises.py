"""What the exercises on norms, dropout, embeddings and step units must come to, in plain Python.

It shares nothing with the program: gradients of norms are by the closed form (g − mean(g) − x̂·mean(g·x̂))/√(σ² + ε),
which the program does not use.  `python tests/norm_exercises.py` prints all of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt
from typing import Any

EPS = 1e-5


def mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def standard(x: Sequence[float], eps: float = EPS) -> tuple[float, float, list[float], float]:
    """Mean, variance, x̂ and √(σ² + ε)."""
    mu = mean(x)
    var = mean([(v - mu) ** 2 for v in x])
    root = sqrt(var + eps)
    return mu, var, [(v - mu) / root for v in x], root


def back(g: Sequence[float], xhat: Sequence[float], root: float) -> list[float]:
    """The gradient of x from that of x̂, in its closed form."""
    a, b = mean(g), mean([u * v for u, v in zip(g, xhat, strict=True)])
    return [(u - a - v * b) / root for u, v in zip(g, xhat, strict=True)]


def times(a: Sequence[float], b: Sequence[float]) -> list[float]:
    return [u * v for u, v in zip(a, b, strict=True)]


def layer_norm() -> dict[str, Any]:
    x, g, gamma, beta = [2, 4, 4, 6, 9], [0.1, -0.2, 0.4, 0, 1], [1, 1, 2, 1, 0.5], [0, 0, 0.5, 0, -1]
    mu, var, xhat, root = standard(x)
    y = [a * b + c for a, b, c in zip(gamma, xhat, beta, strict=True)]
    return {
        "mu": mu, "var": var, "xhat": xhat, "y": y,
        "dL_dgamma": times(g, xhat), "dL_dbeta": g, "dL_dx": back(times(g, gamma), xhat, root),
    }  # fmt: skip


def batch_norm() -> dict[str, Any]:
    """Three samples of two features, half squared error against targets, and an update of γ and β."""
    x, t, gamma, beta = [[1, 10], [2, 30], [6, 20]], [[0, 1], [1, 0], [0, 0]], [1, 2], [0, 0.5]
    columns = [standard([row[c] for row in x]) for c in range(2)]
    y = [[gamma[c] * columns[c][2][n] + beta[c] for c in range(2)] for n in range(3)]
    g = [[y[n][c] - t[n][c] for c in range(2)] for n in range(3)]
    down = [[g[n][c] for n in range(3)] for c in range(2)]
    dgamma = [sum(times(down[c], columns[c][2])) for c in range(2)]
    dx = [back([v * gamma[c] for v in down[c]], columns[c][2], columns[c][3]) for c in range(2)]
    old_mean, old_var = [1, 15], [2, 50]
    return {
        "mu": [c[0] for c in columns], "var": [c[1] for c in columns], "y": y,
        "L": sum(v * v for row in g for v in row) / 2,
        "dL_dgamma": dgamma, "dL_dbeta": [sum(d) for d in down],
        "dL_dx": [[dx[c][n] for c in range(2)] for n in range(3)],
        "gamma@1": [gamma[c] - 0.1 * dgamma[c] for c in range(2)],
        "beta@1": [beta[c] - 0.1 * sum(down[c]) for c in range(2)],
        "running_mean@1": [0.9 * old_mean[c] + 0.1 * columns[c][0] for c in range(2)],
        "running_var@1": [0.9 * old_var[c] + 0.1 * columns[c][1] * 3 / 2 for c in range(2)],
    }  # fmt: skip


def evaluated() -> dict[str, Any]:
    """The same layer in evaluation, for one new sample."""
    x, kept = [3, 10], [(1.2, 2.5), (15.5, 55)]
    xhat = [(v - m) / sqrt(s + EPS) for v, (m, s) in zip(x, kept, strict=True)]
    return {"xhat": xhat, "y": [xhat[0], 2 * xhat[1] + 0.5]}


def group_norm() -> dict[str, Any]:
    x, g = [1, 3, -2, 6], [1, 0, -1, 2]
    groups = [standard(x[:2]), standard(x[2:])]
    dx = [v for k, s in enumerate(groups) for v in back(g[2 * k : 2 * k + 2], s[2], s[3])]
    xhat = groups[0][2] + groups[1][2]
    return {"mu": [s[0] for s in groups], "var": [s[1] for s in groups], "y": xhat, "dL_dx": dx}


def instance_norm() -> dict[str, Any]:
    x, g = [[1, 2, 6], [0, 4, -1]], [[1, 0, -1], [2, 1, 0]]
    rows = [standard(row) for row in x]
    dx = [back(u, s[2], s[3]) for u, s in zip(g, rows, strict=True)]
    return {"mu": [s[0] for s in rows], "var": [s[1] for s in rows], "xhat": [s[2] for s in rows], "dL_dx": dx}


def rms_norm() -> dict[str, Any]:
    x, g, gamma = [1, -2, 2], [1, 0.5, -1], [2, 1, 0.5]
    rms = sqrt(mean([v * v for v in x]) + EPS)
    xhat, own = [v / rms for v in x], times(g, gamma)
    b = mean(times(own, xhat))
    dx = [(u - v * b) / rms for u, v in zip(own, xhat, strict=True)]
    return {"rms": rms, "y": times(gamma, xhat), "dL_dgamma": times(g, xhat), "dL_dx": dx}


def dropout() -> list[dict[str, Any]]:
    """Inverted in training; plain in training and scaled in the test."""
    x, mask, g, p = [2, -1, 4, 3], [1, 0, 0, 1], [1, 1, -1, 2], 0.4
    return [
        {"y": [v / (1 - p) for v in times(x, mask)], "dL_dx": [v / (1 - p) for v in times(g, mask)]},
        {"y": x},
        {"y": times(x, mask), "dL_dx": times(g, mask)},
        {"y": [v * (1 - p) for v in x]},
    ]


def embedding() -> dict[str, Any]:
    """A sentence of three words, two of them the same, and a step of SGD."""
    table, words, w, lr = [[0.5, -1], [0.2, 0.4], [1, 0], [-0.3, 0.6]], [3, 1, 3], [2, -1], 0.1
    x = [table[k - 1] for k in words]
    z = [sum(times(w, row)) for row in x]
    dz = [a - b for a, b in zip(z, [1, 0, 0.5], strict=True)]
    dw = [sum(dz[n] * x[n][j] for n in range(3)) for j in range(2)]
    de = [[sum(dz[n] * w[j] for n in range(3) if words[n] == k) for j in range(2)] for k in range(1, 5)]
    new = [[a - lr * b for a, b in zip(row, slope, strict=True)] for row, slope in zip(table, de, strict=True)]
    return {"x": x, "L": sum(v * v for v in dz) / 2, "dL_dE": de, "E@1": new, "dL_dw1": [dw]}


def step_unit() -> dict[str, Any]:
    """An AND of two inputs; the second sample lies on the border."""
    rows = [[0, 0], [1, 0.5], [1, 1]]
    z = [a + b - 1.5 for a, b in rows]
    return {"z1": [[v] for v in z], "y": [[1 if v >= 0 else 0] for v in z]}


EXERCISES: dict[str, Any] = {
    "layer-norm-by-hand": [layer_norm()],
    "batch-norm-three-samples": [batch_norm(), evaluated()],
    "group-norm-by-hand": [group_norm()],
    "instance-norm-by-hand": [instance_norm()],
    "rms-norm-by-hand": [rms_norm()],
    "dropout-inverted-and-test": dropout(),
    "embedding-step": [embedding()],
    "step-unit": [step_unit()],
}


def rounded(value: Any) -> Any:
    if isinstance(value, list):
        return [rounded(v) for v in value]
    return float(f"{value:.7g}") if value != int(value) else int(value)


if __name__ == "__main__":
    for name, documents in EXERCISES.items():
        for document in documents:
            print(name, {key: rounded(value) for key, value in document.items()})
