"""Weights, ignored classes, smoothing, classes of pixels and the losses of margins, against PyTorch."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest

import hwsolve
from tests.line_check import wrong_lines
from tests.often import each

torch = pytest.importorskip("torch")
F = torch.nn.functional
REDUCTIONS = ("mean", "sum", "none")
CASES = each(6)


def numbers(value: Any) -> Any:
    """An answer as nested lists of floats."""
    return [numbers(v) for v in value] if isinstance(value, tuple) else float(value.value)


def halves(dice: random.Random, shape: tuple[int, ...]) -> Any:
    """Numbers with ties among them."""
    return (
        torch.tensor([dice.randint(-6, 6) / 4 for _ in range(int(torch.tensor(shape).prod()))]).reshape(shape).double()
    )


def compare(x: Any, target: Any, loss: dict[str, Any], wanted: Any, ends: tuple[str, ...] = (), **more: Any) -> None:
    """The loss and its gradient are PyTorch's, and every line holds."""
    shape = list(x.shape[1:])
    network = {"input": shape if len(shape) > 1 else shape[0], "layers": ["identity", *ends]}
    spec = {"kind": "backprop", "network": network, "input": x.tolist(), "target": target, "loss": loss} | more
    solution = hwsolve.solve(spec)
    wanted.sum().backward()
    found = torch.tensor(numbers(solution.answers["L"].value), dtype=torch.float64)
    slope = torch.tensor(numbers(solution.answers["dL_dx"].value), dtype=torch.float64)
    assert torch.allclose(found, wanted.detach().reshape(found.shape), rtol=1e-9, atol=1e-12), (loss, found, wanted)
    assert torch.allclose(slope, x.grad.reshape(slope.shape), rtol=1e-9, atol=1e-12), (loss, slope, x.grad)
    assert wrong_lines(json.loads(solution.to("json"))) == []


def class_shape(dice: random.Random) -> tuple[int, ...]:
    """Of rows, of pixels, or of a map that is a line of pixels."""
    n, c = dice.randint(1, 3), dice.randint(2, 4)
    return dice.choice(((n, c), (n, c), (n, c, dice.randint(1, 2), dice.randint(1, 3))))


@pytest.mark.parametrize("case", range(CASES))
@pytest.mark.parametrize("name", ["cross_entropy", "nll_loss"])
def test_classes_weighed_ignored_and_smoothed(name: str, case: int) -> None:
    dice = random.Random(f"{name}{case}")
    shape = class_shape(dice)
    x = halves(dice, shape).requires_grad_()
    rest = (shape[0], *shape[2:])
    ignored = dice.choice((-100, 0, shape[1] - 1, 255))
    choices = [*range(shape[1]), *([ignored] if ignored in (-100, 255) else [])]
    t = torch.tensor([dice.choice(choices) for _ in range(int(torch.tensor(rest).prod()))]).reshape(rest)
    t.view(-1)[0] = next(k for k in range(shape[1]) if k != ignored)
    settings: dict[str, Any] = {"reduction": dice.choice(REDUCTIONS)}
    if dice.random() < 0.7:
        settings["weight"] = [dice.choice((0.5, 1, 2, 3)) for _ in range(shape[1])]
    if ignored != -100:
        settings["ignore_index"] = ignored
    if name == "cross_entropy" and dice.random() < 0.6:
        settings["label_smoothing"] = dice.choice((0.1, 0.25, 1))
    own = dict(settings)
    if "weight" in own:
        own["weight"] = torch.tensor(own["weight"]).double()
    compare(x, {"index": t.tolist()}, {name: settings}, getattr(F, name)(x, t, **own))


@pytest.mark.parametrize("case", range(CASES))
def test_probabilities_for_every_pixel(case: int) -> None:
    dice = random.Random(f"probabilities{case}")
    shape = (dice.randint(1, 2), dice.randint(2, 3), 2, dice.randint(1, 2)) if case % 2 else (2, 3)
    x = halves(dice, shape).requires_grad_()
    t = torch.tensor([dice.randint(0, 4) / 4 for _ in range(x.numel())]).double().reshape(shape)
    weight = [dice.choice((0.5, 1, 2)) for _ in range(shape[1])]
    settings = {"reduction": dice.choice(REDUCTIONS), "label_smoothing": dice.choice((0, 0.25)), "weight": weight}
    wanted = F.cross_entropy(x, t, **settings | {"weight": torch.tensor(weight).double()})
    compare(x, t.tolist(), {"cross_entropy": settings}, wanted)


