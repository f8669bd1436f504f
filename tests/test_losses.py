"""Losses that are nothing but a formula and settings, against PyTorch: at their kinks, in every reduction, trained."""

from __future__ import annotations

import json
import random
from typing import Any, ClassVar

import pytest

import hwsolve
from hwsolve.formula.tree import Number
from hwsolve.losses import LOSSES
from hwsolve.losses.loss import Loss
from hwsolve.spec.fields import Decimal
from hwsolve.spec.report import SpecFailure
from tests.line_check import wrong_lines

torch = pytest.importorskip("torch")
F = torch.nn.functional

SETTINGS = [("huber_loss", "delta", d) for d in (1, 1.5, 0.25)] + [("smooth_l1_loss", "beta", b) for b in (1, 1.5, 0)]
REDUCTIONS = ["mean", "sum", "none"]


def problem(name: str, settings: dict[str, Any], x: Any, t: Any, shape: Any, **more: Any) -> dict[str, Any]:
    """A linear layer that gives its input, and a loss behind it."""
    size = shape[-1]
    identity = [[int(i == j) for j in range(size)] for i in range(size)]
    layers = [{"linear": {"out_features": size, "weight": identity, "bias": False}}]
    network = {"input": size, "layers": layers}
    return {"kind": "backprop", "network": network, "input": x, "target": t, "loss": {name: settings}} | more


def solved(**spec: Any) -> Any:
    """The solution, every line of which an independent reader has calculated anew."""
    solution = hwsolve.solve(spec)
    assert wrong_lines(json.loads(solution.to("json"))) == []
    return solution


def numbers(value: Any) -> Any:
    """An answer as nested lists of floats."""
    return [numbers(v) for v in value] if isinstance(value, tuple) else float(value.value)


@pytest.mark.parametrize("system", ["exact", "float64"])
@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize(("name", "key", "setting"), SETTINGS)
def test_value_gradient_and_training(name: str, key: str, setting: float, reduction: str, system: str) -> None:
    dice = random.Random(f"{name}{setting}{reduction}")
    t = [[dice.choice((-2, 0.5, 1)) for _ in range(3)] for _ in range(2)]
    # at the target, at both ends of the parabola, within and beyond it
    away = [0, setting, -setting, setting / 2, -setting - 0.75, 3]
    x = [[t[n][k] + away[3 * n + k] for k in range(3)] for n in range(2)]
    sgd = {"sgd": {"lr": 0.25}}
    spec = problem(name, {key: setting, "reduction": reduction}, x, t, (2, 3), optimizer=sgd, steps=2, numbers=system)
    answers = solved(**spec).answers

    w = torch.eye(3, dtype=torch.float64, requires_grad=True)
    inputs, target = torch.tensor(x, dtype=torch.float64), torch.tensor(t, dtype=torch.float64)
    for step in range(2):
        z = inputs @ w.T
        z.retain_grad()
        loss = getattr(F, name)(z, target, reduction=reduction, **{key: setting})
        loss.sum().backward()
        at = f"@{step}" if step else ""
        assert numbers(answers[f"L{at}"].value) == pytest.approx(loss.detach().numpy(), rel=1e-12)
        if not step:
            assert numbers(answers["dL_dz1"].value) == pytest.approx(z.grad.numpy(), rel=1e-12, abs=1e-15)
        with torch.no_grad():
            w -= 0.25 * w.grad
        w.grad = None
    assert numbers(answers["w1@2"].value) == pytest.approx(w.detach().numpy(), rel=1e-12, abs=1e-15)


def test_the_default_settings_are_those_of_torch() -> None:
    x, t = [0.5, -3, 7], [1, 0, 0]
    pairs = torch.tensor(x, dtype=torch.float64), torch.tensor(t, dtype=torch.float64)
    for name in ("huber_loss", "smooth_l1_loss"):
        found = solved(**problem(name, {}, x, t, (3,))).answers["L"].value
        assert float(found.value) == pytest.approx(float(getattr(F, name)(*pairs)))


def test_a_setting_may_stand_alone() -> None:
    spec = problem("huber_loss", {}, [3], [0], (1,))
    assert float(solved(**spec | {"loss": {"huber_loss": 2}}).answers["L"].value.value) == 4  # 2·(3 − 1)


@pytest.mark.parametrize(("name", "setting"), [("huber_loss", {"delta": 0}), ("huber_loss", {"delta": -1}), ("smooth_l1_loss", {"beta": -1})])  # fmt: skip
def test_what_torch_refuses_is_refused(name: str, setting: dict[str, Any]) -> None:
    with pytest.raises(RuntimeError):
        getattr(F, name)(torch.zeros(1), torch.ones(1), **setting)
    with pytest.raises(SpecFailure) as caught:
        solved(**problem(name, setting, [1], [0], (1,)))
    (error,) = caught.value.report.errors
    assert str(error.path) == f"loss.{name}.{next(iter(setting))}"


class Hinge(Loss, frozen=True, kw_only=True):
    """Hinge loss: max(0, margin − t·y), for targets of −1 and 1."""

    margin: Decimal = Number(1)
    each: ClassVar[str] = "max(0, margin - t[*]*x[*])"


def test_a_loss_of_ones_own_is_one_class(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(LOSSES.places, "hinge_loss", f"{__name__}:Hinge")
    x, t = [[2, -0.25, 0.5]], [[1, -1, -1]]
    answers = solved(**problem("hinge_loss", {"margin": 1.5}, x, t, (1, 3))).answers
    z = torch.tensor(x, dtype=torch.float64, requires_grad=True)
    loss = torch.clamp(1.5 - torch.tensor(t) * z, min=0).mean()
    loss.backward()
    assert float(answers["L"].value.value) == pytest.approx(loss.item())
    assert numbers(answers["dL_dz1"].value) == pytest.approx(z.grad.numpy())
