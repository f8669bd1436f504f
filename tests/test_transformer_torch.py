"""Layers of transformers by hand: random cases against torch.nn and against plain formulas, forward, back and updated."""

from __future__ import annotations

import math
import random
from typing import Any

import pytest

pytest.importorskip("torch", reason="PyTorch is the independent peer of these tests: pip install torch")

import hwsolve
from hwsolve.spec.report import SpecFailure
from tests.often import each
from tests.test_attention_torch import agrees, drawn, found, mask_of, turned

torch = pytest.importorskip("torch", reason="PyTorch is the independent peer of these tests: pip install torch")
F = torch.nn.functional

CASES = each(4)
READ = 1  # solutions of a kind that are worked out exactly and read line by line
LR = 0.125  # the largest rate of an update
NORMS = {"layer_norm": 1e-5, "rms_norm": 1.1920929e-07}


def lists(values: Any) -> Any:
    """Tensors in mappings as lists."""
    return {k: lists(v) for k, v in values.items()} if isinstance(values, dict) else values.tolist()


def attention_weights(dice: random.Random, model: int, keys: int, bias: bool) -> dict[str, Any]:
    """Numbers of the projections, by the words of the spec."""
    sides = {"q": (model, model), "k": (keys, model), "v": (keys, model), "out": (model, model)}
    made = {"weight": {part: drawn(dice, *side) for part, side in sides.items()}}
    return made | ({"bias": {part: drawn(dice, side[0]) for part, side in sides.items()}} if bias else {})


def drawn_parts(dice: random.Random, s: dict[str, Any], decoder: bool) -> dict[str, Any]:
    """Numbers for all parts of a layer."""
    model, units, bias = s["d_model"], s["dim_feedforward"], s.get("bias", True)
    keys = model // s["nhead"] * s.get("kv_heads", s["nhead"])
    parts = {"self_attention": attention_weights(dice, model, keys, bias)}
    if decoder:
        parts["cross_attention"] = attention_weights(dice, model, keys, bias)
    gated = s.get("activation") in ("swiglu", "geglu")
    into, out = (("gate", "up"), "down") if gated else (("linear1",), "linear2")
    sides = dict.fromkeys(into, (units, model)) | {out: (model, units)}
    for name, side in sides.items():
        parts[name] = {"weight": drawn(dice, *side)} | ({"bias": drawn(dice, side[0])} if bias else {})
    for k in range(1, 4 if decoder else 3):
        shift = {"bias": drawn(dice, model)} if bias and s.get("norm") != "rms_norm" else {}
        parts[f"norm{k}"] = {"weight": drawn(dice, model)} | shift
    return parts


