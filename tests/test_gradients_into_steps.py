"""What comes into the states of a recurrent layer from outside has a name that no whole gradient has, against PyTorch."""

from __future__ import annotations

import json
from typing import Any

import pytest

import hwsolve
from tests.line_check import wrong_lines

torch = pytest.importorskip("torch", reason="PyTorch is the peer of these tests")
LAYER: dict[str, Any] = {"hidden_size": 1, "weight_ih": [[0.5]], "weight_hh": [[1]], "bias": False}


def written(layer: dict[str, Any], upstream: Any) -> tuple[Any, dict[str, Any], str]:
    kind, steps = ("rnn_cell", ()) if layer.pop("cell", False) else ("rnn", (2,))
    problem = {"kind": "backprop", "network": {"input": [*steps, 1], "layers": [{kind: LAYER | layer}]}}
    solution = hwsolve.solve(problem | {"input": [[1], [2]] if steps else [1], "upstream": upstream})
    document = json.loads(solution.to("json"))
    assert not wrong_lines(document)
    return solution, document, str(solution.to("plain"))


@pytest.mark.parametrize("name", ["y", "out", "h", None])
@pytest.mark.parametrize("cell", [False, True])
def test_the_part_from_outside_is_called_after_the_states(name: str | None, cell: bool) -> None:
    named = {} if name is None else {"output": name}
    solution, _, page = written({"cell": cell, **named}, [1] if cell else [[1], [-2]])
    letter = name or "h"
    w = torch.tensor([[0.5]], dtype=torch.float64, requires_grad=True)
    h, x, ends = torch.zeros(1, dtype=torch.float64), (1.0, 2.0), []
    for k in range(1 if cell else 2):
        h = torch.tanh(w[0] * x[k] + h)
        h.retain_grad()
        ends.append(h)
    sum(g * end for g, end in zip((1, -2), ends, strict=False)).sum().backward()
    found = solution.answers[f"dL_d{letter}"].value
    whole = [float(row[0].text) if isinstance(row, tuple) else float(row.text) for row in found]
    assert whole == pytest.approx([float(end.grad) for end in ends], rel=1e-4)
    assert float(solution.answers["dL_dWx"].value[0][0].text) == pytest.approx(float(w.grad), rel=1e-4)
    assert f"the part of ∂L/∂{letter} that comes from outside the network" in " ".join(page.split())
    assert letter == "y" or "∂L/∂y" not in page


def test_the_gradient_of_a_name_that_no_state_has_is_its_own() -> None:
    _, _, page = written({"output": "out", "returns": "last"}, [1])
    assert "∂L/∂h₂ = ∂L/∂out = 1" in page
    assert "from outside" not in page


def test_a_layer_with_a_g_of_its_own_has_another_letter() -> None:
    layer = {"hidden_size": 1, "weight_ih": [[0.5], [1], [-1], [2]], "weight_hh": [[1], [1], [1], [1]], "bias": False}
    problem = {"kind": "backprop", "network": {"input": [2, 1], "layers": [{"lstm": layer}]}}
    page = str(hwsolve.solve(problem | {"input": [[1], [2]], "upstream": [[1], [1]]}).to("plain"))
    assert "Gₕ the part of ∂L/∂h" in " ".join(page.split())


def test_the_gradient_of_a_start_that_is_given_is_asked_and_answered() -> None:
    solution, _, page = written({"initial": {"h": [0.5]}}, [[1], [-2]])
    h = start = torch.tensor(0.5, dtype=torch.float64, requires_grad=True)
    total = torch.tensor(0.0, dtype=torch.float64)
    for x, g in ((1, 1), (2, -2)):
        h = torch.tanh(0.5 * x + h)
        total = total + g * h
    total.backward()
    first = [key for key in solution.asked if key.startswith("dL_dh")]
    assert first in (["dL_dh[0]"], ["dL_dh[0,1]"])
    assert float(solution.answers[first[0]].value.text) == pytest.approx(float(start.grad), rel=1e-4)
    assert "the inputs and the initial states, given that of the output." in " ".join(page.split())
    assert "initial states" not in written({}, [[1], [-2]])[2].partition("given that of")[0]


def test_numbered_letters_are_written_alike_in_words_and_in_lines() -> None:
    weights = {"weight_ih": [[1], [1], [1]], "weight_hh": [[1], [1], [1]], "bias": False, "initial": {"h": "r"}}
    network = {"inputs": {"x": [2, 1], "r": [1]}, "layers": [{"gru": {"hidden_size": 1} | weights}]}
    data = {"input": {"x": [[[1], [2]], [[0], [1]]], "r": [[1], [0]]}, "target": [[[1], [0]], [[0], [0]]]}
    solution = hwsolve.solve({"kind": "backprop", "network": network, "loss": "mse_loss"} | data)
    page = str(solution.to("plain"))
    assert "r⁽²⁾ the reset gate" in " ".join(page.split()) and "r₂ the" not in page
    assert ",⁽" not in page and "aᵣ⁽²⁾" in page
