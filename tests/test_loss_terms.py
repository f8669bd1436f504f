"""Losses that are sums of terms against autograd: losses of several outputs, penalties, formulas, factors, batches."""

from __future__ import annotations

import json
import random
from typing import Any

import numpy as np
import pytest

import hwsolve
from hwsolve.spec.report import SpecFailure
from tests.line_check import wrong_lines
from tests.often import each
from tests.random_wiring import tensor

torch = pytest.importorskip("torch", reason="PyTorch is the peer of these tests")
F = torch.nn.functional
COUNT = each(12)
LOSSES = (
    "mse_loss",
    "half_squared_error",
    "l1_loss",
    "huber_loss",
    "cross_entropy",
    "binary_cross_entropy_with_logits",
)


def array(value: Any) -> np.ndarray:
    return np.array([array(v) for v in value]) if isinstance(value, tuple) else np.array(float(value.value))


def by_peer(name: str, x: Any, term: dict[str, Any]) -> Any:
    """A loss of PyTorch."""
    if name == "cross_entropy":
        target = term["target"]
        if isinstance(target, dict):
            (key, places), *_ = target.items()
            return F.cross_entropy(x, torch.tensor(places) - int(key == "class"))
        return F.cross_entropy(x, tensor(target))
    if name == "half_squared_error":
        return ((x - tensor(term["target"])) ** 2).sum() / 2
    return getattr(F, name)(x, tensor(term["target"]))


def drawn(dice: random.Random) -> dict[str, Any]:
    """A network of two or three heads, and a loss of up to five terms."""
    batch = dice.choice((0, 2, 3))

    def number(*shape: int) -> Any:
        return np.array([dice.randint(-15, 15) / 10 for _ in range(int(np.prod(shape)))]).reshape(shape).tolist()

    rows = (batch,) if batch else ()
    layers: list[Any] = [{"linear": {"out_features": 2, "bias": False, "weight": number(2, 2), "output": "h"}}]
    layers.append({"tanh": {"output": "a"}})
    sizes = {"h": 2}
    for name in ("y", "z", "v")[: dice.randint(2, 3)]:
        sizes[name] = dice.randint(2, 3)
        linear = {"out_features": sizes[name], "bias": False, "weight": number(sizes[name], 2), "inputs": "a"}
        layers.append({"linear": linear | {"output": name, "symbols": {"weight": f"W{name}"}}})
    heads = dice.sample(sorted(sizes), dice.randint(1, len(sizes)))
    terms: list[Any] = []
    for _ in range(dice.randint(1, 4)):
        factor = {} if dice.random() < 0.4 else {"factor": dice.choice((0.5, 2, 0.01, -0.25))}
        kind = dice.random()
        of = dice.choice(heads)
        if kind < 0.65:
            name = dice.choice(LOSSES)
            target: Any = (
                np.abs(number(*rows, sizes[of])).tolist() if name.startswith("binary") else number(*rows, sizes[of])
            )
            if name == "cross_entropy":
                places = [dice.randint(1, sizes[of]) for _ in range(batch or 1)]
                target = {"class": places if batch else places[0]}
            terms.append({name: {"of": of, "target": target} | factor})
        elif kind < 0.85:
            of_weights = dice.sample(["w1", *(f"W{n}" for n in sizes if n != "h")], 2)
            terms.append({dice.choice(("l1", "l2")): {"of": of_weights} | factor})
        else:
            terms.append({"formula": {"value": f"mean(({of} - t)**4)", "target": number(*rows, sizes[of])} | factor})
    return {
        "kind": "backprop",
        "network": {"input": 2, "layers": layers, "outputs": heads},
        "input": number(*rows, 2),
        "loss": terms,
    }


