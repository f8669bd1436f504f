"""What comes out of a recurrent layer of several layers or directions has its own name everywhere, against PyTorch."""

from __future__ import annotations

import json
import random
from itertools import product
from typing import Any

import pytest

import hwsolve
from hwsolve.answers import elements
from hwsolve.spec.report import SpecFailure
from tests.line_check import wrong_lines

torch = pytest.importorskip("torch", reason="PyTorch is the peer of these tests")
KINDS = {"rnn": (torch.nn.RNN, 1), "lstm": (torch.nn.LSTM, 4), "gru": (torch.nn.GRU, 3)}
TIMES = 2
ENDS = ("formula", "of", "tanh", "linear", "outputs", "layer")


def drawn(kind: str, layers: int, both: bool, units: int) -> tuple[Any, dict[str, Any]]:
    """PyTorch's layer with numbers of one digit, and the same layer as a spec."""
    dice = random.Random(f"{kind}{layers}{both}{units}")
    peer = KINDS[kind][0](1, units, layers, bias=False, bidirectional=both).double()
    spec: dict[str, Any] = {"hidden_size": units, "num_layers": layers, "bidirectional": both, "bias": False}
    for name, weight in peer.named_parameters():
        values = [[dice.randint(-9, 9) / 10 for _ in row] for row in weight]
        weight.data = torch.tensor(values, dtype=torch.float64)
        which, _, rest = name.rpartition("_l")
        layer, _, way = rest.partition("_")
        spec[which + (f"_l{int(layer) + 1}" if layer != "0" else "") + ("_reverse" if way else "")] = values
    return peer, spec


def numbers(found: Any) -> list[float]:
    return [float(one.text) for one in elements(found.value).values()]


@pytest.mark.parametrize("kind, end", [*product(["rnn"], ENDS), ("lstm", "formula"), ("gru", "linear")])
@pytest.mark.parametrize("layers, both", [*product((1, 2), (False, True))])
def test_a_name_means_what_comes_out(kind: str, layers: int, both: bool, end: str) -> None:
    units = 1 if end in ("tanh", "of") else 2
    peer, layer = drawn(kind, layers, both, units)
    x = torch.tensor([[0.5], [-1.25]], dtype=torch.float64)
    out, _ = peer(x)
    width = out.shape[-1]
    layer["output"] = name = "h" if end == "outputs" else "out"
    problem: dict[str, Any] = {"kind": "backprop", "network": {"input": [TIMES, 1], "layers": [{kind: layer}]}}
    problem |= {"input": x.tolist(), "target": [[0.5] * width] * TIMES, "loss": "mse_loss"}
    y = out
    match end:
        case "formula":
            problem["loss"] = {"formula": "mean((out - t)**2)"}
        case "of":
            problem["loss"] = [{"mse_loss": {"of": "out"}}]
        case "outputs":
            problem["network"]["outputs"] = [name]
        case "tanh":
            problem["network"]["layers"].append({"tanh": {"inputs": name}})
            y = torch.tanh(out)
        case "linear":
            linear = {"inputs": name, "out_features": width, "weight": [[0.5] * width] * width, "bias": False}
            problem["network"]["layers"].append({"linear": linear})
            y = out @ torch.full((width, width), 0.5, dtype=torch.float64)
        case "layer":
            problem["network"]["layers"].append({"formula": "y = 2*out"})
            y = 2 * out
    loss = ((y - 0.5) ** 2).mean()
    loss.backward()
    solution = hwsolve.solve(problem)
    assert numbers(solution.answers[name]) == pytest.approx(out.flatten().tolist(), rel=1e-5)
    assert numbers(solution.answers["L1" if "L1" in solution.answers else "L"]) == pytest.approx(
        [loss.item()], rel=1e-5
    )
    first = "Wx_reverse" if both else "Wx"
    slope = dict(peer.named_parameters())["weight_ih_l0" + ("_reverse" if both else "")].grad
    assert numbers(solution.answers[f"dL_d{first}"]) == pytest.approx(slope.flatten().tolist(), rel=1e-4)
    assert not wrong_lines(json.loads(solution.to("json")))


def test_the_state_of_a_step_is_no_array() -> None:
    _, layer = drawn("rnn", 1, True, 1)
    problem = {"kind": "backprop", "network": {"input": [TIMES, 1], "layers": [{"rnn": layer | {"output": "out"}}]}}
    problem |= {"input": [[1], [2]], "target": [[1], [1]], "loss": {"formula": "sum((h_reverse - t)**2)"}}
    with pytest.raises(SpecFailure, match="`output` gives a name to what comes out"):
        hwsolve.solve(problem)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("both", [False, True])
@pytest.mark.parametrize("layers", [1, 2])
def test_the_last_state_has_the_name_and_its_gradient_too(kind: str, layers: int, both: bool) -> None:
    peer, layer = drawn(kind, layers, both, 2)
    x = torch.tensor([[0.5], [-1.25], [2.0]], dtype=torch.float64)
    _, h = peer(x)
    h = h[0] if kind == "lstm" else h
    out = h[-2:].flatten() if both else h[-1]
    out.retain_grad()
    weight = torch.linspace(-1, 1, len(out), dtype=torch.float64)
    y = (out * weight).sum() * out[0]
    y.backward()
    layer |= {"output": "out", "returns": "last"}
    formula = " + ".join(f"({w})*out[{k}]" for k, w in enumerate(weight.tolist(), 1))
    problem: dict[str, Any] = {"kind": "backprop", "network": {"input": [3, 1]}, "input": x.tolist(), "upstream": 1}
    problem["network"]["layers"] = [{kind: layer}, {"formula": f"y = ({formula})*out[1]"}]
    solution = hwsolve.solve(problem)
    assert numbers(solution.answers["out"]) == pytest.approx(out.tolist(), rel=1e-4)
    assert numbers(solution.answers["dL_dout"]) == pytest.approx(out.grad.tolist(), rel=1e-4)
    document = json.loads(solution.to("json"))
    assert not wrong_lines(document)
    if layers == 1 and not both:
        assert solution.answers["h"].value[-1] == solution.answers["out"].value
        assert any("out is h" in note["text"] for note in document["notes"])
