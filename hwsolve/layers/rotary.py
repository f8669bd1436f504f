"""Rotary positions: a row is rotated by angles that grow with its place, two of its numbers at a time.

(x₁, x₂) → (x₁ cos θ − x₂ sin θ, x₂ cos θ + x₁ sin θ), θ = t/base^(2i/d) for pair i and place t, both from 0.  `half`:
the pairs are numbers r and r + d/2, as in LLaMA and Hugging Face; `interleaved`: 2i + 1 and 2i + 2, as in the paper.
Source: arXiv 2104.09864, eq. 15 and 34.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

import msgspec

from hwsolve.formula.notation.plain import plain
from hwsolve.formula.tree import Number, formula
from hwsolve.graph.by_formula import ByFormula
from hwsolve.graph.graph import Builder
from hwsolve.language import Message, say
from hwsolve.layers.base import ShapeError, Size, quotient, size_text
from hwsolve.spec.fields import Choice, Decimal

BASE = Number(10_000)
PAIRS = say("which numbers are rotated together: `half`, r and r + d/2; `interleaved`, neighbours")
PLACES = say("Places are counted from {zero}: row {one} is rotated by no angle.", zero=0, one=1)


class Rotary(msgspec.Struct, frozen=True, kw_only=True):
    """How queries and keys are rotated by their places."""

    base: Decimal = BASE
    pairs: Annotated[str, Choice("half", "interleaved")] = "half"

    MEANINGS: ClassVar[dict[str, Message]] = {"base": say("the base of the wave lengths"), "pairs": PAIRS}


def need_pairs(dim: Size, field: str) -> None:
    """Refuse rows that do not part into pairs."""
    if isinstance(dim, int) and dim % 2:
        said = say("Numbers are rotated in pairs: a row must have an even number of them, not {n}.", n=size_text(dim))
        raise ShapeError(said, field)


def angles(builder: Builder, rows: Any, dim: Any, rotary: Rotary) -> str:
    """θ[t,r]: the angle of each number of each row."""
    half, whole = (f"({plain(formula(size))})" for size in (quotient(dim, 2), dim))
    pair = f"(r - 1 - {half}*floor(2*(r - 1)/{whole}))" if rotary.pairs == "half" else "floor((r - 1)/2)"
    operation = ByFormula(f"(t - 1)/B**(2*{pair}/{whole})", ("B",), (), ("t", "r"), (rows, dim))
    return builder.forward(operation, (builder.constant(rotary.base),), builder.free_symbol("theta"), port=-1)


def rotation(heads: bool, dim: Any, pairs: str, data: bool) -> ByFormula:
    """x cos θ, and the other number of the pair times sin θ; what lies outside a row is absent."""
    h = "h," if heads else ""
    names, own = ("x", "theta"), ("x",) if data else ()
    at = ("h", "t", "r") if heads else ("t", "r")
    if pairs == "half":
        half: Any = quotient(dim, 2)
        other = f"(x[{h}t,r - D] - x[{h}t,r + D])"
        text = f"x[{h}t,r]*cos(theta[t,r]) + {other}*sin(theta[t,r])"
        return ByFormula(text, names, own, at, constants=(1,), numbers=(("D", half),))
    odd = "if(r - 2*floor(r/2) == 1, {}, {})"
    other = odd.format(f"-x[{h}t,r + 1]", f"x[{h}t,r - 1]")
    return ByFormula(f"x[{h}t,r]*cos(theta[t,r]) + {other}*sin(theta[t,r])", names, own, at, constants=(1,))


def rotated(builder: Builder, x: str, rotary: Rotary, symbol: str, made: dict[Any, str], port: int = -1) -> str:
    """A quantity whose rows are rotated; `made` keeps the angles, which others of as many rows share."""
    *heads, rows, dim = builder.own_shape(x)
    if (rows, dim) not in made:
        made[rows, dim] = angles(builder, rows, dim, rotary)
    operation = rotation(bool(heads), dim, rotary.pairs, builder.is_data(x))
    if PLACES not in builder.said:
        builder.said.append(PLACES)
    return builder.forward(operation, (x, made[rows, dim]), builder.free_symbol(symbol), port=port)
