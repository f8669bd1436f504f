"""Layers beside the main ones against torch.nn: shapes and parameters of random ones, and values and gradients by hand."""

from __future__ import annotations

import json
import random
from typing import Any

import numpy as np
import pytest

import hwsolve
from hwsolve.spec.report import SpecFailure
from tests.conftest import PROBLEMS
from tests.line_check import wrong_lines
from tests.often import each, often
from tests.test_layers_truth import solved

torch = pytest.importorskip("torch", reason="PyTorch is the independent peer of these tests: pip install torch")
nn = torch.nn

COUNT = often(60)


def array(value: Any) -> np.ndarray:
    """An answer as float64."""
    if isinstance(value, tuple):
        return np.array([array(v) for v in value])
    exact = value.value
    return np.array(float(int(exact.p)) / float(int(exact.q)) if hasattr(exact, "p") else float(exact))


Case = tuple[dict[str, Any], Any, tuple[int, ...]]


def ends(dice: random.Random, axes: int, low: int, high: int) -> Any:
    """A number, or two for each axis."""
    return dice.choice([dice.randint(max(low, 0), high), [dice.randint(low, high) for _ in range(2 * axes)]])


def padding(dice: random.Random) -> Case:
    n = dice.randint(1, 3)
    name = dice.choice(["ZeroPad", "ConstantPad", "ReflectionPad", "ReplicationPad", "CircularPad"])
    given = ends(dice, n, -1 if name in ("ZeroPad", "ConstantPad") else 0, 2)
    shape = (2, *(dice.randint(2, 5) for _ in range(n)))
    kind = f"{name[: -len('Pad')].lower()}_pad{n}d"
    settings: dict[str, Any] = {"padding": given}
    more = [2.5] if name == "ConstantPad" else []
    if more:
        settings["value"] = "2.5"
    plain = tuple(given) if isinstance(given, list) else given
    return {kind: settings}, lambda: getattr(nn, f"{name}{n}d")(plain, *more), shape


def pooling(dice: random.Random) -> Case:
    n = dice.randint(1, 3)
    if n > 1 and dice.random() < 0.5:
        size = dice.randint(1, 4)
        settings = {"kernel_size": dice.randint(1, 4), "output_size": size}
        made = getattr(nn, f"FractionalMaxPool{n}d")
        return ({f"fractional_max_pool{n}d": settings}, lambda: made(**settings), (2, *(dice.randint(2, 7),) * n))
    settings = {"norm_type": dice.randint(1, 3), "kernel_size": dice.randint(1, 4), "ceil_mode": dice.random() < 0.5}
    if dice.random() < 0.5:
        settings["stride"] = dice.randint(1, 3)
    shape = (2, *(dice.randint(4, 7) for _ in range(n)))
    return {f"lp_pool{n}d": settings}, lambda: getattr(nn, f"LPPool{n}d")(**settings), shape


def columns(dice: random.Random) -> Case:
    settings = {key: [dice.randint(low, 3), dice.randint(low, 3)] for key, low in
                (("kernel_size", 1), ("dilation", 1), ("padding", 0), ("stride", 1))}  # fmt: skip
    shape = (dice.randint(1, 3), dice.randint(3, 7), dice.randint(3, 7))
    plain = {key: tuple(value) for key, value in settings.items()}
    if dice.random() < 0.5:
        return {"unfold": settings}, lambda: nn.Unfold(**plain), shape
    try:
        rows = nn.Unfold(**plain)(torch.zeros(1, *shape)).shape[1:]
    except RuntimeError:
        rows = (4, 4)
    return ({"fold": settings | {"output_size": list(shape[1:])}}, lambda: nn.Fold(shape[1:], **plain), tuple(rows))


