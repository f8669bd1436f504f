"""What the shipped worksheets must come to, worked out a second time by PyTorch, NumPy and fractions.

python -m tests.worksheet_truth    prints the values of each, to be typed under its `expect`
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import torch

from tests.peers import in_doubles

Values = dict[str, Any]


def gradients(of: str, given: dict[str, Any], compute: Callable[..., Values]) -> Values:
    """The values of a computation, and PyTorch's gradient of one of them by every number given."""
    leaves = {name: torch.tensor(value, dtype=torch.float64, requires_grad=True) for name, value in given.items()}
    found = compute(**leaves)
    for value in found.values():
        value.retain_grad()
    found[of].backward()
    slopes = {f"d{of}_d{name}": leaf.grad for name, leaf in (leaves | found).items() if leaf.grad is not None}
    return {name: value.detach().numpy() for name, value in found.items()} | {
        name: slope.numpy() for name, slope in slopes.items()
    }


def circuit() -> Values:
    def compute(x: Any, y: Any, z: Any) -> Values:
        return {"q": (q := x + y), "f": q * z}

    return gradients("f", {"x": -3, "y": 7, "z": -2}, compute)


def sigmoid_neuron() -> Values:
    def compute(w: Any, x: Any, b: Any) -> Values:
        s = w @ x + b
        n = torch.exp(-s)
        return {"s": s, "n": n, "f": 1 / (1 + n)}

    return gradients("f", {"w": [1.5, -2], "x": [-1, 0.5], "b": 2}, compute)


def max_gate() -> Values:
    def compute(x: Any, y: Any, z: Any, w: Any) -> Values:
        p, m = x * y, torch.maximum(z, w)
        return {"p": p, "m": m, "f": 2 * (p + m)}

    return gradients("f", {"x": 4, "y": -3, "z": 1.5, "w": -2}, compute)


def xor() -> Values:
    corners = [(a, b) for a in (0, 1) for b in (0, 1)]
    h, g = [int(a or b) for a, b in corners], [int(not (a and b)) for a, b in corners]
    return {"h": h, "g": g, "y": [a ^ b for a, b in corners]}


def softmax_temperature() -> Values:
    z = np.array([2, 1, -0.5])
    made = {}
    for name, temperature in (("sharp", 0.5), ("plain", 1), ("flat", 4)):
        e = np.exp(z / temperature)
        p = made[name] = e / e.sum()
        made[f"H_{name}"] = np.array(-(p * np.log(p)).sum())
    return made


def cross_entropy() -> Values:
    z = torch.tensor([1.2, 0.3, -0.8], requires_grad=True)
    loss = torch.nn.functional.cross_entropy(z, torch.tensor(1))
    loss.backward()
    return {"p": torch.softmax(z, 0).detach().numpy(), "L": loss.detach().numpy(), "dL_dz": z.grad.numpy()}  # type: ignore[union-attr]


def cosine_similarity() -> Values:
    def compute(a: Any, b: Any) -> Values:
        n, m = torch.linalg.norm(a), torch.linalg.norm(b)
        return {"n": n, "m": m, "c": a @ b / (n * m)}

    return gradients("c", {"a": [2, -1, 2], "b": [1, 4, 3]}, compute)


def batch_norm() -> Values:
    x = torch.tensor([1.0, 3, 4, 8], requires_grad=True)
    gain, shift = torch.tensor([2.0], requires_grad=True), torch.tensor([0.5], requires_grad=True)
    y = torch.nn.functional.batch_norm(x[:, None], None, None, gain, shift, True, 0.1, 0.25)[:, 0]
    f = (torch.tensor([1, -1, 0.5, 2]) * y).sum()
    f.backward()
    made = {"mu": x.mean(), "v": x.var(unbiased=False), "y": y, "f": f}
    slopes = {"df_dx": x.grad, "df_dgain": gain.grad[0], "df_dshift": shift.grad[0]}  # type: ignore[index]
    return {name: value.detach().numpy() for name, value in (made | slopes).items() if value is not None}


def attention_weights() -> Values:
    q, k = torch.tensor([1.0, -1, 2, 0]), torch.tensor([[1.0, 0, 1, 2], [0, 1, -1, 1], [2, -2, 0, 1]])
    v = torch.tensor([[1.0, 0], [0, 2], [3, -1]])
    o = torch.nn.functional.scaled_dot_product_attention(q[None], k, v)[0]
    return {"s": (k @ q / 2).numpy(), "w": torch.softmax(k @ q / 2, 0).numpy(), "o": o.numpy()}


