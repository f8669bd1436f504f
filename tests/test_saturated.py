"""float64 where functions saturate: no line is refused for what rounding does to it, and every printed digit is right."""

from __future__ import annotations

import random
from typing import Any

import pytest

import hwsolve
from hwsolve.spec.report import SpecFailure
from tests.often import often
from tests.test_float64 import LOSSES, is_right, quantities

NETS = often(150)
FAR = [0, "1e-8", "-1e-8", "34.83", "-36.7", *(s * k for k in (17, *range(30, 41), 100, 700) for s in (1, -1))]
LAYERS = ["softmax", "log_softmax", "sigmoid", "tanh", "softplus", "log_sigmoid", "identity", "silu", "mish", "elu"]
BEHIND = {"nll_loss": ["log_softmax"], "binary_cross_entropy": ["sigmoid", "softmax"]}


def saturated(seed: int) -> dict[str, Any]:
    draw = random.Random(seed)
    n, samples, loss = draw.randint(1, 4), draw.choice((0, 0, 2, 3)), draw.choice(LOSSES)
    last = [draw.choice(BEHIND.get(loss, LAYERS))]
    layers = [draw.choice(LAYERS), *last] if draw.random() < 0.3 else last
    rows = [[draw.choice(FAR) for _ in range(n)] for _ in range(max(samples, 1))]
    target: Any = [[draw.choice((0, 1, "0.5", "0.25")) for _ in range(n)] for _ in rows]
    if loss in ("cross_entropy", "nll_loss"):
        target = [draw.randint(1, n) for _ in rows]
    x, t = (rows, target) if samples else (rows[0], target[0])
    return {
        "kind": "backprop",
        "network": {"input": n, "layers": layers},
        "input": x,
        "target": {"class": t} if loss in ("cross_entropy", "nll_loss") else t,
        "loss": loss,
    }


@pytest.mark.slow
def test_every_printed_digit_of_saturated_values_is_right() -> None:
    held = 0
    for seed in range(NETS):
        problem = saturated(seed)
        try:
            exact = quantities(hwsolve.solve(problem))
        except SpecFailure as refused:
            assert "logarithm of a number" in str(refused), (seed, str(refused))  # the softmax of one number is 1
            continue
        rough = quantities(hwsolve.solve({**problem, "numbers": "float64"}))
        assert rough.keys() == exact.keys(), seed
        for key, q in rough.items():
            assert is_right(q, exact[key]), (seed, key, q.text, exact[key].text)
            held += 1
    assert held > 8 * NETS


@pytest.mark.parametrize(("x", "t"), [([36], [0]), ([0, 36, 0], [1, 0, "0.5"]), ([0, "34.83", 0], [1, 0, "0.5"])])
def test_a_probability_near_one_does_not_refuse_its_cross_entropy(x: list[Any], t: list[Any]) -> None:
    network = {"input": len(x), "layers": ["sigmoid"]}
    problem = {"kind": "backprop", "network": network, "input": x, "target": t, "loss": "binary_cross_entropy"}
    exact = hwsolve.solve(problem).answers["L"].value
    assert is_right(hwsolve.solve({**problem, "numbers": "float64"}).answers["L"].value, exact)


def test_a_probability_too_small_for_all_digits_of_a_float() -> None:
    """e^−738 = 3.1·10⁻³²¹ has three digits in float64: its logarithm is off by more than rounding."""
    problem = {
        "kind": "backprop",
        "network": {"input": 3, "layers": ["identity"]},
        "input": [-37, 700, -38],
        "target": {"class": 3},
        "loss": "cross_entropy",
    }
    assert hwsolve.solve({**problem, "numbers": "float64"}).answers["L"].value.text == "738.000"


@pytest.mark.parametrize(
    ("layers", "x", "where", "key"),
    [
        (["gelu"], [785, -703], "network.layers[1]", "₂"),
        (["identity", {"gelu": {"approximate": "tanh"}}], [-200], "network.layers[2]", "₁"),
        (["identity", "sigmoid"], ["-10**6"], "network.layers[2]", "₁"),
    ],
)
def test_a_number_too_near_zero_to_be_printed_names_its_layer(layers: Any, x: Any, where: str, key: str) -> None:
    network = {"input": len(x), "layers": layers}
    problem = {"kind": "backprop", "network": network, "input": x, "target": [0] * len(x), "loss": "mse_loss"}
    with pytest.raises(SpecFailure) as refused:
        hwsolve.solve(problem)
    text = str(refused.value)
    assert "meets a number beyond 10^±100,000 (in a⁽⁰" in text and f"{key})." in text
    assert f"at {where}" in text and "`--float`" in text
    assert hwsolve.solve({**problem, "numbers": "float64"}).answers["L"].value.text
