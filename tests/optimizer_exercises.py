"""What the exercises on optimizers come to, by plain loops over Python's floats: no part of hwsolve is used here.

python -m tests.optimizer_exercises prints what stands under `expect` in problems/language.
"""

from __future__ import annotations

from collections.abc import Callable
from math import exp, log, sqrt

Found = dict[str, float | list[float] | list[list[float]]]


def quadratic() -> Found:
    """x and y are multiplied by 1 − ηa and 1 − ηb."""
    eta, x, y = 2 / 11, [11.0], [1.1]
    for _ in range(3):
        x.append(x[-1] * (1 - eta))
        y.append(y[-1] * (1 - 10 * eta))
    f = [(a**2 + 10 * b**2) / 2 for a, b in zip(x, y, strict=True)]
    return {"x@3": x[3], "y@3": y[3], "f@3": f[3], "per_step": x[3] / x[2], "of_f": f[3] / f[2]}


def valley() -> Found:
    """Momentum 0.5 along both axes."""
    x, y, vx, vy = -5.0, -2.0, 0.0, 0.0
    for _ in range(4):
        vx, vy = 0.5 * vx + 0.2 * x, 0.5 * vy + 4 * y
        x, y = x - 0.4 * vx, y - 0.4 * vy
    return {"x@4": x, "y@4": y, "velocity_x@4": vx, "f@4": 0.1 * x**2 + 2 * y**2}


def nesterov() -> Found:
    """v ← 0.9 v + 0.1 g, x ← x − (0.1 g + 0.9 v)."""
    x, v, seen = 0.0, 0.0, []
    for _ in range(3):
        g = 2 * (x - 3)
        v = 0.9 * v + 0.1 * g
        x -= 0.1 * g + 0.9 * v
        seen.append(x)
    return {"x@1": seen[0], "x@2": seen[1], "x@3": seen[2]}


def adam() -> Found:
    """Two steps from the definition of Kingma and Ba, Algorithm 1."""
    w, m, v = [2.0, -1.0], [0.0, 0.0], [0.0, 0.0]
    for t in (1, 2):
        for i, factor in enumerate((2, 8)):
            g = factor * w[i]
            m[i], v[i] = 0.9 * m[i] + 0.1 * g, 0.999 * v[i] + 0.001 * g * g
            w[i] -= 0.1 * (m[i] / (1 - 0.9**t)) / (sqrt(v[i] / (1 - 0.999**t)) + 1e-8)
    return {"x@2": w[0], "y@2": w[1], "m_x@2": m[0], "v_y@2": v[1], "f@2": w[0] ** 2 + 4 * w[1] ** 2}


def rmsprop() -> Found:
    """The divisor has the size of the gradient."""
    w, v = [-5.0, -2.0], [0.0, 0.0]
    for _ in range(2):
        for i, factor in enumerate((0.2, 4)):
            g = factor * w[i]
            v[i] = 0.9 * v[i] + 0.1 * g * g
            w[i] -= 0.4 * g / (sqrt(v[i]) + 1e-6)
    return {"x@2": w[0], "y@2": w[1], "v_x@2": v[0], "v_y@2": v[1]}


def rprop() -> Found:
    """The step along x grows until x passes 1; where the sign changed the gradient counts as 0, and nothing moves."""
    w, last, step = [0.0, 2.0], [0.0, 0.0], [0.5, 0.5]
    seen = []
    for _ in range(4):
        for i, g in enumerate((2 * (w[0] - 1), 8 * w[1])):
            turned = g * last[i] < 0
            step[i] = min(50, max(1e-6, step[i] * (1.2 if g * last[i] > 0 else 0.5 if turned else 1)))
            last[i] = 0.0 if turned else g
            w[i] -= step[i] * ((last[i] > 0) - (last[i] < 0))
        seen.append([*w, step[0]])
    return {
        "x@2": seen[1][0],
        "x@4": w[0],
        "y@4": w[1],
        "Delta_x@3": seen[2][2],
        "f@4": (w[0] - 1) ** 2 + 4 * w[1] ** 2,
    }


