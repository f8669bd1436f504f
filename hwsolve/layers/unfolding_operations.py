"""The windows of a map as columns, and columns added up where their windows lie: the operations of unfold and fold.

Row k of a column is cell (u, v) of the window of channel c, the last index fastest; column l is place (p, q) of it.
unfold: y[k,l] = x[c, S(p − 1) + D(u − 1) + 1 − P, …].  fold: y[c,i,j] is the sum of all x[k,l] whose cell is (i, j).
Each is the gradient of the other.  Source: PyTorch, torch.nn.Unfold and torch.nn.Fold.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from hwsolve.graph.operation import INNER, Array, Operation, Sizes
from hwsolve.layers.axes import Frame
from hwsolve.layers.reshape import Flattening

SIDES = ("i", "j", "l")  # of a map


class Columns(Operation, frozen=True):
    """What both share: windows over a map of `channels`."""

    frame: Frame
    channels: int

    @property
    def window(self) -> Sizes:
        """The sides of the window."""
        return tuple(len(axis.cells()[0]) for axis in self.frame.axes)

    @property
    def rows(self) -> Flattening:
        """Channel and cell of the window as the index of a row."""
        return Flattening((self.channels, *self.window), 0, len(self.window))

    @property
    def columns(self) -> Flattening:
        """The place of the window as the index of a column."""
        places = self.frame.shape()
        return Flattening(places, 0, len(places) - 1)

    def covered(self, places: Sequence[str], cells: Sequence[str]) -> list[str]:
        """The cell of the map that cells of windows lie on, axis by axis."""
        found = zip(self.frame.axes, places, cells, strict=True)
        return [axis.cell(p, u, {name: str(n) for name, n in axis.letters().items()}) for axis, p, u in found]

    def picked(self, name: str, row: str, column: str) -> str:
        """The element of a map that stands in a row of a column."""
        channel, *cells = split(self.rows, row)
        places = split(self.columns, column)
        return f"{name}[{','.join((channel, *self.covered(places, cells)))}]"

    def added(self, name: str, channel: str, at: Sequence[str]) -> str:
        """The sum of the elements of columns whose cell lies on one of a map."""
        places, cells = self.frame.places(), self.frame.window()
        (row,), (column,) = self.rows.in_row((channel, *cells)), self.columns.in_row(places)
        body = f"{name}[{row},{column}]"
        axes = list(zip(self.covered(places, cells), at, places, cells, self.frame.shape(), self.window, strict=True))
        for cell, own, p, u, many, side in reversed(axes):
            body = f"Sum(Sum(if({cell} == {own}, {body}, 0), {u}, 1, {side}), {p}, 1, {many})"
        return body

    def windows(self, x: Array) -> Array:
        """(…, C, sides) → (…, C·cells, places)."""
        found = self.frame.arrays().gather(x).swapaxes(-1, -2)
        return found.reshape(*found.shape[:-3], -1, found.shape[-1])

    def together(self, x: Array) -> Array:
        """(…, C·cells, places) → (…, C, sides)."""
        return self.frame.arrays().scatter(x.reshape(*x.shape[:-2], self.channels, -1, x.shape[-1]).swapaxes(-1, -2))


def split(flat: Flattening, place: str) -> list[str]:
    """The indices of the axes that are a row, from that of the row, which is read even where it is always 1."""
    indices = flat.apart(place, [""] * flat.axes)
    return indices if any(i != "1" for i in indices) else [place, *indices[1:]]


class Unfolding(Columns, frozen=True):
    """y[k,l] = x[c, S(p − 1) + D(u − 1) + 1 − P, …], 0 outside the map."""

    def output_indices(self) -> tuple[str, ...]:
        """Row and column."""
        return ("k", "l")

    def text(self) -> str:
        """The cell."""
        return self.picked("x", "k", "l")

    def gradients(self) -> dict[str, str]:
        """What all copies of a cell send back, added up."""
        return {"x": self.added("g", INNER[0], INNER[1 : 1 + len(self.window)])}

    def shape(self, *shapes: Sizes) -> Sizes:
        """(…, C, sides) → (…, C·cells, places)."""
        lead = shapes[0][: len(shapes[0]) - 1 - len(self.window)]
        return (*lead, self.channels * prod(self.window), prod(self.frame.shape()))

    def forward(self, x: Array) -> Array:
        """The cells of every place."""
        return self.windows(x)

    def backward(self, slot: int, g: Array, y: Array, *arrays: Array) -> Array:
        """What each place sends to its cells."""
        return self.together(g)


class Folding(Columns, frozen=True):
    """y[c,i,j] = Σ x[k,l] over the cells of windows that lie on (i, j)."""

    def output_indices(self) -> tuple[str, ...]:
        """Channel and cell."""
        return ("c", *SIDES[: len(self.window)])

    def text(self) -> str:
        """The sum of what lies on the cell."""
        return self.added("x", "c", SIDES[: len(self.window)])

    def gradients(self) -> dict[str, str]:
        """The cell's own, for every value that lies on it."""
        return {"x": self.picked("g", *INNER[:2])}

    def shape(self, *shapes: Sizes) -> Sizes:
        """(…, C·cells, places) → (…, C, sides)."""
        return (*shapes[0][:-2], self.channels, *self.frame.sides())

    def forward(self, x: Array) -> Array:
        """What each place sends to its cells."""
        return self.together(x)

    def backward(self, slot: int, g: Array, y: Array, *arrays: Array) -> Array:
        """The cells of every place."""
        return self.windows(g)
