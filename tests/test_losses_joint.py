"""Losses of several outputs, of ranks, counts and several classes at once, against PyTorch."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest

import hwsolve
from hwsolve.pipeline import read, work_out
from hwsolve.spec.report import SpecFailure
from tests.line_check import wrong_lines
from tests.often import each
from tests.test_losses_weighed import REDUCTIONS, compare, halves, numbers

torch = pytest.importorskip("torch")
F = torch.nn.functional
CASES = each(6)


def shape_of(dice: random.Random, vectors: bool = False) -> tuple[int, ...]:
    rows = dice.choice(((), (dice.randint(1, 3),)))
    return (*rows, dice.randint(2, 3)) if vectors or not rows else (*rows, dice.randint(1, 3))


def agree(xs: list[Any], target: Any, loss: dict[str, Any], wanted: Any, lines: bool, batched: bool) -> None:
    """The loss of several outputs and all its gradients are PyTorch's, and every line holds."""
    names = [f"x{k}" for k in range(1, len(xs) + 1)]
    outputs = [f"o{k}" for k in range(1, len(xs) + 1)]
    sizes = {name: x.shape[int(batched) :] or [1] for name, x in zip(names, xs, strict=True)}
    network = {
        "inputs": {name: size[0] for name, size in sizes.items()},
        "layers": [{"identity": {"inputs": n, "output": o}} for n, o in zip(names, outputs, strict=True)],
        "outputs": outputs,
    }
    given = {name: x.tolist() for name, x in zip(names, xs, strict=True)}
    ((name, settings),) = loss.items()
    own = {"of": outputs} | settings | ({} if target is None else {"target": target})
    spec = {"kind": "backprop", "network": network, "input": given, "loss": {name: own}}
    reduced = settings["reduction"] != "none"
    if not reduced and wanted.dim():
        with pytest.raises(SpecFailure, match="A loss is one number"):
            hwsolve.solve(spec)
        return
    solution = hwsolve.solve(spec)
    wanted.backward()
    assert float(solution.answers["L"].value.value) == pytest.approx(wanted.item(), rel=1e-9, abs=1e-12), spec
    for n, x in zip(names, xs, strict=True):
        found = torch.tensor(numbers(solution.answers[f"dL_d{n}"].value), dtype=torch.float64)
        assert torch.allclose(found, x.grad.reshape(found.shape), rtol=1e-9, atol=1e-11), (spec, n, found, x.grad)
    if lines:
        assert wrong_lines(json.loads(solution.to("json"))) == []


@pytest.mark.parametrize("case", range(CASES))
def test_triplets(case: int) -> None:
    dice = random.Random(f"triplets{case}")
    shape = shape_of(dice, True)
    xs = [(halves(dice, shape) + k / 8).requires_grad_() for k in range(3)]
    settings = {
        "margin": dice.choice((1, 0.5, 3)),
        "p": dice.choice((1, 2, 2, 3)),
        "swap": dice.random() < 0.4,
        "reduction": dice.choice(REDUCTIONS),
    }
    if dice.random() < 0.5:
        settings["eps"] = dice.choice((0.25, 1e-6))
    agree(
        xs, None, {"triplet_margin_loss": settings}, F.triplet_margin_loss(*xs, **settings), case < 20, len(shape) > 1
    )


@pytest.mark.parametrize("case", range(CASES))
def test_cosines(case: int) -> None:
    dice = random.Random(f"cosines{case}")
    shape = shape_of(dice, True)
    xs = [(halves(dice, shape) + 0.125).requires_grad_() for _ in range(2)]
    t = torch.tensor([dice.choice((1, -1)) for _ in range(shape[0] if len(shape) > 1 else 1)])
    t = t if len(shape) > 1 else t[0]
    settings = {"margin": dice.choice((0, 0.5, 0.25)), "reduction": dice.choice(REDUCTIONS)}
    wanted = F.cosine_embedding_loss(*xs, t, **settings)
    agree(xs, t.tolist(), {"cosine_embedding_loss": settings}, wanted, case < 20, len(shape) > 1)


@pytest.mark.parametrize("case", range(CASES))
def test_ranks(case: int) -> None:
    dice = random.Random(f"ranks{case}")
    shape = shape_of(dice)
    xs = [halves(dice, shape).requires_grad_() for _ in range(2)]
    t = torch.tensor([dice.choice((1, -1)) for _ in range(xs[0].numel())]).reshape(shape)
    settings = {"margin": dice.choice((0, 0.5, 1)), "reduction": dice.choice(REDUCTIONS)}
    wanted = F.margin_ranking_loss(*xs, t, **settings)
    agree(xs, t.tolist(), {"margin_ranking_loss": settings}, wanted, case < 20, len(shape) > 1)


@pytest.mark.parametrize("case", range(CASES))
def test_means_and_variances(case: int) -> None:
    dice = random.Random(f"variances{case}")
    shape = shape_of(dice)
    x = halves(dice, shape).requires_grad_()
    own = shape if dice.random() < 0.6 else (*shape[:-1], 1)
    v = (halves(dice, own).abs() + 0.25).requires_grad_()
    t = halves(dice, shape)
    settings = {"full": dice.random() < 0.5, "reduction": dice.choice(REDUCTIONS)}
    wanted = F.gaussian_nll_loss(x, t, v, **settings)
    agree([x, v], t.tolist(), {"gaussian_nll_loss": settings}, wanted, case < 20, len(shape) > 1)