def averaged() -> Found:
    """The weights jump over the minimum at 0; those after the updates 2, 3 and 4 are averaged."""
    w, made = [4.0], []
    for t in range(1, 5):
        rate = 0.75 / (1 + 0.5 * 0.75 * (t - 1)) ** 0.5
        made.append(rate)
        w.append(w[-1] - rate * 0.5 * w[-1] - rate * 2 * w[-1])
    return {"rate@4": made[3], "w@4": w[4], "a_w@4": (w[2] + w[3] + w[4]) / 3}


def decay() -> Found:
    """Least squares; the rates are 0.2, 0.2/1.5 and 0.1."""
    rows, b, w, rates = [(1, 2), (0, 1), (1, -1)], (1, 2, 0), [0.0, 0.0], []

    def residuals() -> list[float]:
        return [p * w[0] + q * w[1] - c for (p, q), c in zip(rows, b, strict=True)]

    for k in range(3):
        rates.append(0.2 / (1 + 0.5 * k))
        r = residuals()
        g = [sum(row[i] * e for row, e in zip(rows, r, strict=True)) for i in (0, 1)]
        w = [w[i] - rates[-1] * g[i] for i in (0, 1)]
    return {"lr@2": rates[1], "lr@3": rates[2], "w@3": w, "f@3": sum(e * e for e in residuals()) / 2}


def clipping() -> Found:
    """Six numbers with a norm of √52, then one below 1."""
    w, b = [1.0, 0.0, 0.0, 1.0], [0.5, -0.5]
    norms = []
    for g, h in (([3, 0, -4, 1], [5, 1]), ([0.1, 0.2, 0, -0.2], [0.1, 0])):
        norms.append(sqrt(sum(x * x for x in (*g, *h))))
        factor = min(1.0, 1 / norms[-1])
        w = [a - 0.1 * factor * x for a, x in zip(w, g, strict=True)]
        b = [a - 0.1 * factor * x for a, x in zip(b, h, strict=True)]
    return {"gnorm@1": norms[0], "gnorm@2": norms[1], "w@2": [w[:2], w[2:]], "b@2": b}


def logistic() -> Found:
    """The gradient of the mean cross entropy is the mean of (p − t)x."""
    xs, ts = [(1, 2), (2, 1), (-1, -1), (0, -2), (1, -1)], [1, 1, 0, 0, 1]
    w, b = [0.0, 0.0], 0.0

    def p(x: tuple[int, int]) -> float:
        return 1 / (1 + exp(-(w[0] * x[0] + w[1] * x[1] + b)))

    def loss(batch: list[int]) -> float:
        terms = [-log(p(xs[k])) if ts[k] else -log(1 - p(xs[k])) for k in batch]
        return sum(terms) / len(terms)

    seen = []
    for batch in ([0, 1], [2, 3], [4]):
        seen.append(loss(batch))
        e = [(p(xs[k]) - ts[k]) / len(batch) for k in batch]
        g = [sum(d * xs[k][i] for d, k in zip(e, batch, strict=True)) for i in (0, 1)]
        w, b = [w[i] - 0.5 * g[i] for i in (0, 1)], b - 0.5 * sum(e)
    return {"L@1": seen[1], "L@2": seen[2], "w1@3": [w], "b1@3": [b], "L_all@3": loss([0, 1, 2, 3, 4])}


EXERCISES: dict[str, Callable[[], Found]] = {
    "optimize-quadratic-condition-number": quadratic,
    "optimize-momentum-in-a-valley": valley,
    "optimize-nesterov-inside": nesterov,
    "optimize-adam-two-steps": adam,
    "optimize-rmsprop-valley": rmsprop,
    "optimize-rprop-steps": rprop,
    "optimize-averaged-weights": averaged,
    "optimize-rate-decay": decay,
    "optimize-clipped-gradients": clipping,
    "backprop-epoch-of-logistic-batches": logistic,
}


def text(value: object) -> str:
    """Seven significant digits."""
    return f"[{', '.join(map(text, value))}]" if isinstance(value, list) else f"{value:.7g}"


def expected(name: str) -> str:
    """What stands in the file of an exercise."""
    return "expect: {" + ", ".join(f"{key}: {text(value)}" for key, value in EXERCISES[name]().items()) + "}"


if __name__ == "__main__":
    for one in EXERCISES:
        print(f"{one}:\n{expected(one)}")
