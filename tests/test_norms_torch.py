"""Normalisations, dropout and embeddings by hand: random cases against PyTorch's autograd, and every line read again."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

import hwsolve
from hwsolve.derivation.lines import Disagreement
from hwsolve.graph.operation import backward_schematic, by_formula
from hwsolve.layers import normalised
from tests.line_check import wrong_lines
from tests.nearness import near, size
from tests.often import each

torch = pytest.importorskip("torch", reason="PyTorch is the independent peer of these tests: pip install torch")

CASES = each(20)
READ = 2  # solutions of a layer that are read line by line

Wanted = dict[str, Any]


def drawn(dice: random.Random, *shape: int, few: bool = False) -> Any:
    """Numbers with a short decimal; `few`: many of them equal."""
    size = 1
    for n in shape:
        size *= n
    numbers = [dice.choice((-1, 0, 0.5)) if few else dice.randint(-40, 40) / 8 for _ in range(size)]
    return torch.tensor(numbers, dtype=torch.float64).reshape(shape)


def shape_of(dice: random.Random, axes: int) -> tuple[int, ...]:
    return tuple(dice.randint(1, 3) for _ in range(axes))


def found(value: Any) -> Any:
    """An answer as nested lists of floats."""
    if isinstance(value, tuple):
        return [found(v) for v in value]
    exact = value.value
    return float(exact) if not hasattr(exact, "p") else float(Fraction(int(exact.p), int(exact.q)))


def agrees(spec: dict[str, Any], wanted: Wanted, read: bool) -> None:
    """The answers are the wanted numbers; `read`: every line is right."""
    solution = hwsolve.solve(spec)
    for key, peer in wanted.items():
        own = np.array(found(solution.answers[key].value))
        assert own.shape == peer.shape, (key, spec)
        near(own, peer, (key, spec), size(wanted.values()))
    if read:
        assert wrong_lines(json.loads(solution.to("json"))) == [], spec


def test_windows_wider_than_the_channels() -> None:
    """Of a response norm: they reach as far as the first and the last channel, and `size` divides all the same."""
    dice = random.Random(31)
    for channels in (1, 2, 3):
        for width in range(1, 2 * channels + 3):
            x = drawn(dice, channels, 2).requires_grad_()
            y = torch.nn.LocalResponseNorm(width, 0.75, 0.5, 1.5)(x[None])[0]
            g = drawn(dice, channels, 2)
            y.backward(g)
            layer = {"local_response_norm": {"size": width, "alpha": 0.75, "beta": 0.5, "k": 1.5, "output": "y"}}
            spec = {"kind": "backprop", "network": {"input": [channels, 2], "layers": [layer]}}
            spec |= {"input": x.tolist(), "upstream": g.tolist()}
            agrees(spec, {"y": y.detach(), "dL_dx": x.grad}, read=width > 2 * channels)


def run(dice: random.Random, make: Callable[[random.Random], Any], cases: int = CASES) -> None:
    for k in range(cases):
        spec, wanted = make(dice)
        agrees(spec, wanted, k < READ)


def affine(dice: random.Random, layer: Any, shape: tuple[int, ...], settings: dict[str, Any]) -> dict[str, Any]:
    """Numbers for γ and β, in the spec and in PyTorch; a layer without them has none, and some lack one of the two."""
    found, lacks = {}, dice.choice(("", "", "weight", "bias"))
    for name, letter, usual in (("weight", "gamma", 1.0), ("bias", "beta", 0.0)):
        own = getattr(layer, name)
        if own is not None and name == lacks:
            own.data.fill_(usual)
            settings[name] = False
        elif own is not None:
            own.data = drawn(dice, *shape)
            settings[name] = own.tolist()
            found[f"dL_d{letter}"] = own
    return found


def passed(
    dice: random.Random, name: str, settings: dict[str, Any], layer: Any, x: Any, sample: tuple[int, ...], own: Any
) -> tuple[dict[str, Any], Wanted]:
    """The spec of a layer under an upstream gradient, and what PyTorch gives; the batch axis is there in x."""
    x.requires_grad_()
    if dice.random() < 0.4:
        settings["gradient"] = dice.choice(("short", "short", "terms"))
    batched = x.shape[0] > 1 or name.startswith("batch_norm1d")
    y = layer(x)
    g = drawn(dice, *y.shape)
    y.backward(g)
    spec = {
        "kind": "backprop",
        "network": {"input": list(sample), "layers": [{name: {**settings, "output": "out"}}]},
        "input": x.tolist() if batched else x[0].tolist(),
        "upstream": g.tolist() if batched else g[0].tolist(),
    }
    wanted = {"out": y.detach() if batched else y.detach()[0], "dL_dx": x.grad if batched else x.grad[0]}
    return spec, wanted | {key: p.grad for key, p in own.items()}


def layer_norm(dice: random.Random) -> Any:
    sample = shape_of(dice, dice.randint(1, 3))
    over = sample[-dice.randint(1, len(sample)) :]
    eps = dice.choice((1e-5, 0.5, 1e-3))
    layer = torch.nn.LayerNorm(over, eps=eps, elementwise_affine=dice.random() < 0.7, bias=dice.random() < 0.7).double()
    settings: dict[str, Any] = {"normalized_shape": list(over), "eps": eps}
    own = affine(dice, layer, over, settings)
    if not own:
        settings["elementwise_affine"] = False
    elif layer.bias is None:
        settings["bias"] = False
    x = drawn(dice, dice.randint(1, 2), *sample, few=dice.random() < 0.3)
    return passed(dice, "layer_norm", settings, layer, x, sample, own)


def rms_norm(dice: random.Random) -> Any:
    sample = shape_of(dice, dice.randint(1, 3))
    over, eps = sample[-dice.randint(1, len(sample)) :], dice.choice((1e-5, 0.5))
    layer = torch.nn.RMSNorm(over, eps=eps, elementwise_affine=dice.random() < 0.7).double()
    settings: dict[str, Any] = {"normalized_shape": list(over), "eps": eps}
    own: dict[str, Any] = {}
    if layer.weight is None:
        settings["elementwise_affine"] = False
    else:
        layer.weight.data = drawn(dice, *over)
        settings["weight"], own = layer.weight.tolist(), {"dL_dgamma": layer.weight}
    x = drawn(dice, dice.randint(1, 2), *sample, few=dice.random() < 0.3)
    return passed(dice, "rms_norm", settings, layer, x, sample, own)


def group_norm(dice: random.Random) -> Any:
    groups = dice.randint(1, 3)
    sample = (groups * dice.randint(1, 2), 2, *shape_of(dice, dice.randint(0, 2)))
    layer = torch.nn.GroupNorm(groups, sample[0], affine=dice.random() < 0.7).double()
    settings: dict[str, Any] = {"num_groups": groups, "affine": layer.affine}
    own = affine(dice, layer, sample[:1], settings)
    x = drawn(dice, dice.randint(1, 2), *sample, few=dice.random() < 0.3)
    return passed(dice, "group_norm", settings, layer, x, sample, own)


def instance_norm(dice: random.Random) -> Any:
    axes = dice.randint(1, 3)
    sample = (dice.randint(1, 3), 2, *shape_of(dice, axes - 1))
    layer = getattr(torch.nn, f"InstanceNorm{axes}d")(sample[0], affine=dice.random() < 0.5).double()
    settings: dict[str, Any] = {"affine": layer.affine}
    own = affine(dice, layer, sample[:1], settings)
    x = drawn(dice, dice.randint(1, 2), *sample, few=dice.random() < 0.3)
    return passed(dice, f"instance_norm{axes}d", settings, layer, x, sample, own)


def batch_norm(dice: random.Random) -> Any:
    """In training or in evaluation, with running statistics or none, by PyTorch's rule or with `keep`."""
    axes, training = dice.randint(1, 3), dice.random() < 0.7
    sample = (dice.randint(1, 3), *shape_of(dice, axes if axes > 1 else dice.randint(0, 1)))
    momentum, eps = dice.choice((0.1, 0.25)), dice.choice((1e-5, 0.5))
    layer = getattr(torch.nn, f"BatchNorm{axes}d")(sample[0], eps, momentum, affine=dice.random() < 0.7).double()
    settings: dict[str, Any] = {"affine": layer.affine, "eps": eps}
    own = affine(dice, layer, sample[:1], settings)
    running = not training or dice.random() < 0.7
    keep = dice.random() < 0.3
    if running:
        layer.running_mean = drawn(dice, sample[0])
        layer.running_var = drawn(dice, sample[0]).abs() + 0.5
        settings["running"] = {"mean": layer.running_mean.tolist(), "var": layer.running_var.tolist()}
        settings["running"] |= {"keep": 1 - momentum} if keep else {"momentum": momentum}
    before = layer.running_mean.clone(), layer.running_var.clone()
    layer.train(training)
    x = drawn(dice, dice.randint(2, 3), *sample, few=dice.random() < 0.3)
    spec, wanted = passed(dice, f"batch_norm{axes}d", settings, layer, x, sample, own)
    if dice.random() < 0.5:
        spec["mode"] = "train" if training else "eval"
    else:
        spec["network"]["layers"][0][f"batch_norm{axes}d"]["mode"] = "train" if training else "eval"
    if running and training:
        biased = keep and dice.random() < 0.5
        if biased:
            settings["running"]["variance"] = "biased"
        axis = [k for k in range(x.dim()) if k != 1]
        var = x.detach().var(axis, unbiased=not biased)
        wanted["running_mean@1"] = layer.running_mean
        wanted["running_var@1"] = (1 - momentum) * before[1] + momentum * var if biased else layer.running_var
    return spec, wanted


