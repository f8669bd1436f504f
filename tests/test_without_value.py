"""What has no value ends in a message with its place, its quantity and what is 0 in it; PyTorch gives nan or inf there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

pytest.importorskip("torch", reason="PyTorch is the independent peer of these tests: pip install torch")
import torch
from torch.nn import functional

from hwsolve.pipeline import read, work_out
from hwsolve.spec.report import SpecFailure
from tests.peers import in_doubles


@pytest.fixture(autouse=True)
def doubles() -> Iterator[None]:
    with in_doubles():
        yield


def said(text: str) -> str:
    """The error of a problem."""
    with pytest.raises(SpecFailure) as error:
        for problem in read(text, "a.yaml"):
            work_out(problem)
    return str(error.value)


def stepped(name: str, **settings: Any) -> torch.Tensor:
    """Parameters 1 and 2 after a step along the gradients 0 and 1."""
    w = torch.tensor([1.0, 2.0], requires_grad=True)
    w.grad = torch.tensor([0.0, 1.0])
    getattr(torch.optim, name)([w], lr=0.1, **settings).step()
    return w.detach()


OPTIMIZERS = {
    "adam": ("Adam", "√v̂_w₁ + ε"),
    "rmsprop": ("RMSprop", "√v_w₁ + ε"),
    "adagrad": ("Adagrad", "√G_w₁ + ε"),
    "adadelta": ("Adadelta", "√(v_w₁ + ε)"),
    "adamax": ("Adamax", "u_w₁"),
}


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_an_optimizer_without_eps_names_the_divisor(name: str) -> None:
    peer, divisor = OPTIMIZERS[name]
    assert not torch.isfinite(stepped(peer, eps=0)).all()
    problem = (
        "{{kind: optimize, parameters: {{w: [1, 2]}}, gradient: {{w: [0, 1]}}, optimizer: {{{}: {{lr: 0.1, eps: 0}}}}}}"
    )
    text = said(problem.format(name))
    assert f"{divisor} = 0" in text and "at optimizer" in text


def logits(**settings: Any) -> torch.Tensor:
    """A cross entropy of two samples of class 1."""
    return functional.cross_entropy(torch.tensor([[1.0, 2, 3], [3, 4, 7]]), torch.tensor([0, 0]), **settings)


NET = """kind: backprop
network: {{input: 2, layers: [linear: {{out_features: 3, bias: false, weight: [[1, 0], [0, 1], [1, 1]]}}]}}
input: [[1, 2], [3, 4]]
target: {{class: [1, 1]}}
loss: {{{}}}
"""
LOSSES: dict[str, tuple[Callable[[], torch.Tensor], str]] = {
    "cross_entropy: {weight: [0, 1, 2]}": (
        lambda: logits(weight=torch.tensor([0.0, 1, 2])),
        "The weights of the targets' classes sum to 0, and the mean divides by that.",
    ),
    "cross_entropy: {ignore_index: 0}": (lambda: logits(ignore_index=0), "Every class is the one that is ignored"),
}


@pytest.mark.parametrize("loss", LOSSES)
def test_a_mean_over_nothing_is_refused(loss: str) -> None:
    peer, wanted = LOSSES[loss]
    assert torch.isnan(peer())
    assert wanted in said(NET.format(loss))


SHEETS: dict[str, tuple[Callable[[torch.Tensor], torch.Tensor], str]] = {
    "log(x - x)": (lambda x: torch.log(x - x), "a logarithm of a number that is not positive: ln(x − x) (in f)"),
    "1/(x - 2)": (lambda x: 1 / (x - 2), "division by zero: x − 2 = 0 (in f)"),
    "sqrt(1 - x)": (lambda x: torch.sqrt(1 - x), "a square root of a negative number: √(1 − x) (in f)"),
    "exp(exp(exp(50*x)))": (lambda x: torch.exp(torch.exp(torch.exp(50 * x))), "a number that is too large: exp("),
    "if(x > 1, 0**(-x), x)": (lambda x: 0.0 ** (-x), "division by zero: 0⁻ˣ (in f)"),
}


@pytest.mark.parametrize("formula", SHEETS)
def test_a_formula_names_its_part(formula: str) -> None:
    peer, wanted = SHEETS[formula]
    assert not torch.isfinite(peer(torch.tensor(2.0)))
    text = said(f"{{kind: worksheet, given: {{x: 2}}, define: {{f: '{formula}'}}}}")
    assert wanted in text and "at define.f" in text


def test_a_norm_of_equal_numbers_without_eps() -> None:
    x = torch.tensor([1.0, 1.0])
    assert torch.isnan(functional.layer_norm(x, (2,), eps=0)).all()
    text = said(
        "{kind: backprop, network: {input: 2, layers: [layer_norm: {eps: 0}]}, input: [1, 1], upstream: [1, 2]}"
    )
    assert "division by zero: √σ² = 0 (in x̂₁)" in text and "at network.layers[1]" in text


def test_a_clipped_gradient_of_norm_0_without_eps() -> None:
    text = said("{kind: optimize, minimize: w**2, start: {w: 0}, optimizer: {sgd: {lr: 0.1, clip: {norm: 1, eps: 0}}}}")
    assert "division by zero: gnorm = 0 (in scale)" in text


WARNED = {
    "{kind: optimize, minimize: w**2, start: {w: 1}, optimizer: {sgd: {lr: 0.1, clip: {norm: 0}}}}": "clipped to 0",
    "{kind: optimize, minimize: w**2, start: {w: 1}, optimizer: {sgd: {lr: 0.1, clip: {value: 0}}}}": "clipped to 0",
    NET.format("cross_entropy: {weight: [-1, 1, 1]}"): "`weight` holds negative numbers",
    "{kind: backprop, network: {input: 1, layers: [linear: {out_features: 1, bias: false, weight: [[1]]}]}, input: [1], "
    "target: [1], loss: {binary_cross_entropy_with_logits: {pos_weight: [-1]}}}": "`pos_weight` holds negative numbers",
}


@pytest.mark.parametrize("text", WARNED)
def test_what_makes_no_sense_and_has_a_value_is_warned_of(text: str) -> None:
    (problem,) = read(text, "a.yaml")
    notes = [str(note.text) for note in work_out(problem).notes if note.level == "warning"]
    assert any(WARNED[text] in note for note in notes)
