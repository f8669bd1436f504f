"""Attention by hand: random cases against PyTorch's autograd, every line read again, ties and single keys exactly."""

from __future__ import annotations

import json
import random
from fractions import Fraction
from typing import Any

import pytest

import hwsolve
from hwsolve.spec.report import SpecFailure
from tests.line_check import wrong_lines
from tests.nearness import near, size
from tests.often import each

torch = pytest.importorskip("torch", reason="PyTorch is the independent peer of these tests: pip install torch")
F = torch.nn.functional

CASES = each(20)
READ = 2  # solutions of a kind that are read line by line


def drawn(dice: random.Random, *shape: int, few: bool = False) -> Any:
    """Numbers with a short decimal; `few`: many of them equal."""
    count = int(torch.tensor(shape).prod()) if shape else 1
    numbers = [dice.choice((-1, 0, 0.5)) if few else dice.randint(-24, 24) / 16 for _ in range(count)]
    return torch.tensor(numbers, dtype=torch.float64).reshape(shape).requires_grad_()


def mask_of(dice: random.Random, queries: int, keys: int, heads: int = 0) -> tuple[Any, Any]:
    """A mask of the spec, and as truths; every row lets something through."""
    kind = dice.choice(("none", "causal", "array", "heads" if heads > 1 else "array"))
    if kind == "none":
        return None, torch.ones(queries, keys, dtype=torch.bool)
    if kind == "causal":
        return "causal", torch.ones(queries, keys, dtype=torch.bool).tril()
    shape = (heads, queries, keys) if kind == "heads" else (queries, keys)
    mask = torch.tensor([dice.random() < 0.6 for _ in range(int(torch.tensor(shape).prod()))]).reshape(shape)
    mask[..., dice.randrange(keys)] = True
    return mask.int().tolist(), mask


def found(value: Any) -> Any:
    """An answer as nested lists of floats."""
    if isinstance(value, tuple):
        return [found(v) for v in value]
    exact = value.value
    return float(exact) if not hasattr(exact, "p") else float(Fraction(int(exact.p), int(exact.q)))


def agrees(spec: dict[str, Any], wanted: dict[str, Any], read: bool) -> Any:
    """The answers are the wanted numbers; `read`: every line is right."""
    solution = hwsolve.solve(spec)
    for key, peer in wanted.items():
        near(found(solution.answers[key].value), peer, (key, spec), size(wanted.values()))
    if read:
        assert wrong_lines(json.loads(solution.to("json"))) == [], spec
    return solution


