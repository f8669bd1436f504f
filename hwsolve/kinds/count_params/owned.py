"""What a layer owns, worked out once for layers that are alike: its parameters by their parts, and their counts."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

import msgspec

from hwsolve.layers.base import Layer, Shape, Size, product, product_text, total


class Owned(msgspec.Struct, frozen=True):
    """The parameters of a layer that are its own.

    `texts` and `sizes` say their counts as formulas, `counts` as sizes; `parts` are the names of weights and biases;
    `every` are the names of those that count, its own or not; `buffers` holds the counts of what is not learned.
    """

    every: tuple[str, ...]
    texts: Mapping[str, str]
    sizes: Mapping[str, Size]
    counts: Mapping[str, Size]
    everything: Size  # the count of `every`
    parts: Mapping[str, list[str]]
    trained: list[str]
    buffers: Mapping[str, Size]
    buffer_texts: list[str]

    @property
    def whole_text(self) -> str:
        """The count of all its own."""
        return self.texts["params"] if len(self.counts) == len(self.every) else self.text([*self.counts])

    @property
    def by_key(self) -> dict[str, list[str]]:
        """The names of its own by the key of their count, where there are any."""
        parts = {f"params.{part}": names for part, names in self.parts.items()}
        frozen = [name for name in self.counts if name not in self.trained]
        found = {"params": [*self.counts], **parts, "params.trainable": self.trained}
        return found | ({"params.frozen": frozen} if frozen else {})

    def text(self, names: list[str]) -> str:
        """The count of some of them."""
        return " + ".join([self.texts[name] for name in names])

    def count(self, names: list[str]) -> Size:
        """How many numbers they hold."""
        return total([self.counts[name] for name in names])


def owned_by(layer: Layer, shapes: tuple[Shape, ...], shared: frozenset[str]) -> Owned:
    """What a layer owns but for what it shares with another."""
    try:
        return alike(layer, shapes, shared)
    except TypeError:  # a layer that holds a mapping has no hash
        return worked_out(layer, shapes, shared)


def worked_out(layer: Layer, shapes: tuple[Shape, ...], shared: frozenset[str]) -> Owned:
    """The same, anew."""
    every = {name: p for name, p in layer.parameters(*shapes).items() if p.counted}
    own = {name: p for name, p in every.items() if name not in shared}
    buffers = {name: shape for name, shape in layer.buffers(*shapes).items() if name not in shared}
    named = layer.products(*shapes) if buffers else {}
    parts = {
        "weight": [name for name, p in own.items() if not p.added and p.role != "statistic"],
        "bias": [name for name, p in own.items() if p.added],
    }
    return Owned(
        tuple(every),
        layer.counts(*shapes) if own else {},
        layer.sizes(*shapes) if own or buffers else {},
        {name: product(p.shape) for name, p in own.items()},
        total([product(p.shape) for p in every.values()]),
        {part: names for part, names in parts.items() if names},
        [name for name, p in own.items() if layer.learns(p)],
        {name: product(shape) for name, shape in buffers.items()},
        [named.get(name) or product_text(shape) for name, shape in buffers.items()],
    )


alike = lru_cache(maxsize=512)(worked_out)
