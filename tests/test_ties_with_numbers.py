"""A maximum of a quantity and a number shares the gradient where both are equal, in every kind, as PyTorch does."""

from __future__ import annotations

import json
import re
from fractions import Fraction
from typing import Any

import pytest

import hwsolve
from tests.line_check import wrong_lines
from tests.test_kinks import slopes

torch = pytest.importorskip("torch", reason="PyTorch is the peer of these tests")


def greatest(*args: Any) -> Any:
    return torch.stack(torch.broadcast_tensors(*map(torch.as_tensor, args))).amax(0)


def least(*args: Any) -> Any:
    return torch.stack(torch.broadcast_tensors(*map(torch.as_tensor, args))).amin(0)


FORMULAS = [
    "max(x, 0)",
    "max(0, x)",
    "min(x, 0)",
    "3*min(0, x) + max(x**2, x, 0)",
    "max(2*x, 0)*x + max(x - 1, -1)",
    "min(max(x, 0), 1)",
    "max(x, 0) + relu(x)",
]


def by_peer(text: str, at: float) -> float:
    x = torch.tensor(at, dtype=torch.float64, requires_grad=True)
    eval(text, {"x": x, "max": greatest, "min": least, "relu": torch.relu}).backward()
    return float(x.grad)


def number(answer: Any) -> float:
    text = getattr(answer.value, "text", None) or answer.value[0].text
    return float(Fraction(text))


@pytest.mark.parametrize("text", FORMULAS)
@pytest.mark.parametrize("at", [-1, 0, 1])
def test_every_kind_takes_what_pytorch_takes(text: str, at: int) -> None:
    wanted = by_peer(text, at)
    sheet = hwsolve.solve({"kind": "worksheet", "given": {"x": at}, "define": {"f": text}, "gradient_of": "f"})
    layers = [{"linear": {"out_features": 1, "weight": [[1]], "bias": False, "output": "s"}}]
    own = re.sub(r"\bx\b", "s", text)
    network = {"input": 1, "layers": [*layers, {"formula": f"y = {own}"}]}
    layered = hwsolve.solve({"kind": "backprop", "network": network, "input": [at], "upstream": [1]})
    start = {"minimize": text, "start": {"x": at}, "steps": 1, "optimizer": {"sgd": {"lr": 1}}}
    made = hwsolve.solve({"kind": "optimize"} | start)
    derived = hwsolve.solve({"kind": "derivative", "function": text, "at": {"x": at}})
    assert number(sheet.answers["df_dx"]) == pytest.approx(wanted, abs=1e-5)
    assert number(layered.answers["dL_ds"]) == pytest.approx(wanted, abs=1e-5)
    assert number(made.answers["df_dx"]) == pytest.approx(wanted, abs=1e-5)
    assert slopes(derived) == pytest.approx(wanted, abs=1e-5)
    for solution in (sheet, layered, made, derived):
        assert not wrong_lines(json.loads(solution.to("json")))


@pytest.mark.parametrize(("text", "said"), [("max(x, 0)", True), ("max(x, 1)", False), ("relu(x)", False)])
def test_a_tie_with_a_number_is_told(text: str, said: bool) -> None:
    sheet = hwsolve.solve({"kind": "worksheet", "given": {"x": 0}, "define": {"f": text}, "gradient_of": "f"})
    assert ("each gets the same share" in sheet.to("plain")) == said
