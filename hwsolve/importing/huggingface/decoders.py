"""Decoders: GPT-2, Phi, and those of the form of LLaMA."""

from __future__ import annotations

from typing import Any

from hwsolve.importing.huggingface.config import Config
from hwsolve.importing.huggingface.heads import FIRST, LAST, Heads, headed, of_decoder, words
from hwsolve.importing.huggingface.parts import (
    ACTIVATIONS,
    GATED,
    Layers,
    added,
    attention,
    linear,
    mlp,
    named,
    spec,
    table,
)


def gpt2(c: Config, tokens: Any) -> dict[str, Any]:
    """GPT-2: norms in front, learned positions, the last layer is the table of words."""
    width, places = c.size("n_embd", 768), c.size("n_positions", 1024)
    inner = c.optional("n_inner", 4 * width)
    activation = c.meaning("activation_function", "gelu_new", ACTIVATIONS)
    heads = c.size("n_head", 12)
    c.divided("n_embd", "n_head", width, heads)
    block = [
        added("layer_norm", attention(width, heads, mask="causal")),
        added("layer_norm", *mlp(inner, width, activation)),
    ]
    vocabulary, tied = c.size("vocab_size", 50257), c.flag("tie_word_embeddings", True)
    layers = [
        table("wte", vocabulary, width),
        {"positional_encoding": {"name": "wpe", "kind": "learned", "num_positions": places}},
        {"repeat": {"name": "h", "times": c.size("n_layer", 12), "body": ["block"]}},
        {"layer_norm": {"name": "ln_f"}},
    ]
    c.without("add_cross_attention")
    head = words(vocabulary, "wte" if tied else "")
    known: Heads = of_decoder(c, head, "classifier") | {
        "LMHeadModel": lambda: [head],
        "DoubleHeadsModel": lambda: {"words": [head], "choice": summary(c, width)},
    }
    layers, outputs = headed(layers, known[c.ending("GPT2", known, "LMHeadModel")]())
    return spec(named(c, "GPT-2"), {"block": block}, {"input": {"tokens": tokens}}, layers, outputs)


def summary(c: Config, width: int) -> Layers:
    """A number for a whole text, from its last or its first token."""
    token = c.meaning("summary_type", "cls_index", {"cls_index": LAST, "last": LAST, "first": FIRST})
    size = 1 if c.flag("summary_proj_to_labels", True) else width
    seen = [linear(size, name="multiple_choice_head")] if c.flag("summary_use_proj", True) else []
    return [token, *seen, *(["tanh"] if c.data.get("summary_activation") == "tanh" else [])]


