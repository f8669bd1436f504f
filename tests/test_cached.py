"""The KV cache of decoders, encoders and both together, and rotated numbers, against plain loops over positions."""

from __future__ import annotations

import random
from typing import Any

import pytest

from hwsolve.pipeline import read, work_out
from hwsolve.render import render
from hwsolve.render.options import Options
from tests.conftest import PROBLEMS
from tests.test_count_keys import checked, number, solved

ASK = ("kv_cache.token", "kv_cache.bytes")


def attention(**more: Any) -> dict[str, Any]:
    """Attention of eight numbers a row in four heads, which share two heads of keys and values."""
    return {"multihead_attention": {"embed_dim": 8, "num_heads": 4, "kv_heads": 2, "bias": False, **more}}


def kept(heads: int, width: int, positions: int, layers: int, size: int) -> int:
    """The bytes of keys and values, one by one."""
    return sum(size for _ in range(layers * positions) for _ in ("key", "value") for _ in range(heads * width))


@pytest.mark.parametrize("seed", range(6))
def test_decoders_keep_their_past_and_the_source(seed: int) -> None:
    """Self-attention of the decoder grows with each position, that to the encoder does not, the encoder keeps none."""
    dice = random.Random(seed)
    source, target, deep, layers, batch = (dice.randint(2, 5) for _ in range(5))
    heads, width, packaged = dice.randint(1, 3), dice.randint(1, 3), dice.random() < 0.5
    d = heads * width
    mha = f"embed_dim: {d}, num_heads: {heads}"
    encoder = f"residual: {{body: [layer_norm, multihead_attention: {{{mha}}}]}}"
    own = f"residual: {{body: [layer_norm, multihead_attention: {{{mha}, mask: causal}}]}}"
    across = f"residual: {{body: [layer_norm: {{output: q}}, multihead_attention: {{inputs: [q, m, m], {mha}}}]}}"
    parts = f"{own}, {across}"
    if packaged:
        encoder = f"transformer_encoder_layer: {{nhead: {heads}, dim_feedforward: 2}}"
        parts = f"prelu: {{output: h}}, transformer_decoder_layer: {{inputs: [h, m], nhead: {heads}, dim_feedforward: 2, mask: causal}}"
    text = f"""
kind: count-params
network:
  inputs: {{s: [{source}, {d}], t: [{target}, {d}]}}
  layers:
    - repeat: {{times: {deep}, body: [{encoder}]}}
    - layer_norm: {{output: m}}
    - linear: {{inputs: t, out_features: {d}}}
    - repeat: {{times: {layers}, body: [{parts}]}}
count: {{dtype: float16, batch: {batch}}}
ask: [kv_cache.token, kv_cache.bytes]
"""
    solution = checked(text)
    assert number(solution, "kv_cache.token") == kept(heads, width, 1, layers, 2)
    assert number(solution, "kv_cache.bytes") == kept(heads, width, batch * (source + target), layers, 2)
    assert "Attention to another sequence keeps" in str(render([solution], "markdown", Options()))


def test_t5_keeps_what_its_decoder_has_seen() -> None:
    """Six layers of 2 × 512 floats for each token; as much for each of the source."""
    text = (PROBLEMS / "models" / "t5_small.yaml").read_text() + "ask: [kv_cache.token, kv_cache.bytes]\n"
    found = work_out(read(text, "t5.yaml")[0])
    assert number(found, "kv_cache.token") == 6 * 2 * 512 * 4
    assert number(found, "kv_cache.bytes") == 6 * 2 * 512 * 4 * (512 + 512)


@pytest.mark.parametrize(
    ("mask", "token", "said"),
    [
        ("causal", 32, ""),
        ([[1, 0, 0], [1, 1, 0], [0, 1, 1]], 32, ""),  # the last two positions
        ([[1, 1, 0], [1, 1, 0], [1, 1, 1]], 0, "works on all positions at once"),
        (None, 32, "Attention without a mask is counted as if its positions came one after another"),
    ],
)
def test_a_cache_is_one_of_the_past(mask: Any, token: int, said: str) -> None:
    """What sees positions behind its own has none; without a mask the page says what it is counted as."""
    solution = solved([attention(**({} if mask is None else {"mask": mask}))], [3, 8], ASK)
    assert number(solution, "kv_cache.token") == token
    assert number(solution, "kv_cache.bytes") == 3 * token
    page = str(render([solution], "markdown", Options()))
    assert said in page
    assert ("Attention " in page) == bool(said)


