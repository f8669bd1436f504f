"""What the exercises on attention expect, worked out with plain lists and `math` alone.

`python -m tests.attention_exercises` prints the expectations of every exercise.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

Matrix = list[list[float]]
Rows = Sequence[Sequence[float]]


def product(a: Rows, b: Rows) -> Matrix:
    return [[sum(x * y for x, y in zip(row, column, strict=True)) for column in zip(*b, strict=True)] for row in a]


def turned(a: Rows) -> Matrix:
    return [list(column) for column in zip(*a, strict=True)]


def attention(q: Rows, k: Rows, v: Rows, causal: bool = False) -> tuple[Matrix, Matrix, Matrix]:
    """Scores, weights and output."""
    root = math.sqrt(len(q[0]))
    e = [[s / root for s in row] for row in product(q, turned(k))]
    alpha = []
    for i, row in enumerate(e):
        powers = [math.exp(s) if not causal or j <= i else 0.0 for j, s in enumerate(row)]
        alpha.append([p / sum(powers) for p in powers])
    return e, alpha, product(alpha, v)


def back(q: Rows, k: Rows, v: Rows, alpha: Rows, g: Rows) -> dict[str, Matrix]:
    """The gradients of q, k and v by the Jacobian of each softmax, written out."""
    root = math.sqrt(len(q[0]))
    of_alpha = product(g, turned(v))
    of_e = []
    for p, d in zip(alpha, of_alpha, strict=True):
        n = range(len(p))
        of_e.append([sum(d[j] * p[j] * ((j == m) - p[m]) for j in n) / root for m in n])
    return {"q": product(of_e, k), "k": product(turned(of_e), q), "v": product(turned(alpha), g)}


TOKENS: Matrix = [[1, 0, 1], [0, 2, 0], [1, 1, 1]]


def three_tokens() -> dict[str, Any]:
    q = product(TOKENS, [[1, 0], [1, 1], [0, 1]])
    k = product(TOKENS, [[0, 1], [1, 0], [1, 1]])
    v = product(TOKENS, [[1, 2], [0, 3], [1, 0]])
    e, alpha, o = attention(q, k, v)
    return {"q": q, "k": k, "v": v, "e": e, "alpha": alpha, "o": o}


def causal_mask() -> dict[str, Any]:
    q, k, v, g = [[1, 0, 1, 0], [0, 1, 0, 1], [1, 1, 1, 1]], [[1, 1, 0, 0], [0, 1, 1, 0], [1, 0, 0, 1]], [[1, 0], [0, 1], [2, 2]], [[1, 1], [0, 1], [1, 0]]  # fmt: skip
    e, alpha, o = attention(q, k, v, causal=True)
    return {"e": e, "alpha": alpha, "o": o} | {f"dL_d{n}": a for n, a in back(q, k, v, alpha, g).items()}


X: Matrix = [[1, 0, 0.5, -1], [0.5, 1, -1, 0]]
WQ: Matrix = [[1, 0, 0, 1], [0, 1, 0, 0], [0, 0, 1, 0], [0.5, 0, 0, 1]]
WK: Matrix = [[0, 1, 0, 0], [1, 0, 0, 0], [0, 0, 0, 1], [0, 0, 1, 0]]
WV: Matrix = [[1, 1, 0, 0], [0, 1, 1, 0], [0, 0, 1, 1], [1, 0, 0, 1]]
WO: Matrix = [[1, 0, 0, 0], [0, 1, 0, 0.5], [0, 0.5, 1, 0], [0, 0, 0, 1]]


def heads(x: Rows, w: Rows, width: int) -> list[Matrix]:
    """The projections of each head."""
    return [product(x, turned(w[k : k + width])) for k in range(0, len(w), width)]


def side_by_side(parts: list[Matrix]) -> Matrix:
    return [[value for part in parts for value in part[i]] for i in range(len(parts[0]))]


def two_heads() -> dict[str, Any]:
    found = [attention(*three) for three in zip(heads(X, WQ, 2), heads(X, WK, 2), heads(X, WV, 2), strict=True)]
    return {"alpha": [a for _, a, _ in found], "o": [o for _, _, o in found],
            "y": product(side_by_side([o for _, _, o in found]), turned(WO))}  # fmt: skip


def multi_query() -> dict[str, Any]:
    (k,), (v,) = heads(X, WK[:2], 2), heads(X, WV[:2], 2)
    found = [attention(q, k, v) for q in heads(X, WQ, 2)]
    return {"k": k, "alpha": [a for _, a, _ in found],
            "y": product(side_by_side([o for _, _, o in found]), turned(WO))}  # fmt: skip


def sinusoidal_positions() -> dict[str, Any]:
    waves = [(1.0, 0), (1.0, 1), (0.01, 0), (0.01, 1)]
    table = [[math.cos(t * w) if even else math.sin(t * w) for w, even in waves] for t in range(4)]
    return {"P": table, "y": [[x + p for x, p in zip([0.5, 0, -0.5, 1], row, strict=True)] for row in table]}


def rotary_positions() -> dict[str, Any]:
    """q and k of length 2: place t is a turn by t, and its gradient is turned back."""
    places, v, g = range(3), [[1, 0], [0, 1], [1, 1]], [[1, 0], [0, 1], [1, -1]]
    q, k = ([[n * math.cos(t), n * math.sin(t)] for t in places] for n in (2, 1))
    e, alpha, o = attention(q, k, v)
    of = back(q, k, v, alpha, g)
    turned_back = {
        name: [[x * math.cos(t) + y * math.sin(t), y * math.cos(t) - x * math.sin(t)] for t, (x, y) in enumerate(of[name])]
        for name in "qk"
    }  # fmt: skip
    return {"qr": q, "e": e, "alpha": alpha, "o": o} | {f"dL_d{name}": a for name, a in turned_back.items()}


W1: Matrix = [[1, -1, 0.5, 0], [0, 0.5, 1, -1]]
W2: Matrix = [[1, 0], [0, 1], [-1, 0.5], [0.5, -1]]
TARGET: Matrix = [[1, 0, 0, 0], [0, 1, 0, 0]]


def encoder_layer() -> dict[str, Any]:
    """Forward in 60 digits, and each gradient as a difference quotient of the loss."""
    import mpmath

    mpmath.mp.dps = 60
    given = {"x": X, "Wq": WQ, "Wk": WK, "Wv": WV, "Wo": WO, "w2": W1, "w3": W2}
    arrays = {name: [[mpmath.mpf(str(n)) for n in row] for row in rows] for name, rows in given.items()}

    def normalised(rows: Any) -> Any:
        made = []
        for row in rows:
            mean = sum(row) / len(row)
            variance = sum((n - mean) ** 2 for n in row) / len(row)
            made.append([(n - mean) / mpmath.sqrt(variance + mpmath.mpf("1e-5")) for n in row])
        return made

    def summed(a: Any, b: Any) -> Any:
        return [[m + n for m, n in zip(*rows, strict=True)] for rows in zip(a, b, strict=True)]

    def forward(w: Any) -> tuple[Any, Any, Any]:
        alphas, outputs = [], []
        for part in (slice(0, 2), slice(2, 4)):
            q, k, v = (product(w["x"], turned(w[name][part])) for name in ("Wq", "Wk", "Wv"))
            powers = [[mpmath.exp(s / mpmath.sqrt(2)) for s in row] for row in product(q, turned(k))]
            alphas.append([[p / sum(row) for p in row] for row in powers])
            outputs.append(product(alphas[-1], v))
        h = normalised(summed(w["x"], product(side_by_side(outputs), turned(w["Wo"]))))
        units = [[max(n, mpmath.mpf(0)) for n in row] for row in product(h, turned(w["w2"]))]
        y = normalised(summed(h, product(units, turned(w["w3"]))))
        loss = sum((m - n) ** 2 for rows in zip(y, TARGET, strict=True) for m, n in zip(*rows, strict=True)) / 2
        return alphas, y, loss

    alphas, y, loss = forward(arrays)
    step, slopes = mpmath.mpf("1e-25"), {}
    for name, rows in arrays.items():
        slope = [[0.0] * len(row) for row in rows]
        for i, row in enumerate(rows):
            for j, value in enumerate(row):
                row[j] = value + step
                slope[i][j] = float((forward(arrays)[2] - loss) / step)
                row[j] = value
        slopes[name] = slope
    floats = {"alpha": alphas, "y_2": y}
    found = {name: as_floats(a) for name, a in floats.items()} | {"L": float(loss)}
    return found | {f"dL_d{name}": slopes[name] for name in ("x", "Wq", "Wo", "w2", "w3")}


def as_floats(value: Any) -> Any:
    return [as_floats(v) for v in value] if isinstance(value, list) else float(value)


EXERCISES = {
    "attention-three-tokens": three_tokens,
    "attention-causal-mask": causal_mask,
    "attention-two-heads": two_heads,
    "attention-multi-query": multi_query,
    "attention-sinusoidal-positions": sinusoidal_positions,
    "attention-rotary-positions": rotary_positions,
    "transformer-encoder-layer": encoder_layer,
}


def rounded(value: Any) -> Any:
    """Seven significant digits, as an expectation is written; what rounding alone leaves of 0 is 0."""
    if isinstance(value, list):
        return [rounded(v) for v in value]
    short = float(f"{value:.7g}") if abs(value) > 1e-12 else 0.0
    return int(short) if short == int(short) else short


if __name__ == "__main__":
    for name, work in EXERCISES.items():
        print(f"# {name}\nexpect:")
        for key, value in work().items():
            print(f"  {key}: {rounded(value)}")
