"""One layer of a transformer: attention and an MLP, each with a sum and a normalisation, written in the spec language.

Normalised behind the sums, as in arXiv 1706.03762, or in front (`norm_first`, arXiv 2002.04745).
Source: PyTorch, torch.nn.TransformerEncoderLayer and torch.nn.TransformerDecoderLayer.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from hwsolve.language import Message, say
from hwsolve.layers.gated import gated
from hwsolve.layers.idle_arguments import BATCH_FIRST
from hwsolve.layers.packaged import Packaged
from hwsolve.layers.rotary import Rotary
from hwsolve.spec.field import Field
from hwsolve.spec.fields import ArrayField, Choice, Decimal, Flag, FlagField, OneOf, RecordField, Size

GATED = {"swiglu": "silu", "geglu": "gelu"}


class TransformerSettings(Packaged, frozen=True, kw_only=True):
    """What the layers of a transformer, and stacks of them, are told."""

    d_model: Size | None = None
    nhead: Size
    dim_feedforward: Size = 2048
    dropout: Decimal | None = None
    activation: Annotated[str, Choice("relu", "gelu", "swiglu", "geglu")] = "relu"
    norm_first: Flag = False
    layer_norm_eps: Decimal | None = None
    bias: Flag = True
    norm: Annotated[str, Choice("layer_norm", "rms_norm")] = "layer_norm"
    kv_heads: Size | None = None
    rotary: Annotated[Any, OneOf(FlagField(), RecordField(Rotary))] = False
    mask: Annotated[Any, OneOf(Choice("causal"), ArrayField())] = None

    IDLE: ClassVar[dict[str, Field]] = BATCH_FIRST
    MEANINGS: ClassVar[dict[str, Message]] = {
        "d_model": say("how many numbers a row has; as many as come in unless given"),
        "nhead": say("how many heads there are"),
        "dim_feedforward": say("how many units the MLP has"),
        "dropout": say("the probability of being dropped, with `mode`; nothing is dropped unless given"),
        "activation": say("that of the MLP; `swiglu` and `geglu`: a gated unit with the parts `gate`, `up` and `down`"),
        "norm_first": say("whether what goes into attention and MLP is normalised, and not the sums behind them"),
        "layer_norm_eps": say("a small number that is added before the root of a normalisation"),
        "bias": say("whether there are biases, those of normalisations too"),
        "norm": say("the normalisation"),
        "kv_heads": say("how many heads keys and values have; as many as queries unless given"),
        "rotary": say("whether queries and keys are rotated by their places in each head: `true`, or how"),
        "mask": say("what self-attention sees: `causal` (up to its own place), or a 1 or 0 for each query and key"),
    }

    OWN: ClassVar[frozenset[str]] = frozenset()  # what is not passed on to the layers

    def passed(self) -> list[str]:
        """The settings that the layers are given: those that are not as they would be anyway."""
        defaults = dict(zip(self.__struct_fields__[::-1], self.__struct_defaults__[::-1], strict=False))
        own = [key for key in self.__struct_fields__ if key not in self.OWN]
        needed = ("d_model", "nhead")
        return [key for key in own if key in needed or key not in defaults or getattr(self, key) != defaults[key]]

    def has(self, *keys: str) -> str:
        """The settings that are given, to be passed on."""
        return "".join(f", {key}: ${key}" for key in keys if getattr(self, key))


class TransformerLayer(TransformerSettings, frozen=True, kw_only=True):
    """What the layers of encoder and decoder share."""

    def attention(self, name: str, inputs: str, mask: str) -> str:
        """Multi-head attention."""
        no = "" if self.bias else ", bias: false"
        masked = "" if getattr(self, mask) is None else f", mask: ${mask}"
        dropped = "" if self.dropout is None else ", dropout_p: $dropout"
        rotary = self.has("rotary") if name == "self_attention" else ""
        wires = f"inputs: {inputs}, embed_dim: $d_model, num_heads: $nhead"
        if name == "cross_attention":  # a memory is as wide as the target
            wires += ", kdim: $d_model, vdim: $d_model"
        return f"- multihead_attention: {{name: {name}, {wires}{self.has('kv_heads')}{rotary}{masked}{dropped}{no}}}\n"

    def normalised(self, k: int, output: str = "") -> str:
        """The normalisation of a number."""
        eps = "" if self.layer_norm_eps is None else ", eps: $layer_norm_eps"
        no = "" if self.bias or self.norm == "rms_norm" else ", bias: false"
        return f"- {self.norm}: {{name: norm{k}{', output: ' * bool(output)}{output}{eps}{no}}}\n"

    def dropped(self, k: int | str) -> str:
        """The dropout of a number."""
        return "" if self.dropout is None else f"- dropout: {{name: dropout{k}, p: $dropout}}\n"

    def mlp(self) -> str:
        """Two linear layers with an activation between them, or a gated unit."""
        if self.activation in GATED:
            return gated(GATED[self.activation], "$dim_feedforward", "$d_model", self.bias, self.dropped(""))
        no = "" if self.bias else ", bias: false"
        return (
            f"- linear: {{name: linear1, out_features: $dim_feedforward{no}}}\n- {self.activation}\n"
            f"{self.dropped('')}- linear: {{name: linear2, out_features: $d_model{no}}}\n"
        )

    def steps(self, *attentions: tuple[str, str, str]) -> str:
        """Attentions by name, what they read beside the stream and their masks; and the MLP behind them."""
        text, stream = "", self.INPUTS[0]
        for k in range(1, len(attentions) + 2):
            out = f"h{k}" if k <= len(attentions) else ""
            here = f"n{k}" if self.norm_first else stream
            inner = self.mlp()
            if k <= len(attentions):
                name, others, mask = attentions[k - 1]
                inner = self.attention(name, f"[{here}, {others}, {others}]" if others else here, mask)
            before = self.normalised(k, here if k <= len(attentions) else "") if self.norm_first else ""
            given = f", output: {out}" * bool(out and self.norm_first)
            added = f"{self.dropped(k)}- add: {{of: {stream}{given}}}\n"
            text += before + inner + added + ("" if self.norm_first else self.normalised(k, out))
            stream = out
        return text


class TransformerEncoderLayer(TransformerLayer, frozen=True, kw_only=True):
    """Layer of a transformer's encoder: self-attention and an MLP, (T, d_model) → (T, d_model).

    Its parts are `self_attention`, `linear1` and `linear2` (or `gate`, `up` and `down`), `norm1` and `norm2`, with
    `dropout` also `dropout`, `dropout1` and `dropout2`.  With `mask: causal` it is that of a decoder without memory.
    """

    EXAMPLE: ClassVar[str] = "- transformer_encoder_layer: {d_model: 4, nhead: 2, dim_feedforward: 8}"

    def body(self) -> str:
        """Attention, sum, MLP, sum."""
        return self.steps(("self_attention", "", "mask"))


class TransformerDecoderLayer(TransformerLayer, frozen=True, kw_only=True):
    """Layer of a transformer's decoder: self-attention, attention to a memory and an MLP; `inputs: [target, memory]`.

    Its parts are `self_attention`, `cross_attention`, `linear1` and `linear2` (or `gate`, `up` and `down`), `norm1`,
    `norm2` and `norm3`, with `dropout` also `dropout`, `dropout1`, `dropout2` and `dropout3`.
    """

    memory_mask: Annotated[Any, ArrayField()] = None

    MEANINGS: ClassVar[dict[str, Message]] = {
        "memory_mask": say("which rows of the memory each row of the target sees: 1 or 0"),
    }
    INPUTS: ClassVar[tuple[str, ...]] = ("target", "memory")
    EXAMPLE: ClassVar[str] = (
        "- linear: {out_features: 4, output: s}\n"
        "- transformer_decoder_layer: {inputs: [s, s], d_model: 4, nhead: 2, dim_feedforward: 8, mask: causal}"
    )

    def body(self) -> str:
        """Attention, sum, attention to the memory, sum, MLP, sum."""
        return self.steps(("self_attention", "", "mask"), ("cross_attention", "memory", "memory_mask"))
