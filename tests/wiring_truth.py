"""What the shipped exercises on wiring must come to, worked out a second time in PyTorch.

python -m tests.wiring_truth    prints the values of each, to be typed under its `expect`
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

Values = dict[str, Any]


def leaf(values: Any) -> Any:
    return torch.tensor(values, dtype=torch.float64, requires_grad=True)


def given(values: Any) -> Any:
    return torch.tensor(values, dtype=torch.float64)


def siamese() -> Values:
    w, b = leaf([[0.4, -0.3, 0.1], [0.2, 0.5, -0.6]]), leaf([0.05, -0.1])
    h = [torch.tanh(w @ given(x) + b) for x in ([1, 0.5, -1], [0.5, 1, 0])]
    d = torch.sqrt(((h[0] - h[1]) ** 2).sum())
    loss = torch.clamp(2 - d, min=0) ** 2 / 2
    loss.backward()
    return {"d": d, "L": loss, "dL_dW": w.grad, "dL_db": b.grad, "W@1": w - 0.5 * w.grad}


def rezero() -> Values:
    x, w, v = given([1.5, -0.5]), leaf([[0.6, -0.4], [0.3, 0.8]]), leaf([[-0.2, 0.7], [0.5, 0.1]])
    alpha, beta = leaf(0.0), leaf(0.0)
    y = x + alpha * torch.relu(w @ x)
    z = y + beta * torch.relu(v @ y)
    loss = ((z - given([2, 0])) ** 2).sum() / 2
    loss.backward()
    found = {
        "y": y,
        "z": z,
        "L": loss,
        "dL_dalpha": alpha.grad,
        "dL_dbeta": beta.grad,
        "dL_dW": w.grad,
        "dL_dV": v.grad,
    }
    return found | {"alpha@1": alpha - 0.1 * alpha.grad, "beta@1": beta - 0.1 * beta.grad}


def tied_autoencoder() -> Values:
    w, b, c = leaf([[0.3, -0.2, 0.5, 0.1], [-0.4, 0.6, 0.2, -0.3]]), leaf([0.1, -0.1]), leaf([0.0, 0.2, -0.1, 0.05])
    x = given([[1, 0, 0.5, -1], [0, 1, -0.5, 2]])
    h = torch.sigmoid(x @ w.T + b)
    y = h @ w + c
    loss = ((y - x) ** 2).mean()
    loss.backward()
    return {"h": h, "y": y, "L": loss, "dL_dW": w.grad, "dL_db": b.grad, "dL_dc": c.grad, "W@1": w - 0.2 * w.grad}


def multi_task() -> Values:
    w, u, v = leaf([[0.5, -0.4], [0.3, 0.2], [-0.6, 0.1]]), leaf([[0.7, -0.2, 0.4]]), leaf([[-0.3, 0.5, 0.8]])
    x = given([[1, 2], [-0.5, 1]])
    h = torch.tanh(x @ w.T)
    s, r = h @ u.T, h @ v.T
    first = torch.nn.functional.binary_cross_entropy_with_logits(s, given([[1], [0]]))
    second = ((r - given([[0.5], [-0.25]])) ** 2).mean()
    third = (w**2).sum()
    loss = first + 0.3 * second + 0.01 * third
    loss.backward()
    parts = {"L1": first, "L2": second, "L3": third, "L": loss}
    return parts | {"dL_dW": w.grad, "dL_dU": u.grad, "dL_dV": v.grad, "W@1": w - 0.25 * w.grad}


def additive_attention() -> Values:
    wa, ua, va = leaf([[0.3, -0.2], [0.5, 0.4]]), leaf([[-0.1, 0.6], [0.2, -0.3]]), leaf([0.8, -0.7])
    s, h = given([0.5, -1]), given([[1, 0.5], [-0.5, 1], [0, -1]])
    e = torch.tanh(wa @ s + h @ ua.T) @ va
    a = torch.softmax(e, dim=0)
    c = a @ h
    loss = ((c - given([0.25, 0.5])) ** 2).sum() / 2
    loss.backward()
    return {"e": e, "a": a, "c": c, "L": loss, "dL_dva": va.grad, "dL_dWa": wa.grad, "dL_dUa": ua.grad}


def highway() -> Values:
    x = leaf([1, -2])
    w, b = leaf([[0.5, 0.25], [-0.75, 1]]), leaf([0.1, 0.2])
    wt, bt = leaf([[0.4, -0.1], [0.3, 0.6]]), leaf([-1.0, -1.0])
    h, t = torch.tanh(w @ x + b), torch.sigmoid(wt @ x + bt)
    y = t * h + (1 - t) * x
    loss = ((y - given([0.5, -1])) ** 2).mean()
    loss.backward()
    found = {"h": h, "t": t, "y": y, "L": loss, "dL_dW": w.grad, "dL_dWT": wt.grad, "dL_dx": x.grad}
    return found | {"bT@1": bt - 0.3 * bt.grad}


TRUTH: dict[str, Callable[[], Values]] = {
    "siamese-contrastive": siamese,
    "rezero-first-step": rezero,
    "tied-autoencoder": tied_autoencoder,
    "multi-task-penalty": multi_task,
    "additive-attention": additive_attention,
    "highway-layer": highway,
}

if __name__ == "__main__":
    for name, work in TRUTH.items():
        print(name)
        for key, value in work().items():
            print(f"  {key}: {value.detach().tolist()}")
