"""Embedding: a table with one row of numbers per word; an index picks its row.

y[t] = W[x[t]], x: (…) of indices, W: (num_embeddings, embedding_dim), y: (…, embedding_dim).
Source: PyTorch, torch.nn.Embedding.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, ClassVar

from hwsolve.formula.tree import Formula, Number, Ref, call
from hwsolve.graph.by_formula import ByFormula
from hwsolve.graph.graph import Builder, Owned
from hwsolve.graph.operation import Sizes
from hwsolve.language import Message, say
from hwsolve.layers import base
from hwsolve.layers.base import Layer, NotComputed, Shape, ShapeError
from hwsolve.layers.cost import NotCounted, Nothing, Operations
from hwsolve.layers.idle_arguments import PICKING
from hwsolve.layers.meanings import DRAWN_HINTS
from hwsolve.layers.parameter import DEFAULT, Parameter, ParameterField, ParameterSpec, owned
from hwsolve.layers.saves import INDEX, Keeps, Kept
from hwsolve.spec.field import Field
from hwsolve.spec.fields import Array, CountField, Size
from hwsolve.spec.nodes import Node
from hwsolve.spec.terms import called


class Embedding(Layer, frozen=True):
    """Embedding table: (…) of indices → (…, embedding_dim); num_embeddings·embedding_dim parameters."""

    num_embeddings: Size
    embedding_dim: Size
    padding_idx: Annotated[int, CountField(None)] | None = None
    weight: Annotated[ParameterSpec, ParameterField()] = DEFAULT

    EQUATION: ClassVar[str] = "y[t] = W[x[t]]"
    MACS: ClassVar[str | Nothing | NotCounted] = Nothing(say("no multiply-adds: rows are picked"))
    COUNTS: ClassVar[dict[str, str]] = {"weight": "words*dim"}
    HINTS: ClassVar[dict[str, Message]] = DRAWN_HINTS | {
        "_weight": called("weight: …"),
        "_freeze": called("trainable: false"),
    }
    IDLE: ClassVar[dict[str, Field]] = PICKING

    def output(self, x: Shape) -> Shape:
        """(…) → (…, embedding_dim)."""
        base.positive("num_embeddings", self.num_embeddings)
        base.positive("embedding_dim", self.embedding_dim)
        n, pad = self.num_embeddings, self.padding_idx
        if pad is not None and isinstance(n, int) and not -n <= pad < n:
            raise ShapeError(
                say("`padding_idx` is an index from 0 to {last}, or from −{n} to −1 from the end.", last=n - 1, n=n),
                "padding_idx",
            )
        return (*x, self.embedding_dim)

    def parameters(self, x: Shape) -> dict[str, Parameter]:
        """W: (num_embeddings, embedding_dim)."""
        return owned(weight=Parameter((self.num_embeddings, self.embedding_dim), "table", self.weight))

    def rows(self, builder: Builder, x: str) -> list[int]:
        """The rows that the input names, from 1."""
        rows, words = builder.classes.get(x), int(str(self.num_embeddings))
        if rows is None:
            raise NotComputed(
                say(
                    "`{layer}` reads classes: the input is `{one}`, counted from 1, or `{zero}`, counted from 0.",
                    layer=builder.path,
                    one="{class: [3, 1]}",
                    zero="{index: [2, 0]}",
                )
            )
        if max(rows) > words:
            raise NotComputed(
                say(
                    "Class {k}, counted from 1, is not among the {n} rows of `{layer}`.",
                    k=max(rows),
                    n=words,
                    layer=builder.path,
                )
            )
        return list(rows)

    def build(self, builder: Builder, x: str) -> tuple[str, ...]:
        """The row of each class: a sum over all rows with a 1 for the one that is picked, and 0 for the others.

        What picks is 0 and 1, so that a line reads x[n,j] = E[3,j], and a row's gradient the sum over its places.
        """
        rows = self.rows(builder, x)
        pad = self.padding()
        if pad and self.weight.init is not None:
            raise NotComputed(
                say("`{layer}` has `padding_idx`: the numbers of its table must be given.", layer=builder.path)
            )
        chosen = self.picking(builder, builder.shape(x), [0 if row == pad else row for row in rows])
        table = builder.own(self, "weight", self.parameters(())["weight"], builder.free_symbol("E"))
        named = {"s": chosen, "table": table}
        symbols: dict[str, Any] = {key: call("whole", Ref(builder.graph.symbol(name))) for key, name in named.items()}
        builder.remark(picked_rows(symbols["s"], rows))
        body = "Sum(s[v]*w[v,j], v, 1, V)"
        picked = ByFormula(body, ("s", "w"), ("s",), ("j",), constants=(0,))
        inputs: tuple[str, ...] = (chosen, table)
        if pad in rows:
            body += " + Sum(p[v]*c[v,j], v, 1, V)"  # c is the table once more, as a constant
            picked = ByFormula(body, ("s", "w", "p", "c"), ("s", "p"), ("j",), constants=(0, 2, 3))
            padded = self.picking(builder, builder.shape(x), [row if row == pad else 0 for row in rows])
            inputs = (chosen, table, padded, table)
            symbols |= {"s": call("whole", Ref(builder.graph.symbol(padded))), "k": pad}
            builder.remark(say("Row {k} of {table} is padding: {s} picks it, and it gets no gradient.", **symbols))
        return (builder.forward(picked, inputs, builder.free_symbol("x")),)

    def padding(self) -> int:
        """The row of padding, from 1; 0 where there is none."""
        return 0 if self.padding_idx is None else self.padding_idx % int(str(self.num_embeddings)) + 1

    def picking(self, builder: Builder, shape: Sizes, rows: list[int]) -> str:
        """What picks rows, at places of a shape: a 1 for each, and 0 for the others; row 0 is none."""
        words = int(str(self.num_embeddings))
        shape = (*shape, words)
        found = builder.given(builder.free_symbol("s"), shape, "input")
        ones = tuple(Number(int(row == k)) for row in rows for k in range(1, words + 1))
        numbers = ParameterSpec(values=Array(shape, ones, Node(0, 0)))
        builder.owned[found] = Owned(numbers, builder.path, "input", "buffer")
        builder.graph.selectors.add(found)
        return found

    def keeps(self, x: Shape, needed: frozenset[str], learned: list[str]) -> Keeps:
        """Which rows were picked."""
        return (Kept(name=say("indices"), text="picked", bytes=INDEX),)

    def operations(self, x: Shape) -> Operations:
        """Rows are picked; back, the gradients that belong to one row are added: of all, where one word is picked."""
        return {"gradient.weight": {"add": "(picked - 1)*dim"}}

    def assumption(self, x: Shape, back: bool) -> Message | None:
        """Which rows are picked."""
        return say("all indices are taken to pick the same row.") if back and base.product(x) != 1 else None

    def cost_sizes(self, x: Shape) -> dict[str, base.Size]:
        """How many rows are picked."""
        return {"picked": base.product(x), "dim": self.embedding_dim}

    def sizes(self, x: Shape) -> dict[str, base.Size]:
        """The rows and columns of the table."""
        return {"words": self.num_embeddings, "dim": self.embedding_dim}


def picked_rows(s: Formula, rows: Sequence[int]) -> Message:
    """What the numbers are that pick rows of a table."""
    if len(rows) == 1:
        return say("{s} is 1 for the row that is picked, row {k} counted from 1, and 0 for the others.", s=s, k=rows[0])
    return say(
        "{s} is 1 for the row that is picked and 0 for the others; picked are the rows {rows}, counted from 1.",
        s=s,
        rows=tuple(map(str, rows)),
    )
