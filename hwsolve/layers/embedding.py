"""Embedding: a table with one row of numbers per word; an index picks its row.

y[t] = W[x[t]], x: (…) of indices, W: (num_embeddings, embedding_dim), y: (…, embedding_dim).
Source: PyTorch, torch.nn.Embedding.
"""

from __future__ import annotations

from typing import Annotated, ClassVar

from hwsolve.language import Message, say
from hwsolve.layers import base
from hwsolve.layers.base import Layer, Shape
from hwsolve.layers.cost import NotCounted, Nothing, Operations
from hwsolve.layers.parameter import DEFAULT, Parameter, ParameterField, ParameterSpec, owned
from hwsolve.spec.fields import CountField, Size


class Embedding(Layer, frozen=True):
    """Embedding table: (…) of indices → (…, embedding_dim); num_embeddings·embedding_dim parameters."""

    num_embeddings: Size
    embedding_dim: Size
    padding_idx: Annotated[int, CountField(None)] | None = None
    weight: Annotated[ParameterSpec, ParameterField()] = DEFAULT

    EQUATION: ClassVar[str] = "y[t] = W[x[t]]"
    MACS: ClassVar[str | Nothing | NotCounted] = Nothing(say("no multiply-adds: rows are picked"))
    COUNTS: ClassVar[dict[str, str]] = {"weight": "words*dim"}

    def output(self, x: Shape) -> Shape:
        """(…) → (…, embedding_dim)."""
        base.positive("num_embeddings", self.num_embeddings)
        base.positive("embedding_dim", self.embedding_dim)
        return (*x, self.embedding_dim)

    def parameters(self, x: Shape) -> dict[str, Parameter]:
        """W: (num_embeddings, embedding_dim)."""
        return owned(weight=Parameter((self.num_embeddings, self.embedding_dim), "table", self.weight))

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
