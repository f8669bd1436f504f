"""The exercises on perceptrons and losses: what they expect is worked out here a second time, without hwsolve.

Run as a program it prints these numbers.
"""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
import yaml

torch = pytest.importorskip("torch")
F = torch.nn.functional
ROOT = Path(__file__).parent.parent / "problems"
PERCEPTRONS = ("perceptron-and", "perceptron-or", "perceptron-xor", "perceptron-threshold")


def spec_of(name: str) -> dict[str, Any]:
    return yaml.safe_load((ROOT / f"{name}.yaml").read_text(encoding="utf-8"))


def f(value: Any) -> Any:
    return [f(v) for v in value] if isinstance(value, list) else Fraction(str(value))


def perceptron(spec: dict[str, Any]) -> dict[str, Any]:
    """Sample by sample, as a textbook's program does it."""
    x, t, w, lr = f(spec["input"]), f(spec["target"]), f(spec["weight"]), f(spec["lr"])
    key, sign = ("theta", -1) if "threshold" in spec else ("b", 1)
    b, k = f(spec.get("threshold", spec.get("bias", 0))), 0
    ((name, given),) = spec["activation"].items()
    mistakes, epochs, wrong = [0] * len(x), 0, 1
    while wrong and epochs < spec["epochs"]:
        epochs, wrong = epochs + 1, 0
        for s in spec.get("order", range(1, len(x) + 1)):
            net = w[0] * x[s - 1][0] + w[1] * x[s - 1][1] + sign * b
            out = given["at_zero"] if net == 0 else 1 if net > 0 else 0 if name == "step" else -1
            e = t[s - 1] - out
            if spec.get("rule") == "mistakes":
                e = t[s - 1] if t[s - 1] * net <= 0 else Fraction(0)
            w, b, k = [w[i] + lr * e * x[s - 1][i] for i in (0, 1)], b + sign * lr * e, k + 1
            wrong += e != 0
            mistakes[s - 1] += e != 0
    return {f"w@{k}": [float(v) for v in w], f"{key}@{k}": float(b), "epochs": epochs, "mistakes": mistakes}


def tensor(value: Any) -> Any:
    return torch.tensor(value, dtype=torch.float64)


def learned(loss: Any, **of: Any) -> dict[str, Any]:
    """The loss and its gradients."""
    loss.backward()
    return {"L": loss.item()} | {f"dL_d{name}": t.grad.tolist() for name, t in of.items()}


def leaf(value: Any) -> Any:
    return tensor(value).requires_grad_()


def svm() -> dict[str, Any]:
    w, b = leaf([[1, -0.5]]), leaf([0.25])
    y = tensor([[2, 1], [0.5, 1], [1, -2]]) @ w.T + b
    loss = torch.relu(1 - tensor([[1], [1], [-1]]) * y).mean() + 0.05 * (w**2).sum()
    return learned(loss, w=w, b=b)


def multiclass() -> dict[str, Any]:
    w, b = leaf([[1, 0.5], [-1, 2], [0.25, 0]]), leaf([0, 0.5, 1])
    s = tensor([[1, 2], [-2, 0.5]]) @ w.T + b
    loss = sum(max(s[n, j] - s[n, y] + 1, 0 * s[n, y]) for n, y in ((0, 0), (1, 2)) for j in range(3) if j != y) / 2
    return learned(loss, W=w, b=b)


def smoothing() -> dict[str, Any]:
    w = leaf([[1, 0], [0, 1], [-1, 0.5], [0.5, 0.5]])
    z = w @ tensor([2, -1])
    return learned(F.cross_entropy(z[None], torch.tensor([3]), label_smoothing=0.1), W=w)


def weights() -> dict[str, Any]:
    k, b = leaf([[[[1]]], [[[-0.5]]], [[[0.25]]]]), leaf([0, 0.5, -0.25])
    z = F.conv2d(tensor([[[[0.5, -1, 2]]]]), k, b)
    loss = F.cross_entropy(z, torch.tensor([[[0, 1, 255]]]), weight=tensor([1, 4, 2]), ignore_index=255)
    return learned(loss, K=k, b=b)


def divergence() -> dict[str, Any]:
    x = leaf([[1, 0, -1], [0.5, 0.5, 2]])
    t = tensor([[0.5, 0.5, 0], [0.25, 0.25, 0.5]])
    return learned(F.kl_div(F.log_softmax(x, 1), t, reduction="batchmean"), z=x)


WANTED: dict[str, Any] = {
    f"textbook/{name}": lambda name=name: perceptron(spec_of(f"textbook/{name}")) for name in PERCEPTRONS
}
WANTED["language/27-perceptron"] = lambda: perceptron(spec_of("language/27-perceptron"))
WANTED["textbook/svm-hinge-gradient"] = svm
WANTED["textbook/multiclass-hinge"] = multiclass
WANTED["textbook/label-smoothing"] = smoothing
WANTED["textbook/class-weights"] = weights
WANTED["textbook/kl-divergence"] = divergence


def flat(value: Any) -> list[float]:
    return [x for v in value for x in flat(v)] if isinstance(value, list) else [float(value)]


@pytest.mark.parametrize("name", WANTED)
def test_what_an_exercise_expects_is_worked_out_again(name: str) -> None:
    expected, wanted = spec_of(name)["expect"], WANTED[name]()
    assert len(expected) >= 2
    for key, value in expected.items():
        assert flat(value) == pytest.approx(flat(wanted[key]), rel=6e-6, abs=1e-7), key


def written(value: Any) -> str:
    """A number in six digits, as a spec has it."""
    return f"[{', '.join(map(written, value))}]" if isinstance(value, list) else f"{value:.6g}"


if __name__ == "__main__":
    for name, work in WANTED.items():
        print(name, "".join(f"\n  {key}: {written(value)}" for key, value in work().items()))
