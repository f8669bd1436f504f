"""Embedding bag: the rows of an embedding that indices pick, added up, averaged, or the largest of each column.

Source: PyTorch, torch.nn.EmbeddingBag.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from hwsolve.formula.tree import Ref, call
from hwsolve.graph.by_formula import ByFormula
from hwsolve.graph.graph import Builder, Owned
from hwsolve.graph.operation import INNER, Operation, Sizes
from hwsolve.language import Message, say
from hwsolve.layers import base
from hwsolve.layers.base import NotComputed, Shape, ShapeError, shape_text
from hwsolve.layers.cost import NotCounted, Nothing, Operations, Phase
from hwsolve.layers.embedding import Embedding, picked_rows
from hwsolve.layers.equal_maxima import resolved
from hwsolve.layers.idle_arguments import OFFSETS
from hwsolve.layers.meanings import ARGUMENTS
from hwsolve.layers.parameter import ParameterSpec
from hwsolve.layers.products import less
from hwsolve.spec.field import Field
from hwsolve.spec.fields import Array, ArrayField, Choice


class EmbeddingBag(Embedding, frozen=True):
    """Embedding table whose picked rows come together: (…, T) of indices → (…, embedding_dim)."""

    mode: Annotated[str, Choice("mean", "sum", "max")] = "mean"
    per_sample_weights: Annotated[Array | None, ArrayField()] = None

    ALONE: ClassVar[tuple[str, ...]] = ("num_embeddings",)
    EQUATION: ClassVar[str] = "y = Σₜ W[x[t]]/T"
    IDLE: ClassVar[dict[str, Field]] = OFFSETS
    MACS: ClassVar[str | Nothing | NotCounted] = Nothing(say("no multiply-adds: rows are picked and added"))
    MEANINGS: ClassVar[dict[str, Message]] = ARGUMENTS | {
        "mode": say("what becomes of the rows: their mean, their sum, or the largest number of each column"),
        "padding_idx": say("the index whose row is left out of every bag, and not learned"),
        "per_sample_weights": say("a factor for each row that is picked, in the shape of the input; for sums"),
    }

    def output(self, x: Shape) -> Shape:
        """(…, T) → (…, embedding_dim)."""
        if not x:
            raise ShapeError(say("Expected an input with at least one axis."))
        if self.per_sample_weights is not None and self.mode != "sum":
            raise ShapeError(say("`per_sample_weights` needs the mode `sum`."), "per_sample_weights")
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
        if self.per_sample_weights is not None:
            forward, error = forward | {"mul": "picked*dim"}, error | {"mul": "picked*dim"}
        return {"forward": forward, "gradient.weight": error}

    MULTIPLIES: ClassVar[Message | None] = say("weighed bags of embeddings (one for each number)")

    def macs(self, x: Shape, **_: Any) -> str | Nothing | NotCounted:
        """One for each number of a row that has a weight."""
        return self.MACS if self.per_sample_weights is None else "picked*dim"

    def sizes(self, x: Shape) -> dict[str, base.Size]:
        """The rows and columns of the table, and how many rows are picked."""
        return super().sizes(x) | {"picked": base.product(x)}

    def cost_sizes(self, x: Shape) -> dict[str, base.Size]:
        """How many rows are picked, and how many bags they are."""
        return super().cost_sizes(x) | {"bags": base.product(x[:-1])}

    def build(self, builder: Builder, x: str) -> tuple[str, ...]:
        """What comes of the rows that are picked, each by a 1 as in an embedding; padding is none of a bag."""
        rows, shape = self.rows(builder, x), builder.shape(x)
        pad = self.padding() if self.padding() in rows else 0
        made = self.largest if self.mode == "max" else self.added
        table = builder.own(self, "weight", self.parameters(())["weight"], builder.free_symbol("E"))
        if pad:
            symbol = call("whole", Ref(builder.graph.symbol(table)))
            builder.remark(say("Row {k} of {table} is padding: it is left out of every bag.", k=pad, table=symbol))
        return (made(builder, shape, rows, pad, table),)

    def picked(self, builder: Builder, shape: Sizes, rows: list[int]) -> str:
        """What picks the rows, and what is said of it."""
        chosen = self.picking(builder, shape, rows)
        if found := [row for row in rows if row]:
            builder.remark(picked_rows(call("whole", Ref(builder.graph.symbol(chosen))), found))
        return chosen

    def added(self, builder: Builder, shape: Sizes, rows: list[int], pad: int, table: str) -> str:
        """The sum of the rows of a bag, each with its weight where there are weights, or their mean."""
        chosen = self.picked(builder, shape, [0 if row == pad else row for row in rows])
        row, reads = "Sum(s[t,v]*w[v,j], v, 1, V)", {"s": chosen, "w": table}
        if self.per_sample_weights is not None:
            row, reads = f"p[t]*{row}", reads | {"p": self.weights(builder, shape)}
        body, numbers = f"Sum({row}, t, 1, T)", dict[str, int]()
        if self.mode == "mean" and pad:
            body = f"({body})/max(1, Sum(Sum(s[t,v], v, 1, V), t, 1, T))"
        elif self.mode == "mean":
            body, numbers = f"({body})/T", {"T": shape[-1]}
        data = tuple(name for name in reads if name != "w")
        together = ByFormula(body, tuple(reads), data, ("j",), constants=(0,), numbers=tuple(numbers.items()))
        return builder.forward(together, tuple(reads.values()), builder.free_symbol("x"))

    def weights(self, builder: Builder, shape: Sizes) -> str:
        """The weight of each place of a bag."""
        given = self.per_sample_weights
        assert given is not None
        own, values = builder.batch.of(given.shape, given.values)
        if own != shape:
            said = say("`per_sample_weights` of `{layer}` has the shape {found}, its input {shape}.",
                       layer=builder.path, found=shape_text(given.shape), shape=shape_text(shape))  # fmt: skip
            raise NotComputed(said)
        found = builder.given(builder.free_symbol("omega"), shape, "input")
        builder.owned[found] = Owned(
            ParameterSpec(values=Array(shape, values, given.node)), builder.path, "input", "buffer"
        )
        return found

    def largest(self, builder: Builder, shape: Sizes, rows: list[int], pad: int, table: str) -> str:
        """The largest number of each column of the rows of a bag.

        Where bags have less rows than others for their padding, their first row stands once more: it changes nothing.
        """
        bags = [[row for row in rows[k : k + shape[-1]] if row != pad] for k in range(0, len(rows), shape[-1])]
        if not all(bags):
            said = say("A bag of `{layer}` holds padding alone: there is no largest number of it.", layer=builder.path)
            raise NotComputed(said)
        most = max(map(len, bags))
        filled = [row for bag in bags for row in (*bag, *bag[:1] * (most - len(bag)))]
        if len(filled) > sum(map(len, bags)):
            builder.remark(say("In place of padding a bag has its first row once more, which changes no maximum."))
        chosen = self.picked(builder, (*shape[:-1], most), filled)
        row = ByFormula("Sum(s[t,v]*w[v,j], v, 1, V)", ("s", "w"), ("s",), ("j", "t"), constants=(0,))
        each = builder.forward(row, (chosen, table), builder.free_symbol("e"), port=-1)
        return builder.forward(LargestOfBag(), (each,), builder.free_symbol("x"))


class LargestOfBag(Operation, frozen=True):
    """y[j] = max over t of x[j,t]; of equal ones the first gets the gradient, as in PyTorch."""

    of_windows: ClassVar[bool] = False
    indices: ClassVar[tuple[str, ...]] = ("j",)
    formula: ClassVar[str] = "Max(x[j,t], t, 1, T)"

    def gradients(self) -> dict[str, str]:
        """The derivative of a maximum, 1 at the first that has it."""
        return {"x": resolved(self.formula, self.indices, INNER[:2], "first")}

    def tie_remark(self) -> Message:
        """The convention in words."""
        return say(
            "Where several rows of a bag have the largest number, the gradient goes to the first, as in PyTorch."
        )
