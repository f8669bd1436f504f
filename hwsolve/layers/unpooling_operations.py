"""Values that go back to cells of a map: by the indices of these, or as the gradient of a maximum does.

by indices: y[c, cell] = x[c,p] where f[c,p] is the index of that cell, from 0 along the rows of the map.
Source: PyTorch, torch.nn.MaxUnpool2d.
"""

from __future__ import annotations

from math import prod

from hwsolve.formula.notation import plain
from hwsolve.formula.parse import parse
from hwsolve.formula.tree import Ref, substitute
from hwsolve.graph.by_formula import ByFormula
from hwsolve.graph.operation import INNER, Array, Operation, Sizes, rename
from hwsolve.language import Message, say
from hwsolve.layers.pooling_operations import Maximum
from hwsolve.layers.window_indices import zeros

PLACES, SIDES = ("p", "q", "r"), ("i", "j", "l")


def from_zero(cells: tuple[str, ...], sides: Sizes) -> str:
    """The index of a cell along the rows of a map, from 0."""
    steps = [prod(sides[k + 1 :]) for k in range(len(sides))]
    return " + ".join(f"({c} - 1)" if n == 1 else f"{n}*({c} - 1)" for c, n in zip(cells, steps, strict=True))


class Unpooled(Operation, frozen=True):
    """y[c,i,j] = Σ x[c,p,q] over the places (p, q) whose index f[c,p,q] is that of (i, j).

    `each`: f is of each sample.
    """

    sides: Sizes
    places: Sizes
    each: bool = False

    inputs = ("x", "f")

    @property
    def batched(self) -> tuple[str, ...]:  # type: ignore[override]
        """x, and indices that differ from sample to sample."""
        return ("x", "f") if self.each else ("x",)

    def output_indices(self) -> tuple[str, ...]:
        """Channel and cell."""
        return ("c", *SIDES[: len(self.sides)])

    def text(self) -> str:
        """The sum over all places."""
        letters = PLACES[: len(self.places)]
        at, cell = ",".join(("c", *letters)), from_zero(SIDES[: len(self.sides)], self.sides)
        body = f"if(f[{at}] == {cell}, x[{at}], 0)"
        for letter, many in reversed([*zip(letters, self.places, strict=True)]):
            body = f"Sum({body}, {letter}, 1, {many})"
        return body

    def fixed(self) -> tuple[int, ...]:
        """The indices."""
        return (1,)

    def shape(self, *shapes: Sizes) -> Sizes:
        """(…, C, places) → (…, C, sides)."""
        return (*shapes[0][: len(shapes[0]) - len(self.places)], *self.sides)

    def cells(self, f: Array, lead: Sizes) -> Array:
        """The indices as whole numbers: (…, C, all places)."""
        import numpy as np

        whole = np.array([int(str(n).removesuffix(".0")) for n in f.reshape(-1)], dtype=np.intp).reshape(f.shape)
        return np.broadcast_to(whole.reshape(*f.shape[: f.ndim - len(self.places)], -1), (*lead, prod(self.places)))

    def forward(self, x: Array, f: Array) -> Array:
        """The values at their cells."""
        import numpy as np

        lead = x.shape[: x.ndim - len(self.places)]
        y = zeros((*lead, prod(self.sides)), x)
        np.put_along_axis(y, self.cells(f, lead), x.reshape(*lead, -1), -1)
        return y.reshape(*lead, *self.sides)

    def backward(self, slot: int, g: Array, y: Array, *arrays: Array) -> Array:
        """The gradients of these cells."""
        import numpy as np

        x, f = arrays
        lead = x.shape[: x.ndim - len(self.places)]
        return np.take_along_axis(g.reshape(*lead, -1), self.cells(f, lead), -1).reshape(x.shape)


class GoingBack(ByFormula, frozen=True):
    """Array at the cells of a that were the largest of their windows, m: as the gradient of that maximum goes back."""

    decides = True

    def tie_remark(self) -> Message:
        """The convention of the pooling."""
        return say("Where several cells of a window have the largest value, what comes back goes to the first, as in "
                   "PyTorch.")  # fmt: skip


def going_back(pool: Maximum) -> GoingBack:
    """What brings values back through a maximum: the backward formula of the first of equal cells."""
    at = ("c", *SIDES[: len(pool.frame.axes)])
    f = rename(parse(pool.gradients()["x"]), {"x": "a", "y": "m", "g": "x"})
    text = plain(substitute(f, {old: Ref(new) for old, new in zip(INNER, at, strict=False)}))
    sizes = pool.frame.sizes() | dict(zip((f"size_{i}" for i in pool.frame.places()), pool.frame.shape(), strict=True))
    letters = tuple((name, int(str(n))) for name, n in sizes.items())
    names = ("x", "a", "m")
    return GoingBack(text, names, names, at, constants=(1, 2), numbers=letters)