def attended(x: Any, memory: Any, p: dict[str, Any], s: dict[str, Any], seen: Any, turns: bool) -> Any:
    """Multi-head attention by its formulas."""
    b = p.get("bias", dict.fromkeys(("q", "k", "v", "out")))
    heads = []
    for part, read in zip("qkv", (x, memory, memory), strict=True):
        flat = F.linear(read, p["weight"][part], b[part])
        heads.append(flat.unflatten(-1, (-1, s["d_model"] // s["nhead"])).transpose(-2, -3))
    q, k, v = heads
    if turns and s.get("rotary"):
        q, k = (turned(a, 10_000, "half") for a in (q, k))
    share = s["nhead"] // s.get("kv_heads", s["nhead"])
    k, v = (a.repeat_interleave(share, -3) for a in (k, v))
    e = (q @ k.transpose(-1, -2) / q.shape[-1] ** 0.5).masked_fill(~seen, -torch.inf)
    return F.linear((e.softmax(-1) @ v).transpose(-2, -3).flatten(-2), p["weight"]["out"], b["out"])


def layer(x: Any, memory: Any, p: dict[str, Any], s: dict[str, Any], seen: Any, seen_memory: Any) -> Any:
    """A layer of a transformer by its formulas."""

    def norm(k: int, a: Any) -> Any:
        if s.get("norm") == "rms_norm":
            root = (a * a).mean(-1, keepdim=True) + s.get("layer_norm_eps", NORMS["rms_norm"])
            return a / root.sqrt() * p[f"norm{k}"]["weight"]
        eps = s.get("layer_norm_eps", NORMS["layer_norm"])
        return F.layer_norm(a, a.shape[-1:], p[f"norm{k}"]["weight"], p[f"norm{k}"].get("bias"), eps)

    def linear(name: str, a: Any) -> Any:
        return F.linear(a, p[name]["weight"], p[name].get("bias"))

    def mlp(a: Any) -> Any:
        kind = s.get("activation", "relu")
        if kind in ("swiglu", "geglu"):
            return linear("down", (F.silu if kind == "swiglu" else F.gelu)(linear("gate", a)) * linear("up", a))
        return linear("linear2", getattr(F, kind)(linear("linear1", a)))

    steps = [lambda a: attended(a, a, p["self_attention"], s, seen, True)]
    if memory is not None:
        steps.append(lambda a: attended(a, memory, p["cross_attention"], s, seen_memory, False))
    for k, step in enumerate((*steps, mlp), 1):
        x = x + step(norm(k, x)) if s.get("norm_first") else norm(k, x + step(x))
    return x


def keys_of(parts: dict[str, Any], s: dict[str, Any], decoder: bool) -> dict[str, Any]:
    """The parameters by the keys that they have: norms and attentions are numbered by kind, linear layers by place."""
    found, place = {}, 0
    attentions, norms = ["self_attention", "cross_attention"][: 1 + decoder], 0
    into = [name for name in ("linear1", "linear2", "gate", "up", "down") if name in parts]

    def number(n: int) -> str:
        return f"_{n}" if n > 1 else ""

    for k, name in enumerate(attentions, 1):
        place += 1
        for field, letter in (("weight", "W"), ("bias", "b")):
            for part, w in parts[name].get(field, {}).items():
                found[f"{letter}{'o' if part == 'out' else part}{number(k)}"] = w
    for name in into:
        place += 1
        found |= {f"{field[0]}{place}": w for field, w in parts[name].items()}
    for norms in range(1, len(attentions) + 2):
        own = parts[f"norm{norms}"]
        found |= {("gamma" if field == "weight" else "beta") + number(norms): w for field, w in own.items()}
    return found


def settings(dice: random.Random, plain: bool) -> dict[str, Any]:
    """Sizes, and what torch.nn has too; unless `plain`, more."""
    heads, width = dice.choice(((1, 4), (2, 2), (2, 2), (2, 4)))
    s: dict[str, Any] = {"d_model": heads * width, "nhead": heads, "dim_feedforward": dice.randint(1, 4)}
    s |= {"norm_first": True} if dice.random() < 0.5 else {}
    s |= {"bias": False} if dice.random() < 0.3 else {}
    s |= {"layer_norm_eps": 0.01} if dice.random() < 0.3 else {}
    s["activation"] = dice.choice(("relu", "gelu") if plain else ("relu", "gelu", "swiglu", "geglu"))
    if not plain:
        s |= {"norm": "rms_norm"} if dice.random() < 0.4 else {}
        s |= {"kv_heads": 1} if dice.random() < 0.4 else {}
        s |= {"rotary": True} if dice.random() < 0.5 else {}
    return s


def peer_of(s: dict[str, Any], decoder: bool, p: dict[str, Any]) -> Any:
    """The layer of torch.nn with these numbers, and its parameters by the names of the parts."""
    own = dict(s) | {"layer_norm_eps": s.get("layer_norm_eps", 1e-5)}
    cls = torch.nn.TransformerDecoderLayer if decoder else torch.nn.TransformerEncoderLayer
    peer = cls(**own, dropout=0.0, batch_first=True, dtype=torch.float64)
    with torch.no_grad():
        for theirs, ours in (("self_attn", "self_attention"), ("multihead_attn", "cross_attention"))[: 1 + decoder]:
            attention = getattr(peer, theirs)
            attention.in_proj_weight.copy_(torch.cat([p[ours]["weight"][part] for part in "qkv"]))
            attention.out_proj.weight.copy_(p[ours]["weight"]["out"])
            if "bias" in p[ours]:
                attention.in_proj_bias.copy_(torch.cat([p[ours]["bias"][part] for part in "qkv"]))
                attention.out_proj.bias.copy_(p[ours]["bias"]["out"])
        for name in ("linear1", "linear2", *(f"norm{k}" for k in range(1, 3 + decoder))):
            for field, w in p[name].items():
                getattr(getattr(peer, name), field).copy_(w)
    return peer


def rate(parts: dict[str, Any], s: dict[str, Any], decoder: bool) -> float:
    """A learning rate by which no weight moves far: where a variance is near 0, gradients are as large as 1/√ε, and the
    scores of a step of 1,000 have exponentials beyond 10^100,000, which is refused."""
    largest = max(float(w.grad.abs().max()) for w in keys_of(parts, s, decoder).values())
    return min(LR, 2.0 ** -math.ceil(math.log2(max(largest, 1))))


def case(dice: random.Random, decoder: bool, plain: bool, exact: bool) -> tuple[dict[str, Any], dict[str, Any]]:
    """A layer with a loss and an update: its spec, and all values that must come out."""
    s = settings(dice, plain)
    parts, samples = drawn_parts(dice, s, decoder), dice.choice(((), (), (2,)))
    rows, others = dice.randint(1, 3), dice.randint(1, 3)
    x, target = drawn(dice, *samples, rows, s["d_model"]), drawn(dice, *samples, rows, s["d_model"]).detach()
    memory = drawn(dice, *samples, others, s["d_model"]) if decoder else None
    (mask, seen), (far, seen_memory) = mask_of(dice, rows, rows), mask_of(dice, rows, others)
    if far == "causal":
        far = seen_memory.int().tolist()
    y = layer(x, memory, parts, s, seen, seen_memory)
    loss = ((y - target) ** 2).sum() / 2
    loss.backward()
    if plain:
        peer = peer_of(s, decoder, parts)
        masks = {"tgt_mask": ~seen, "memory_mask": ~seen_memory} if decoder else {"src_mask": ~seen}
        theirs = peer(x.detach(), memory.detach(), **masks) if decoder else peer(x.detach(), **masks)
        assert torch.allclose(theirs, y, rtol=1e-11, atol=1e-11), "the formulas of this test are not those of torch.nn"
    given: dict[str, Any] = s | {"output": "out"} | ({} if mask is None else {"mask": mask})
    weights = lists(parts)
    if dice.random() < 0.5 and "kv_heads" not in s:
        own = weights["self_attention"]
        packed = {"in_proj_weight": [row for part in "qkv" for row in own["weight"].pop(part)]}
        if "bias" in own:
            packed["in_proj_bias"] = [one for part in "qkv" for one in own["bias"].pop(part)]
        weights["self_attention"] = own | packed
    given["weights"] = weights
    inputs = {"x": x} | ({} if memory is None else {"m": memory})
    if decoder:
        given |= {"inputs": ["x", "m"]} | ({} if far is None else {"memory_mask": far})
    spec = {
        "kind": "backprop",
        "numbers": "exact" if exact else "float64",
        "network": {
            "inputs": {name: list(a.shape[len(samples) :]) for name, a in inputs.items()},
            "layers": [{f"transformer_{'de' if decoder else 'en'}coder_layer": given}],
        },
        "input": {name: a.tolist() for name, a in inputs.items()} if decoder else x.tolist(),
        "target": target.tolist(),
        "loss": "half_squared_error",
        "optimizer": {"sgd": {"lr": (lr := rate(parts, s, decoder))}},
    }
    wanted = {"out": y.detach(), "L": loss.detach()} | {f"dL_d{name}": a.grad for name, a in inputs.items()}
    for key, w in keys_of(parts, s, decoder).items():
        wanted |= {f"dL_d{key}": w.grad, f"{key}@1": (w - lr * w.grad).detach()}
    return spec, wanted


@pytest.mark.parametrize("plain", [True, False], ids=["as torch.nn", "with more"])
@pytest.mark.parametrize("decoder", [False, True], ids=["encoder", "decoder"])
def test_a_layer(decoder: bool, plain: bool) -> None:
    dice = random.Random(21 + 2 * decoder + plain)
    for k in range(CASES):
        agrees(*case(dice, decoder, plain, exact=k < READ), read=k < READ)


# ---------------------------------------------------------------- stacks, gated units, settings


def stack_of(dice: random.Random, decoder: bool) -> None:
    """A stack with a norm behind it, against layers one after the other."""
    s = settings(dice, plain=False)
    many, rows = dice.randint(1, 2), dice.randint(1, 3)
    every = [drawn_parts(dice, s, decoder) for _ in range(many)]
    last = drawn_parts(dice, s, decoder)["norm1"]
    x, memory = drawn(dice, rows, s["d_model"]), drawn(dice, 2, s["d_model"]) if decoder else None
    seen = torch.ones(rows, rows, dtype=torch.bool).tril()
    y = x
    for parts in every:
        y = layer(y, memory, parts, s, seen, torch.ones(rows, 2, dtype=torch.bool))
    y = final(y, last, s)
    g = drawn(dice, *y.shape).detach()
    y.backward(g)
    weights = {f"layer{k}": lists(parts) for k, parts in enumerate(every, 1)} | {"norm": lists(last)}
    given = s | {"num_layers": many, "final_norm": True, "mask": "causal", "weights": weights, "output": "out"}
    given |= {"inputs": ["x", "m"]} if decoder else {}
    inputs = {"x": x} | ({"m": memory} if decoder else {})
    spec = {
        "kind": "backprop",
        "numbers": "float64",
        "network": {
            "inputs": {name: list(a.shape) for name, a in inputs.items()},
            "layers": [{f"transformer_{'de' if decoder else 'en'}coder": given}],
        },
        "input": {name: a.tolist() for name, a in inputs.items()} if decoder else x.tolist(),
        "upstream": g.tolist(),
    }
    agrees(spec, {"out": y.detach()} | {f"dL_d{name}": a.grad for name, a in inputs.items()}, read=False)


def final(x: Any, p: dict[str, Any], s: dict[str, Any]) -> Any:
    """The normalisation behind a stack."""
    if s.get("norm") == "rms_norm":
        return x / ((x * x).mean(-1, keepdim=True) + s.get("layer_norm_eps", NORMS["rms_norm"])).sqrt() * p["weight"]
    return F.layer_norm(x, x.shape[-1:], p["weight"], p.get("bias"), s.get("layer_norm_eps", 1e-5))


@pytest.mark.parametrize("decoder", [False, True], ids=["encoder", "decoder"])
def test_a_stack(decoder: bool) -> None:
    dice = random.Random(31 + decoder)
    for _ in range(CASES):
        stack_of(dice, decoder)


def test_a_whole_transformer() -> None:
    """Encoder and decoder with their norms, and the memory between them, against the layers one after the other."""
    dice = random.Random(61)
    for _ in range(CASES):
        s = settings(dice, plain=False)
        many, others = (dice.choice((1, 1, 2)) for _ in range(2))
        parts = {"encoder": [drawn_parts(dice, s, False) for _ in range(many)],
                 "decoder": [drawn_parts(dice, s, True) for _ in range(others)]}  # fmt: skip
        norms = {side: drawn_parts(dice, s, False)["norm1"] for side in parts}
        rows, length = dice.randint(1, 2), dice.randint(1, 3)
        x, t = drawn(dice, rows, s["d_model"]), drawn(dice, length, s["d_model"])
        (own, seen), (far, seen_memory) = mask_of(dice, rows, rows), mask_of(dice, length, rows)
        far = seen_memory.int().tolist() if far == "causal" else far
        memory, y = x, t
        for p in parts["encoder"]:
            memory = layer(memory, None, p, s, seen, None)
        memory = final(memory, norms["encoder"], s)
        for p in parts["decoder"]:
            y = layer(y, memory, p, s, torch.ones(length, length, dtype=torch.bool).tril(), seen_memory)
        y = final(y, norms["decoder"], s)
        g = drawn(dice, *y.shape).detach()
        y.backward(g)
        weights = {
            side: {f"layer{k}": lists(p) for k, p in enumerate(every, 1)} | {"norm": lists(norms[side])}
            for side, every in parts.items()
        }
        given = s | {"num_encoder_layers": many, "num_decoder_layers": others, "inputs": ["x", "t"], "output": "out"}
        given |= {"target_mask": "causal", "weights": weights}
        given |= {key: mask for key, mask in (("mask", own), ("memory_mask", far)) if mask is not None}
        spec = {
            "kind": "backprop",
            "numbers": "float64",
            "network": {"inputs": {"x": list(x.shape), "t": list(t.shape)}, "layers": [{"transformer": given}]},
            "input": {"x": x.tolist(), "t": t.tolist()},
            "upstream": g.tolist(),
        }
        first = parts["encoder"][0]["self_attention"]["weight"]["q"]
        wanted = {"out": y.detach(), "dL_dx": x.grad, "dL_dt": t.grad, "dL_dWq": first.grad}
        agrees(spec, wanted, read=False)


@pytest.mark.parametrize("name", ["swiglu", "geglu"])
def test_a_gated_unit(name: str) -> None:
    dice = random.Random(41)
    for k in range(CASES):
        size, hidden, out = dice.randint(1, 3), dice.randint(1, 3), dice.choice((None, 1, 2))
        front, bias = dice.choice(((), (2,))), dice.random() < 0.5
        sides = {"gate": (hidden, size), "up": (hidden, size), "down": (out or size, hidden)}
        p = {part: {"weight": drawn(dice, *side)} for part, side in sides.items()}
        p = {n: q | ({"bias": drawn(dice, len(q["weight"]))} if bias else {}) for n, q in p.items()}
        x = drawn(dice, *front, size)
        gate, up = (F.linear(x, p[n]["weight"], p[n].get("bias")) for n in ("gate", "up"))
        y = F.linear((F.silu if name == "swiglu" else F.gelu)(gate) * up, p["down"]["weight"], p["down"].get("bias"))
        g = drawn(dice, *y.shape).detach()
        y.backward(g)
        given = {"hidden": hidden, "bias": bias, "weights": lists(p), "output": "out"}
        given |= {} if out is None else {"out_features": out}
        network = {"input": [*front, size], "layers": [{name: given}]}
        spec = {"kind": "backprop", "network": network, "input": x.tolist(), "upstream": g.tolist()}
        wanted = {"out": y.detach(), "dL_dx": x.grad}
        for place, part in enumerate(("gate", "up", "down"), 1):
            wanted |= {f"dL_d{field[0]}{place}": w.grad for field, w in p[part].items()}
        agrees(spec, wanted, read=k < READ)


@pytest.mark.parametrize("decoder", [False, True], ids=["encoder", "decoder"])
def test_the_count_is_that_of_pytorch(decoder: bool) -> None:
    dice = random.Random(51 + decoder)
    for _ in range(CASES):
        s = settings(dice, plain=True) | {"dropout": 0.25}
        many, bias = dice.randint(1, 3), s.get("bias", True)
        kind = "Decoder" if decoder else "Encoder"
        one = getattr(torch.nn, f"Transformer{kind}Layer")(**s, batch_first=True)
        norm = torch.nn.LayerNorm(s["d_model"], bias=bias)
        options = {} if decoder else {"enable_nested_tensor": False}
        peer = getattr(torch.nn, f"Transformer{kind}")(one, many, norm, **options)
        given = s | {"num_layers": many, "final_norm": True} | ({"inputs": ["x", "m"]} if decoder else {})
        network = {"inputs": {"x": [3, s["d_model"]]} | ({"m": [2, s["d_model"]]} if decoder else {})}
        network["layers"] = [{f"transformer_{kind.lower()}": given}]
        answers = hwsolve.solve({"kind": "count-params", "network": network}).answers
        assert found(answers["params"].value) == sum(p.numel() for p in peer.parameters())
        d, f = s["d_model"], s["dim_feedforward"]
        attentions = 4 * 3 * d * d + 2 * 9 * d
        if decoder:
            attentions += (2 * 3 + 2 * 2) * d * d + 2 * 6 * d
        assert found(answers["macs"].value) == many * (attentions + 2 * 3 * d * f)  # norms are no matrix products


def test_sizes_may_be_names() -> None:
    given = {"num_layers": "N", "d_model": "d", "nhead": 2, "dim_feedforward": "4*d", "activation": "swiglu"}
    network = {"input": ["T", "d"], "layers": [{"transformer_encoder": given | {"bias": False, "norm": "rms_norm"}}]}
    spec = {"kind": "count-params", "network": network, "expect": {"params": "N*(16*d**2 + 2*d)"}}
    assert [check.ok for check in hwsolve.solve(spec).checks] == [True]


def test_a_swiglu_gives_what_comes_in_by_default() -> None:
    """The experts of spec 29 of the contract: 4·384 parameters, and a router of 32."""
    body = [{"swiglu": {"hidden": 16, "bias": False}}]
    answers = hwsolve.solve({"kind": "count-params", "network": {"input": ["n", 8], "layers": body}}).answers
    assert found(answers["params"].value) == 384


def encoder(**more: Any) -> dict[str, Any]:
    """A problem with one layer."""
    given = {"d_model": 2, "nhead": 1, "dim_feedforward": 2, "init": "xavier_uniform"} | more
    network = {"input": [2, 2], "layers": [{"transformer_encoder_layer": given}]}
    return {"kind": "backprop", "numbers": "float64", "network": network, "input": [[1, 2], [3, -1]]}


def test_what_is_not_given_is_drawn_each_with_its_own_seed() -> None:
    solution = hwsolve.solve(encoder(weights={"linear2": {"weight": [[1, 0], [0, 1]]}}, seed=5))
    values = {str(g.key.name): [] for g in solution.given}
    for g in solution.given:
        values[str(g.key.name)].append(float(g.quantity.text.replace("−", "-")))
    assert values["w3"] == [1, 0, 0, 1]
    assert set(values["bq"]) == set(values["b2"]) == set(values["b3"]) == {0}
    assert len({tuple(values[name]) for name in ("Wq", "Wk", "Wv", "Wo", "w2")}) == 5
    other = hwsolve.solve(encoder(seed=6)).given
    assert [float(g.quantity.text.replace("−", "-")) for g in other if g.key.name == "Wq"] == values["Wk"]


def test_dropout_takes_its_masks_in_training_and_does_nothing_in_evaluation() -> None:
    same = hwsolve.solve(encoder())
    evaluated = hwsolve.solve(encoder(dropout=0.5) | {"mode": "eval"})
    assert found(evaluated.answers["y_2"].value) == found(same.answers["y_2"].value)
    with pytest.raises(SpecFailure, match="does not say which"):
        hwsolve.solve(encoder(dropout=0.5))
    with pytest.raises(SpecFailure, match="`dropout_mask`, 2 × 2"):
        hwsolve.solve(encoder(dropout=0.5) | {"mode": "train"})
    ones = [[1, 1], [1, 1]]
    masks = {"self_attention": {"dropout_mask": ones}, "dropout": {"mask": ones}, "dropout1": {"mask": ones}}
    zero = {"dropout2": {"mask": [[0, 0], [0, 0]]}}
    trained = hwsolve.solve(encoder(dropout=0.5, weights=masks | zero) | {"mode": "train"}).answers
    inner = torch.tensor(found(trained["transformer_encoder_layer1.h1"].value))
    y = F.layer_norm(inner, (2,))  # nothing is left of the MLP
    assert torch.allclose(torch.tensor(found(trained["y_2"].value)), y, atol=1e-5)


@pytest.mark.parametrize(
    ("weights", "said"),
    [
        ({"linear3": {"weight": [[1]]}}, "There is no part `linear3` here."),
        ({"linear1": [[1, 0], [0, 1]]}, "Expected the settings of `linear1` by name."),
        ({"linear1": {"out_features": 3}}, "`out_features` of `linear1` is stated already."),
        ({"linear1": {"weight": [[1, 2, 3]]}}, "Expected numbers of the shape 2 × 2"),
        ({"self_attention": {"weight": {"q": [[1]]}}}, "`q` needs numbers of the shape 2 × 2"),
        ({"norm1": {"weight": [1, 2, 3]}}, "Expected numbers of the shape 2"),
    ],
)
def test_wrong_weights_are_said_at_their_place(weights: Any, said: str) -> None:
    with pytest.raises(SpecFailure) as failure:
        hwsolve.solve(encoder(weights=weights))
    assert said in str(failure.value) and "hwsolve has a bug" not in str(failure.value)


def test_a_decoder_needs_a_memory() -> None:
    given = {"d_model": 2, "nhead": 1, "dim_feedforward": 2}
    network = {"input": [2, 2], "layers": [{"transformer_decoder_layer": given}]}
    with pytest.raises(SpecFailure, match="target, memory"):
        hwsolve.solve({"kind": "count-params", "network": network})