def others(dice: random.Random) -> Case:
    shape = (dice.choice([2, 4, 6, 8]), dice.randint(1, 4), dice.randint(1, 4))
    r = dice.randint(1, 3)
    return dice.choice(
        [
            ({"pixel_unshuffle": r}, lambda: nn.PixelUnshuffle(r), shape),
            ({"channel_shuffle": r}, lambda: nn.ChannelShuffle(r), shape),
            ({"local_response_norm": r}, lambda: nn.LocalResponseNorm(r), shape),
            ({"sync_batch_norm": {"affine": r > 1}}, lambda: nn.SyncBatchNorm(shape[0], affine=r > 1).eval(), shape),
            ({"glu": {"dim": r}}, lambda: nn.GLU(r), shape),
            ({"softmax2d": None}, nn.Softmax2d, shape),
            ({"alpha_dropout": "0.3"}, lambda: nn.AlphaDropout(0.3), shape),
            ({"feature_alpha_dropout": "0.3"}, lambda: nn.FeatureAlphaDropout(0.3), shape),
        ]
    )


DRAWN = [padding, pooling, columns, others]


@pytest.mark.parametrize("draw", DRAWN, ids=[draw.__name__ for draw in DRAWN])
def test_shapes_parameters_and_refusals(draw: Any) -> None:
    dice = random.Random(draw.__name__)
    accepted = 0
    for _ in range(COUNT):
        layer, make, shape = draw(dice)
        try:
            module = make()
            out = tuple(module(torch.zeros((2, *shape))).shape[1:])
        except (RuntimeError, ValueError, AssertionError):
            with pytest.raises(SpecFailure):
                solved({"input": list(shape), "layers": [layer]})
            continue
        if 0 in out:
            continue  # PyTorch lets a map vanish
        answers = solved({"input": list(shape), "layers": [layer, {"identity": {"name": "end"}}]})
        assert tuple(answers["shape.end"]) == out, layer
        assert answers["params"] == sum(p.numel() for p in module.parameters()), layer
        assert answers["params.buffers"] == sum(b.numel() for b in module.buffers()), layer
        accepted += 1
    assert accepted > COUNT // 3


# ---------------------------------------------------------------- by hand


class By(nn.Module):
    """A module of a function."""

    def __init__(self, function: Any) -> None:
        super().__init__()
        self.function = function

    def forward(self, x: Any) -> Any:
        return self.function(x)


def excited(x: Any) -> Any:
    """Squeeze and excitation with two middle channels, weights of 1 and no biases."""
    return x * torch.sigmoid(2 * torch.relu(x.mean((2, 3), keepdim=True).sum(1, keepdim=True)))


ONES = {"weight": 1, "bias": 0}
BY_HAND: list[Case] = [
    ({"narrow": {"dim": 2, "start": 2, "length": 2}}, By(lambda x: x.narrow(2, 1, 2)), (2, 4)),
    ({"zero_pad2d": [1, 2, 0, 1]}, nn.ZeroPad2d((1, 2, 0, 1)), (2, 3, 3)),
    ({"zero_pad1d": [-1, 2]}, nn.ZeroPad1d((-1, 2)), (2, 4)),
    ({"constant_pad3d": {"padding": 1, "value": "2.5"}}, nn.ConstantPad3d(1, 2.5), (1, 2, 2, 2)),
    ({"reflection_pad2d": [1, 2, 0, 1]}, nn.ReflectionPad2d((1, 2, 0, 1)), (2, 3, 3)),
    ({"replication_pad1d": 2}, nn.ReplicationPad1d(2), (2, 3)),
    ({"circular_pad2d": 1}, nn.CircularPad2d(1), (1, 3, 3)),
    ({"crop": {"size": [2, 3]}}, By(lambda x: x[..., 2:4, 0:3]), (2, 5, 4)),
    ({"crop": {"cells": [1, 0, 2, 1]}}, By(lambda x: x[..., 2:-1, 1:]), (2, 5, 4)),
    ({"permute": [2, 3, 1]}, By(lambda x: x.permute(0, 2, 3, 1)), (2, 3, 4)),
    ({"permute": [0, 2, 1]}, By(lambda x: x.permute(0, 2, 1)), (2, 3)),
    ({"select": {"dim": 2, "index": -1}}, By(lambda x: x.select(2, -1)), (2, 3, 4)),
    ({"select": {"dim": 1, "index": 2}}, By(lambda x: x.select(1, 1)), (3, 4)),
    ({"reshape": [2, -1]}, By(lambda x: x.reshape(1, 2, -1)), (3, 4)),
    ({"reshape": [2, 3, 2]}, By(lambda x: x.reshape(1, 2, 3, 2)), (12,)),
    ({"channel_shuffle": 2}, nn.ChannelShuffle(2), (6, 2, 2)),
    ({"pixel_unshuffle": 2}, nn.PixelUnshuffle(2), (2, 4, 4)),
    ({"celu": "1.5"}, nn.CELU(1.5), (4,)),
    ({"hard_shrink": "0.6"}, nn.Hardshrink(0.6), (5,)),
    ({"soft_shrink": "0.6"}, nn.Softshrink(0.6), (5,)),
    ({"tanh_shrink": None}, nn.Tanhshrink(), (5,)),
    ({"threshold": {"threshold": "0.1", "value": 20}}, nn.Threshold(0.1, 20), (5,)),
    ({"rrelu": {"lower": "0.1", "upper": "0.5"}}, nn.RReLU(0.1, 0.5).eval(), (5,)),
    ({"glu": 1}, nn.GLU(1), (4, 3)),
    ({"softmin": None}, nn.Softmin(-1), (4,)),
    ({"softmax2d": None}, nn.Softmax2d(), (3, 2, 2)),
    ({"layer_scale": {"init_values": "0.3"}}, By(lambda x: 0.3 * x), (3, 2, 2)),
    ({"squeeze_excitation": {"squeeze_channels": 2, "weights": {"fc1": ONES, "fc2": ONES}}}, By(excited), (3, 2, 2)),
]  # fmt: skip


