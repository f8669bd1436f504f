"""One value for each place of a window: the operations of pooling layers.

max: y[c,p] = max over u of x[c, cell(p,u)]; average: their sum divided by their number.  The gradient of a maximum goes
to the cell that has it.  Of several, `ties` says who gets it: `first` the first, `all` each, `split` equal parts.
Source: PyTorch, torch.nn.MaxPool2d (first), AvgPool2d and AdaptiveAvgPool2d.
"""

from __future__ import annotations

from typing import Any

import msgspec

from hwsolve.formula.tree import Formula
from hwsolve.graph.graph import Builder
from hwsolve.graph.operation import INNER, Array, Operation, Sizes
from hwsolve.language import Message, say
from hwsolve.layers.axes import Frame, Sliding


class Pooled(Operation, frozen=True):
    """What both share; `channels` is False where a problem leaves out the only channel."""

    frame: Frame
    channels: bool = True

    def output_indices(self) -> tuple[str, ...]:
        """Channel and place."""
        return (("c",) if self.channels else ()) + self.frame.places()

    def sizes(self, *shapes: Sizes) -> dict[str, Any]:
        """Those of the window."""
        return self.frame.sizes()

    def shape(self, *shapes: Sizes) -> Sizes:
        """(…, sides) → (…, places)."""
        x = shapes[0]
        return (*x[: len(x) - len(self.frame.axes)], *self.frame.shape())

    def element(self) -> str:
        """The element of x that the window covers."""
        return f"x[{','.join((('c',) if self.channels else ()) + tuple(self.frame.covered()))}]"


class Maximum(Pooled, frozen=True):
    """y[c,p] = max over u of x[c, cell(p,u)]; `border`: whether a window may reach beyond the map."""

    ties: str = "first"
    border: bool = False

    def text(self) -> str:
        """The maximum over the window."""
        return self.frame.over("Max", self.element())

    def gradients(self) -> dict[str, str]:
        """The derivative of a maximum, 1 at a cell that has it, with the convention for several such cells."""
        if self.ties == "all":
            return {}
        from hwsolve.layers.equal_maxima import resolved

        rank = len(self.output_indices())
        return {"x": resolved(self.text(), self.output_indices(), INNER[:rank], self.ties)}

    def tie_remark(self) -> Message:
        """The convention in words."""
        if self.ties == "all":
            return say("Where several cells of a window have the largest value, the gradient goes to each of them.")
        if self.ties == "split":
            return say("Where several cells of a window have the largest value, they share the gradient equally.")
        return say(
            "Where several cells of a window have the largest value, the gradient goes to the first, as in PyTorch."
        )

    def forward(self, x: Array) -> Array:
        """(…, sides) → (…, places)."""
        value, _ = self.frame.arrays().greatest(x)
        return value.reshape(self.shape(x.shape))

    def backward(self, slot: int, g: Array, y: Array, *arrays: Array) -> Array:
        """g at the winners."""
        import numpy as np

        x, windows = arrays[0], self.frame.arrays()
        value, best = windows.greatest(x)
        if self.ties == "first":
            wins = np.arange(windows.table.shape[1]) == best[..., None]
        else:
            wins = windows.equal_to(x, value)
        sent = np.where(wins, g.reshape(value.shape)[..., None], 0 * x.reshape(-1)[0])
        if self.ties == "split":
            sent = sent / wins.sum(axis=-1, keepdims=True).astype(x.dtype)
        return windows.scatter(sent)


class Mean(Pooled, frozen=True):
    """y[c,p] = Σ over u of x[c, cell(p,u)], divided by the number of cells.

    `over` says which cells count: window (all K of them), padded (those in the map or its padding), inside (those in
    the map); a number stands for itself.
    """

    over: str | int | Formula = "window"

    def text(self) -> str:
        """The sum over the window, divided."""
        return f"{self.frame.over('Sum', self.element())}/({self.divisor()})"

    def divisor(self) -> str:
        """The number of cells as a formula text."""
        if not isinstance(self.over, str):
            return "M"
        parts = [self.along(k) for k in range(len(self.frame.axes))]
        alike = len(parts) > 1 and len(set(parts)) == 1
        return f"{parts[0]}**{len(parts)}" if alike else "*".join(parts)

    def along(self, k: int) -> str:
        """The number of cells along one axis."""
        axis, p, n = self.frame.axes[k], self.frame.places()[k], self.frame.names(k)
        low, high = axis.bounds(p, n)
        if not isinstance(axis, Sliding):
            return f"({high} - {low.removesuffix(' + 1')})"
        before = f"{n['S']}*({p} - 1) - {n['P']}"  # cells in front of the window
        if self.over == "padded":
            return f"min({high}, {n['N']} + {n['P']} - ({before}))"
        if self.over == "inside":
            return f"(min({before} + {high}, {n['N']}) - max({before}, 0))"
        return high

    def sizes(self, *shapes: Sizes) -> dict[str, Any]:
        """Those of the window, and M where the divisor is stated."""
        return self.frame.sizes() | ({} if isinstance(self.over, str) else {"M": self.over})

    def divisors(self) -> Array:
        """The divisor of every place, as whole numbers."""
        import numpy as np

        if not isinstance(self.over, str):
            return self.over
        counts = np.ones((1,), dtype=np.int64)
        for axis in self.frame.axes:
            counts = (counts[:, None] * np.array(self.counted(axis))).reshape(-1)
        return counts

    def counted(self, axis: Any) -> list[int]:
        """The number of cells of every place along an axis."""
        rows = axis.cells()
        if self.over == "window" and isinstance(axis, Sliding):
            return [len(row) for row in rows]
        if self.over == "padded":
            end = axis.side + axis.before
            return [min(axis.kernel, end - (axis.stride * p - axis.before)) for p in range(axis.places)]
        return [sum(cell >= 0 for cell in row) for row in rows]

    def forward(self, x: Array) -> Array:
        """(…, sides) → (…, places)."""
        cells = self.frame.arrays().gather(x)
        return self.divided(cells.sum(axis=-1)).reshape(self.shape(x.shape))

    def backward(self, slot: int, g: Array, y: Array, *arrays: Array) -> Array:
        """An equal part of g for every cell."""
        windows = self.frame.arrays()
        lead = g.shape[: g.ndim - len(self.frame.axes)]
        part = self.divided(g.reshape(*lead, -1))[..., None]
        return windows.scatter(part.repeat(windows.table.shape[1], axis=-1))

    def divided(self, rows: Array) -> Array:
        """(…, places) over the number of cells."""
        divisors = self.divisors()
        return rows / (divisors if isinstance(divisors, int) else divisors.astype(rows.dtype))


def build_pooled(layer: Any, builder: Builder, x: str, channels: bool = True, ties: str = "first") -> str:
    """The node of a pooling layer that reads `x`: (…, C, sides) → (…, C, places), without `channels` no C."""
    sides = builder.shape(x)[-layer.AXES - channels :]
    operation: Pooled = layer.operation(sides if channels else (1, *sides))
    operation = msgspec.structs.replace(operation, channels=channels)
    if isinstance(operation, Maximum):
        operation = msgspec.structs.replace(operation, ties=ties)
    return builder.forward(operation, (x,))
