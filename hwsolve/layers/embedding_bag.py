"""Embedding bag: the rows of an embedding that indices pick, added up, averaged, or the largest of each column.

Source: PyTorch, torch.nn.EmbeddingBag.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from hwsolve.language import Message, say
from hwsolve.layers.base import Layer, Shape, ShapeError
from hwsolve.layers.cost import NOT_COUNTED, NotCounted, Nothing
from hwsolve.layers.embedding import Embedding
from hwsolve.layers.meanings import ARGUMENTS
from hwsolve.spec.fields import Choice


class EmbeddingBag(Embedding, frozen=True):
    """Embedding table whose picked rows come together: (…, T) of indices → (…, embedding_dim)."""

    mode: Annotated[str, Choice("mean", "sum", "max")] = "mean"

    ALONE: ClassVar[tuple[str, ...]] = ("num_embeddings",)
    EQUATION: ClassVar[str] = "y = Σₜ W[x[t]]/T"
    MACS: ClassVar[str | Nothing | NotCounted] = Nothing(say("no multiply-adds: rows are picked and added"))
    MEANINGS: ClassVar[dict[str, Message]] = ARGUMENTS | {
        "mode": say("what becomes of the rows: their mean, their sum, or the largest number of each column"),
    }

    def output(self, x: Shape) -> Shape:
        """(…, T) → (…, embedding_dim)."""
        if not x:
            raise ShapeError(say("Expected an input with at least one axis."))
        return (*super().output(x)[:-2], self.embedding_dim)

    def operations(self, x: Shape) -> Any:
        """Not counted."""
        return NOT_COUNTED

    build = Layer.build  # rows that are added have no operation yet
