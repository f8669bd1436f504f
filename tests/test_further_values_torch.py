"""Layers by hand whose peer is a function of PyTorch: values and all gradients of random cases, and lines read again."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest

import hwsolve
from hwsolve.layers import LAYERS, layer_class
from hwsolve.layers.base import Layer
from tests import further_peers, peers
from tests.line_check import wrong_lines
from tests.nearness import near, size
from tests.often import each

torch = pytest.importorskip("torch", reason="PyTorch is the independent peer of these tests: pip install torch")

CASES = each(4)
READ = 2  # solutions of a layer that are read line by line
# layers whose random cases stand elsewhere: test_recurrent…, test_wiring_nets, test_further_layers_torch
ELSEWHERE = {"rnn", "lstm", "gru", "parameter", "constant", "formula", "embedding_bag"}


def listed(value: Any) -> Any:
    """Settings with lists in place of tensors."""
    if isinstance(value, dict):
        return {key: listed(v) for key, v in value.items()}
    if isinstance(value, list):
        return [listed(v) for v in value]
    return value.tolist() if isinstance(value, torch.Tensor) else value


def floats(value: Any) -> Any:
    return [floats(v) for v in value] if isinstance(value, tuple) else float(value.value)


def compare(solution: Any, wanted: dict[str, Any], spec: Any) -> None:
    """The answers are those numbers."""
    for key, peer in wanted.items():
        near(floats(solution.answers[key].value), peer, (key, spec), size(wanted.values()))


def agrees(name: str, dice: random.Random, k: int) -> None:
    """One random case: its output, and the gradients of what comes in and of each parameter."""
    case = further_peers.LAYERS[name](dice, torch)
    batch = dice.choice(case.batches)
    x = further_peers.eighths(dice, torch, batch or 1, *case.shape).requires_grad_()
    y = case.function(x)
    g = further_peers.eighths(dice, torch, *y.shape)
    y.backward(g)
    spec = {
        "kind": "backprop",
        "mode": case.mode,
        "numbers": "exact" if k < READ or dice.random() < 0.3 else "float64",
        "network": {
            "input": list(case.shape),
            "layers": [{name: listed(case.settings)}, {"identity": {"output": "out"}}],
        },
        "input": (x if batch else x[0]).tolist(),
        "upstream": (g if batch else g[0]).tolist(),
    }
    solution = hwsolve.solve(spec)
    compare(solution, {"out": y.detach(), "dL_dx": x.grad}, spec)
    compare(solution, {f"dL_d{key}": p.grad for key, p in case.parameters.items()}, spec)
    if k < READ:
        assert wrong_lines(json.loads(solution.to("json"))) == [], spec


@pytest.mark.parametrize("name", further_peers.LAYERS)
def test_a_layer_agrees_with_autograd(name: str) -> None:
    dice = random.Random(f"values {name}")
    for k in range(CASES):
        agrees(name, dice, k)


def test_the_comparison_can_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    true = further_peers.LAYERS["glu"]
    monkeypatch.setitem(
        further_peers.LAYERS,
        "glu",
        lambda dice, torch: (case := true(dice, torch))._replace(function=lambda x: case.function(x) * (1 + 1e-7)),
    )
    with pytest.raises(AssertionError):
        agrees("glu", random.Random(1), READ)


def test_every_layer_that_is_computed_is_compared_at_random() -> None:
    computed = {name for name in LAYERS if layer_class(name).build is not Layer.build}
    compared = {*peers.LAYERS, *further_peers.LAYERS, *ELSEWHERE, *CELLS}
    assert computed - compared == set()
    assert {"rnn_cell", "celu"} <= computed, "the layers of this test are not those of the program"


def test_bilinear_of_two_inputs() -> None:
    """Two quantities of different sizes, rows or a batch of them, each with a gradient of its own."""
    dice = random.Random("bilinear")
    for k in range(CASES):
        one, two, out, bias = dice.randint(1, 3), dice.randint(1, 3), dice.randint(1, 3), dice.random() < 0.7
        rows, batch = further_peers.sides(dice, dice.choice((0, 0, 1)), 1, 2), dice.choice(((), (2,)))
        made = {name: further_peers.learned(dice, torch, *shape) for name, shape in (
            ("p", (*batch, *rows, one)), ("q", (*batch, *rows, two)), ("w1", (out, one, two)), ("b1", (out,)))}  # fmt: skip
        y = torch.nn.functional.bilinear(made["p"], made["q"], made["w1"], made["b1"] if bias else None)
        g = further_peers.eighths(dice, torch, *y.shape)
        y.backward(g)
        layer = {"inputs": ["p", "q"], "out_features": out, "weight": made["w1"], "bias": made["b1"] if bias else False}
        spec = {
            "kind": "backprop",
            "network": {
                "inputs": {"p": [*rows, one], "q": [*rows, two]},
                "layers": [{"bilinear": listed(layer | {"output": "out"})}],
            },
            "input": {"p": made["p"].tolist(), "q": made["q"].tolist()},
            "upstream": g.tolist(),
        }
        solution = hwsolve.solve(spec)
        gradients = {f"dL_d{name}": tensor.grad for name, tensor in made.items() if tensor.grad is not None}
        compare(solution, {"out": y.detach(), **gradients}, spec)
        if k < READ:
            assert wrong_lines(json.loads(solution.to("json"))) == [], spec


# ---------------------------------------------------------------- one step of a recurrent layer

CELLS = {"rnn_cell": "RNNCell", "lstm_cell": "LSTMCell", "gru_cell": "GRUCell"}
GATES = {"rnn_cell": 1, "lstm_cell": 4, "gru_cell": 3}


@pytest.mark.parametrize("name", CELLS)
def test_one_step(name: str) -> None:
    """A cell from a state, under the gradient of the new one: those of the input, the state and all parameters."""
    dice = random.Random(name)
    for k in range(CASES):
        size, hidden, batch = dice.randint(1, 3), dice.randint(1, 3), dice.choice(((), (2,)))
        more = {"nonlinearity": dice.choice(("tanh", "relu"))} if name == "rnn_cell" else {}
        cell = getattr(torch.nn, CELLS[name])(size, hidden, dtype=torch.float64, **more)
        for p in cell.parameters():
            p.data = further_peers.eighths(dice, torch, *p.shape)
        states = {s: further_peers.learned(dice, torch, *batch, hidden) for s in ("hc" if name == "lstm_cell" else "h")}
        x = further_peers.learned(dice, torch, *batch, size)
        out = cell(x, tuple(states.values()) if len(states) > 1 else states["h"])
        h = out[0] if len(states) > 1 else out
        g = further_peers.eighths(dice, torch, *h.shape)
        h.backward(g)
        numbers = dict(cell.named_parameters())
        given = {"hidden_size": hidden, "initial": states, "output": "out", **more, **numbers}
        spec = {
            "kind": "backprop",
            "network": {"input": size, "layers": [{name: listed(given)}]},
            "input": x.tolist(),
            "upstream": g.tolist(),
        }
        solution = hwsolve.solve(spec)
        keys = {"weight_ih": "Wx", "weight_hh": "Wh", "bias_ih": "b_ih", "bias_hh": "b_hh"}
        wanted = {"out": h.detach(), "dL_dx": x.grad} | {f"dL_d{keys[key]}": p.grad for key, p in numbers.items()}
        compare(solution, wanted, spec)
        if k < READ:
            assert wrong_lines(json.loads(solution.to("json"))) == [], spec
