"""Layers by hand whose peer is a function of PyTorch: values and all gradients of random cases, and lines read again."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest

import hwsolve
from hwsolve.layers import LAYERS, layer_class
from hwsolve.layers.base import Layer
from hwsolve.spec.report import SpecFailure
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
    x = further_peers.eighths(dice, torch, batch or 1, *case.shape)
    x = (x.abs() if case.positive else x).requires_grad_()
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


@pytest.mark.parametrize("p", [2, 3])
def test_the_root_of_a_window_of_zeros_has_no_gradient(p: int) -> None:
    """PyTorch takes 0 there: for a window of zeros, and for powers that cancel."""
    x = torch.tensor([[[0.0, 0, 1, -1, 2, 1]]], dtype=torch.float64, requires_grad=True)
    y = torch.nn.LPPool1d(p, 2)(x)
    g = torch.tensor([[[1.0, 2, 3]]], dtype=torch.float64)
    y.backward(g)
    network = {"input": [1, 6], "layers": [{"lp_pool1d": {"norm_type": p, "kernel_size": 2, "output": "out"}}]}
    spec = {"kind": "backprop", "network": network, "input": x[0].tolist(), "upstream": g[0].tolist()}
    compare(hwsolve.solve(spec), {"out": y.detach(), "dL_dx": x.grad}, spec)


def test_a_root_of_a_negative_sum_is_refused() -> None:
    network = {"input": [1, 2], "layers": [{"lp_pool1d": {"norm_type": 3, "kernel_size": 2}}]}
    with pytest.raises(SpecFailure, match="a root of a negative number"):
        hwsolve.solve({"kind": "backprop", "network": network, "input": [[1, -2]]})


@pytest.mark.parametrize("axes", [1, 2, 3])
def test_values_go_back_to_where_a_pooling_took_them_from(axes: int) -> None:
    """Behind a pooling of equal numbers too, with and without a function between; the map may have cells more."""
    dice = random.Random(f"unpool {axes}")
    pool, unpool = getattr(torch.nn, f"MaxPool{axes}d"), getattr(torch.nn, f"MaxUnpool{axes}d")
    for k in range(CASES):
        kernel, shape = (
            dice.randint(1, 3),
            (dice.randint(1, 2), *further_peers.sides(dice, axes, 3, 5 if axes < 3 else 3)),
        )
        stride, batch = kernel + dice.randint(0, 1), dice.choice((0, 2))
        few = dice.random() < 0.5
        x = further_peers.eighths(dice, torch, batch or 1, *shape)
        x = ((x / 2).round() if few else x).requires_grad_()
        y, index = pool(kernel, stride, return_indices=True)(x)
        between = dice.choice(("tanh", "identity"))
        out = unpool(kernel, stride)(torch.tanh(y) if between == "tanh" else y, index, output_size=list(shape[1:]))
        g = further_peers.eighths(dice, torch, *out.shape)
        out.backward(g)
        layers = [
            {f"max_pool{axes}d": {"kernel_size": kernel, "stride": stride, "name": "pool"}},
            between,
            {f"max_unpool{axes}d": {"kernel_size": kernel, "stride": stride, "indices": "pool",
                                    "output_size": list(shape[1:]), "output": "out"}},
        ]  # fmt: skip
        spec = {
            "kind": "backprop",
            "numbers": "exact" if k < READ or dice.random() < 0.3 else "float64",
            "network": {"input": list(shape), "layers": layers},
            "input": (x if batch else x[0]).tolist(),
            "upstream": (g if batch else g[0]).tolist(),
        }
        solution = hwsolve.solve(spec)
        compare(solution, {"out": out.detach(), "dL_dx": x.grad}, spec)
        if k < READ:
            assert wrong_lines(json.loads(solution.to("json"))) == [], spec


def test_indices_of_each_sample() -> None:
    """Two samples whose values go to different cells."""
    index, x = torch.tensor([[[0, 3]], [[2, 1]]]), torch.tensor([[[1.0, 2]], [[3, 4]]], dtype=torch.float64)
    out = torch.nn.MaxUnpool1d(2)(x, index)
    layer = {"max_unpool1d": {"kernel_size": 2, "indices": index.tolist(), "output": "out"}}
    spec = {"kind": "backprop", "network": {"input": [1, 2], "layers": [layer]}, "input": x.tolist()}
    solution = hwsolve.solve(spec | {"upstream": [[[1, 2, 3, 4]], [[5, 6, 7, 8]]]})
    compare(solution, {"out": out, "dL_dx": torch.tensor([[[1.0, 4]], [[7, 6]]], dtype=torch.float64)}, spec)


def test_many_values_go_to_given_cells() -> None:
    """More than a line has terms for: what a sum binds is no element that decides a case."""
    dice = random.Random("many")
    index = torch.tensor(dice.sample(range(256), 64)).reshape(1, 8, 8)
    x, g = further_peers.learned(dice, torch, 1, 8, 8), further_peers.eighths(dice, torch, 1, 16, 16)
    out = torch.nn.MaxUnpool2d(2)(x, index)
    out.backward(g)
    layer = {"max_unpool2d": {"kernel_size": 2, "indices": index.tolist(), "output": "out"}}
    spec = {"kind": "backprop", "network": {"input": [1, 8, 8], "layers": [layer]}, "input": x.tolist()}
    solution = hwsolve.solve(spec | {"upstream": g.tolist()})
    compare(solution, {"out": out.detach(), "dL_dx": x.grad}, spec)
    assert wrong_lines(json.loads(solution.to("json"))) == []


def test_more_pairs_than_are_looked_at() -> None:
    layer = {"max_unpool1d": {"kernel_size": 2, "indices": {"arange": 130, "shape": [1, 130]}}}
    spec = {"kind": "backprop", "network": {"input": [1, 130], "layers": [layer]}, "input": {"ones": [1, 130]}}
    with pytest.raises(SpecFailure, match="130 values for 260 cells: by given indices at most 16,384 pairs"):
        hwsolve.solve(spec)


UNPOOLED: list[tuple[list[Any], str]] = [
    ([{"max_unpool1d": 2}], "needs its `indices`"),
    ([{"max_unpool1d": {"kernel_size": 2, "indices": "pool"}}], "`pool` is none"),
    ([{"max_unpool1d": {"kernel_size": 2, "indices": [0, 1, 2]}}], "have the shape 3, but need 4"),
    ([{"max_unpool1d": {"kernel_size": 2, "indices": [0, 1, 2, 8]}}], "whole numbers from 0 to 7"),
    ([{"max_unpool1d": {"kernel_size": 2, "indices": [0, 1, 2, "1/2"]}}], "whole numbers from 0 to 7"),
    ([{"max_unpool1d": {"kernel_size": 2, "indices": [0, 1, 2, 1]}}], "have one index"),
    ([{"max_pool1d": {"kernel_size": 2, "stride": 1, "name": "p"}}, {"max_unpool1d": {"kernel_size": 2, "stride": 1, "indices": "p"}}],
     "windows of `p` overlap"),
    ([{"max_pool1d": {"kernel_size": 3, "name": "p"}}, {"max_unpool1d": {"kernel_size": 3, "indices": "p"}}],
     r"state `output_size: \[4\]`"),
    ([{"max_pool1d": {"kernel_size": 2, "name": "p"}}, {"max_unpool1d": {"kernel_size": 1, "indices": "p", "inputs": "x"}}],
     "reads 1 × 4, but `p` gave 1 × 2"),
]  # fmt: skip


@pytest.mark.parametrize(("layers", "said"), UNPOOLED)
def test_what_cannot_go_back_is_told(layers: list[Any], said: str) -> None:
    with pytest.raises(SpecFailure, match=said):
        hwsolve.solve({"kind": "backprop", "network": {"input": [1, 4], "layers": layers}, "input": [[1, 2, 3, 4]]})


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
        turned = {key for key, p in numbers.items() if p.dim() > 1 and dice.random() < 0.5}  # a row for each input
        stated = {key: {"rows": "inputs", "values": p.T} if key in turned else p for key, p in numbers.items()}
        given = {"hidden_size": hidden, "initial": states, "output": "out", **more, **stated}
        spec = {
            "kind": "backprop",
            "network": {"input": size, "layers": [{name: listed(given)}]},
            "input": x.tolist(),
            "upstream": g.tolist(),
        }
        solution = hwsolve.solve(spec)
        keys = {"weight_ih": "Wx", "weight_hh": "Wh", "bias_ih": "b_ih", "bias_hh": "b_hh"}
        gradients = {key: p.grad.T if key in turned else p.grad for key, p in numbers.items()}
        wanted = {"out": h.detach(), "dL_dx": x.grad} | {f"dL_d{keys[key]}": g for key, g in gradients.items()}
        compare(solution, wanted, spec)
        if k < READ:
            assert wrong_lines(json.loads(solution.to("json"))) == [], spec