@pytest.mark.parametrize(("layer", "module", "shape"), BY_HAND, ids=lambda value: str(value)[:40])
def test_values_and_gradients(layer: Any, module: Any, shape: tuple[int, ...]) -> None:
    torch.manual_seed(0)
    x = ((torch.randn(1, *shape, dtype=torch.float64) * 4).round() / 4 + 0.0625).requires_grad_()
    y = module(x)
    g = (torch.randn_like(y) * 4).round() / 4
    y.backward(g)
    network = {"input": list(shape), "layers": [layer, {"identity": {"output": "out"}}]}
    numbers = {"input": x[0].tolist(), "upstream": g[0].tolist(), "mode": "eval"}
    answers = hwsolve.solve({"kind": "backprop", "network": network, **numbers}).answers
    np.testing.assert_allclose(array(answers["out"].value), y[0].detach().numpy(), rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(array(answers["dL_dx"].value), x.grad[0].numpy(), rtol=1e-12, atol=1e-14)


def test_one_number_decides_of_a_whole_sample() -> None:
    """Stochastic depth: the first of two samples stays, divided by 1 − p, and nothing is left of the second."""
    network = {"input": 2, "layers": [{"drop_path": {"p": "0.25", "mask": [1, 0], "output": "y"}}]}
    spec = {"kind": "backprop", "mode": "train", "network": network, "input": [[3, 6], [1, 2]]}
    answers = hwsolve.solve(spec | {"upstream": [[1, 1], [1, 1]]}).answers
    np.testing.assert_allclose(array(answers["y"].value), [[4, 8], [0, 0]])


# ---------------------------------------------------------------- counts, by loops over what meets


def attention_loops(rows: int, width: int, heads: int, window: int) -> int:
    """The products of a windowed attention, one by one."""
    count = 4 * sum(1 for _ in range(rows) for _ in range(width) for _ in range(width))
    for query in range(rows):
        for key in range(rows):
            if query // window == key // window:
                count += 2 * heads * (width // heads)
    return count


@pytest.mark.parametrize(("sides", "heads"), [([2, 3], 2), ([4], 1), ([1, 2], 4)])
def test_attention_within_windows(sides: list[int], heads: int) -> None:
    window = int(np.prod(sides))
    settings = {"embed_dim": 8, "num_heads": heads, "window": sides, "position_bias": 15, "qk_norm": "layer_norm"}
    answers = solved({"input": [4 * window, 8], "layers": [{"multihead_attention": settings}]})
    assert answers["macs"] == attention_loops(4 * window, 8, heads, window)
    own = nn.MultiheadAttention(8, heads)
    norms = 2 * sum(p.numel() for p in nn.LayerNorm(8 // heads).parameters())
    table = nn.Embedding(15, heads).weight.numel()
    assert answers["params"] == sum(p.numel() for p in own.parameters()) + norms + table


def test_a_table_of_positions_is_shared() -> None:
    settings = {"embed_dim": 8, "num_heads": 2, "position_bias": 32}
    again = settings | {"position_table": {"tie": "first.position_table"}}
    layers = [{"multihead_attention": settings | {"name": "first"}}, {"multihead_attention": again}]
    answers = solved({"input": [4, 8], "layers": layers})
    assert answers["params"] == 2 * (4 * 8 * 8 + 4 * 8) + 32 * 2


def test_a_table_that_is_longer_than_the_sequence() -> None:
    encoding = {"positional_encoding": {"kind": "learned", "num_positions": 1024}}
    assert solved({"input": [16, 8], "layers": [encoding]})["params"] == nn.Embedding(1024, 8).weight.numel()
    assert solved({"input": ["T", 8], "layers": [encoding]})["params"] == 1024 * 8
    with pytest.raises(SpecFailure, match="2000 rows, but there are 1024 places"):
        solved({"input": [2000, 8], "layers": [encoding]})


def test_a_mixture_counts_all_experts_and_computes_some() -> None:
    body = [{"linear": 16}, "relu", {"linear": 8}]
    expert = sum(p.numel() for p in nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 8)).parameters())
    for experts, active, bias in ((8, 2, False), (4, 4, True), (3, 1, False)):
        router = nn.Linear(8, experts, bias=bias).weight.numel() + experts * bias
        mixture = {"experts": experts, "active": active, "body": body, "name": "moe"}
        mixture |= {"router": {"bias": True}} if bias else {}
        answers = solved({"input": [5, 8], "layers": [{"mixture": mixture}, {"linear": 3}]})
        assert answers["params"] == experts * expert + router + 27
        assert answers["params.active"] == active * expert + router + 27
        assert answers["params.active.moe"] == active * expert + router
        loops = sum(8 * experts + active * (8 * 16 + 16 * 8) + 8 * 3 for _ in range(5))
        assert answers["macs"] == loops


def test_the_table_says_how_many_experts_are_active() -> None:
    mixture = {"experts": 8, "active": 2, "body": [{"linear": 16}, "relu", {"linear": 8}]}
    solution = hwsolve.solve({"kind": "count-params", "network": {"input": [5, 8], "layers": [{"mixture": mixture}]}})
    text = solution.to("plain", width=100)
    assert "8 × expert, 2 active" in text


@pytest.mark.parametrize("seed", range(each(10, 200)))
def test_a_mixture_by_hand(seed: int) -> None:
    """Rows of which each goes to its own experts; equal logits; weights divided by their sum or not."""
    dice = random.Random(f"mixture {seed}")
    size, count, rows = dice.randint(1, 3), dice.randint(2, 4), dice.randint(1, 3)
    active, renormalize, residual = dice.randint(1, count), dice.random() < 0.5, dice.random() < 0.5

    def some(*shape: int) -> Any:
        return [some(*shape[1:]) for _ in range(shape[0])] if shape else dice.randint(-2, 2) / 2

    router, weights, biases = some(count, size), some(count, size, size), some(count, size)
    experts = [
        [{"linear": {"out_features": size, "weight": w, "bias": b}}, "tanh"]
        for w, b in zip(weights, biases, strict=True)
    ]
    mixture = {
        "mixture": {"active": active, "experts": experts, "router": {"weight": router, "symbols": {"weight": "R"}}}
    }
    mixture["mixture"] |= {} if renormalize and dice.random() < 0.5 else {"renormalize": renormalize}
    x, g = some(rows, size), some(rows, size)
    found = hwsolve.solve(
        {
            "kind": "backprop",
            "network": {
                "input": size if dice.random() < 0.5 else [rows, size],
                "layers": [{"add": [[mixture], []]} if residual else mixture, {"identity": {"output": "out"}}],
            },
            "input": x,
            "upstream": g,
        }
    )
    xs, rs = (torch.tensor(v, dtype=torch.float64, requires_grad=True) for v in (x, router))
    ws, bs = (torch.tensor(v, dtype=torch.float64, requires_grad=True) for v in (weights, biases))
    logits = xs @ rs.T
    chosen = torch.argsort(-logits, dim=1, stable=True)[:, :active]  # of equal ones the first
    p = torch.softmax(logits, 1)
    made = []
    for n in range(rows):
        shares = p[n, chosen[n]]
        shares = shares / shares.sum() if renormalize else shares
        parts = [share * torch.tanh(ws[e] @ xs[n] + bs[e]) for share, e in zip(shares, chosen[n], strict=True)]
        made.append(sum(parts) + (xs[n] if residual else 0))
    out = torch.stack(made)
    out.backward(torch.tensor(g, dtype=torch.float64))
    wanted = {"out": out.detach(), "dL_dx": xs.grad, "dL_dR": rs.grad}
    wanted |= {f"dL_dw{e + 2}": ws.grad[e] for e in range(count)} | {f"dL_db{e + 2}": bs.grad[e] for e in range(count)}
    for key, value in wanted.items():
        ours = array(found.answers[key].value).ravel()
        assert ours == pytest.approx(value.numpy().ravel(), rel=1e-9, abs=1e-12), (key, seed)
    assert seed > 4 or wrong_lines(json.loads(found.to("json"))) == []


@pytest.mark.parametrize("count", [16, 40])
def test_a_mixture_of_many_experts(count: int) -> None:
    """More of them than there are terms of a sum that are written out; the first and the last have equal logits."""
    dice = random.Random(f"experts {count}")
    router = [[dice.randint(-8, 8) / 8 for _ in range(2)] for _ in range(count)]
    router[-1] = router[0]
    experts = [[{"linear": {"out_features": 1, "weight": [[k, 1]], "bias": False}}] for k in range(count)]
    mixture = {"experts": experts, "active": 3, "router": {"weight": router, "output": "r"}, "output": "y"}
    network = {"input": 2, "layers": [{"mixture": mixture}]}
    found = hwsolve.solve({"kind": "backprop", "network": network, "input": [1, 2], "upstream": [1]})
    x, w = torch.tensor([1.0, 2], dtype=torch.float64), torch.tensor(router, dtype=torch.float64)
    first = torch.argsort(-(w @ x), stable=True)[:3]
    y = torch.softmax((w @ x)[first], 0) @ (first + 2).double()
    assert array(found.answers["y"].value).ravel() == pytest.approx([float(y)])


@pytest.mark.parametrize("renormalize", [True, False])
def test_an_expert_that_rests(renormalize: bool) -> None:
    """Its gradient is 0 and no number near it, that of its logit too where the weights are divided by their sum."""
    experts = [[{"linear": {"out_features": 1, "weight": [[k, 1]], "bias": False}}] for k in (1, 2, 5)]
    router = {"weight": [[1, 0], [0, 1], [1, 1]], "symbols": {"weight": "R"}}
    mixture = {"experts": experts, "active": 2, "router": router, "renormalize": renormalize, "output": "y"}
    network = {"input": 2, "layers": [{"mixture": mixture}]}
    found = hwsolve.solve({"kind": "backprop", "network": network, "input": [1, 0.5], "upstream": [1]})
    rows = [row for _, row in zip(range(3), found.answers["dL_dR"].value, strict=True)]
    shown = [[quantity.exact is not None for quantity in row] for row in rows]
    assert [all(row) for row in shown] == [False, renormalize, False]
    assert (float(rows[1][0].value) == 0) is renormalize
    assert [float(q.value) for row in found.answers["dL_dw3"].value for q in row] == [0, 0]
    text = " ".join(found.to("plain").split())
    assert "i numbers the inputs, e the experts" in text
    assert "the weights of the experts in the sum" in text
    assert ("neither does its logit" in text) is renormalize
    assert ("p holds the weights that the router gives" in text) is not renormalize


def test_the_mixture_among_the_problems_states_what_torch_gives() -> None:
    from tests.mixture_truth import expected

    assert expected() in (PROBLEMS / "language" / "mixture-of-experts.yaml").read_text(encoding="utf-8")


def test_a_mixture_whose_experts_stand_under_one_body_or_do_not_fit() -> None:
    body = [{"linear": {"out_features": 2, "bias": False, "weight": [[1, 2], [3, 4]]}}]
    mixture = {"experts": 2, "active": 1, "body": body, "router": {"weight": [[1, 0], [0, 1]]}, "output": "y"}
    network = {"input": 2, "layers": [{"mixture": mixture}]}
    found = hwsolve.solve({"kind": "backprop", "network": network, "input": [1, 2]})
    assert list(array(found.answers["y"].value).ravel()) == [5, 11]
    one = {"linear": {"out_features": 1, "bias": False, "weight": [[1, 2]]}}
    unlike = mixture | {"experts": [body, [one]]}
    del unlike["body"]
    with pytest.raises(SpecFailure, match="expert 2 has other layers"):
        hwsolve.solve({"kind": "backprop", "network": {"input": 2, "layers": [{"mixture": unlike}]}, "input": [1, 2]})
    others = [[{"linear": {"out_features": 2, "bias": False, "weight": [[k, 2], [3, 4]]}}] for k in range(3)]
    answers = solved({"input": 2, "layers": [{"mixture": unlike | {"experts": others, "router": None}}]})
    assert (answers["params"], answers["params.active"]) == (3 * 4 + 3 * 2, 4 + 3 * 2)
    with pytest.raises(SpecFailure, match="at most 2 are active"):
        solved({"input": [1, 2], "layers": [{"mixture": mixture | {"active": 3}}]})
    for wrong in ({"experts": [body]}, {"body": None}):
        told = {key: value for key, value in (mixture | wrong).items() if value is not None}
        with pytest.raises(SpecFailure, match="a number beside a `body`, or a list"):
            solved({"input": [1, 2], "layers": [{"mixture": told}]})


# ---------------------------------------------------------------- LeNet-5

C3 = [[1, 2, 3], [2, 3, 4], [3, 4, 5], [4, 5, 6], [5, 6, 1], [6, 1, 2], [1, 2, 3, 4], [2, 3, 4, 5], [3, 4, 5, 6],
      [4, 5, 6, 1], [5, 6, 1, 2], [6, 1, 2, 3], [1, 2, 4, 5], [2, 3, 5, 6], [3, 4, 6, 1], [1, 2, 3, 4, 5, 6]]  # fmt: skip


def test_the_counts_that_lecun_gives() -> None:
    """LeCun and others 1998, section II.B: trainable parameters and connections of each layer."""
    layers = [
        {"conv2d": {"name": "C1", "out_channels": 6, "kernel_size": 5}},
        {"avg_pool2d": {"name": "S2", "kernel_size": 2, "trainable": True}},
        "sigmoid",
        {"conv2d": {"name": "C3", "out_channels": 16, "kernel_size": 5, "connections": C3}},
        {"avg_pool2d": {"name": "S4", "kernel_size": 2, "trainable": True}},
        "sigmoid",
        {"conv2d": {"name": "C5", "out_channels": 120, "kernel_size": 5}},
        "tanh",
        "flatten",
        {"linear": {"name": "F6", "out_features": 84}},
    ]
    answers = solved({"input": [1, 32, 32], "layers": layers})
    params = {"C1": 156, "S2": 12, "C3": 1516, "S4": 32, "C5": 48120, "F6": 10164}
    connections = {"C1": 122304, "S2": 5880, "C3": 151600, "S4": 2000, "C5": 48120, "F6": 10164}
    assert {name: answers[f"params.{name}"] for name in params} == params
    assert {name: answers[f"connections.{name}"] for name in connections} == connections
    assert answers["connections"] == sum(connections.values())


def test_connections_are_counted_where_they_are_expected() -> None:
    network = {"input": [3, 6, 6], "layers": [{"conv2d": {"out_channels": 2, "kernel_size": 3}}]}
    assert "connections.conv1" not in solved(network)
    assert solved(network, expect={"connections.conv1": 56 * 16})["connections.conv1"] == 56 * 16


# ---------------------------------------------------------------- a whole network

SWIN = """
kind: count-params
blocks:
  block:
    arguments: [dim, heads]
    body:
      - add: [[], [layer_norm, multihead_attention: {embed_dim: $dim, num_heads: $heads, window: [7, 7], position_bias: 169}]]
      - add: [[], [layer_norm, linear: 4*$dim, gelu, linear: $dim]]
  merging:
    arguments: [dim, side]
    body:
      - permute: [2, 1]
      - unflatten: {dim: 2, unflattened_size: [$side, $side]}
      - pixel_unshuffle: 2
      - flatten: {start_dim: 2}
      - permute: [2, 1]
      - layer_norm
      - linear: {out_features: 2*$dim, bias: false}
network:
  input: [3, 224, 224]
  layers:
    - conv2d: {out_channels: 96, kernel_size: 4, stride: 4}
    - flatten: {start_dim: 2}
    - permute: [2, 1]
    - layer_norm
    - repeat: {times: 2, body: [block: {dim: 96, heads: 3}]}
    - merging: {dim: 96, side: 56}
    - repeat: {times: 2, body: [block: {dim: 192, heads: 6}]}
    - merging: {dim: 192, side: 28}
    - repeat: {times: 6, body: [block: {dim: 384, heads: 12}]}
    - merging: {dim: 384, side: 14}
    - repeat: {times: 2, body: [block: {dim: 768, heads: 24}]}
    - layer_norm
    - permute: [2, 1]
    - adaptive_avg_pool1d: 1
    - flatten
    - linear: 1000
count: {macs: matmul}
"""


def test_swin_counts_as_torchvision_does() -> None:
    """torchvision 0.29.1, swin_t: tests/truth/torchvision_macs.csv."""
    from hwsolve.pipeline import read, work_out
    from tests.test_layers_truth import rows

    (truth,) = (row for row in rows("torchvision_macs.csv") if "swin_t" in row.values())
    answers = work_out(read(SWIN, "swin.yaml")[0]).answers
    wanted = {"params": 28288354, "macs": int(float(truth["torch_flop_counter_macs_fwd"]))}
    assert {key: answers[key].value.value for key in wanted} == wanted


@pytest.mark.parametrize("mode", ["mean", "sum", "max"])
@pytest.mark.parametrize("seed", range(each(8, 70)))
def test_bags_of_embeddings(mode: str, seed: int) -> None:
    """Rows that may be the same or equal, padding among them, weighed or not, of one sample or of several."""
    dice = random.Random(f"{mode} {seed}")
    words, width, length = dice.randint(2, 5), dice.randint(1, 3), dice.randint(1, 4)
    samples = dice.randint(1, 3)
    table = [[dice.randint(-4, 4) / 4 for _ in range(width)] for _ in range(words)]
    picked = [[dice.randrange(words) for _ in range(length)] for _ in range(samples)]
    alone = samples == 1 and dice.random() < 0.5
    pad = dice.choice((None, -1, *range(words)))
    if mode == "max" and pad is not None:
        for bag in picked:  # one row at least
            bag[dice.randrange(length)] = (pad + 1) % words
    weights = [[dice.randint(-4, 4) / 2 for _ in range(length)] for _ in range(samples)]
    weighed = mode == "sum" and dice.random() < 0.6
    settings = {"num_embeddings": words, "embedding_dim": width, "mode": mode, "weight": table, "output": "y"}
    settings |= {} if pad is None else {"padding_idx": pad}
    settings |= {"per_sample_weights": weights[0] if alone else weights} if weighed else {}
    found = hwsolve.solve(
        {
            "kind": "backprop",
            "network": {
                "input": {"tokens": length},
                "layers": [{"embedding_bag": settings}, {"tanh": {"output": "a"}}],
            },
            "input": {"index": picked[0] if alone else picked},
            "target": {"zeros": [width] if alone else [samples, width]},
            "loss": "mse_loss",
        }
    )
    theirs = nn.EmbeddingBag(words, width, mode=mode, padding_idx=pad, dtype=torch.float64)
    theirs.weight.data = torch.tensor(table, dtype=torch.float64)
    by = torch.tensor(weights, dtype=torch.float64, requires_grad=True) if weighed else None
    y = theirs(torch.tensor(picked), per_sample_weights=by)
    (y.tanh() ** 2).mean().backward()
    assert array(found.answers["y"].value).ravel() == pytest.approx(y.detach().numpy().ravel(), rel=1e-9)
    assert array(found.answers["dL_dE"].value) == pytest.approx(theirs.weight.grad.numpy(), rel=1e-9, abs=1e-12)
    if by is not None:
        wanted = by.grad.numpy().ravel()
        assert array(found.answers["dL_domega"].value).ravel() == pytest.approx(wanted, rel=1e-9, abs=1e-12)
    if seed < 4:
        assert wrong_lines(json.loads(found.to("json"))) == []


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"mode": "max", "padding_idx": 1}, "A bag of `embedding_bag1` holds padding alone"),
        ({"per_sample_weights": [1, 2]}, "`per_sample_weights` needs the mode `sum`."),
        ({"mode": "sum", "per_sample_weights": [1]}, "has the shape 1, its input 2."),
    ],
    ids=str,
)
def test_bags_that_are_refused(more: dict[str, Any], said: str) -> None:
    bag = {"num_embeddings": 2, "embedding_dim": 1, "weight": [[1], [2]], **more}
    with pytest.raises(SpecFailure, match=said):
        hwsolve.solve(
            {"kind": "backprop", "network": {"input": {"tokens": 2}, "layers": [{"embedding_bag": bag}]}}
            | {"input": {"index": [1, 1]}}
        )


