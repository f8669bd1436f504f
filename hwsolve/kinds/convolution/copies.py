"""A padding of copies: the map with cells of its own around it, which the windows of a layer slide over."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from hwsolve.figures import Text
from hwsolve.formula.tree import Formula, Ref
from hwsolve.graph.graph import Graph
from hwsolve.kinds.convolution.wording import each
from hwsolve.language import Message, say
from hwsolve.layers.base import Shape


class Copies(msgspec.Struct, frozen=True):
    """How many copies stand before and behind each axis of a map, which ones, and the names on the way to it.

    `source` is the map; `front` the activation that gives it, with what that reads.
    """

    source: str
    mode: str
    pads: tuple[tuple[int, int], ...]
    front: tuple[str, str] | None = None

    def said(self, padded: Formula) -> Iterator[Message]:
        """What the windows slide over."""
        before, behind = (each([pair[end] for pair in self.pads]) for end in (0, 1))
        names: dict[str, Any] = {"padded": padded, "x": Ref(self.source)}
        if before == behind:
            wide = say("{width} on each side", width=before)
        else:
            wide = say("{before} in front and {behind} behind", before=before, behind=behind)
        yield say("The windows slide over {padded}: {x} with copies of its own cells around it, {wide}.",
                  wide=wide, **names)  # fmt: skip
        if self.mode == "reflect":
            yield say("Beyond an edge {x} goes on as its mirror image in the outermost cell.", **names)
        elif self.mode == "replicate":
            yield say("Beyond an edge the outermost cell of {x} is repeated.", **names)
        else:
            yield say("Beyond an edge {x} begins anew at its other end.", **names)

    def gathered(self, padded: Formula) -> Message:
        """Why a cell gets several errors."""
        return say(
            "The error of a cell of {x} is the sum of the errors of the cells of {padded} that are it or a copy of it.",
            x=Ref(self.source),
            padded=padded,
        )

    def steps(self) -> list[tuple[Formula | Text, Formula | Text]]:
        """The way to the map with its padding, for a drawing: what each arrow does, and what it gives."""
        if self.front is None:
            return [("", Ref(self.source))]
        name, z = self.front
        return [("", Ref(z)), (name, Ref(self.source))]


def copies_of(layer: Any, shape: Shape, graph: Graph, front: str) -> Copies | None:
    """Those of a layer that reads a map (C, sides…); None where it has none."""
    if not getattr(layer, "copies", False):
        return None
    padded = graph.nodes[graph.nodes[graph.output].inputs[0]]
    source = graph.nodes[padded.inputs[0]]
    before = (front, graph.symbol(source.inputs[0])) if source.inputs else None
    pads = tuple([(int(str(p)), int(str(q))) for p, q in layer.pads(shape)])
    return Copies(graph.symbol(source.name), layer.padding_mode, pads, before)
