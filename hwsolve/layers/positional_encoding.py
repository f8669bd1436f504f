"""Positional encoding: a row of numbers for each place is added to what comes in, or rotates it.

sinusoidal: y[t,2i+1] = x + sin(t/base^(2i/d)), y[t,2i+2] = x + cos(t/base^(2i/d)), places t from 0, i from 0.
rotary: each row is rotated by its place (see rotary.py).  Source: arXiv 1706.03762, section 3.5; arXiv 2104.09864.
"""

from __future__ import annotations

from typing import Annotated, ClassVar

from hwsolve.graph.by_formula import ByFormula
from hwsolve.graph.graph import Builder
from hwsolve.language import Message, say
from hwsolve.layers import base as sizes
from hwsolve.layers.base import Layer, Shape, ShapeError, StatedMap
from hwsolve.layers.cost import Nothing, Operations, Product
from hwsolve.layers.parameter import DEFAULT, Parameter, ParameterField, ParameterSpec, owned
from hwsolve.layers.reach_of_layer import Readings, unmoved
from hwsolve.layers.rotary import BASE, PAIRS, Rotary, need_pairs, rotated
from hwsolve.layers.saves import Keeps
from hwsolve.spec.fields import Choice, Decimal, Size


class PositionalEncoding(Layer, frozen=True, kw_only=True):
    """Positional encoding of (T, d): added to it, `learned` (T·d parameters) or `sinusoidal`; or `rotary`.

    `rotary` rotates each row by its place, two of its numbers at a time; it stands before `attention`, on the queries
    and on the keys.  Within `multihead_attention` the setting `rotary` does so for each head.
    """

    kind: Annotated[str, Choice("sinusoidal", "learned", "rotary")] = "sinusoidal"
    num_positions: Size | None = None
    base: Decimal = BASE
    pairs: Annotated[str | None, Choice("half", "interleaved")] = None
    weight: Annotated[ParameterSpec, ParameterField()] = DEFAULT

    EQUATION: ClassVar[str] = "y = x + P"
    ALONE: ClassVar[tuple[str, ...]] = ("kind",)
    MEANINGS: ClassVar[dict[str, Message]] = {
        "kind": say("`sinusoidal`: sines and cosines of the place; `learned`: parameters; `rotary`: rows are rotated"),
        "num_positions": say("how many places have learned numbers; as many as rows come in unless given"),
        "base": say("the base of the wave lengths"),
        "pairs": PAIRS,
        "weight": say("the numbers of each place, where they are learned"),
    }

    def output(self, x: Shape) -> Shape:
        """The same shape; what is rotated may have an axis of heads in front."""
        if isinstance(x, StatedMap) or len(x) not in ((2, 3) if self.kind == "rotary" else (2,)):
            raise ShapeError(
                say("Expected an input {wanted}, got {shape}.", wanted="(T, d)", shape=sizes.shape_text(x))
            )
        if self.kind == "rotary":
            need_pairs(x[-1], "kind")
        self.check_places(x[0])
        if self.kind != "rotary" and self.pairs is not None:
            raise ShapeError(say("Only `kind: rotary` has `pairs`."), "pairs")
        return x

    def check_places(self, rows: sizes.Size) -> None:
        """Refuse a table that is too short, and one where nothing is learned."""
        if self.num_positions is None:
            return
        if self.kind != "learned":
            raise ShapeError(say("Only `kind: learned` has `num_positions`."), "num_positions")
        if isinstance(rows, int) and isinstance(self.num_positions, int) and rows > self.num_positions:
            said = say("The sequence has {rows} rows, but there are {n} places.", rows=rows, n=self.num_positions)
            raise ShapeError(said, "num_positions")

    def macs(self, x: Shape) -> str | Nothing:
        """A rotated number is the sum of two products."""
        return "2*values" if self.kind == "rotary" else Nothing(say("no multiply-adds: numbers are added"))

    def multiplied(self, x: Shape, half: bool = False) -> tuple[Product, ...]:
        """A rotated number, and the other one of its pair, by a cosine and a sine that are constants."""
        return (Product("rotation", "2*values", (self.INPUTS,)),)

    def sizes(self, x: Shape) -> dict[str, sizes.Size]:
        """The values that come in."""
        return {"values": sizes.product(x)}

    def parameters(self, x: Shape) -> dict[str, Parameter]:
        """A row for each place."""
        rows = x[0] if self.num_positions is None else self.num_positions
        return owned(weight=Parameter((rows, x[1]), "table", self.weight)) if self.kind == "learned" else {}

    def reads(self, x: Shape) -> tuple[Readings, ...]:
        """The value in its place; rotated, its partner too."""
        return (None if self.kind == "rotary" else unmoved(x),)

    def keeps(self, x: Shape, needed: frozenset[str], learned: list[str]) -> Keeps:
        """Nothing: the gradient goes back as it is, or rotated by constants."""
        return ()

    def operations(self, x: Shape) -> Operations:
        """A sum for each value, and the gradient as it is; where rows are rotated, both are two products and a sum."""
        if self.kind == "rotary":
            return {phase: {"mul": "2*values", "add": "values"} for phase in ("forward", "error")}
        learned: Operations = {"gradient.weight": {}} if self.kind == "learned" else {}  # the error as it is
        return learned | {"forward": {"add": "values"}}

    def build(self, builder: Builder, x: str) -> tuple[str, ...]:
        """P, and its sum with what comes in; or the angles, and what they make of it."""
        if self.kind == "rotary":
            return (rotated(builder, x, Rotary(base=self.base, pairs=self.pairs or "half"), "y", {}, 0),)
        rows, dim = builder.own_shape(x)
        if self.kind == "learned":
            shape = (rows, dim)
            table = builder.own(self, "weight", self.parameters(shape)["weight"], builder.free_symbol("P"))
        else:
            angle = f"(t - 1)/B**(2*floor((i - 1)/2)/{dim})"
            waves = ByFormula(
                f"if(i - 2*floor(i/2) == 1, sin({angle}), cos({angle}))", ("B",), (), ("t", "i"), (rows, dim)
            )
            table = builder.forward(waves, (builder.constant(self.base),), builder.free_symbol("P"), port=-1)
            said = say(
                "Places are counted from {zero}: row {one} of the encoding is that of place {zero}.", zero=0, one=1
            )
            builder.said.append(said)
        data = ("x",) if builder.is_data(x) else ()
        extents = () if self.num_positions in (None, rows) else (rows, dim)  # of places without a row nothing is read
        added = ByFormula("x[t,i] + P[t,i]", ("x", "P"), data, ("t", "i"), extents)
        return (builder.forward(added, (x, table), builder.free_symbol("y")),)