def dropout(dice: random.Random) -> Any:
    """With a mask for each value, or for each channel, of one sample or of a batch; scaled here or there."""
    axes = dice.randint(0, 3)
    sample = shape_of(dice, axes + 1)
    p, scale, training = dice.choice((0, 0.25, 0.5, 0.9)), dice.choice(("inverted", "test")), dice.random() < 0.7
    x = drawn(dice, 2, *sample).requires_grad_()
    each = dice.random() < 0.5
    of = ((2,) if each else ()) + (sample[:1] if axes else sample)
    mask = torch.tensor([1 if p == 0 else dice.randint(0, 1) for _ in range(torch.Size(of).numel())]).reshape(of)
    spread = mask.reshape(*of, *(1,) * (x.dim() - len(of) - (0 if each else 1))).double()
    factor = (
        (spread / (1 - p) if scale == "inverted" else spread) if training else 1.0 if scale == "inverted" else 1 - p
    )
    y = x * factor
    g = drawn(dice, *y.shape)
    y.backward(g)
    name = f"dropout{axes}d" if axes else "dropout"
    spec = {
        "kind": "backprop",
        "mode": "train" if training else "eval",
        "network": {"input": list(sample), "layers": [{name: {"p": p, "scale": scale, "output": "out"}}]},
        "input": x.tolist(),
        "upstream": g.tolist(),
    }
    if training:
        spec["network"]["layers"][0][name]["mask"] = mask.tolist()
    return spec, {"out": y.detach(), "dL_dx": x.grad}


