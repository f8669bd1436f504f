"""Stacks of a transformer's layers, written in the spec language.

Source: PyTorch, torch.nn.TransformerEncoder and torch.nn.TransformerDecoder.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from hwsolve.language import Message, say
from hwsolve.layers.idle_arguments import NESTED
from hwsolve.layers.transformer import TransformerSettings
from hwsolve.spec.field import Field
from hwsolve.spec.fields import ArrayField, Choice, Flag, OneOf, Size


class Stack(TransformerSettings, frozen=True, kw_only=True):
    """What stacks share: `num_layers` layers one behind the other."""

    num_layers: Size
    final_norm: Flag = False

    IDLE: ClassVar[dict[str, Field]] = NESTED
    HINTS: ClassVar[dict[str, Message]] = dict.fromkeys(
        ("encoder_layer", "decoder_layer"),
        say("The settings of the layer stand here themselves: `{form}`.", form="nhead: 2, dim_feedforward: 8"),
    )
    MEANINGS: ClassVar[dict[str, Message]] = {
        "num_layers": say("how many layers there are"),
        "final_norm": say("whether what comes out is normalised, by the part `norm`"),
        "weights": say(
            "the numbers of its layers by their names, as `{form}`", form="{layer1: {linear1: {weight: …}}}"
        ),
    }
    LAYER: ClassVar[str]
    OWN: ClassVar[frozenset[str]] = frozenset({"num_layers", "final_norm", "weights", "init", "seed", "name"})

    def body(self) -> str:
        """The layers by name where their numbers are given, else once with how often they stand; and the norm."""
        passed = ", ".join(f"{key}: ${key}" for key in self.passed())
        memory = len(self.INPUTS) > 1
        if isinstance(self.num_layers, int) and (self.weights is not None or self.init is not None):
            text, stream = "", self.INPUTS[0]
            for k in range(1, self.num_layers + 1):
                wires = f", inputs: [{stream}, memory], output: h{k}" if memory else ""
                text += f"- {self.LAYER}: {{name: layer{k}{wires}, {passed}}}\n"
                stream = f"h{k}"
        else:
            wires = "inputs: [h, memory], " if memory else ""
            start = "- identity: {output: h}\n      " if memory else ""
            text = f"- repeat:\n    times: $num_layers\n    body:\n      {start}- {self.LAYER}: {{{wires}{passed}}}\n"
        if not self.final_norm:
            return text
        eps = "" if self.layer_norm_eps is None else ", eps: $layer_norm_eps"
        no = "" if self.bias or self.norm == "rms_norm" else ", bias: false"
        return f"{text}- {self.norm}: {{name: norm{eps}{no}}}\n"


class TransformerEncoder(Stack, frozen=True, kw_only=True):
    """Encoder of a transformer: `num_layers` layers, `layer1` …: (T, d_model) → (T, d_model)."""

    LAYER: ClassVar[str] = "transformer_encoder_layer"
    EXAMPLE: ClassVar[str] = "- transformer_encoder: {num_layers: 2, d_model: 4, nhead: 2, dim_feedforward: 8}"


class TransformerDecoder(Stack, frozen=True, kw_only=True):
    """Decoder of a transformer: `num_layers` layers that read a memory, `layer1` …; `inputs: [target, memory]`."""

    memory_mask: Annotated[Any, ArrayField()] = None

    MEANINGS: ClassVar[dict[str, Message]] = {
        "memory_mask": say("which rows of the memory each row of the target sees: 1 or 0"),
    }
    INPUTS: ClassVar[tuple[str, ...]] = ("target", "memory")
    LAYER: ClassVar[str] = "transformer_decoder_layer"
    EXAMPLE: ClassVar[str] = (
        "- linear: {out_features: 4, output: s}\n"
        "- transformer_decoder: {inputs: [s, s], num_layers: 2, d_model: 4, nhead: 2, dim_feedforward: 8}"
    )


class Transformer(TransformerSettings, frozen=True, kw_only=True):
    """Transformer: an encoder, and a decoder that reads what it gives; `inputs: [source, target]`.

    Its parts are `encoder` and `decoder`, each with a norm at its end, as in torch.nn.Transformer.
    """

    nhead: Size = 8
    num_encoder_layers: Size = 6
    num_decoder_layers: Size = 6
    target_mask: Annotated[Any, OneOf(Choice("causal"), ArrayField())] = None
    memory_mask: Annotated[Any, ArrayField()] = None

    MEANINGS: ClassVar[dict[str, Message]] = {
        "num_encoder_layers": say("how many layers the encoder has"),
        "num_decoder_layers": say("how many layers the decoder has"),
        "mask": say("what self-attention sees in the encoder"),
        "target_mask": say("what self-attention sees in the decoder: `causal`, or a 1 or 0 for each query and key"),
        "memory_mask": say("which rows of the memory each row of the target sees: 1 or 0"),
        "weights": say(
            "the numbers of encoder and decoder, as `{form}`", form="{encoder: {layer1: {linear1: {weight: …}}}}"
        ),
    }
    HINTS: ClassVar[dict[str, Message]] = dict.fromkeys(
        ("custom_encoder", "custom_decoder"), say("Other layers stand in `{key}` themselves.", key="layers")
    )
    INPUTS: ClassVar[tuple[str, ...]] = ("source", "target")
    OWN: ClassVar[frozenset[str]] = frozenset({
        "num_encoder_layers", "num_decoder_layers", "target_mask", "memory_mask", "mask", "weights", "init", "seed",
        "name",
    })  # fmt: skip
    EXAMPLE: ClassVar[str] = (
        "- linear: {out_features: 4, output: s}\n"
        "- transformer: {inputs: [s, s], d_model: 4, nhead: 2, num_encoder_layers: 1, num_decoder_layers: 1, "
        "dim_feedforward: 8}"
    )

    def body(self) -> str:
        """Encoder and decoder."""
        passed = "".join(f", {key}: ${key}" for key in self.passed())
        masks = {"mask": self.mask, "target_mask": self.target_mask, "memory_mask": self.memory_mask}
        given = {key: f", {key.removeprefix('target_')}: ${key}" if m is not None else "" for key, m in masks.items()}
        return (
            f"- transformer_encoder: {{name: encoder, inputs: source, output: memory, num_layers: $num_encoder_layers, "
            f"final_norm: true{passed}{given['mask']}}}\n"
            f"- transformer_decoder: {{name: decoder, inputs: [target, memory], num_layers: $num_decoder_layers, "
            f"final_norm: true{passed}{given['target_mask']}{given['memory_mask']}}}\n"
        )