@pytest.mark.parametrize("case", range(CASES))
def test_counts(case: int) -> None:
    dice = random.Random(f"counts{case}")
    shape = (dice.randint(1, 3), dice.randint(1, 3))
    log = dice.random() < 0.5
    x = (halves(dice, shape) if log else halves(dice, shape).abs() + 0.25).requires_grad_()
    t = torch.tensor([[dice.randint(0, 4) for _ in range(shape[1])] for _ in range(shape[0])]).double()
    settings = {"log_input": log, "full": dice.random() < 0.5, "reduction": dice.choice(REDUCTIONS)}
    if not log and dice.random() < 0.5:
        settings["eps"] = 0.125
    compare(x, t.tolist(), {"poisson_nll_loss": settings}, F.poisson_nll_loss(x, t, **settings))


@pytest.mark.parametrize("case", range(CASES))
def test_signs_without_a_margin(case: int) -> None:
    dice = random.Random(f"soft{case}")
    shape = (dice.randint(1, 3), dice.randint(1, 3))
    x = halves(dice, shape).requires_grad_()
    t = torch.tensor([[dice.choice((1, -1)) for _ in range(shape[1])] for _ in range(shape[0])]).double()
    settings = {"reduction": dice.choice(REDUCTIONS)}
    compare(x, t.tolist(), {"soft_margin_loss": settings}, F.soft_margin_loss(x, t, **settings))


@pytest.mark.parametrize("case", range(CASES))
@pytest.mark.parametrize("name", ["multilabel_margin_loss", "multilabel_soft_margin_loss"])
def test_several_classes_at_once(name: str, case: int) -> None:
    dice = random.Random(f"several{case}")
    shape = (dice.randint(1, 3), dice.randint(2, 4))
    x = halves(dice, shape).requires_grad_()
    hold = [[dice.randint(0, 1) for _ in range(shape[1])] for _ in range(shape[0])]
    settings: dict[str, Any] = {"reduction": dice.choice(REDUCTIONS)}
    if name == "multilabel_margin_loss":
        rows = [[k for k, held in enumerate(row) if held] for row in hold]
        places = torch.tensor([row + [-1] * (shape[1] - len(row)) for row in rows])
        wanted = F.multilabel_margin_loss(x, places, **settings)
        compare(x, hold, {name: settings}, wanted)
        return
    own: dict[str, Any] = {}
    if dice.random() < 0.5:
        settings["weight"] = [dice.choice((0.5, 1, 2)) for _ in range(shape[1])]
        own["weight"] = torch.tensor(settings["weight"]).double()
    wanted = F.multilabel_soft_margin_loss(x, torch.tensor(hold).double(), **settings | own)
    compare(x, hold, {name: settings}, wanted)


def said(loss: str, more: str = "", shapes: str = "{a: 2, b: 2}", given: str = "{a: [1, 2], b: [3, 4]}") -> str:
    """What is wrong with a loss of two outputs u and v."""
    layers = "[identity: {inputs: a, output: u}, identity: {inputs: b, output: v}]"
    text = f"kind: backprop\nnetwork: {{inputs: {shapes}, layers: {layers}, outputs: [u, v]}}\ninput: {given}\n{more}loss: {loss}\n"
    with pytest.raises(SpecFailure) as failure:
        work_out(*read(text, "x"))
    return str(failure.value)


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ((" triplet_margin_loss",), "This loss is of 3 outputs, in the order anchor, positive, negative; got 0."),
        (("{margin_ranking_loss: {of: u, target: [1, 1]}}",), "This loss is of 2 outputs, in the order y1, y2; got 1."),
        (("{cosine_embedding_loss: {of: [u, w], target: 1}}",), "There is no quantity `w` here."),
        (("cosine_embedding_loss", "target: 0\n"), "The targets are 1 and −1 here, got 0."),
        (("cosine_embedding_loss", "target: [1, -1]\n"), "The target has the shape 2, the output 1."),
        (("margin_ranking_loss",), "`target` is missing"),
        (("{triplet_margin_loss: {of: [u, v, u], target: 1}}",), "it has no target."),
        (("{triplet_margin_loss: {of: [u, v, u]}}", "target: 1\n"), "no loss takes this"),
        (
            ("margin_ranking_loss", "target: [1, 1]\n", "{a: 2, b: 3}", "{a: [1, 2], b: [3, 4, 5]}"),
            "The outputs of this loss fit each other; u has the shape 2, v 3.",
        ),
        (("gaussian_nll_loss", "target: [1, 1]\n", "{a: 2, b: 2}", "{a: [1, 2], b: [0, 1]}"), "greater than 0"),
    ],
)
def test_what_does_not_fit(spec: tuple[str, ...], message: str) -> None:
    assert message in said(*spec)
