"""Initial states that are quantities of the network: a decoder goes on from its encoder, a start is learned."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest

import hwsolve
from hwsolve.spec.report import SpecFailure
from tests.line_check import wrong_lines

torch = pytest.importorskip("torch", reason="the peer is PyTorch")
GATES = {"rnn": 1, "lstm": 4, "gru": 3}


def drawn(dice: random.Random, *shape: int) -> Any:
    """Short decimals."""
    return [drawn(dice, *shape[1:]) for _ in range(shape[0])] if shape else round(dice.uniform(-1, 1), 2)


def weights(dice: random.Random, kind: str, inputs: int, hidden: int) -> dict[str, Any]:
    rows = GATES[kind] * hidden
    return {
        "weight_ih": drawn(dice, rows, inputs), "weight_hh": drawn(dice, rows, hidden),
        "bias_ih": drawn(dice, rows), "bias_hh": drawn(dice, rows),
    }  # fmt: skip


def peer(kind: str, given: dict[str, Any], inputs: int, hidden: int) -> Any:
    made = {"rnn": torch.nn.RNN, "lstm": torch.nn.LSTM, "gru": torch.nn.GRU}[kind](inputs, hidden, batch_first=True)
    made = made.double()
    for name, values in given.items():
        getattr(made, f"{name}_l0").data = torch.tensor(values, dtype=torch.float64)
    return made


def near(found: Any, wanted: Any) -> None:
    found, wanted = torch.tensor(found, dtype=torch.float64), wanted.detach()
    assert torch.allclose(found.reshape(wanted.shape), wanted, rtol=1e-9, atol=1e-9 * float(wanted.abs().max()))


@pytest.mark.parametrize("kind", GATES)
@pytest.mark.parametrize("samples", [0, 3])
def test_a_decoder_goes_on_from_its_encoder(kind: str, samples: int) -> None:
    dice = random.Random(f"{kind} {samples}")
    (t, u), (d, e), hidden = dice.choices((1, 2, 3), k=2), dice.choices((1, 2), k=2), 2
    first, second = weights(dice, kind, d, hidden), weights(dice, kind, e, hidden)
    lead = (samples,) if samples else ()
    x, y, upstream = drawn(dice, *lead, t, d), drawn(dice, *lead, u, e), drawn(dice, *lead, u, hidden)
    ends = ["hx", "h_end", "c_end"][: 3 if kind == "lstm" else 2]
    states = dict(zip(("h", "c"), ends[1:], strict=False))
    layers = [
        {kind: {"hidden_size": hidden, **first, "inputs": "x", "output": ends}},
        {kind: {"hidden_size": hidden, **second, "inputs": "s", "initial": states, "output": "out"}},
    ]
    solution = hwsolve.solve({
        "kind": "backprop", "network": {"inputs": {"x": [t, d], "s": [u, e]}, "layers": layers},
        "input": {"x": x, "s": y}, "upstream": upstream,
    })  # fmt: skip
    assert not wrong_lines(json.loads(solution.to("json", full=True)))
    encoder, decoder = peer(kind, first, d, hidden), peer(kind, second, e, hidden)
    inputs = [torch.tensor(v, dtype=torch.float64).reshape(max(samples, 1), *s) for v, s in ((x, (t, d)), (y, (u, e)))]
    _, state = encoder(inputs[0])
    out, _ = decoder(inputs[1], state)
    out.backward(torch.tensor(upstream, dtype=torch.float64).reshape(out.shape))
    near(solution["out"], out)
    for behind, made in (("", encoder), ("_2", decoder)):
        near(solution[f"dL_dWx{behind}"], made.weight_ih_l0.grad)
        near(solution[f"dL_dWh{behind}"], made.weight_hh_l0.grad)
        near(solution[f"dL_db_ih{behind}"], made.bias_ih_l0.grad)


def test_a_learned_start_has_a_gradient_and_a_count() -> None:
    layers = [
        {"parameter": {"values": [0.2, -0.4], "output": "start"}},
        {"rnn": {"hidden_size": 2, "weight_ih": [[0.5], [1]], "weight_hh": [[1, 0], [0.5, -1]], "bias": [0, 0.1],
                 "initial": {"h": "start"}, "returns": "last"}},
    ]  # fmt: skip
    network = {"input": [2, 1], "layers": layers}
    given = {"input": [[[1], [2]], [[0], [-1]]], "upstream": [[1, 2], [0, 1]]}
    solution = hwsolve.solve({"kind": "backprop", "network": network, **given})
    assert not wrong_lines(json.loads(solution.to("json", full=True)))
    weights = {"weight_ih": [[0.5], [1]], "weight_hh": [[1, 0], [0.5, -1]], "bias_ih": [0, 0.1], "bias_hh": [0, 0]}
    made, start = peer("rnn", weights, 1, 2), torch.tensor([0.2, -0.4], dtype=torch.float64, requires_grad=True)
    out, _ = made(torch.tensor(given["input"], dtype=torch.float64), start.expand(1, 2, 2))
    out[:, -1].backward(torch.tensor(given["upstream"], dtype=torch.float64))
    near(solution["dL_dstart"], start.grad)
    counted = hwsolve.solve({"kind": "count-params", "network": network})
    assert counted["params"] == 2 + 2 + 4 + 2


@pytest.mark.parametrize(("shape", "said"), [([3], "has the shape 3, but needs 2"), ([1, 2], "has the shape 1 × 2")])
def test_a_state_of_another_shape_is_refused(shape: list[int], said: str) -> None:
    layers = [{"gru": {"hidden_size": 2, "initial": {"h": "s"}}}]
    with pytest.raises(SpecFailure, match=said):
        hwsolve.solve({"kind": "count-params", "network": {"inputs": {"x": [2, 1], "s": shape}, "layers": layers}})


def test_a_state_that_there_is_not_is_refused() -> None:
    layers = [{"gru": {"hidden_size": 2, "initial": {"h": "s"}}}]
    with pytest.raises(SpecFailure, match="There is no quantity `s` here"):
        hwsolve.solve({"kind": "count-params", "network": {"input": [2, 1], "layers": layers}})


@pytest.mark.parametrize(
    ("name", "said", "hint"),
    [("z", "`z` is read here, and given further below.", ""), ("so", "There is no quantity `so` here.", "`s0`.")],
)
def test_a_mistake_stands_where_the_state_is_named(name: str, said: str, hint: str) -> None:
    """And no quantity of another shape is proposed."""
    layers = [
        {"gru": {"hidden_size": 2, "inputs": "x", "initial": {"h": name}, "output": "so2"}},
        {"linear": {"out_features": 1, "inputs": "so2", "output": "z"}},
    ]
    network = {"inputs": {"x": [2, 1], "s": [3], "s0": [2], "soo": [4]}, "layers": layers}
    with pytest.raises(SpecFailure) as failure:
        hwsolve.solve({"kind": "count-params", "network": network})
    text = str(failure.value)
    assert said in text and "at network.layers[1].initial.h" in text
    assert text.partition("hint:")[2].endswith(hint) and "soo" not in text.partition("hint:")[2]