def test_queries_and_keys_of_one_stream_are_no_other_sequence() -> None:
    """Projections and normalisations of the same rows stand for that."""
    layers = [
        {"prelu": {"output": "p"}},
        {"linear": {"out_features": 8, "output": "q"}},
        {"rms_norm": {"inputs": "p", "output": "k"}},
        attention(inputs=["q", "k", "p"], mask="causal"),
    ]
    assert number(solved(layers, [3, 8], ASK), "kv_cache.token") == 32


@pytest.mark.parametrize("seed", range(4))
def test_rotated_numbers_are_counted_alike(seed: int) -> None:
    """Two for each, element by element, under `all` alone; a rotation goes back through its one factor."""
    dice = random.Random(seed)
    kv, group, pairs, rows = (dice.randint(1, 3) for _ in range(4))
    width = 2 * pairs
    heads = kv * group
    settings = {"embed_dim": heads * width, "num_heads": heads, "kv_heads": kv, "rotary": {"base": 100}}
    alone = {"positional_encoding": {"kind": "rotary"}}
    plain = {key: value for key, value in settings.items() if key != "rotary"}
    ask = ("macs", "macs.matmul", "macs.attention", "macs.elementwise", "macs.backward")
    inside = sum(2 for _ in range(rows) for _ in range((heads + kv) * width))
    outside = sum(2 for _ in range(rows) for _ in range(heads * width))
    for convention, often in (("matmul", 0), ("all", 1)):
        count = {"macs": convention}
        shape = [rows, heads * width]
        found, less = (
            solved(["prelu", {"multihead_attention": own}], shape, ask, count=count) for own in (settings, plain)
        )
        gap = {key: number(found, key) - number(less, key) for key in ask}
        elementwise = often * inside
        assert gap == dict.fromkeys(ask, 0) | {
            "macs": elementwise, "macs.elementwise": elementwise, "macs.backward": elementwise,
        }  # fmt: skip
        turned = solved(["prelu", alone], shape, ask, count=count)
        assert number(turned, "macs") == number(turned, "macs.elementwise") == often * outside
        assert number(turned, "macs.backward") == often * outside
        assert number(turned, "macs.matmul") == 0


@pytest.mark.parametrize("seed", range(8))
def test_attention_alone_keeps_its_keys_and_values(seed: int) -> None:
    """With and without an axis of heads, its numbers made by layers or given: a key and a value for each position."""
    dice = random.Random(seed)
    heads, rows, others, dim, width, batch = (dice.randint(1, 4) for _ in range(6))
    front = [heads] if dice.random() < 0.5 else []
    mask = dice.choice(["causal", None])
    others = rows if mask or dice.random() < 0.5 else others + rows
    shapes = {"q": [*front, rows, dim], "k": [*front, others, dim], "v": [*front, others, width]}
    one = sum(4 for _ in range(heads if front else 1) for _ in range(dim + width))
    text = f"""
kind: count-params
network: {{inputs: {shapes}, layers: [attention: {{inputs: [q, k, v]{", mask: causal" if mask else ""}}}]}}
count: {{batch: {batch}}}
ask: [kv_cache.token, kv_cache.bytes]
"""
    solution = checked(text)
    assert number(solution, "kv_cache.token") == (one if rows == others else 0)
    assert number(solution, "kv_cache.bytes") == sum(one for _ in range(batch * others))


def test_attention_between_projections_keeps_what_one_head_of_multi_head_attention_keeps() -> None:
    parts = [{"linear": {"inputs": "x", "out_features": 8, "output": name}} for name in "qkv"]
    apart = solved([*parts, {"attention": {"inputs": ["q", "k", "v"], "mask": "causal"}}], [5, 8], ASK)
    packed = solved([{"multihead_attention": {"embed_dim": 8, "num_heads": 1, "mask": "causal"}}], [5, 8], ASK)
    assert [number(apart, key) for key in ASK] == [number(packed, key) for key in ASK] == [64, 320]
    across = {"inputs": {"s": [4, 8], "t": [3, 8]}, "layers": [
        {"linear": {"inputs": "s", "out_features": 8, "output": "m"}}, {"attention": {"inputs": ["t", "m", "m"]}}]}  # fmt: skip
    found = checked(f"kind: count-params\nnetwork: {across}\nask: [kv_cache.token, kv_cache.bytes]\n")
    assert [number(found, key) for key in ASK] == [0, 4 * 64]
