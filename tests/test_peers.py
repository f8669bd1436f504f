"""Everything that is registered against its independent peer, and nothing registered without one."""

from __future__ import annotations

import ast
import random
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import hwsolve
from hwsolve.formula.functions import FUNCTIONS
from hwsolve.formula.tree import Number
from hwsolve.initializers import INITIALIZERS
from hwsolve.layers import LAYERS, layer_class
from hwsolve.layers.base import Layer
from hwsolve.layers.names import DIMENSION
from hwsolve.losses import LOSSES
from hwsolve.optimizers import OPTIMIZERS
from tests import peers
from tests.often import each
from tests.test_layers_truth import CLASSES

CASES = each(6)  # random settings of each
# layers whose peers stand elsewhere: test_recurrent…, test_wiring_nets
ELSEWHERE = {"rnn", "lstm", "gru", "rnn_cell", "lstm_cell", "gru_cell", "parameter", "constant", "formula"}
ELSEWHERE |= {"max_unpool1d", "max_unpool2d", "max_unpool3d"}  # in test_further_values_torch
# losses whose peers stand in test_losses_joint
JOINT = {name for name in LOSSES if len(LOSSES[name].OUTPUTS) > 1} | {"multilabel_margin_loss", "ctc_loss"}
LETTERS = {"prelu": "alpha", "rms_norm": "gamma", "embedding": "E"}


def further_layers() -> set[str]:
    """Those of PyTorch's table, and those whose specs stand in the tests of further layers, along any number of axes."""
    tree = ast.parse((Path(__file__).parent / "test_further_layers_torch.py").read_text(encoding="utf-8"))
    keys = [key for node in ast.walk(tree) if isinstance(node, ast.Dict) for key in node.keys]
    stated = {
        part.value for key in keys for part in (key.values if isinstance(key, ast.JoinedStr) else [key])
        if isinstance(part, ast.Constant) and isinstance(part.value, str)
    }  # fmt: skip
    families = {DIMENSION.sub("", name) for name in stated}
    return {name for name in LAYERS if DIMENSION.sub("", name) in families} | {ours for ours, _ in CLASSES.values()}


def without_peer(registered: Iterable[str], known: Iterable[str]) -> set[str]:
    return set(registered) - set(known)


@pytest.mark.parametrize(
    ("registered", "known"),
    [
        (LAYERS, {*peers.LAYERS, *ELSEWHERE, *further_layers()}),
        (LOSSES, {*peers.LOSSES, *JOINT}),
        (OPTIMIZERS, peers.OPTIMIZERS),
        (INITIALIZERS, peers.INITIALIZERS),
        ({name for name in FUNCTIONS if not name.startswith("d_")}, peers.FUNCTIONS),
    ],
    ids=["layers", "losses", "optimizers", "initializers", "functions"],
)
def test_nothing_is_registered_without_a_peer(registered: Iterable[str], known: Iterable[str]) -> None:
    assert without_peer(registered, known) == set()
    assert without_peer([*registered, "brand_new"], known) == {"brand_new"}, "this test could not fail"


@pytest.fixture
def torch() -> Any:
    return pytest.importorskip("torch", reason="PyTorch is the independent peer of these tests: pip install torch")


def values(dice: random.Random, shape: tuple[int, ...]) -> np.ndarray:
    """Numbers no two of which are equal, and none of which is a kink of a function."""
    size = int(np.prod(shape))
    return (np.array(dice.sample(range(-4 * size - 3, 4 * size + 3), size)).reshape(shape) * 2 + 1) / 8


def floats(value: Any) -> Any:
    return [floats(v) for v in value] if isinstance(value, tuple) else float(value.value)


def is_computed(name: str) -> bool:
    return layer_class(name).build is not Layer.build


# ---------------------------------------------------------------- layers


@pytest.mark.parametrize("name", peers.LAYERS)
def test_a_layer_is_counted_as_its_peer(name: str, torch: Any) -> None:
    dice = random.Random(name)
    for _ in range(CASES):
        case = peers.LAYERS[name](dice)
        module = case.module(torch)
        module.eval()
        whole = torch.zeros((2, *case.shape), dtype=torch.long if name == "embedding" else torch.float32)
        out = tuple(module(whole).shape[1:])
        network = {"input": list(case.shape), "layers": [{name: {**case.arguments, "name": "it"}}]}
        answers = hwsolve.solve({"kind": "count-params", "network": network}).answers
        assert tuple(q.value for q in answers["shape.it"].value) == out, case
        assert answers["params"].value.value == sum(p.numel() for p in module.parameters()), case