def tree_split() -> Values:
    sides = [[8, 1, 1], [2, 5, 3]]
    whole = [a + b for a, b in zip(*sides, strict=True)]

    def impurity(counts: list[int]) -> Fraction:
        return 1 - sum(Fraction(c, sum(counts)) ** 2 for c in counts)

    def entropy(counts: list[int]) -> Any:
        p = np.array(counts) / sum(counts)
        return -(p * np.log2(p)).sum()

    after = sum(Fraction(sum(s), 20) * impurity(s) for s in sides)
    bits = sum(sum(s) / 20 * entropy(s) for s in sides)
    made = {"gini": impurity(whole), "after": after, "gain": impurity(whole) - after}
    return made | {"H": entropy(whole), "H_after": bits, "information": entropy(whole) - bits}


def bayes() -> Values:
    ill, well = Fraction(2, 100), Fraction(98, 100)
    positive = ill * Fraction(9, 10) + well * Fraction(1, 20)
    both = ill * Fraction(9, 10) ** 2 / (ill * Fraction(9, 10) ** 2 + well * Fraction(1, 20) ** 2)
    return {"positive": positive, "once": ill * Fraction(9, 10) / positive, "twice": both}


def language_model_budget() -> Values:
    attention, network = 4 * 1024 * 1024, 2 * 1024 * (4 * 1024)
    n = 24 * (attention + network)
    cache = sum(2 * 4 * 64 * 2 for _ in range(24)) * 8192  # keys and values of four heads of 64, two bytes each
    seconds = Fraction(6 * n * 6 * 10**9) / (4 * 10**14 * Fraction(2, 5))
    return {"N": n, "seconds": seconds, "per_token": cache // 8192, "cache": cache, "mebibytes": Fraction(cache, 2**20)}


def graph_convolution() -> Values:
    """Two layers over a graph of four nodes, two of which have a class: the edges are lists of neighbours."""
    neighbours = {0: [0, 1], 1: [0, 1, 2, 3], 2: [1, 2], 3: [1, 3]}
    x = torch.tensor([[1, 0], [0, 1], [1, 1], [-1, 0.5]], dtype=torch.float64)

    def spread(rows: Any) -> Any:
        degree = {v: len(others) for v, others in neighbours.items()}
        return torch.stack(
            [sum(rows[u] / (degree[v] * degree[u]) ** 0.5 for u in others) for v, others in neighbours.items()]
        )

    def compute(W0: Any, W1: Any) -> Values:
        z = spread(torch.relu(spread(x @ W0)) @ W1)
        target = torch.tensor([0, -100, -100, 1])
        return {"Z": z, "L": torch.nn.functional.cross_entropy(z, target)}

    return gradients("L", {"W0": [[0.5, -0.3], [0.2, 0.7]], "W1": [[1, -1], [0.4, 0.6]]}, compute)


def glove() -> Values:
    """The pairs that occur, one after the other."""
    counts = {(0, 1): 10, (0, 2): 120, (1, 0): 10, (1, 2): 4, (2, 0): 120, (2, 1): 4}

    def compute(w: Any, v: Any, b: Any, c: Any) -> Values:
        terms = [
            min((n / 100) ** 0.75, 1) * (w[i] @ v[j] + b[i] + c[j] - np.log(n)) ** 2 for (i, j), n in counts.items()
        ]
        return {"J": torch.stack(terms).sum()}

    given = {"w": [[0.3, 0.1], [-0.2, 0.5], [0.4, -0.6]], "v": [[0.2, -0.1], [0.6, 0.3], [-0.5, 0.2]]}
    return gradients("J", given | {"b": [0.1, 0, -0.1], "c": [0, 0.2, 0.3]}, compute)


def ctc() -> Values:
    """PyTorch's own loss; the blank is class 0."""

    def compute(u: Any) -> Values:
        logs = torch.nn.functional.log_softmax(u, 1)[:, None, :]
        lengths = torch.tensor([3]), torch.tensor([2])
        return {"L": torch.nn.functional.ctc_loss(logs, torch.tensor([[1, 2]]), *lengths, reduction="sum")}

    found = gradients("L", {"u": [[0.2, 0.5, -0.1], [0.4, 0.3, 0], [0.6, -0.2, 0.1]]}, compute)
    return found | {"p": np.exp(-found["L"])}


TRUTH: dict[str, Callable[[], Values]] = {
    "circuit": circuit,
    "sigmoid-neuron": sigmoid_neuron,
    "max-gate": max_gate,
    "xor": xor,
    "softmax-temperature": softmax_temperature,
    "cross-entropy": cross_entropy,
    "cosine-similarity": cosine_similarity,
    "batch-norm": batch_norm,
    "attention-weights": attention_weights,
    "tree-split": tree_split,
    "bayes": bayes,
    "language-model-budget": language_model_budget,
    "graph-convolution": graph_convolution,
    "glove": glove,
    "ctc": ctc,
}

if __name__ == "__main__":
    with in_doubles():
        for sheet, work in TRUTH.items():
            print(sheet)
            for key, number in work().items():
                print(f"  {key}: {np.array(number, dtype=float).tolist()}")