def embedding(dice: random.Random) -> Any:
    words, size = dice.randint(1, 4), dice.randint(1, 3)
    layer = torch.nn.Embedding(words, size).double()
    layer.weight.data = drawn(dice, words, size)
    sample = shape_of(dice, dice.randint(1, 2))
    batch = dice.choice(((), (2,)))
    index = torch.randint(0, words, (*batch, *sample), generator=torch.Generator().manual_seed(dice.randint(0, 99)))
    y = layer(index)
    g = drawn(dice, *y.shape)
    y.backward(g)
    settings = {"num_embeddings": words, "embedding_dim": size, "weight": layer.weight.tolist(), "output": "out"}
    typed = dice.choice(({"index": index.tolist()}, {"class": (index + 1).tolist()}))
    spec = {
        "kind": "backprop",
        "network": {"input": {"tokens": list(sample)}, "layers": [{"embedding": settings}]},
        "input": typed,
        "upstream": g.tolist(),
    }
    return spec, {"out": y.detach(), "dL_dE": layer.weight.grad}


@pytest.mark.parametrize("make", [layer_norm, rms_norm, group_norm, instance_norm, batch_norm, dropout, embedding])
def test_a_layer_agrees_with_autograd(make: Callable[[random.Random], Any]) -> None:
    """Outputs, all gradients and the new statistics to 1e-9; equal values, batches, channels, affine or not."""
    run(random.Random(make.__name__), make)