@pytest.mark.parametrize("name", [name for name in peers.LAYERS if is_computed(name)])
def test_a_layer_is_computed_as_its_peer(name: str, torch: Any) -> None:
    """Values and the gradients of data and parameters, of one sample and of a batch."""
    dice = random.Random(name)
    part = 64 if name == "multihead_attention" else 1  # exponentials of products of three keep in range
    for n in range(CASES):
        case = peers.LAYERS[name](dice)
        lead = (dice.randint(1, 2),) if n % 2 else ()
        x: Any = torch.tensor(values(dice, (*lead, *case.shape)), dtype=torch.float64, requires_grad=True)
        if name == "embedding":
            x = torch.randint(0, case.arguments["num_embeddings"], (*lead, *case.shape))
        module = case.module(torch).double()
        stated: dict[str, Any] = {}
        for key, parameter in module.named_parameters():
            if name == "prelu":
                continue
            with torch.no_grad():
                parameter.copy_(torch.tensor(values(dice, tuple(parameter.shape)) / part))
            stated[key] = parameter.tolist()
        y = module(x if lead else x[None])
        y = y if lead else y[0]
        g = torch.tensor(values(dice, tuple(y.shape)))
        y.backward(g)
        problem = {
            "kind": "backprop",
            "network": {
                "input": list(case.shape),
                "layers": [{name: {**case.arguments, **stated}}, {"identity": {"symbols": {"output": "out"}}}],
            },
            "input": {"index": x.tolist()} if name == "embedding" else x.tolist(),
            "upstream": g.tolist(),
            "mode": "eval" if name.startswith("dropout") else "train",
        }
        answers = hwsolve.solve(problem).answers
        wanted = {} if name == "embedding" else {"dL_dx": x.grad}
        for key, parameter in module.named_parameters() if name != "multihead_attention" else ():  # which are packed
            wanted[f"dL_d{letter(name, key)}"] = parameter.grad
        for key, peer in wanted.items():
            found = torch.tensor(floats(answers[key].value), dtype=torch.float64)
            assert torch.allclose(found.reshape(peer.shape), peer, rtol=1e-9, atol=1e-12), (case, key, found, peer)
        output = torch.tensor(floats(answers["out"].value), dtype=torch.float64)
        assert torch.allclose(output.reshape(y.shape), y.detach(), rtol=1e-9, atol=1e-12), (case, output, y)


def letter(name: str, key: str) -> str:
    """What a parameter of a layer is called."""
    if "norm" in name:
        return {"weight": "gamma", "bias": "beta"}[key]
    return LETTERS.get(name, f"{key[0]}1")


# ---------------------------------------------------------------- losses and optimizers

PROBABILITIES = {"binary_cross_entropy"}