@pytest.mark.parametrize("case", range(CASES))
@pytest.mark.parametrize("name", ["binary_cross_entropy", "binary_cross_entropy_with_logits"])
def test_binary_weights(name: str, case: int) -> None:
    dice = random.Random(f"binary{case}")
    shape = (dice.randint(1, 3), dice.randint(1, 3))
    logits = name.endswith("logits")
    x = halves(dice, shape)
    x = (
        x if logits else torch.tensor([[dice.randint(1, 15) / 16 for _ in row] for row in x]).double()
    ).requires_grad_()
    t = torch.tensor([[dice.choice((0, 1, 0.25)) for _ in range(shape[1])] for _ in range(shape[0])]).double()
    settings: dict[str, Any] = {"reduction": dice.choice(REDUCTIONS)}
    own = dice.choice(((shape[1],), shape, (shape[0], 1)))
    if dice.random() < 0.7 or not logits:
        settings["weight"] = (halves(dice, own).abs() + 0.5).tolist()
    if logits and dice.random() < 0.7:
        settings["pos_weight"] = (halves(dice, (shape[1],)).abs() + 0.25).tolist()
    given = {k: torch.tensor(v).double() if isinstance(v, list) else v for k, v in settings.items()}
    compare(x, t.tolist(), {name: settings}, getattr(F, name)(x, t, **given))


@pytest.mark.parametrize("case", range(CASES))
@pytest.mark.parametrize("name", ["hinge", "multi_margin_loss"])
def test_margins_of_classes(name: str, case: int) -> None:
    dice = random.Random(f"margins{case}")
    shape = (dice.randint(1, 3), dice.randint(2, 4))
    x = halves(dice, shape).requires_grad_()
    t = torch.tensor([dice.randrange(shape[1]) for _ in range(shape[0])])
    settings: dict[str, Any] = {"reduction": dice.choice(REDUCTIONS), "margin": dice.choice((1, 0.5, 0))}
    if name == "hinge":
        wanted = F.multi_margin_loss(x, t, **settings) * shape[1]  # Σ over the others, not divided by C
        compare(x, {"index": t.tolist()}, {name: settings}, wanted)
        return
    settings["p"] = dice.choice((1, 2))
    if dice.random() < 0.5:
        settings["weight"] = [dice.choice((0.5, 1, 2)) for _ in range(shape[1])]
    given = {k: torch.tensor(v).double() if isinstance(v, list) else v for k, v in settings.items()}
    compare(x, {"index": t.tolist()}, {name: settings}, F.multi_margin_loss(x, t, **given))


@pytest.mark.parametrize("case", range(CASES))
@pytest.mark.parametrize("name", ["hinge", "hinge_embedding_loss"])
def test_margins_of_signs(name: str, case: int) -> None:
    dice = random.Random(f"signs{case}")
    shape = (dice.randint(1, 3), dice.randint(1, 3))
    x = halves(dice, shape).requires_grad_()
    t = torch.tensor([[dice.choice((1, -1)) for _ in range(shape[1])] for _ in range(shape[0])]).double()
    settings: dict[str, Any] = {"reduction": dice.choice(REDUCTIONS), "margin": dice.choice((1, 0.5, 0.25))}
    if name == "hinge_embedding_loss":
        compare(x, t.tolist(), {name: settings}, F.hinge_embedding_loss(x, t, **settings))
        return
    each = torch.relu(settings["margin"] - t * x)  # whose slope at 0 is 0
    wanted = {"mean": each.mean(), "sum": each.sum(), "none": each}[settings["reduction"]]
    compare(x, t.tolist(), {name: settings}, wanted)


@pytest.mark.parametrize("case", range(CASES))
def test_divergence(case: int) -> None:
    dice = random.Random(f"divergence{case}")
    shape = (dice.randint(1, 3), dice.randint(2, 3))
    x = halves(dice, shape).requires_grad_()
    log = dice.random() < 0.4
    t = halves(dice, shape) if log else torch.tensor([[dice.choice((0, 0.25, 0.5)) for _ in r] for r in x]).double()
    settings = {"reduction": dice.choice((*REDUCTIONS, "batchmean")), "log_target": log}
    compare(x, t.tolist(), {"kl_div": settings}, F.kl_div(x, t, **settings))


