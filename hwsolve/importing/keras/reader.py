"""A walk through the layers of a Keras model."""

from __future__ import annotations

import re
from typing import Any

import msgspec

from hwsolve.importing.document import Document
from hwsolve.importing.drawing import Drawing, Unreadable
from hwsolve.importing.nodes import Node
from hwsolve.importing.settings import Settings
from hwsolve.language import say


class Value(msgspec.Struct, frozen=True):
    """A quantity: its sizes in the order of Keras, and whether its channels stand first here."""

    id: str
    shape: tuple[int, ...]
    first: bool = False


class Reader(Drawing):
    """A walk through the layers."""

    def __init__(self, document: Document, settings: Settings) -> None:
        super().__init__()
        self.document, self.settings = document, settings
        self.inputs: dict[str, Any] = {}
        self.names: dict[str, str] = {}
        self.frozen = False  # whether nothing is trained of the model that is read
        self.made: dict[int, list[Node]] = {}  # the nodes with parameters of each layer's first call, by its identity

    def channels_first(self, x: Value) -> str:
        """The quantity with its channels in front."""
        rank = len(x.shape)
        return x.id if x.first or rank < 2 else self.permuted(x.id, [rank, *range(1, rank)])

    def channels_last(self, x: Value) -> str:
        """The quantity in the order of Keras."""
        rank = len(x.shape)
        return self.permuted(x.id, [*range(2, rank + 1), 1]) if x.first else x.id

    def like(self, x: Value, y: Value) -> str:
        """The id of x with its channels where those of y are."""
        return self.channels_first(x) if y.first else self.channels_last(x)

    def input(self, name: str, shape: tuple[int | None, ...], whole: bool, moved: bool) -> Value:
        """What comes in."""
        given = self.settings.shapes[len(self.inputs)] if len(self.inputs) < len(self.settings.shapes) else None
        if given is not None:
            sizes = tuple(given)
        elif None in shape and self.settings.tokens is not None and shape.count(None) == 1:
            sizes = tuple(self.settings.tokens if n is None else n for n in shape)
        elif None in shape:
            raise Unreadable(
                say(
                    "the input {name} leaves its shape open: give it, as in {example}.",
                    name=name,
                    example="--shape 224,224,3",
                )
            )
        else:
            sizes = tuple(n for n in shape if n is not None)
        made = self.fresh()
        moved = moved and len(sizes) > 1
        ours = list((sizes[-1], *sizes[:-1]) if moved else sizes)
        self.inputs[made] = {"tokens": ours[0] if len(ours) == 1 else ours} if whole else ours
        word = re.sub(r"\W", "_", name)
        self.names[made] = word if word not in ("input", *self.names.values()) else f"x{len(self.inputs)}"
        return Value(made, sizes, moved)