def test_the_comparison_can_fail() -> None:
    spec, wanted = layer_norm(random.Random(3))
    with pytest.raises(AssertionError):
        agrees(spec, wanted | {"out": wanted["out"] + 1e-6}, read=False)


# ---------------------------------------------------------------- the four formulas are all there is

SPEC: dict[str, Any] = {
    "kind": "backprop",
    "network": {"input": 4, "layers": [{"layer_norm": {"weight": [1, 0.5, 2, 1], "bias": [0, 0.1, -0.2, 0]}}]},
    "input": [3, -1, 0.5, 2],
    "upstream": [1, -1, 0.5, 2],
}


def line_of(solution: Any, key: str) -> dict[str, Any]:
    """The line of a key."""
    data = json.loads(solution.to("json"))
    lines = (line for section in data["sections"] for line in section["lines"])
    return next(x for x in lines if x.get("key") == key)


def test_lines_and_numbers_follow_from_the_variance_formula(monkeypatch: pytest.MonkeyPatch) -> None:
    """Divided by N − 1, the variance and every gradient through it change, and PyTorch agrees with the new ones."""
    before = {key: line_of(hwsolve.solve(SPEC), key)["formula"] for key in ("var", "dL_dx[1]")}
    true = normalised.Axes.mean_of

    def unbiased(self: Any, body: str) -> str:
        text = true(self, body)
        return text.replace("/(", "/(-1 + ") if body == normalised.VARIANCE else text

    monkeypatch.setattr(normalised.Axes, "mean_of", unbiased)
    x = torch.tensor(SPEC["input"], dtype=torch.float64, requires_grad=True)
    gamma = torch.tensor([1, 0.5, 2, 1], dtype=torch.float64, requires_grad=True)
    beta = torch.tensor([0, 0.1, -0.2, 0], dtype=torch.float64, requires_grad=True)
    y = gamma * (x - x.mean()) / torch.sqrt(x.var(unbiased=True) + 1e-5) + beta
    y.backward(torch.tensor(SPEC["upstream"], dtype=torch.float64))
    wanted = {"y": y.detach(), "dL_dx": x.grad, "dL_dgamma": gamma.grad, "dL_dbeta": beta.grad}
    agrees(SPEC, wanted, read=True)
    after = {key: line_of(hwsolve.solve(SPEC), key)["formula"] for key in before}
    assert all(after[key] != before[key] for key in before), after


def test_that_nothing_comes_through_the_variance_is_held_a_second_way(monkeypatch: pytest.MonkeyPatch) -> None:
    """Around any number but the mean the differences do not add up to 0: such a gradient is refused."""
    true = normalised.Axes.mean_of
    monkeypatch.setattr(
        normalised.Axes, "mean_of", lambda self, body: true(self, body) + ("/2" if body == "x[{at}]" else "")
    )
    with pytest.raises(Disagreement):
        hwsolve.solve(SPEC)


def test_the_gradient_has_its_three_terms() -> None:
    """∂L/∂xᵢ = (∂L/∂x̂ᵢ)/√(σ²+ε) + 2·∂L/∂σ²·(xᵢ−μ)/N + (∂L/∂μ)/N."""
    text = line_of(hwsolve.solve(SPEC), "dL_dx[2]")["formula"]
    assert text == "dL_dxhat[2]/sqrt(var + 0.00001) + 2*dL_dvar*(x[2] - mu)/4 + dL_dmu/4"


# ---------------------------------------------------------------- the closed form of the gradient

SHORT: dict[str, dict[str, Any]] = {
    name: {
        "kind": "backprop",
        "mode": "train",
        "network": {"input": shape, "layers": [{name: settings | {"gradient": "short"}}]},
        "input": x,
        "upstream": g,
    }
    for name, settings, shape, x, g in (
        ("layer_norm", {}, [3], [1, 4, 2], [1, -1, 3]),
        ("batch_norm1d", {}, [2], [[1, 2], [4, 0], [2, 3]], [[1, 0], [-1, 2], [3, 1]]),
        ("group_norm", {"num_groups": 2}, [4, 1], [[1], [4], [2], [0]], [[1], [-1], [3], [2]]),
        ("instance_norm1d", {}, [1, 3], [[1, 4, 2]], [[1, -1, 3]]),
        ("rms_norm", {}, [3], [1, 4, 2], [1, -1, 3]),
    )
}
WRONG = {
    "a term less": lambda text: re.sub(r" - y\[.*(?=\)/(sqrt|r$))", "", text),
    "another sign": lambda text: text.replace("] - ", "] + ", 1),
    "twice a term": lambda text: text.replace("- y[", "- 2*y[", 1),
}