def posed(
    dice: random.Random, settings: dict[str, Any], shapes: dict[str, tuple[int, ...]], arrays: dict[str, Any], o: Any
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The problem of an attention whose output PyTorch gives, with a random gradient of it, and what comes out."""
    g = drawn(dice, *o.shape).detach()
    o.backward(g)
    spec = {
        "kind": "backprop",
        "numbers": dice.choice(("exact", "float64")),
        "network": {
            "inputs": {name: list(shape) for name, shape in shapes.items()},
            "layers": [{"attention": settings}],
        },
        "input": {name: array.tolist() for name, array in arrays.items()},
        "upstream": g.tolist(),
    }
    return spec, {"o": o.detach(), **{f"dL_d{name}": array.grad for name, array in arrays.items()}}


def attention(dice: random.Random) -> tuple[dict[str, Any], dict[str, Any]]:
    """Scaled dot-product attention of random sizes, with or without heads in front, a batch, a mask, a scale."""
    queries, keys, dim, width = (dice.randint(1, 4) for _ in range(4))
    heads, samples, few = dice.choice((0, 0, 2)), dice.choice((0, 0, 2)), dice.random() < 0.3
    own = (heads,) if heads else ()
    front = (*((samples,) if samples else ()), *own)
    sides = {"q": (queries, dim), "k": (keys, dim), "v": (keys, width)}
    arrays = {name: drawn(dice, *front, *side, few=few) for name, side in sides.items()}
    mask, truths = mask_of(dice, queries, keys, heads)
    scale: Any = dice.choice((True, True, False, 0.5, 1.25))
    settings = {"inputs": ["q", "k", "v"]} | ({} if mask is None else {"mask": mask})
    settings |= {} if scale is True else {"scale": scale}
    number = None if scale is True else 1.0 if scale is False else scale
    o = F.scaled_dot_product_attention(*arrays.values(), attn_mask=truths, scale=number)
    return posed(dice, settings, {name: (*own, *side) for name, side in sides.items()}, arrays, o)


def test_attention() -> None:
    dice = random.Random(8)
    for k in range(CASES):
        agrees(*attention(dice), read=k < READ)


def padding_of(dice: random.Random, samples: int, queries: int, keys: int) -> tuple[dict[str, Any], Any, Any]:
    """What a spec says of padding, or of a mask of each sample; for PyTorch the keys and the pairs that are ignored.

    The first key is seen by all.
    """
    ignored = torch.tensor([[k > 0 and dice.random() < 0.5 for k in range(keys)] for _ in range(samples)])
    pairs = torch.zeros(samples, queries, keys, dtype=torch.bool)
    kind = dice.choice(("flags", "numbers", "all", "lengths", "length", "each", "causal"))
    if kind == "lengths":
        lengths = [dice.randint(1, keys) for _ in range(samples)]
        ignored = torch.tensor([[k >= n for k in range(keys)] for n in lengths])
        return {"key_lengths": lengths}, ignored, pairs
    if kind == "length":
        ignored[:] = torch.tensor([k >= (keys + 1) // 2 for k in range(keys)])
        return {"key_lengths": (keys + 1) // 2}, ignored, pairs
    if kind == "all":
        ignored[:] = ignored[0].clone()
        return {"key_padding_mask": ignored[0].tolist()}, ignored, pairs
    own = {"key_padding_mask": ignored.tolist() if kind == "flags" else ignored.int().tolist()}
    if kind == "each":
        pairs = torch.tensor([dice.random() < 0.4 for _ in range(samples * queries * keys)]).reshape(pairs.shape)
        pairs[..., 0] = False
        own["mask"] = (~pairs).int().tolist()
    elif kind == "causal":
        pairs = torch.ones(queries, keys, dtype=torch.bool).triu(1).expand(samples, queries, keys)
        own["mask"] = "causal"
    return own, ignored, pairs


def padded(dice: random.Random) -> tuple[dict[str, Any], dict[str, Any]]:
    """Attention in a batch whose samples have keys that are padding, or masks of their own."""
    queries, keys, dim, width, samples = *(dice.randint(1, 4) for _ in range(4)), dice.randint(2, 3)
    heads = dice.choice((0, 0, 2, 3))
    own = (heads,) if heads else ()
    sides = {"q": (queries, dim), "k": (keys, dim), "v": (keys, width)}
    arrays = {name: drawn(dice, samples, *own, *side) for name, side in sides.items()}
    settings, ignored, pairs = padding_of(dice, samples, queries, keys)
    truths = ~(ignored[:, None, :] | pairs)
    if heads and isinstance(settings.get("mask"), list):  # the same for all heads, or one for each
        of_heads = torch.tensor([dice.random() < 0.7 for _ in range(heads * queries * keys)]).reshape(
            1, heads, queries, keys
        )
        of_heads[..., 0] = True
        every = (~pairs)[:, None] & (of_heads if dice.random() < 0.5 else torch.ones(1, 1, 1, 1, dtype=torch.bool))
        settings["mask"] = every.int().tolist()
        truths = every & ~ignored[:, None, None, :]
    elif heads:
        truths = truths[:, None]
    o = F.scaled_dot_product_attention(*arrays.values(), attn_mask=truths)
    settings = {"inputs": ["q", "k", "v"]} | settings
    return posed(dice, settings, {name: (*own, *side) for name, side in sides.items()}, arrays, o)


def test_masks_of_samples_and_keys_that_are_padding() -> None:
    dice = random.Random(18)
    for k in range(CASES):
        agrees(*padded(dice), read=k < READ)


@pytest.mark.parametrize(
    "one", [{"mask": [[[1, 0], [1, 1]]]}, {"key_padding_mask": [[False, True]]}, {"key_lengths": [1]}]
)
def test_a_mask_of_one_sample_is_that_of_a_single_one(one: dict[str, Any]) -> None:
    dice = random.Random(20)
    x, g = drawn(dice, 2, 2).requires_grad_(), drawn(dice, 2, 2).detach()
    seen = torch.tensor([[True, False], [True, "mask" in one]])
    o = F.scaled_dot_product_attention(x, x, x, attn_mask=seen)
    o.backward(g)
    spec = {"kind": "backprop", "network": {"input": {"size": [2, 2]}, "layers": [{"attention": one}]}}
    spec |= {"input": x.tolist(), "upstream": g.tolist()}
    agrees(spec, {"o": o.detach(), "dL_dx": x.grad}, read=True)


def test_multihead_attention_with_keys_that_are_padding() -> None:
    dice = random.Random(19)
    for k in range(CASES):
        agrees(*multihead(dice, padding=True), read=k < READ)


def multihead(dice: random.Random, padding: bool = False) -> tuple[dict[str, Any], dict[str, Any]]:
    """Multi-head attention as torch.nn.MultiheadAttention computes it, from one input or three."""
    heads, width = dice.randint(1, 3), dice.randint(1, 2)
    embed, queries, samples = heads * width, dice.randint(1, 3), 2 if padding else dice.choice((0, 0, 2))
    alone, bias, rows, zeros = (dice.random() < chance for chance in (0.5, 0.6, 0.3, 0.3))
    keys, kdim, vdim = (
        (queries, embed, embed) if alone else (dice.randint(1, 3), dice.randint(1, 3), dice.randint(1, 3))
    )
    peer = torch.nn.MultiheadAttention(
        embed, heads, bias=bias, kdim=kdim, vdim=vdim, add_bias_kv=rows, add_zero_attn=zeros, batch_first=True,
        dtype=torch.float64,
    )  # fmt: skip
    for p in peer.parameters():
        p.data = drawn(dice, *p.shape).detach()
    front = (samples,) if samples else ()
    sides = {"x": (queries, embed)} if alone else {"x": (queries, embed), "y": (keys, kdim), "z": (keys, vdim)}
    arrays = {name: drawn(dice, *front, *side) for name, side in sides.items()}
    mask, truths = mask_of(dice, queries, keys)
    read, masks = list(arrays.values()) * (3 if alone else 1), {"attn_mask": ~truths}
    hidden: dict[str, Any] = {} if mask is None else {"mask": mask}
    if padding:
        hidden, ignored, pairs = padding_of(dice, samples, queries, keys)
        masks = {"attn_mask": pairs.repeat_interleave(heads, 0), "key_padding_mask": ignored}
    if padding and heads == samples and isinstance(hidden.get("mask"), list):
        hidden["mask"] = [[one] for one in hidden["mask"]]  # else it is one of each head
    out, alpha = peer(*read, **masks, average_attn_weights=False)
    g = drawn(dice, *out.shape).detach()
    out.backward(g)
    settings: dict[str, Any] = {"embed_dim": embed, "num_heads": heads, "output": "out"}
    settings |= {} if alone else {"inputs": ["x", "y", "z"]}
    settings |= hidden
    if rows:
        settings |= {"add_bias_kv": True, "bias_k": peer.bias_k.tolist(), "bias_v": peer.bias_v.flatten().tolist()}
    settings |= {"add_zero_attn": True} if zeros else {}
    packed = peer.in_proj_weight is not None
    weights = {"out": peer.out_proj.weight}
    if packed and dice.random() < 0.5:
        settings["in_proj_weight"] = peer.in_proj_weight.tolist()
    elif packed:
        weights |= dict(zip("qkv", peer.in_proj_weight.chunk(3), strict=True))
    else:
        weights |= {"q": peer.q_proj_weight, "k": peer.k_proj_weight, "v": peer.v_proj_weight}
    settings["weight"] = {name: w.tolist() for name, w in weights.items()}
    if bias:
        settings |= {"in_proj_bias": peer.in_proj_bias.tolist(), "bias": {"out": peer.out_proj.bias.tolist()}}
    else:
        settings["bias"] = False
    spec = {
        "kind": "backprop",
        "numbers": dice.choice(("exact", "float64", "float64")),
        "network": {
            "inputs": {name: list(side) for name, side in sides.items()},
            "layers": [{"multihead_attention": settings}],
        },
        "input": {name: a.tolist() for name, a in arrays.items()} if len(arrays) > 1 else arrays["x"].tolist(),
        "upstream": g.tolist(),
    }
    gradients = peer.in_proj_weight.grad.chunk(3) if packed else [
        p.grad for p in (peer.q_proj_weight, peer.k_proj_weight, peer.v_proj_weight)
    ]  # fmt: skip
    wanted = {"out": out.detach(), "alpha": alpha.detach(), "dL_dWo": peer.out_proj.weight.grad}
    wanted |= dict(zip(("dL_dWq", "dL_dWk", "dL_dWv"), gradients, strict=True))
    if bias:
        wanted |= dict(zip(("dL_dbq", "dL_dbk", "dL_dbv"), peer.in_proj_bias.grad.chunk(3), strict=True))
        wanted["dL_dbo"] = peer.out_proj.bias.grad
    if rows:
        wanted |= {"dL_dkrow": peer.bias_k.grad, "dL_dvrow": peer.bias_v.grad}
    return spec, wanted | {f"dL_d{name}": a.grad for name, a in arrays.items()}


def test_multihead_attention() -> None:
    dice = random.Random(9)
    for k in range(CASES):
        agrees(*multihead(dice), read=k < READ)


def turned(x: Any, base: float, pairs: str) -> Any:
    """Rows rotated by their places: as LLaMA's own code, by complex numbers, or as Hugging Face does, by halves."""
    rows, dim = x.shape[-2:]
    angles = torch.outer(torch.arange(rows), base ** -(torch.arange(0, dim, 2, dtype=torch.float64) / dim))
    if pairs == "interleaved":
        parts = torch.view_as_complex(x.reshape(*x.shape[:-1], dim // 2, 2).contiguous())
        return torch.view_as_real(parts * torch.polar(torch.ones_like(angles), angles)).reshape(x.shape)
    twice = torch.cat((angles, angles), -1)
    half = torch.cat((-x[..., dim // 2 :], x[..., : dim // 2]), -1)
    return x * twice.cos() + half * twice.sin()


def rotary(dice: random.Random) -> tuple[dict[str, Any], dict[str, Any]]:
    """Rows, or rows of several heads, rotated by a layer of its own."""
    shape = (*dice.choice(((), (2,))), dice.randint(1, 4), 2 * dice.randint(1, 3))
    base, pairs = dice.choice((10_000, 100, 7)), dice.choice(("half", "interleaved"))
    x = drawn(dice, *dice.choice(((), (2,))), *shape)
    y = turned(x, base, pairs)
    g = drawn(dice, *y.shape).detach()
    y.backward(g)
    layer = {"positional_encoding": {"kind": "rotary", "base": base, "pairs": pairs, "output": "y"}}
    network = {"input": list(shape), "layers": [layer]}
    spec = {"kind": "backprop", "network": network, "input": x.tolist(), "upstream": g.tolist()}
    return spec, {"y": y.detach(), "dL_dx": x.grad}


def test_rotary_positions() -> None:
    dice = random.Random(13)
    for k in range(CASES):
        agrees(*rotary(dice), read=k < READ)


def test_pairs_need_an_even_length_and_a_rotation() -> None:
    for layer, said in (
        ({"positional_encoding": {"kind": "rotary"}}, "even number"),
        ({"positional_encoding": {"kind": "learned", "pairs": "half"}}, "Only `kind: rotary` has `pairs`."),
        ({"multihead_attention": {"embed_dim": 3, "num_heads": 1, "rotary": True}}, "even number"),
        ({"multihead_attention": {"embed_dim": 3, "num_heads": 1, "bias_k": [1, 2, 3]}}, "add_bias_kv: true"),
        ({"positional_encoding": "rotery"}, "rotary"),
    ):
        with pytest.raises(SpecFailure, match=said):
            hwsolve.solve({"kind": "count-params", "network": {"input": [2, 3], "layers": [layer]}})


@pytest.mark.parametrize("heads", [1, 2])
def test_a_gradient_is_expected_in_the_shape_of_pytorch_or_by_head(heads: int) -> None:
    dice = random.Random(14)
    x, w = drawn(dice, 2, 4), {name: drawn(dice, 4, 4) for name in ("q", "k", "v", "out")}
    q, k, v = ((x @ w[n].T).reshape(2, heads, -1).transpose(0, 1) for n in "qkv")
    y = F.scaled_dot_product_attention(q, k, v).transpose(0, 1).reshape(2, 4) @ w["out"].T
    y.backward(torch.ones(2, 4, dtype=torch.float64))
    weights = {name: a.tolist() for name, a in w.items()}
    settings = {"embed_dim": 4, "num_heads": heads, "bias": False, "weight": weights}
    stated = [[float(f"{n:.7g}") for n in row] for row in w["q"].grad.tolist()]
    spec = {
        "kind": "backprop",
        "network": {"input": [2, 4], "layers": [{"multihead_attention": settings}]},
        "input": x.tolist(),
        "upstream": [[1] * 4] * 2,
        "expect": {"dL_dWq": {"value": stated, "tolerance": "1e-6"}},
    }
    assert [check.ok for check in hwsolve.solve(spec).checks] == [True]
    stated[3][1] += 1
    (wrong,) = hwsolve.solve(spec).checks
    assert not wrong.ok and wrong.key == ("dL_dWq[4,2]" if heads == 1 else "dL_dWq[2,2,2]")
    spec["expect"] = {"dL_dWq": [[1, 2], [3, 4]]}
    (wrong,) = hwsolve.solve(spec).checks
    assert not wrong.ok and "shape" in str(wrong.why)


def test_one_head_has_no_index() -> None:
    x = [[1, 2], [0.5, -1]]
    eye = [[1, 0], [0, 1]]
    settings = {"embed_dim": 2, "num_heads": 1, "bias": False, "weight": dict.fromkeys(("q", "k", "v", "out"), eye)}
    network = {"input": [2, 2], "layers": [{"multihead_attention": settings}]}
    answers = hwsolve.solve({"kind": "backprop", "network": network, "input": x, "upstream": x}).answers
    for key in ("q", "k", "v", "e", "alpha", "o", "y", "dL_dWq", "dL_dWo"):
        assert torch.tensor(found(answers[key].value)).shape == (2, 2), key


def test_what_is_missing_is_said_as_it_is_typed() -> None:
    settings = {"embed_dim": 2, "num_heads": 2, "weight": {part: [[1, 0], [0, 1]] for part in "qkv"}}
    network = {"input": [2, 2], "layers": [{"multihead_attention": settings | {"bias": False}}]}
    with pytest.raises(SpecFailure) as failure:
        hwsolve.solve({"kind": "backprop", "network": network, "input": [[1, 2], [3, 4]]})
    said = str(failure.value)
    assert "weight.out, of the shape 2 × 2" in said and "`weight: {out: [[0, 0], [0, 0]]}`" in said


def grouped(dice: random.Random) -> tuple[dict[str, Any], dict[str, Any]]:
    """Heads that share keys and values, against attention with repeated heads."""
    groups, share, width, length = dice.randint(1, 2), dice.randint(1, 3), dice.choice((1, 2, 4)), dice.randint(1, 3)
    heads, embed = groups * share, dice.randint(1, 4)
    x = drawn(dice, length, embed)
    weights = {
        "q": drawn(dice, heads * width, embed), "k": drawn(dice, groups * width, embed),
        "v": drawn(dice, groups * width, embed), "out": drawn(dice, embed, heads * width),
    }  # fmt: skip
    q, k, v = ((x @ weights[n].T).reshape(length, -1, width).transpose(0, 1) for n in "qkv")
    mask, truths = mask_of(dice, length, length, heads)
    turns: Any = dice.choice((False, True, {"base": 100}, {"pairs": "interleaved"})) if width % 2 == 0 else False
    if turns:
        own = turns if isinstance(turns, dict) else {}
        q, k = (turned(a, own.get("base", 10_000), own.get("pairs", "half")) for a in (q, k))
    k, v = (a.repeat_interleave(share, 0) for a in (k, v))
    o = F.scaled_dot_product_attention(q, k, v, attn_mask=truths)
    y = o.transpose(0, 1).reshape(length, heads * width) @ weights["out"].T
    g = drawn(dice, *y.shape).detach()
    y.backward(g)
    settings = {
        "embed_dim": embed, "num_heads": heads, "kv_heads": groups, "head_dim": width, "bias": False, "output": "out",
        "weight": {name: w.tolist() for name, w in weights.items()}, "rotary": turns,
    } | ({} if mask is None else {"mask": mask})  # fmt: skip
    spec = {
        "kind": "backprop",
        "network": {"input": [length, embed], "layers": [{"multihead_attention": settings}]},
        "input": x.tolist(),
        "upstream": g.tolist(),
    }
    names = {"q": "Wq", "k": "Wk", "v": "Wv", "out": "Wo"}
    return spec, {"out": y.detach(), "dL_dx": x.grad} | {f"dL_d{names[n]}": w.grad for n, w in weights.items()}


@pytest.mark.parametrize("numbers", ["exact", "float64"])
@pytest.mark.parametrize("heads", [2, 3])
@pytest.mark.parametrize("places", [1, 2])
def test_a_batch_of_short_sequences_has_a_page(places: int, heads: int, numbers: str) -> None:
    """Parts are chosen by a sample and a head, and their numbers stand in lines that are right."""
    dice = random.Random(22)
    peer = torch.nn.MultiheadAttention(heads, heads, bias=False, batch_first=True, dtype=torch.float64)
    for p in peer.parameters():
        p.data = drawn(dice, *p.shape).detach()
    x = drawn(dice, 2, places, heads)
    out, _ = peer(x, x, x)
    g = drawn(dice, *out.shape).detach()
    out.backward(g)
    weights = {"in_proj_weight": peer.in_proj_weight.tolist(), "weight": {"out": peer.out_proj.weight.tolist()}}
    layer = {"embed_dim": heads, "num_heads": heads, "bias": False, "output": "out", **weights}
    spec = {
        "kind": "backprop",
        "numbers": numbers,
        "network": {"input": [places, heads], "layers": [{"multihead_attention": layer}]},
        "input": x.tolist(),
        "upstream": g.tolist(),
    }
    agrees(spec, {"out": out.detach(), "dL_dx": x.grad}, read=True)


def test_grouped_and_multi_query_attention() -> None:
    dice = random.Random(10)
    for k in range(CASES):
        agrees(*grouped(dice), read=k < READ)


def test_dropped_weights() -> None:
    dice = random.Random(11)
    for k in range(CASES // 4):
        spec, _ = attention(dice)
        q, keys, v = (torch.tensor(spec["input"][n], dtype=torch.float64).requires_grad_() for n in "qkv")
        if q.ndim > 2:
            continue
        n, m = q.shape[0], keys.shape[0]
        kept = torch.tensor([[dice.randint(0, 1) for _ in range(m)] for _ in range(n)])
        settings = spec["network"]["layers"][0]["attention"] | {"dropout_mask": kept.tolist(), "dropout_p": 0.25}
        settings.pop("scale", None)
        mask = settings.get("mask")
        truths = torch.ones(n, m, dtype=torch.bool) if mask is None else (
            torch.ones(n, m, dtype=torch.bool).tril() if mask == "causal" else torch.tensor(mask).bool()
        )  # fmt: skip
        e = (q @ keys.T / q.shape[1] ** 0.5).masked_fill(~truths, -torch.inf)
        o = (e.softmax(-1) * kept / 0.75) @ v
        o.backward(torch.tensor(spec["upstream"], dtype=torch.float64))
        spec["network"]["layers"] = [{"attention": settings}]
        peer = {"o": o.detach(), "dL_dq": q.grad, "dL_dk": keys.grad, "dL_dv": v.grad}
        agrees(spec, peer, read=k < READ)


def solved(q: Any, k: Any, v: Any, upstream: Any, **settings: Any) -> Any:
    """The solution of one attention."""
    sides = {name: [len(a), len(a[0])] for name, a in (("q", q), ("k", k), ("v", v))}
    network = {"inputs": sides, "layers": [{"attention": {"inputs": ["q", "k", "v"], **settings}}]}
    spec = {"kind": "backprop", "network": network, "input": {"q": q, "k": k, "v": v}, "upstream": upstream}
    return hwsolve.solve(spec)


def test_one_key_has_the_weight_one_exactly() -> None:
    solution = solved([[1, 0.5], [2, 1]], [[0.3, 0.7]], [[2, 3]], [[1, 2], [3, 4]])
    for row in solution.answers["alpha"].value:
        assert (row[0].relation, row[0].text) == ("=", "1")
    page = solution.to("plain", full=True)
    assert "exp(e₁₁)/exp(e₁₁) = exp(" in page and "≈ 1 " not in page and "≈ 1\n" not in page
    assert found(solution.answers["dL_dq"].value) == [[0, 0], [0, 0]]
    assert wrong_lines(json.loads(solution.to("json"))) == []


def test_equal_scores_share_exactly() -> None:
    solution = solved([[1, 1]], [[0.5, 0.25], [0.25, 0.5], [0, 0.75], [0.75, 0]], [[1], [2], [3], [6]], [[1]])
    assert [q.text for q in solution.answers["alpha"].value[0]] == ["0.25"] * 4
    assert (solution.answers["o"].value[0][0].relation, solution.answers["o"].value[0][0].text) == ("=", "3")
    assert wrong_lines(json.loads(solution.to("json"))) == []


def test_a_sum_of_irrationals_that_is_0_is_written_in_one_way() -> None:
    """Keys with a coordinate in common: its gradient is 0, and of two forms of it rounding tells nothing."""
    solution = solved([[0.3, -0.2]], [[0.75, 0.1875], [0.75, -0.75]], [[1], [2]], [[1]])
    lines = [line for section in json.loads(solution.to("json"))["sections"] for line in section["lines"]]
    found = {line["key"]: line for line in lines if line.get("key", "").startswith("dL_dq[")}
    assert (found["dL_dq[1,1]"]["relation"], found["dL_dq[1,1]"]["value"]) == ("=", "0")
    assert "links" not in found["dL_dq[1,1]"] and len(found["dL_dq[1,2]"]["links"]) == 1
    assert wrong_lines(json.loads(solution.to("json"))) == []


def test_large_scores_do_not_overflow() -> None:
    q, k, v = [[300.0, 0]], [[5.0, 1], [4.9, 2], [-5.0, 0]], [[1], [2], [3]]
    for numbers in ("exact", "float64"):
        network = {
            "inputs": {"q": [1, 2], "k": [3, 2], "v": [3, 1]},
            "layers": [{"attention": {"inputs": ["q", "k", "v"]}}],
        }
        spec = {"kind": "backprop", "numbers": numbers, "network": network}
        solution = hwsolve.solve(spec | {"input": {"q": q, "k": k, "v": v}, "upstream": [[1]]})
        peer = F.scaled_dot_product_attention(*(torch.tensor(a, dtype=torch.float64) for a in (q, k, v)))
        assert found(solution.answers["o"].value)[0][0] == pytest.approx(float(peer), rel=1e-9)


@pytest.mark.parametrize("bias", [True, False])
def test_the_count_is_that_of_pytorch(bias: bool) -> None:
    dice = random.Random(12)
    for _ in range(CASES):
        heads = dice.randint(1, 4)
        embed, kdim, vdim = heads * dice.randint(1, 4), dice.randint(1, 9), dice.randint(1, 9)
        peer = torch.nn.MultiheadAttention(embed, heads, bias=bias, kdim=kdim, vdim=vdim)
        n, s = dice.randint(1, 5), dice.randint(1, 5)
        settings = {"embed_dim": embed, "num_heads": heads, "bias": bias, "inputs": ["x", "y", "z"]}
        inputs = {"x": [n, embed], "y": [s, kdim], "z": [s, vdim]}
        solution = hwsolve.solve(
            {"kind": "count-params", "network": {"inputs": inputs, "layers": [{"multihead_attention": settings}]}}
        )
        assert found(solution.answers["params"].value) == sum(p.numel() for p in peer.parameters())
        projections = n * embed * embed * 2 + s * (kdim + vdim) * embed
        assert found(solution.answers["macs"].value) == projections + sum(
            2 for _ in range(heads) for _ in range(n) for _ in range(s) for _ in range(embed // heads)
        )


def test_weights_are_drawn_in_the_shape_in_which_pytorch_stores_them() -> None:
    init = {"init": "xavier_uniform", "seed": 3}
    settings = {"embed_dim": 4, "num_heads": 2, "bias": False, "weight": dict.fromkeys(("q", "k", "v", "out"), init)}
    heads = hwsolve.solve(
        {
            "kind": "backprop",
            "network": {"input": [2, 4], "layers": [{"multihead_attention": settings}]},
            "input": [[1, 2, 3, 4], [0, 1, 0, 1]],
        }
    )
    dense = hwsolve.solve(
        {
            "kind": "backprop",
            "network": {"input": 4, "layers": [{"linear": {"out_features": 4, "bias": False, "weight": init}}]},
            "input": [1, 2, 3, 4],
        }
    )
    drawn_for = [
        {str(g.key): g.quantity.text for g in s.given if str(g.key.name) == name}
        for s, name in ((heads, "Wq"), (dense, "w1"))
    ]
    assert list(drawn_for[0].values()) == list(drawn_for[1].values())
    assert len(drawn_for[0]) == 16


def test_default_names_give_way_to_those_of_the_problem() -> None:
    layers = [
        {"attention": {"inputs": ["e", "k", "M"], "mask": "causal"}},
        {"attention": {"inputs": ["o", "k", "M"]}},
        {"tanh": {"output": "alpha"}},
    ]
    layers[0]["attention"]["output"] = "o"
    network = {"inputs": {"e": [2, 1], "k": [2, 1], "M": [2, 1]}, "layers": layers}
    spec = {"kind": "backprop", "network": network, "input": {key: [[1], [2]] for key in ("e", "k", "M")}}
    answers = hwsolve.solve(spec).answers
    assert {"o", "alpha", "alpha_2", "alpha_3", "e_2", "e_3", "o_2"} <= answers.keys()