@pytest.mark.parametrize("reduction", ["mean", "sum"])
@pytest.mark.parametrize("name", peers.LOSSES)
def test_a_loss_is_its_peer(name: str, reduction: str, torch: Any) -> None:
    dice = random.Random(name + reduction)
    signs = LOSSES[name].signs
    classes = LOSSES[name].classes and not signs
    for _ in range(CASES):
        shape = (dice.randint(1, 3), dice.randint(2, 4))
        y = torch.tensor(values(dice, shape), dtype=torch.float64)
        if name in PROBABILITIES:
            y = torch.sigmoid(y / 8).mul(1000).round() / 1000
        y.requires_grad_()
        t: Any = torch.tensor(values(dice, shape))
        target: Any = t.tolist()
        if name.startswith("binary"):
            t = torch.tensor(
                [[dice.choice((0, 1, 0.5, 0.3)) for _ in range(shape[1])] for _ in range(shape[0])]
            ).double()
            target = t.tolist()
        if name == "kl_div":
            t, target = t.abs(), t.abs().tolist()
        if signs:
            t = torch.tensor([[dice.choice((1.0, -1.0)) for _ in range(shape[1])] for _ in range(shape[0])])
            target = t.tolist()
        if classes:
            index = [dice.randrange(shape[1]) for _ in range(shape[0])]
            t, target = torch.tensor(index), {"index": index}
        wanted = peers.LOSSES[name](torch.nn.functional, y, t, reduction)
        wanted.backward()
        network = {"input": shape[1], "layers": ["identity"]}
        problem = {
            "kind": "backprop",
            "network": network,
            "input": y.tolist(),
            "target": target,
            "loss": {name: {"reduction": reduction}},
        }
        answers = hwsolve.solve(problem).answers
        assert float(answers["L"].value.value) == pytest.approx(wanted.item(), rel=1e-9)
        found = torch.tensor(floats(answers["dL_dx"].value), dtype=torch.float64)
        assert torch.allclose(found, y.grad, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("name", peers.OPTIMIZERS)
def test_an_optimizer_is_its_peer(name: str, torch: Any) -> None:
    dice = random.Random(name)
    peer, arguments = peers.OPTIMIZERS[name]
    for _ in range(CASES):
        with peers.in_doubles():  # PyTorch keeps the product of the momenta of nadam in its usual precision
            follows(name, peer, arguments(dice), dice, torch)


def follows(name: str, peer: str, settings: dict[str, Any], dice: random.Random, torch: Any) -> None:
    """Weights after some steps are those of PyTorch."""
    steps = dice.randint(1, 4)
    w = torch.tensor(values(dice, (2, 3)), requires_grad=True)
    x, t = torch.tensor(values(dice, (2, 3))) / 4, torch.tensor(values(dice, (2, 2)))
    start = w.tolist()
    optimizer = getattr(torch.optim, peer)([w], **settings)
    for _ in range(steps):
        optimizer.zero_grad()
        torch.nn.functional.mse_loss(x @ w.T, t).backward()
        optimizer.step()
    layer = {"linear": {"out_features": 2, "weight": start, "bias": False}}
    problem = {
        "kind": "backprop", "network": {"input": 3, "layers": [layer]}, "input": x.tolist(), "target": t.tolist(),
        "loss": "mse_loss", "optimizer": {name: settings}, "steps": steps,
    }  # fmt: skip
    found = torch.tensor(floats(hwsolve.solve(problem).answers[f"w1@{steps}"].value), dtype=torch.float64)
    assert torch.allclose(found, w.detach(), rtol=1e-9, atol=1e-12), settings


# ---------------------------------------------------------------- initializers


@pytest.mark.parametrize("name", peers.INITIALIZERS)
def test_an_initializer_is_its_peer(name: str, torch: Any) -> None:
    """The mean, the deviation and the largest value over many draws, each with random arguments."""
    dice = random.Random(name)
    torch.manual_seed(7)  # three standard errors are passed by chance, once in some runs
    shape, arguments = peers.INITIALIZERS[name]
    for seed in range(8):
        chosen = arguments(dice)
        ours = np.concatenate([drawn(name, shape, seed * 10 + k, chosen) for k in range(4)])
        theirs = torch.cat([getattr(torch.nn.init, f"{name}_")(torch.empty(shape), **chosen) for _ in range(4)]).numpy()
        assert ours.shape == theirs.shape
        spread = float(theirs.std())
        assert abs(ours.mean() - theirs.mean()) <= 0.06 * spread + 1e-6, (name, chosen)
        assert abs(ours.std() - spread) <= 0.04 * spread + 1e-6, (name, chosen)
        bounded = not name.endswith("normal") or name == "trunc_normal"
        if bounded and name not in ("sparse", "orthogonal"):
            assert abs(np.abs(ours).max() - np.abs(theirs).max()) <= 0.02 * np.abs(theirs).max() + 1e-6, (name, chosen)


def drawn(name: str, shape: tuple[int, ...], seed: int, arguments: dict[str, Any]) -> np.ndarray:
    exact = {k: v if isinstance(v, str) else Number(*float(v).as_integer_ratio()) for k, v in arguments.items()}
    numbers = INITIALIZERS[name](**exact).values(shape, seed)
    return np.array([v.numerator / v.denominator for v in numbers]).reshape(shape)