@pytest.mark.parametrize("seed", range(each(12)))
def test_quantities_joined_along_an_axis(seed: int) -> None:
    """Of one, two or three axes, along each of them; alone or in a batch; shapes counted, gradients by each part."""
    dice = random.Random(seed)
    rank, parts = dice.randint(1, 3), dice.choice((2, 2, 3))
    axis, base = dice.randint(1, rank), [dice.randint(1, 3) for _ in range(rank)]
    sizes = [[dice.randint(1, 3) if k == axis - 1 else n for k, n in enumerate(base)] for _ in range(parts)]
    batch = [2] if dice.random() < 0.5 else []
    xs = [torch.tensor(dice_numbers(dice, batch + s), dtype=torch.float64).requires_grad_() for s in sizes]
    y = torch.cat(xs, dim=axis - 1 + len(batch))
    g = torch.tensor(dice_numbers(dice, list(y.shape)), dtype=torch.float64)
    (y * y * g).sum().backward()
    names = [f"p{k}" for k in range(parts)]
    join = {"concat": {"of": names, "axis": axis, "output": "c"}}
    inputs = dict(zip(names, sizes, strict=True))
    spec = {"kind": "backprop", "network": {"inputs": inputs, "layers": [join, {"formula": "z = c**2"}]},
            "input": {n: x.tolist() for n, x in zip(names, xs, strict=True)}, "upstream": g.tolist()}  # fmt: skip
    found = hwsolve.solve(spec)
    for name, x in zip(names, xs, strict=True):
        assert x.grad is not None
        assert array(found.answers[f"dL_d{name}"].value).ravel() == pytest.approx(x.grad.numpy().ravel())
    assert wrong_lines(json.loads(found.to("json"))) == []
    counts = {"kind": "count-params", "network": {"inputs": inputs, "layers": [join]}, "ask": "shape.concat1"}
    shape = hwsolve.solve(counts).answers["shape.concat1"].value
    assert [int(n.value) for n in shape] == list(y.shape[len(batch) :])


def dice_numbers(dice: random.Random, shape: list[int]) -> Any:
    """Nested lists of quarters."""
    return [dice_numbers(dice, shape[1:]) for _ in range(shape[0])] if shape else dice.randint(-8, 8) / 4


def test_the_words_for_the_largest_of_a_bag() -> None:
    bag = {"num_embeddings": 2, "embedding_dim": 2, "mode": "max", "weight": [[1, 2], [3, 0]], "output": "y"}
    spec = {"kind": "backprop", "network": {"input": [2], "layers": [{"embedding_bag": bag}]}}
    spec |= {"input": {"index": [[0, 1], [1, 1]]}, "upstream": [[1, 1], [1, 1]]}
    page = " ".join(hwsolve.solve(spec).to("plain").split())
    assert "has the largest value in the bag of y₁₁" in page and "window" not in page
    assert "numbers the inputs" not in page and "n numbers the samples" in page
