"""Gated linear units: two projections of the input, one through an activation, multiplied; and a third of the product.

y = (f(x W_gateᵀ) ⊙ x W_upᵀ) W_downᵀ, f = SiLU for SwiGLU and GELU for GEGLU.  Source: arXiv 2002.05202, eq. 6; LLaMA
(arXiv 2302.13971) has no biases.
"""

from __future__ import annotations

from typing import ClassVar

from hwsolve.language import Message, say
from hwsolve.layers.packaged import INCOMING, Packaged
from hwsolve.spec.fields import Flag, Size


def gated(function: str, hidden: str, end: str, bias: bool, dropout: str = "") -> str:
    """The layers of a gated unit: `hidden` units, and what comes out by the projection `end`."""
    no = "" if bias else ", bias: false"
    return f"""
- multiply:
    - [linear: {{name: gate, out_features: {hidden}{no}}}, {function}]
    - [linear: {{name: up, out_features: {hidden}{no}}}]
{dropout}- linear: {{name: down, out_features: {end}{no}}}
"""


class Gated(Packaged, frozen=True, kw_only=True):
    """What gated units share."""

    hidden: Size
    out_features: Size | None = None
    bias: Flag = True

    MEANINGS: ClassVar[dict[str, Message]] = {
        "hidden": say("how many numbers each of the two projections gives"),
        "out_features": say("how many numbers come out; as many as come in unless given"),
        "bias": say("whether the projections have biases"),
        "weights": say(
            "the numbers of its parts `gate`, `up` and `down`, as `{form}`", form="{gate: {weight: …, bias: …}}"
        ),
    }
    ALONE: ClassVar[tuple[str, ...]] = ("hidden",)
    FUNCTION: ClassVar[str]

    def body(self) -> str:
        """Gate, product, projection."""
        end = INCOMING if self.out_features is None else "$out_features"
        return gated(self.FUNCTION, "$hidden", end, self.bias)


class SwiGLU(Gated, frozen=True, kw_only=True):
    """SwiGLU (SiLU(x W_gateᵀ) ⊙ x W_upᵀ) W_downᵀ: (…, in) → (…, out), parts `gate`, `up` and `down`."""

    FUNCTION: ClassVar[str] = "silu"
    EXAMPLE: ClassVar[str] = "- swiglu: {hidden: 8, bias: false}"


class GEGLU(Gated, frozen=True, kw_only=True):
    """GEGLU (GELU(x W_gateᵀ) ⊙ x W_upᵀ) W_downᵀ: (…, in) → (…, out), parts `gate`, `up` and `down`."""

    FUNCTION: ClassVar[str] = "gelu"
    EXAMPLE: ClassVar[str] = "- geglu: {hidden: 8, bias: false}"