@pytest.mark.parametrize("case", range(CASES))
@pytest.mark.parametrize("name", ["half_squared_error", "mse_loss", "l1_loss", "huber_loss", "smooth_l1_loss"])
def test_distances(name: str, case: int) -> None:
    """Of vectors, rows and maps; at the target and at the ends of a parabola among others."""
    dice = random.Random(f"{name}{case}")
    shape = tuple(dice.randint(1, 3) for _ in range(dice.randint(2, 4)))
    x, t = halves(dice, shape).requires_grad_(), halves(dice, shape)
    settings: dict[str, Any] = {"reduction": dice.choice(REDUCTIONS)}
    if name in ("huber_loss", "smooth_l1_loss") and dice.random() < 0.8:
        settings[{"huber_loss": "delta", "smooth_l1_loss": "beta"}[name]] = dice.choice((0.25, 0.5, 1, 1.75))
    if name == "half_squared_error":
        wanted = F.mse_loss(x, t, **settings) / 2
    else:
        wanted = getattr(F, name)(x, t, **settings)
    compare(x, t.tolist(), {name: settings}, wanted)


def test_sequences_of_classes() -> None:
    """Rows of scores for every step of every sample: PyTorch wants the classes along axis 1."""
    dice = random.Random(5)
    x = halves(dice, (2, 4, 3)).requires_grad_()
    t = torch.tensor([[0, 2, 1, 1], [2, 2, 0, 1]])
    compare(x, {"index": t.tolist()}, {"cross_entropy": {}}, F.cross_entropy(x.transpose(1, 2), t))


def test_one_sample_of_pixels() -> None:
    x = halves(random.Random(6), (1, 3, 2, 2)).requires_grad_()
    t = torch.tensor([[[0, 2], [1, 1]]])
    wanted = F.cross_entropy(x, t, label_smoothing=0.25)
    wanted.backward()
    network = {"input": [3, 2, 2], "layers": ["identity"]}
    loss = {"cross_entropy": {"label_smoothing": 0.25}}
    spec = {
        "kind": "backprop",
        "network": network,
        "input": x[0].tolist(),
        "target": {"index": t[0].tolist()},
        "loss": loss,
    }
    answers = hwsolve.solve(spec).answers
    assert float(answers["L"].value.value) == pytest.approx(wanted.item(), rel=1e-12)
    assert torch.allclose(torch.tensor(numbers(answers["dL_dx"].value)).double(), x.grad[0], rtol=1e-9)


@pytest.mark.parametrize("margin", [1, 0.5])
@pytest.mark.parametrize("name", ["hinge", "hinge_embedding_loss"])
def test_the_slope_at_a_kink(name: str, margin: float) -> None:
    """PyTorch's clamp passes a gradient at the end of its range; the subgradient of a textbook's hinge is 0 there."""
    x = torch.tensor([[margin, -margin, margin]]).double().requires_grad_()
    t = torch.tensor([[1.0, -1.0, -1.0]]).double()
    if name == "hinge":
        wanted = torch.relu(margin - t * x).mean()
    else:
        wanted = F.hinge_embedding_loss(x, t, margin=margin)
    compare(x, t.tolist(), {name: {"margin": margin}}, wanted)


@pytest.mark.parametrize(
    ("loss", "target", "said"),
    [
        ("cross_entropy", [0.5, 0.2], "The probabilities of a target add up to 0.7, not to 1."),
        ("cross_entropy", [1.5, -0.5], "A target of 1.5 is no probability."),
        ("cross_entropy", [0.333, 0.66], ""),  # rounded
        ("binary_cross_entropy_with_logits", [0.5, -0.2], "A target of -0.2 is no probability."),
        ("binary_cross_entropy_with_logits", [0.5, 0.2], ""),
        ("mse_loss", [1.5, -0.5], ""),
    ],
)
def test_targets_that_are_no_probabilities_are_said(loss: str, target: list[float], said: str) -> None:
    """PyTorch takes them, and so does this; but most likely they are not meant."""
    spec = {"kind": "backprop", "network": {"input": 2, "layers": ["identity"]}, "input": [1, 2], "target": target}
    notes = json.loads(hwsolve.solve(spec | {"loss": loss}).to("json"))["notes"]
    assert [note["text"].replace("−", "-") for note in notes] == ([said] if said else [])
