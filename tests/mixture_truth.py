"""What the mixture of experts in problems/language comes to, by PyTorch: no part of hwsolve is used here.

python -m tests.mixture_truth prints what stands under `expect`.
"""

from __future__ import annotations


def expected() -> str:
    """The line of the file."""
    import torch

    def given(*rows: list[float]) -> torch.Tensor:
        return torch.tensor(rows, dtype=torch.float64, requires_grad=True)

    x, r = given([1, 0.5], [0.5, 1]), given([1, 0], [0.5, 0.5], [-1, 2])
    experts = given([1, 2], [0, 1]), given([0.5, -1], [1, 1]), given([2, 0], [1, -1])
    logits = x @ r.T
    _, chosen = torch.topk(logits, 2)
    shares = torch.softmax(logits.gather(1, chosen), 1)  # the softmax of the chosen is that of all over their sum
    parts = torch.stack([x @ w.T for w in experts], 1)
    y = (shares[..., None] * parts.gather(1, chosen[..., None].expand(-1, -1, 2))).sum(1)
    y.backward(torch.tensor([[1, -1], [0.5, 2]], dtype=torch.float64))
    found = {"y": y.detach(), "dL_dR": r.grad, "dL_dx": x.grad, "dL_dw3": experts[1].grad}

    def text(value: object) -> str:
        return f"[{', '.join(map(text, value))}]" if isinstance(value, list) else f"{value:.7g}"

    return "expect: {" + ", ".join(f"{key}: {text((v + 0).tolist())}" for key, v in found.items()) + "}"


if __name__ == "__main__":
    print(expected())
