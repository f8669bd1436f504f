"""Which cells of the map that comes in a layer reads along each axis: what receptive fields follow from.

A reading says of each cell q, from 0, on a line without ends which cells it reads; `turn` says after how many cells
the pattern returns, and so many cells of the map that comes in further.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from math import floor, gcd

import msgspec

from hwsolve.formula.tree import Number
from hwsolve.layers.base import Layer, Shape, Size, StatedMap, product, quotient

PASSES = frozenset({"activation", "normalization"})  # a value from the value in its place, as receptive fields count


class Window(msgspec.Struct, frozen=True):
    """Along an axis: the cells of a window, how far it moves, the cells before the map, and how far apart cells lie.

    `spread`: each cell that comes in is spread over a window, as by a transposed convolution.
    """

    kernel: Size = 1
    stride: Size = 1
    padding: Size = 0
    dilation: Size = 1
    spread: bool = False

    @property
    def known(self) -> bool:
        """Whether all of it is numbers."""
        return all(isinstance(n, int) for n in (self.kernel, self.stride, self.padding, self.dilation))

    @property
    def turn(self) -> tuple[int, int]:
        """The next window is one stride further; of spread cells as many lie between two as the stride says."""
        stride = whole_number(self.stride)
        return (stride, 1) if self.spread else (1, stride)

    def cells(self, q: int) -> Iterable[int]:
        """Those of the window; of spread ones those that reach q."""
        kernel, stride, padding, dilation = map(whole_number, (self.kernel, self.stride, self.padding, self.dilation))
        if not self.spread:
            first = stride * q - padding
            return range(first, first + dilation * (kernel - 1) + 1, dilation)
        reaching = (q + padding - dilation * u for u in range(kernel))
        return [at // stride for at in reaching if at % stride == 0]


class Shared(msgspec.Struct, frozen=True):
    """An axis of n cells that m windows share out: floor(q·n/m) to ceil((q + 1)·n/m) − 1."""

    n: int
    m: int

    known = True

    @property
    def turn(self) -> tuple[int, int]:
        """As often as windows meet at the edge of a cell."""
        common = gcd(self.n, self.m)
        return self.m // common, self.n // common

    def cells(self, q: int) -> Iterable[int]:
        """Every cell that the window touches."""
        return range(q * self.n // self.m, -(-(q + 1) * self.n // self.m))


class Sampled(msgspec.Struct, frozen=True):
    """Cells that lie p/q apart on the map that comes in, each made of what is next to it.

    `sides`: how many cells on each side take part, 0 for the nearest alone; `centred`: places are centres of cells,
    else their starts or, at aligned corners, those of the map.
    """

    p: int
    q: int
    sides: int = 0
    centred: bool = True

    known = True

    @property
    def turn(self) -> tuple[int, int]:
        """The steps in lowest terms."""
        common = gcd(self.p, self.q)
        return self.q // common, self.p // common

    def cells(self, q: int) -> Iterable[int]:
        """Of a place on a cell that one alone: its neighbours have no weight."""
        if not self.sides:
            return ((2 * q + self.centred) * self.p // (2 * self.q),)
        at = Fraction(q * self.p, self.q) + (Fraction(self.p - self.q, 2 * self.q) if self.centred else 0)
        cell = floor(at)
        return (cell,) if at == cell else range(cell - self.sides + 1, cell + self.sides + 1)


Reading = Window | Shared | Sampled
Readings = tuple[Reading, ...] | None


def readings_of(layer: Layer, shapes: tuple[Shape, ...], y: Shape) -> tuple[Readings, ...]:
    """For each port how a layer reads along each axis behind the channels; None where that is not known."""
    if any(isinstance(x, StatedMap) for x in (*shapes, y)):
        return (None,) * len(shapes)
    if (own := getattr(layer, "reads", None)) is not None:
        found: tuple[Readings, ...] = own(*shapes)
        return found
    return (of_one(layer, shapes[0], y),) if len(shapes) == 1 else (None,) * len(shapes)


def of_one(layer: Layer, x: Shape, y: Shape) -> Readings:
    """That of what reads one map and gives another."""
    if len(x) != len(y) or len(x) < 2:
        return None
    kernel: Shape | None = getattr(layer, "kernel_size", None)
    axes = len(x) - 1
    if kernel:
        stride: Shape = getattr(layer, "strides", None) or getattr(layer, "stride", None) or kernel
        dilation: Shape = getattr(layer, "dilation", None) or (1,) * axes
        before = in_front(layer, x)
        spread = hasattr(layer, "output_padding")
        return tuple([Window(k, s, p, d, spread) for k, s, p, d in zip(kernel, stride, before, dilation, strict=True)])
    moved = layer.CATEGORY == "view" or hasattr(layer, "p")
    same = x == y or (layer.CATEGORY == "view" and x[1:] == y[1:])
    return unmoved(x) if same and (layer.CATEGORY in PASSES or moved) else None


def unmoved(x: Shape) -> Readings:
    """Each cell reads the cell in its place."""
    return (Window(),) * (len(x) - 1)


def in_front(layer: Layer, x: Shape) -> Shape:
    """The cells of padding in front of a map along each axis; each kind of layer keeps them in its own way."""
    pads = getattr(layer, "pads", getattr(layer, "padding", (0,) * (len(x) - 1)))
    return tuple([p[0] if isinstance(p, tuple) else p for p in (pads(x) if callable(pads) else pads)])


def shared_out(before: Shape, after: Shape) -> Readings:
    """Windows that share out a map."""
    found: list[Reading] = []
    for n, m in zip(before, after, strict=True):
        size = n if m == 1 else quotient(n, m)
        if whole(size):
            found.append(Window(size, 1 if m == 1 else size))
        elif isinstance(n, int) and isinstance(m, int):
            found.append(Shared(n, m))
        else:
            return None
    return tuple(found)


def whole(size: Size) -> bool:
    """Whether a size is a number, or a name alone."""
    return isinstance(size, int) or (not isinstance(size, Number) and product((size, 1)) == size)


def whole_number(size: Size) -> int:
    """A size that is known to be a number."""
    assert isinstance(size, int)
    return size


def is_convolution(layer: Layer) -> bool:
    """Whether a layer is a convolution that can be written as a product of matrices of its windows."""
    return layer.CATEGORY == "convolution" and not hasattr(layer, "output_padding")