@pytest.mark.parametrize("name", SHORT)
def test_the_closed_form_stands_in_the_place_of_the_terms(name: str) -> None:
    """No gradient of a mean or a variance is there, the one line holds all, and its numbers are those of the terms."""
    short = hwsolve.solve(SHORT[name])
    data = json.loads(short.to("json"))
    lines = {line.get("key", "") for section in data["sections"] for line in section["lines"]}
    assert "dL_dx" in {key.partition("[")[0] for key in lines}
    assert not any(key.startswith(("dL_dmu", "dL_dvar", "dL_drms")) for key in lines)
    spec = json.loads(json.dumps(SHORT[name]))
    spec["network"]["layers"][0][name]["gradient"] = "terms"
    agrees(
        SHORT[name],
        {"dL_dx": torch.tensor(found(hwsolve.solve(spec).answers["dL_dx"].value), dtype=torch.float64)},
        read=True,
    )


@pytest.mark.parametrize("wrong", WRONG)
@pytest.mark.parametrize("name", SHORT)
def test_a_closed_form_that_is_wrong_is_refused(name: str, wrong: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second way to the gradients goes through the mean and the variance, and finds another number."""
    true = normalised.Short.gradients
    broken = lambda self: {key: WRONG[wrong](text) for key, text in true(self).items()}  # noqa: E731
    monkeypatch.setattr(normalised.Short, "gradients", broken)
    for forget in (backward_schematic.cache_clear, by_formula.cache_clear):
        forget()
    try:
        by_code = name == "group_norm"  # whose numbers its own code makes: the line is held against them
        with pytest.raises(Disagreement, match=None if by_code else "in a random direction"):
            hwsolve.solve(SHORT[name])
    finally:
        for forget in (backward_schematic.cache_clear, by_formula.cache_clear):
            forget()


def test_code_of_a_closed_form_that_is_wrong_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    true = normalised.ShortOfGroups.backward
    monkeypatch.setattr(normalised.ShortOfGroups, "backward", lambda self, *given: 2 * true(self, *given))
    with pytest.raises(Disagreement, match="in a random direction"):
        hwsolve.solve(SHORT["group_norm"])


# ---------------------------------------------------------------- training


@pytest.mark.parametrize("steps", [1, 3])
def test_statistics_and_weights_of_several_steps(steps: int) -> None:
    """A linear layer, batch norm and ReLU in training: every step moves the weights and the running statistics."""
    dice = random.Random(steps)
    x, t = drawn(dice, 3, 2), drawn(dice, 3, 2)
    linear, norm = torch.nn.Linear(2, 2).double(), torch.nn.BatchNorm1d(2).double()
    linear.weight.data, linear.bias.data = drawn(dice, 2, 2), drawn(dice, 2)
    layers = [
        {"linear": {"out_features": 2, "weight": linear.weight.tolist(), "bias": linear.bias.tolist()}},
        {"batch_norm1d": {"running": {"mean": 0, "var": 1}}},
        "relu",
    ]
    optimizer = torch.optim.SGD([*linear.parameters(), *norm.parameters()], lr=0.1)
    for _ in range(steps):
        optimizer.zero_grad()
        torch.nn.functional.mse_loss(torch.relu(norm(linear(x))), t).backward()
        optimizer.step()
    spec = {
        "kind": "backprop",
        "mode": "train",
        "network": {"input": 2, "layers": layers},
        "input": x.tolist(),
        "target": t.tolist(),
        "loss": "mse_loss",
        "optimizer": {"sgd": {"lr": 0.1}},
        "steps": steps,
    }
    wanted = {
        f"w1@{steps}": linear.weight.data,
        f"gamma@{steps}": norm.weight.data,
        f"beta@{steps}": norm.bias.data,
        f"running_mean@{steps}": norm.running_mean,
        f"running_var@{steps}": norm.running_var,
    }
    agrees(spec, wanted, read=True)
    agrees(spec | {"numbers": "float64"}, wanted, read=False)


def test_a_layer_that_is_used_again_has_one_gamma() -> None:
    """Two norms by one `use`: quantities of their own (`mu_2`), one γ whose gradient is the sum over both."""
    x = torch.tensor([1.0, 4, 2], dtype=torch.float64, requires_grad=True)
    gamma = torch.tensor([1.0, 2, 0.5], dtype=torch.float64, requires_grad=True)
    y = torch.nn.functional.layer_norm(torch.nn.functional.layer_norm(x, (3,), gamma), (3,), gamma)
    y.backward(torch.tensor([1.0, -1, 2], dtype=torch.float64))
    norm = {"layer_norm": {"name": "f", "weight": [1, 2, 0.5], "bias": False}}
    spec = {
        "kind": "backprop",
        "network": {"input": 3, "layers": [norm, {"use": {"layer": "f", "output": "out"}}]},
        "input": [1, 4, 2],
        "upstream": [1, -1, 2],
    }
    agrees(spec, {"out": y.detach(), "dL_dx": x.grad, "dL_dgamma": gamma.grad}, read=True)
    assert {"mu", "mu_2", "var_2", "xhat_2"} <= hwsolve.solve(spec).answers.keys()


# ---------------------------------------------------------------- what is said


def said(spec: dict[str, Any]) -> list[tuple[str, str]]:
    """The notes of a solution."""
    return [(note.level, str(note.text)) for note in hwsolve.solve(spec).notes]


def test_evaluation_says_that_nothing_is_dropped_and_eps_is_named() -> None:
    spec: dict[str, Any] = {"kind": "backprop", "mode": "eval", "input": [1, 2]}
    notes = said(spec | {"network": {"input": 2, "layers": [{"layer_norm": {}}, {"dropout": 0.5}]}})
    assert ("info", "`dropout1` is in evaluation: nothing is dropped, and what goes in comes out.") in notes
    assert any("0.00001" in text for _, text in notes)
    other = said(spec | {"network": {"input": 2, "layers": [{"layer_norm": {"eps": 0.5}}]}})
    assert not any("eps" in text or "PyTorch" in text for _, text in other)


@pytest.mark.parametrize("name", ["step", "sign"])
def test_a_flat_unit_warns_only_where_something_is_learned(name: str) -> None:
    spec: dict[str, Any] = {"kind": "backprop", "network": {"input": 2, "layers": [name]}, "input": [1, 0]}
    assert said(spec) == []
    ((kind, text),) = said(spec | {"upstream": [1, 2]})
    assert kind == "warning" and f"`{name}1`" in text


def test_p_of_zero_needs_neither_mode_nor_mask() -> None:
    spec = {"kind": "backprop", "network": {"input": 2, "layers": [{"dropout": 0}, "relu"]}, "input": [1, 2]}
    assert "`dropout1` has p = 0: nothing is dropped." in [text for _, text in said(spec)]


@pytest.mark.parametrize("pad", range(3))
@pytest.mark.parametrize("words", [1, 2, 3])
def test_a_row_of_padding_may_be_any(words: int, pad: int) -> None:
    """It is picked and gets no gradient, also where it is the last row and the lines of that element are argued."""
    if pad >= words:
        return
    index = [k % words for k in range(4)]
    peer = torch.nn.Embedding(words, 2, padding_idx=pad).double()
    peer.weight.data = drawn(random.Random(pad), words, 2)
    y = peer(torch.tensor(index))
    g = drawn(random.Random(words), 4, 2)
    y.backward(g)
    settings = {
        "num_embeddings": words,
        "embedding_dim": 2,
        "padding_idx": pad,
        "weight": peer.weight.tolist(),
        "output": "y",
    }
    spec = {"kind": "backprop", "network": {"input": {"tokens": 4}, "layers": [{"embedding": settings}]},
            "input": {"index": index}, "upstream": g.tolist()}  # fmt: skip
    agrees(spec, {"y": y.detach(), "dL_dE": peer.weight.grad}, read=True)
