"""`shared: true` on a weight: one number in all places, whose gradient is the sum over them (against PyTorch)."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest

import hwsolve
from tests.line_check import wrong_lines

torch = pytest.importorskip("torch", reason="PyTorch is the independent peer of these tests: pip install torch")
F = torch.nn.functional


def halves(dice: random.Random, *shape: int) -> Any:
    """Nested lists of halves."""
    return [halves(dice, *shape[1:]) for _ in range(shape[0])] if shape else dice.randint(-9, 9) / 2


@pytest.mark.parametrize("seed", range(30))
def test_a_network_of_single_weights_agrees_with_pytorch(seed: int) -> None:
    dice = random.Random(seed)
    samples, side, kernel = dice.choice((0, 1, 3)), dice.randint(2, 4), dice.randint(1, 2)
    channels, groups, out = 2 * dice.randint(1, 2), dice.choice((1, 2)), dice.randint(1, 3)
    weights = [dice.randint(-9, 9) / 4 for _ in range(6)]
    spec_of = [{"value": w, "shared": True} for w in weights]
    turned = dice.random() < 0.5
    name, transpose = dice.choice((("conv1d", False), ("conv_transpose1d", True)))
    convolution = {"out_channels": 2, "kernel_size": kernel, "groups": groups, "weight": spec_of[0], "bias": spec_of[1]}
    slopes = {"num_parameters": dice.choice((1, 2)), "weight": spec_of[2]}
    linear = {"out_features": out, "weight": spec_of[3] | ({"rows": "inputs"} if turned else {}), "bias": spec_of[4]}
    layers = [{name: convolution}, {"prelu": slopes}, {"linear": linear}]  # on the last axis, whatever stands before it
    x = halves(dice, *((samples,) if samples else ()), channels, side)
    spec: dict[str, Any] = {"kind": "backprop", "network": {"input": [channels, side], "layers": layers}, "input": x}

    w, b, a, v, c = (torch.tensor(k, dtype=torch.float64, requires_grad=True) for k in weights[:5])
    data = torch.tensor(x, dtype=torch.float64, requires_grad=True)
    given = data if samples else data[None]
    if transpose:
        kernels = w.expand(channels, 2 // groups, kernel)
        z = F.conv_transpose1d(given, kernels, b.expand(2), groups=groups)
    else:
        z = F.conv1d(given, w.expand(2, channels // groups, kernel), b.expand(2), groups=groups)
    h = torch.where(z > 0, z, a * z)
    y = h @ v.expand(h.shape[-1], out) + c
    y = y if samples else y[0]
    spec["upstream"] = halves(dice, *y.shape)
    y.backward(torch.tensor(spec["upstream"], dtype=torch.float64))

    found = hwsolve.solve(spec)
    for key, wanted in {"w1": w, "b1": b, "alpha": a, "w2": v, "b2": c}.items():
        assert float(found.answers[f"dL_d{key}"].value.value) == float(wanted.grad), key
    answer = found.answers["dL_dx"].value
    assert floats(answer) == data.grad.tolist()
    assert wrong_lines(json.loads(found.to("json"))) == []


def floats(value: Any) -> Any:
    """An answer as nested lists."""
    return [floats(v) for v in value] if isinstance(value, tuple) else float(value.value)
