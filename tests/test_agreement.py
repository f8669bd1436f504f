"""A line is made from the formula of what was computed, and never where the two disagree."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest

import hwsolve
from hwsolve.derivation.lines import Disagreement
from hwsolve.layers import activation, linear
from hwsolve.losses import mse_loss

NET: dict[str, Any] = {
    "kind": "backprop",
    "network": {
        "input": 2,
        "layers": [
            {"linear": {"out_features": 2, "weight": [["0.1", "0.2"], ["-0.3", "0.4"]], "bias": ["0.5", "-0.6"]}},
            "sigmoid",
            {"linear": {"out_features": 1, "weight": [["0.7", "0.8"]], "bias": ["0.9"]}},
        ],
    },
    "input": [1, 2],
    "target": [1],
    "loss": "half_squared_error",
    "optimizer": {"sgd": {"lr": "0.1"}},
}


def wrong_bias(self: Any) -> str:
    return "Sum(w[i,j]*x[j], j, 1, J) - b[i]"


def wrong_weight(self: Any) -> str:
    return "Sum(w[i,J + 1 - j]*x[j], j, 1, J) + b[i]"


def wrong_function(self: Any) -> str:
    return "tanh(x)"


def wrong_loss(self: Any) -> str:
    return "Sum((x[i] - t[i])**2, i, 1, I)"


def wrong_gradient(self: Any) -> dict[str, str]:
    return {"x": "g*y*(1 + y)"}


CHANGES: list[tuple[type, str, Callable[[Any], Any]]] = [
    (linear.Affine, "text", wrong_bias),
    (linear.Affine, "text", wrong_weight),
    (activation.SigmoidOperation, "text", wrong_function),
    (mse_loss.SquaredError, "text", wrong_loss),
    (activation.SigmoidOperation, "gradients", wrong_gradient),
]


@pytest.fixture(autouse=True)
def forget_schematics() -> Any:
    """Schematic formulas are kept by operation; a changed one must not be remembered."""
    from hwsolve.graph import operation

    def forget() -> None:
        operation.forward_schematic.cache_clear()
        operation.backward_schematic.cache_clear()

    forget()
    yield
    forget()


def test_the_network_itself_is_fine() -> None:
    assert math.isclose(float(hwsolve.solve(NET).answers["z2"].value[0].value), hand(), rel_tol=1e-12)


def hand() -> float:
    """The output, calculated apart."""
    a = [1 / (1 + math.exp(-z)) for z in (0.1 + 0.4 + 0.5, -0.3 + 0.8 - 0.6)]
    return 0.7 * a[0] + 0.8 * a[1] + 0.9


@pytest.mark.parametrize(("cls", "method", "wrong"), CHANGES)
def test_a_changed_formula_is_refused(
    cls: type, method: str, wrong: Callable[[Any], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cls, method, wrong)
    with pytest.raises(Disagreement):
        hwsolve.solve(NET)


@pytest.mark.parametrize("numbers", ["exact", "float64"])
def test_changed_array_code_is_refused(numbers: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def doubled(self: Any, x: Any) -> Any:
        return 2 * x

    monkeypatch.setattr(activation.SigmoidOperation, "forward", doubled)
    with pytest.raises(Disagreement):
        hwsolve.solve({**NET, "numbers": numbers})