def agree(spec: dict[str, Any], lines: bool) -> None:
    solution = hwsolve.solve(spec)
    found = {key: answer.value for key, answer in solution.answers.items()}
    layers = spec["network"]["layers"]
    weights = {
        layer["linear"].get("symbols", {}).get("weight", "w1"): layer["linear"] for layer in layers if "linear" in layer
    }
    leaves = {name: tensor(linear["weight"], True) for name, linear in weights.items()}
    x = tensor(spec["input"], True)
    values = {"h": x @ leaves["w1"].T}
    values |= {linear["output"]: torch.tanh(values["h"]) @ leaves[n].T for n, linear in weights.items() if n != "w1"}
    parts: list[Any] = []
    for term in spec["loss"]:
        (name, given), *_ = term.items()
        if name == "l1":
            part = sum(leaves[n].abs().sum() for n in given["of"])
        elif name == "l2":
            part = sum((leaves[n] ** 2).sum() for n in given["of"])
        elif name == "formula":
            part = ((values[given["value"][6]] - tensor(given["target"])) ** 4).mean()
        else:
            part = by_peer(name, values[given["of"]], given)
        parts.append((given.get("factor", 1), part))
    loss = sum(factor * part for factor, part in parts)
    loss.backward()
    np.testing.assert_allclose(array(found["L"]), loss.detach(), rtol=1e-9, atol=1e-12)
    if len(parts) > 1:
        for k, (_, part) in enumerate(parts, 1):
            np.testing.assert_allclose(array(found[f"L{k}"]), part.detach(), rtol=1e-9, atol=1e-12)
    for key, leaf in leaves.items():
        if leaf.grad is not None and (f"dL_d{key}" in found or leaf.grad.any()):
            np.testing.assert_allclose(array(found[f"dL_d{key}"]), leaf.grad, rtol=1e-9, atol=1e-11, err_msg=key)
    if lines:
        assert wrong_lines(json.loads(solution.to("json"))) == []


@pytest.mark.parametrize("seed", range(COUNT))
def test_a_sum_of_terms_has_the_values_and_gradients_of_autograd(seed: int) -> None:
    spec = drawn(random.Random(seed)) | {"numbers": "float64" if seed % 3 else "exact"}
    try:
        agree(spec, seed % 2 == 0)
    except Exception as error:
        raise AssertionError(json.dumps(spec)) from error


def test_a_digit_of_a_term_stands_below_its_letter_in_every_format() -> None:
    layers = [{"linear": {"out_features": 2, "bias": False, "weight": [[1, 2], [3, 4]], "output": "y"}}]
    loss = [{"mse_loss": {"target": [1, 2]}}, {"mse_loss": {"target": [0, 5], "factor": 0.5}}]
    solution = hwsolve.solve(
        {"kind": "backprop", "network": {"input": 2, "layers": layers}, "input": [1, 1], "loss": loss}
    )
    page = solution.to("plain")
    assert "t₂,₁" in page and "t⁽" not in page and "λ₂L₂" in page
    assert "t_{2,1}" in solution.to("markdown")
    assert "<msub><mi>t</mi>" in solution.to("html")


def test_factors_with_long_names_have_a_dot_between_them() -> None:
    layers = [{"linear": {"out_features": 1, "bias": False, "weight": [[1, 2]], "symbols": {"weight": "Wr"}}}]
    spec = {"kind": "backprop", "network": {"input": 2, "layers": layers}, "input": [3, 5], "target": [1]}
    loss = [{"mse_loss": {"target": [1]}}, {"l2": {"of": "Wr", "factor": 0.5}}]
    page = hwsolve.solve({k: v for k, v in spec.items() if k != "target"} | {"loss": loss}).to("plain")
    assert "· Wr₁₁" in page and "× Wr" not in page and "Wr₁₁ ×" not in page
    assert "δ" not in page


PENALISED = """
kind: backprop
network:
  input: 2
  layers:
    - linear: {{out_features: 2, weight: [[1, -2], [3, 0.5]], bias: [0, 1], name: fc}}
    - tanh
    - linear: {{out_features: 1, weight: [[2, -1]], bias: false}}
input: [1, 2]
target: [1]
loss: [mse_loss, l2: {{of: {of}, factor: 0.5}}]
"""


@pytest.mark.parametrize(("place", "key"), [("fc.weight", "w1"), ("fc.bias", "b1"), ("linear2.weight", "w2")])
def test_a_penalty_names_a_parameter_by_its_layer_too(place: str, key: str) -> None:
    by_place, by_key = (hwsolve.solve(PENALISED.format(of=of)).to("json") for of in (place, key))
    assert json.loads(by_place)["answers"] == json.loads(by_key)["answers"]


@pytest.mark.parametrize(
    ("of", "said"),
    [
        ("fc", "`fc` is a layer; its parameters are `fc.weight`, `fc.bias`."),
        ("fc.wieght", "Did you mean `fc.weight`?"),
        ("w3", "Known are `x`, `w1`, `b1`, `z1`, `a1`, `w2`, `z2`, `t1`."),
    ],
)
def test_a_penalty_of_a_whole_layer_says_what_it_has(of: str, said: str) -> None:
    with pytest.raises(SpecFailure) as failure:
        hwsolve.solve(PENALISED.format(of=of))
    assert said in str(failure.value)
