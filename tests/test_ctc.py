"""The loss of a sequence of labels against PyTorch: values, gradients of what goes into the log-softmax, and refusals."""

from __future__ import annotations

import json
import random
from itertools import pairwise
from typing import Any

import pytest

import hwsolve
from hwsolve.spec.report import SpecFailure
from tests.line_check import wrong_lines
from tests.often import each

torch = pytest.importorskip("torch", reason="PyTorch is the independent peer of these tests: pip install torch")


def floats(value: Any) -> Any:
    return [floats(v) for v in value] if isinstance(value, tuple) else float(value.value)


def labels(dice: random.Random, length: int, classes: list[int], steps: int) -> list[int]:
    """A row that the steps can tell: a label that is repeated needs a step more."""
    while True:
        row = [dice.choice(classes) for _ in range(length)]
        if length + sum(a == b for a, b in pairwise(row)) <= steps:
            return row


@pytest.mark.parametrize("seed", range(each(12, 200)))
def test_the_loss_of_labels_is_that_of_torch(seed: int) -> None:
    """One sample alone, a batch of one, and several; any class as the blank; every reduction."""
    dice = random.Random(f"ctc {seed}")
    steps, classes, samples = dice.randint(1, 5), dice.randint(2, 4), dice.choice((0, 1, 2))
    length, blank = dice.randint(1, min(3, steps)), dice.randrange(classes)
    others = [k for k in range(classes) if k != blank]
    length = min(length, (steps + 1) // 2) if len(others) == 1 else length
    rows = [labels(dice, length, others, steps) for _ in range(samples or 1)]
    z = [[[dice.randint(-8, 8) / 4 for _ in range(classes)] for _ in range(steps)] for _ in range(samples or 1)]
    reduction = dice.choice(("mean", "sum", "none"))
    found = hwsolve.solve(
        {
            "kind": "backprop",
            "network": {"input": [steps, classes], "layers": [{"log_softmax": {"dim": -1, "output": "lp"}}]},
            "input": z if samples else z[0],
            "target": {"index": rows if samples else rows[0]},
            "loss": {"ctc_loss": {"blank": blank, "reduction": reduction}},
            "numbers": "exact" if seed % 3 else "float64",
        }
    )
    x = torch.tensor(z, dtype=torch.float64, requires_grad=True)
    told = [torch.tensor([n] * (samples or 1)) for n in (steps, length)]
    lp = torch.log_softmax(x, -1).transpose(0, 1)  # PyTorch has the steps first
    loss = torch.nn.functional.ctc_loss(lp, torch.tensor(rows), *told, blank=blank, reduction=reduction)
    loss.sum().backward()
    ours = torch.tensor(floats(found.answers["L"].value), dtype=torch.float64).ravel()
    assert torch.allclose(ours, loss.detach().ravel(), rtol=1e-9, atol=1e-12), (ours, loss)
    slope = torch.tensor(floats(found.answers["dL_dx"].value), dtype=torch.float64).reshape(x.grad.shape)
    assert torch.allclose(slope, x.grad, rtol=1e-9, atol=1e-9), (slope, x.grad)
    assert seed > 5 or wrong_lines(json.loads(found.to("json"))) == []


def test_the_probability_is_that_of_all_paths() -> None:
    """Every path of labels and blanks, counted by hand."""
    from itertools import groupby, product
    from math import exp, log

    z, wanted, blank = [[0.5, 1, -1], [0, 0.25, 2], [1, -0.5, 0.5], [0.25, 0, 1]], [1, 2], 0
    p = [[exp(v) / sum(map(exp, row)) for v in row] for row in z]
    total = 0.0
    for path in product(range(3), repeat=4):
        if [k for k, _ in groupby(path) if k != blank] == wanted:
            share = 1.0
            for t, k in enumerate(path):
                share *= p[t][k]
            total += share
    found = hwsolve.solve(
        {
            "kind": "backprop",
            "network": {"input": [4, 3], "layers": [{"log_softmax": {"dim": -1}}]},
            "input": z,
            "target": {"class": [2, 3]},
            "loss": {"ctc_loss": {"reduction": "sum"}},
        }
    )
    assert float(found.answers["L"].value.value) == pytest.approx(-log(total), rel=1e-12)


@pytest.mark.parametrize(
    ("target", "settings", "said"),
    [
        ("{index: [1, 1]}", "{}", "These labels need 3 steps at least, and there are 2."),
        ("{index: [0]}", "{}", "Class 1, counted from 1, is the blank: it is no label."),
        ("{class: [4]}", "{}", "Class 4, counted from 1, is not among the 3 outputs."),
        ("{index: [1]}", "{blank: 3}", "The blank is index 3, counted from 0; there are 3 classes."),
        ("[1, 2]", "{}", "The labels are written `{class: [3, 2]}`, or `{index: [2, 1]}`."),
        ("{index: [1]}", "{reduction: batchmean}", "Expected one of `mean`, `sum`, `none`"),
    ],
)
def test_labels_that_are_refused(target: str, settings: str, said: str) -> None:
    text = "kind: backprop\nnetwork: {input: [2, 3], layers: [log_softmax]}\ninput: [[1, 0, 2], [0, 1, 1]]\n"
    with pytest.raises(SpecFailure) as failure:
        hwsolve.solve(f"{text}target: {target}\nloss: {{ctc_loss: {settings}}}\n")
    assert said in " ".join(str(failure.value).split())


def test_the_page_says_what_its_letters_are() -> None:
    """Of every quantity on the way, the row with its blanks, and what the mean divides by; no letter that is not so."""
    spec: dict[str, Any] = {
        "kind": "backprop",
        "network": {"input": [3, 3], "layers": [{"log_softmax": {"dim": -1}}]},
        "input": [[1, 2, 3], [0.5, 1, 0], [0, 1, 2]],
        "target": {"index": [1, 2]},
        "loss": "ctc_loss",
    }
    text = " ".join(hwsolve.solve(spec).to("plain").split())
    for letter in "bck":
        assert f" {letter} a 1 for" in text or f" {letter} holds a 1 for" in text
    assert "q the probability of the class" in text
    assert "α₁ to α₃ hold" in text
    assert "blank, 2, blank, 3, blank; s numbers these places, t the steps, v the classes." in text
    assert "divides the loss by the number of labels, 2." in text
    summed = spec | {"loss": {"ctc_loss": {"reduction": "sum"}}}
    assert "the number of" not in hwsolve.solve(summed).to("plain")
    named = spec | {"network": {"input": [3, 3], "layers": [{"log_softmax": {"dim": -1, "output": "s"}}]}}
    text = " ".join(hwsolve.solve(named).to("plain").split())
    assert "blank, 2, blank, 3, blank. " in text
    assert "qₜₛ" not in text
    long = spec | {
        "network": spec["network"] | {"input": [6, 3]},
        "input": [[1, 2, 3]] * 6,
        "target": {"index": [1, 2, 1, 2, 1]},
    }
    text = " ".join(hwsolve.solve(long).to("plain").split())
    assert "blank, 2, blank, 3, …, 2, blank;" in text
    rows = spec | {"input": [spec["input"]] * 2, "target": {"index": [[1, 2, 1], [2, 1, 2]]}}
    text = " ".join(hwsolve.solve(rows).to("plain").split())
    assert "The labels are the classes 2, 3, 2; 3, 2, 3, counted from 1" in text
    assert "between its labels: blank, 2, blank, 3, blank, 2, blank;" in text
    assert "of each sample by the number of its labels, 3," in text
