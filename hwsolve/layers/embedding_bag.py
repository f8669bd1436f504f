"""Embedding bag: the rows of an embedding that indices pick, added up, averaged, or the largest of each column.

Source: PyTorch, torch.nn.EmbeddingBag.
"""

from __future__ import annotations

from typing import Annotated, ClassVar

from hwsolve.formula.tree import Ref, call
from hwsolve.graph.by_formula import ByFormula
from hwsolve.graph.graph import Builder
from hwsolve.language import Message, say
from hwsolve.layers import base
from hwsolve.layers.base import NotComputed, Shape, ShapeError
from hwsolve.layers.cost import NotCounted, Nothing, Operations, Phase
from hwsolve.layers.embedding import Embedding, picked_rows
from hwsolve.layers.idle_arguments import OFFSETS
from hwsolve.layers.meanings import ARGUMENTS
from hwsolve.layers.products import less
from hwsolve.spec.field import Field
from hwsolve.spec.fields import Choice


class EmbeddingBag(Embedding, frozen=True):
    """Embedding table whose picked rows come together: (…, T) of indices → (…, embedding_dim)."""

    mode: Annotated[str, Choice("mean", "sum", "max")] = "mean"

    ALONE: ClassVar[tuple[str, ...]] = ("num_embeddings",)
    EQUATION: ClassVar[str] = "y = Σₜ W[x[t]]/T"
    IDLE: ClassVar[dict[str, Field]] = OFFSETS
    MACS: ClassVar[str | Nothing | NotCounted] = Nothing(say("no multiply-adds: rows are picked and added"))
    MEANINGS: ClassVar[dict[str, Message]] = ARGUMENTS | {
        "mode": say("what becomes of the rows: their mean, their sum, or the largest number of each column"),
    }

    def output(self, x: Shape) -> Shape:
        """(…, T) → (…, embedding_dim)."""
        if not x:
            raise ShapeError(say("Expected an input with at least one axis."))
        return (*super().output(x)[:-2], self.embedding_dim)

    def operations(self, x: Shape) -> Operations:
        """Rows are added, or compared; back, the errors that belong to one number of the table are added.

        Of a mean the error is divided first.  Of a maximum each column of a bag sends its error to one row.
        """
        more = less("picked*dim", "bags*dim") if x[-1] != 1 else ""
        forward: Phase = ({"cmp": more} if self.mode == "max" else {"add": more}) if more else {}
        error: Phase = {"add": "(bags - 1)*dim" if self.mode == "max" else "(picked - 1)*dim"}
        if self.mode == "mean":
            forward, error = forward | {"div": "bags*dim"}, error | {"div": "bags*dim"}
        return {"forward": forward, "gradient.weight": error}

    def cost_sizes(self, x: Shape) -> dict[str, base.Size]:
        """How many rows are picked, and how many bags they are."""
        return super().cost_sizes(x) | {"bags": base.product(x[:-1])}

    def build(self, builder: Builder, x: str) -> tuple[str, ...]:
        """The sum or the mean of the rows that are picked, each by a 1 as in an embedding."""
        for key, value in (("mode", "max" if self.mode == "max" else None), ("padding_idx", self.padding_idx)):
            if value is not None:
                said = say("`{layer}` with `{key}` can be counted, but not yet computed by hand.",
                           layer=builder.path, key=f"{key}: {value}")  # fmt: skip
                raise NotComputed(said)
        rows = self.rows(builder, x)
        count = builder.shape(x)[-1]
        chosen = self.picking(builder, x, rows)
        table = builder.own(self, "weight", self.parameters(())["weight"], builder.free_symbol("E"))
        builder.remark(picked_rows(call("whole", Ref(builder.graph.symbol(chosen))), rows))
        body = "Sum(Sum(s[t,v]*w[v,j], v, 1, V), t, 1, T)"
        body, numbers = (f"({body})/T", (("T", count),)) if self.mode == "mean" else (body, ())
        together = ByFormula(body, ("s", "w"), ("s",), ("j",), constants=(0,), numbers=numbers)
        return (builder.forward(together, (chosen, table), builder.free_symbol("x")),)
