"""What the architectures have in common: activations by their names there, and blocks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hwsolve.importing.huggingface.config import Config

Layers = list[Any]
Block = Layers | dict[str, Any]  # its body, or with arguments too

TANH_GELU = {"gelu": {"approximate": "tanh"}}
ACTIVATIONS: dict[str, Any] = {
    "gelu": "gelu",
    "gelu_new": TANH_GELU,
    "gelu_pytorch_tanh": TANH_GELU,
    "gelu_fast": TANH_GELU,
    "relu": "relu",
    "silu": "silu",
    "swish": "silu",
    "tanh": "tanh",
}
GATED = {"silu": "swiglu", "swish": "swiglu"} | dict.fromkeys(
    ("gelu", "gelu_new", "gelu_pytorch_tanh", "gelu_fast"), "geglu"
)


def linear(size: int, bias: bool = True, **more: Any) -> Any:
    """A linear layer, as short as it can be written."""
    if bias and not more:
        return {"linear": size}
    named = {"name": more.pop("name")} if "name" in more else {}
    return {"linear": named | {"out_features": size} | ({} if bias else {"bias": False}) | more}


def mlp(inner: int, outer: int, activation: Any, bias: bool = True) -> Layers:
    """Two linear layers with an activation between them."""
    return [linear(inner, bias), activation, linear(outer, bias)]


def added(*layers: Any) -> Any:
    """A residual connection around layers."""
    return {"add": [list(layers), []]}


def attention(width: int, heads: int, head_dim: int | None = None, **more: Any) -> Any:
    """Multi-head attention; what is None is left out, and the width of heads that follows from their number."""
    across = {} if head_dim is None or head_dim * heads == width else {"head_dim": head_dim}
    given = across | {name: value for name, value in more.items() if value is not None}
    return {"multihead_attention": {"embed_dim": width, "num_heads": heads} | given}


def table(name: str, count: int, width: int) -> Any:
    """A table of words."""
    return {"embedding": {"name": name, "num_embeddings": count, "embedding_dim": width}}


def spec(
    title: str, blocks: Mapping[str, Block], inputs: dict[str, Any], layers: Layers, outputs: list[str]
) -> dict[str, Any]:
    """A problem that counts."""
    return {
        "kind": "count-params",
        "title": title,
        "blocks": {name: {"body": block} if isinstance(block, list) else block for name, block in blocks.items()},
        "network": inputs | {"layers": layers} | ({"outputs": outputs} if outputs else {}),
        "count": {"macs": "matmul"},
    }


def named(c: Config, family: str) -> str:
    """What the configuration calls its model, else its family."""
    name = c.data.get("_name_or_path") or c.data.get("name_or_path")
    return name if isinstance(name, str) and name and "\n" not in name else family
