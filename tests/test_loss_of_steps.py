"""A loss of some steps of a sequence, against PyTorch."""

from __future__ import annotations

import json
import random
from typing import Any

import numpy as np
import pytest

import hwsolve
from tests import line_check
from tests.often import often

torch = pytest.importorskip("torch", reason="PyTorch is the independent peer of these tests: pip install torch")


def eighths(dice: random.Random, *shape: int) -> Any:
    return np.array([dice.randint(-16, 16) / 8 for _ in range(int(np.prod(shape)))]).reshape(shape).tolist()


@pytest.mark.parametrize("name", ["mse_loss", "cross_entropy"])
def test_the_steps_that_are_chosen_are_those_of_the_loss(name: str) -> None:
    dice = random.Random(name)
    for _ in range(often(6)):
        steps, samples, size = dice.randint(2, 4), dice.choice((0, 2)), dice.randint(1, 2)
        chosen = [dice.randint(0, 1) for _ in range(steps)]
        chosen[dice.randrange(steps)] = 1
        lead = (samples,) if samples else ()
        x, w, v = eighths(dice, *lead, steps, 2), eighths(dice, size, 2), eighths(dice, 2, size)
        u = eighths(dice, size, size)
        rows = dice.choice((steps, sum(chosen)))
        classes = [[dice.randint(1, 2) for _ in range(rows)] for _ in range(samples or 1)]
        numbers = eighths(dice, *lead, rows, 2)
        target: Any = {"class": classes if samples else classes[0]} if name == "cross_entropy" else numbers
        problem = {
            "kind": "backprop",
            "network": {
                "input": [steps, 2],
                "layers": [
                    {"rnn": {"hidden_size": size, "weight_ih": w, "weight_hh": u, "bias": [0] * size}},
                    {"linear": {"out_features": 2, "weight": v, "bias": [0, 0]}},
                ],
            },
            "input": x, "target": target, "loss": {name: {"steps": chosen}}, "digits": 16,
        }  # fmt: skip
        found = json.loads(hwsolve.solve(problem).to("json"))
        assert line_check.wrong_lines(found) == []
        xs, ws, us, vs = (torch.tensor(a, dtype=torch.float64, requires_grad=True) for a in (x, w, u, v))
        h, states = torch.zeros(*lead, size, dtype=torch.float64), []
        for t in range(steps):
            h = torch.tanh(xs[..., t, :] @ ws.T + h @ us.T)
            states.append(h)
        kept = [t for t in range(steps) if chosen[t]]
        y = (torch.stack(states, -2) @ vs.T)[..., kept, :].reshape(-1, 2)
        own = range(len(kept)) if rows < steps else kept
        if name == "mse_loss":
            peer = torch.nn.functional.mse_loss(y, torch.tensor(numbers)[..., [*own], :].reshape(-1, 2))
        else:
            peer = torch.nn.functional.cross_entropy(y, torch.tensor(classes)[:, [*own]].reshape(-1) - 1)
        peer.backward()
        answers = found["answers"]
        assert abs(float(answers["L"]["value"]) - peer.item()) < 1e-9, problem
        for key, tensor in (("dL_dWx", ws), ("dL_dWh", us), ("dL_dw1", vs)):
            ours = np.array(answers[key]["value"], dtype=object).astype(float).reshape(tensor.shape)
            assert np.abs(ours - tensor.grad.numpy()).max() < 1e-9, (problem, key)