def phi(c: Config, tokens: Any) -> dict[str, Any]:
    """Phi: attention and MLP side by side behind one norm, biases everywhere."""
    width, heads = c.size("hidden_size", 2048), c.size("num_attention_heads", 32)
    activation = c.meaning("hidden_act", "gelu_new", ACTIVATIONS)
    groups = c.optional("num_key_value_heads", heads)
    c.divided("hidden_size", "num_attention_heads", width, heads)
    c.divided("num_attention_heads", "num_key_value_heads", heads, groups)
    c.rotated(width // heads, "num_attention_heads")
    seen = attention(width, heads, kv_heads=groups if groups != heads else None, rotary=True, mask="causal")
    if c.flag("qk_layernorm", False):
        seen["multihead_attention"]["qk_norm"] = "layer_norm"
    parallel = {"add": [[seen], mlp(c.size("intermediate_size", 8192), width, activation)]}
    vocabulary, tied = c.size("vocab_size", 51200), c.flag("tie_word_embeddings", False)
    layers = [
        table("embed_tokens", vocabulary, width),
        {"repeat": {"name": "layers", "times": c.size("num_hidden_layers", 24), "body": ["block"]}},
        {"layer_norm": {"name": "final_layernorm"}},
    ]
    known = of_decoder(c, words(vocabulary, "embed_tokens" if tied else "", bias=True))
    layers, outputs = headed(layers, known[c.ending("Phi", known, "ForCausalLM")]())
    block = [added("layer_norm", parallel)]
    return spec(named(c, "Phi"), {"block": block}, {"input": {"tokens": tokens}}, layers, outputs)


def llama(c: Config, tokens: Any) -> dict[str, Any]:
    """LLaMA: rotary positions, RMS norms, gated MLPs."""
    bias = c.flag("attention_bias", False)
    return like_llama(c, tokens, "LLaMA", bias=bias, mlp_bias=c.flag("mlp_bias", False))


def mistral(c: Config, tokens: Any) -> dict[str, Any]:
    """Mistral: LLaMA with fewer heads of keys and values."""
    return like_llama(c, tokens, "Mistral", inner=14336, groups=8)


def mixtral(c: Config, tokens: Any) -> dict[str, Any]:
    """Mixtral: for each token a router chooses some of several gated MLPs."""
    gated = {"swiglu": {"hidden": c.size("intermediate_size", 14336), "bias": False}}
    experts = c.size("num_local_experts", 8)
    active = c.size("num_experts_per_tok", 2, most=experts)
    experts_layer = {"mixture": {"experts": experts, "active": active, "body": [gated]}}
    return like_llama(c, tokens, "Mixtral", inner=14336, groups=8, behind=[experts_layer])


def qwen2(c: Config, tokens: Any) -> dict[str, Any]:
    """Qwen2: LLaMA with biases of queries, keys and values."""
    bias = {"q": True, "k": True, "v": True, "out": False}
    return like_llama(c, tokens, "Qwen2", bias=bias, inner=22016, vocabulary=151936, groups=32)


def gemma(c: Config, tokens: Any) -> dict[str, Any]:
    """Gemma: wide heads, GELU, and the table of words once more at the end."""
    sizes: dict[str, Any] = {"width": 3072, "inner": 24576, "depth": 28, "heads": 16, "groups": 16, "head_dim": 256}
    act = "hidden_activation" if c.given("hidden_activation") else "hidden_act"
    gate = c.meaning(act, "gelu_pytorch_tanh", GATED)
    bias = c.flag("attention_bias", False)
    return like_llama(c, tokens, "Gemma", bias=bias, gate=gate, vocabulary=256000, tied=True, **sizes)


def like_llama(
    c: Config,
    tokens: Any,
    family: str,
    *,
    bias: Any = False,
    mlp_bias: bool = False,
    gate: str = "",
    behind: Layers | None = None,
    width: int = 4096,
    inner: int = 11008,
    depth: int = 32,
    heads: int = 32,
    groups: int | None = None,
    head_dim: int | None = None,
    vocabulary: int = 32000,
    tied: bool = False,
) -> dict[str, Any]:
    """A decoder of the form of LLaMA; the sizes are the defaults of its configuration."""
    width, heads = c.size("hidden_size", width), c.size("num_attention_heads", heads)
    groups = c.optional("num_key_value_heads", groups or heads)
    across = c.optional("head_dim", head_dim or width // heads)
    if not head_dim and not c.given("head_dim"):
        c.divided("hidden_size", "num_attention_heads", width, heads)
    c.divided("num_attention_heads", "num_key_value_heads", heads, groups)
    c.rotated(across, "num_attention_heads")
    seen = attention(
        width,
        heads,
        kv_heads=groups if groups != heads else None,
        head_dim=across,
        bias=False if bias is False else bias if isinstance(bias, dict) else None,
        rotary=True,
        mask="causal",
    )
    gate = gate or c.meaning("hidden_act", "silu", GATED)
    hidden = c.size("intermediate_size", inner)
    feed = behind or [{gate: {"hidden": hidden, "bias": mlp_bias}}]
    vocabulary, tie = c.size("vocab_size", vocabulary), c.flag("tie_word_embeddings", tied)
    block = [added("rms_norm", seen), added("rms_norm", *feed)]
    layers = [
        table("embed_tokens", vocabulary, width),
        {"repeat": {"name": "layers", "times": c.size("num_hidden_layers", depth), "body": ["block"]}},
        {"rms_norm": {"name": "norm"}},
    ]
    known = of_decoder(c, words(vocabulary, "embed_tokens" if tie else ""))
    layers, outputs = headed(layers, known[c.ending(family.capitalize(), known, "ForCausalLM")]())
    return spec(named(c, family), {"block": block}, {"input": {"tokens": tokens}}, layers, outputs)
