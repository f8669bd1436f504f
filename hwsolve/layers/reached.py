"""How many cells of an axis a window reaches, as a formula text: k terms that meet in a cell take k − 1 additions.

Place p of Q and cell u of the window's K meet cell S·p + D·u of the map, all counted from 0.  With g = gcd(S, D), the
pairs (p, u) and (p + D/g, u − S/g) meet the same cell, and no others do but by steps of these: of Q·K pairs all but
(Q − D/g)·(K − S/g) reach a cell of their own, where neither factor is below 0.
"""

from __future__ import annotations

from collections.abc import Iterable
from math import gcd

import msgspec

from hwsolve.formula.tree import call
from hwsolve.language import say
from hwsolve.layers.base import Shape, ShapeError, Size, simplified

MOST_PAIRS = 1_000_000  # places times cells of a window that are followed one by one


class Track(msgspec.Struct, frozen=True):
    """One axis under a window: Q places, K cells D apart, moved by S.  `names` says how texts write Q, K, S and D."""

    places: Size
    kernel: Size
    stride: Size
    dilation: Size
    names: tuple[str, str, str, str]

    def steps(self) -> tuple[tuple[Size, str], tuple[Size, str]]:
        """D/g and S/g, how far apart pairs of one cell lie, each with its text."""
        _, _, s, d = self.names
        stride, dilation = self.stride, self.dilation
        if stride == dilation:
            return (1, "1"), (1, "1")
        if stride == 1 or dilation == 1:
            return (dilation, d if dilation != 1 else "1"), (stride, s if stride != 1 else "1")
        if not isinstance(stride, int) or not isinstance(dilation, int):
            raise ShapeError(say("Additions are counted where stride and dilation are numbers, or one of them is 1."))
        g = gcd(stride, dilation)
        return (dilation // g, divided(dilation, d, g)), (stride // g, divided(stride, s, g))

    def apart(self) -> bool:
        """Whether it is known that no cell is reached twice."""
        if self.kernel == 1 or self.places == 1:
            return True
        (rows, _), (columns, _) = self.steps()
        return at_most(self.kernel, columns) or at_most(self.places, rows)

    def is_dense(self) -> bool:
        """Whether it is known that every place of a map begins a window."""
        return self.stride == 1 and self.dilation == 1

    def text(self) -> str:
        """The cells that are reached, as a factor."""
        q, k, _, _ = self.names
        if self.apart():
            return f"{q}*{k}"
        (rows, d), (columns, s) = self.steps()
        if rows == 1 and (columns == 1 or (isinstance(columns, int) and isinstance(self.kernel, int))):
            return f"({q} + {k} - 1)" if columns == 1 else f"(({q} - 1)*{s} + {k})"
        if rows == 1:
            return f"(({q} - 1)*min({s}, {k}) + {k})"
        return f"({q}*{k} - {beyond(self.places, q, rows, d)}*{beyond(self.kernel, k, columns, s)})"

    def pairs_before(self, end: int) -> int:
        """How many cells below `end` are reached; all sizes are numbers."""
        (rows, _), (columns, _) = self.steps()
        q, k, s, d = (int(n) for n in (self.places, self.kernel, self.stride, self.dilation) if isinstance(n, int))
        assert isinstance(rows, int)
        assert isinstance(columns, int)
        again = pairs_below(end - d * columns, q - rows, k - columns, s, d)
        return pairs_below(end, q, k, s, d) - again

    def known(self) -> bool:
        """Whether all sizes are numbers."""
        return all(isinstance(n, int) for n in (self.places, self.kernel, self.stride, self.dilation))

    def cells(self) -> list[list[int]]:
        """The cells of each place, one by one."""
        q, k, s, d = self.places, self.kernel, self.stride, self.dilation
        if not (isinstance(q, int) and isinstance(k, int) and isinstance(s, int) and isinstance(d, int)):
            raise ShapeError(say("Additions are counted here where the sizes are numbers."))
        if q * k > MOST_PAIRS:
            raise ShapeError(say("The map is too large to count where its windows overlap."))
        return [[s * p + d * u for u in range(k)] for p in range(q)]


def at_most(a: Size, b: Size) -> bool:
    """Whether it is known that a ≤ b."""
    return a == b or (isinstance(a, int) and isinstance(b, int) and a <= b)


def divided(size: int, name: str, by: int) -> str:
    """A size divided by a number, as a text."""
    return "1" if size == by else name if by == 1 else f"{name}/{by}"


def beyond(size: Size, name: str, by: Size, text: str) -> str:
    """How far a size is beyond another, 0 where it is not."""
    if by == 1 or (isinstance(size, int) and isinstance(by, int) and size > by):
        return f"({name} - {text})"
    return f"max({name} - {text}, 0)"


def pairs_below(end: int, places: int, kernel: int, stride: int, dilation: int) -> int:
    """How many of the pairs (p, u) have S·p + D·u < end."""
    if places <= 0 or end <= 0:
        return 0
    columns = min(kernel, -(-end // dilation))
    if columns > MOST_PAIRS:
        raise ShapeError(say("The map is too large to count where its windows overlap."))
    return sum(min(places, -(-(end - dilation * u) // stride)) for u in range(columns))


def tracks(
    sides: Iterable[str], places: Shape, kernel: Shape, stride: Shape, dilation: Shape
) -> tuple[list[Track], dict[str, Size]]:
    """The axes of a map, and the values of the names in their texts; one name for sizes that are equal."""
    sides = list(sides)
    named = {"kernel": kernel, "stride": stride, "dilation": dilation}
    words = {what: names_of(what, sizes, sides) for what, sizes in named.items()}
    values = {name: n for what, sizes in named.items() for name, n in zip(words[what], sizes, strict=True)}
    texts = zip(sides, words["kernel"], words["stride"], words["dilation"], strict=True)
    settings = zip(places, kernel, stride, dilation, texts, strict=True)
    return [Track(q, k, s, d, names) for q, k, s, d, names in settings], values


def names_of(what: str, sizes: Shape, sides: list[str]) -> list[str]:
    """`stride` for every axis where all are equal, else `stride_h`, `stride_w` by axis."""
    return [what] * len(sizes) if all(n == sizes[0] for n in sizes) else [f"{what}_{side[0]}" for side in sides]


# transposed convolution: what is reached, and not cut off


def kept(axis: Track, side: Size, padding: Size, extra: Size) -> tuple[str, dict[str, Size]]:
    """The cells that are reached of the `side` that are left when P are cut off before, P − `extra` behind.

    Cells lie alike from both ends.  Of the first n, windows of K cells that are S apart reach
    floor(n/S)·min(S, K) + min(n − S·floor(n/S), K).
    """
    name, k, s, _ = axis.names
    if padding == 0:
        return axis.text(), {}
    whole = isinstance(padding, int) and isinstance(extra, int)
    if axis.dilation == 1 and (axis.stride == 1 or at_most(axis.stride, axis.kernel)) and (whole or extra == 0):
        unreached = max(extra - padding, 0) if isinstance(padding, int) and isinstance(extra, int) else 0
        return (f"({name}_out - {unreached})" if unreached else f"{name}_out"), {}
    if axis.known() and isinstance(padding, int) and isinstance(extra, int):
        cut = axis.pairs_before(padding) + axis.pairs_before(max(padding - extra, 0))
        return (f"({axis.text()} - {name}_cut)" if cut else axis.text()), {f"{name}_cut": cut}
    if axis.dilation != 1:
        raise ShapeError(say("Additions are counted here where the sizes are numbers, or the dilation is 1."))
    values = {f"{name}_before": padding, f"{name}_behind": simplified(call("max", padding - extra, 0))}
    lost = " - ".join(f"(floor({n}/{s})*min({s}, {k}) + min({n} - {s}*floor({n}/{s}), {k}))" for n in values)
    return f"({axis.text()} - {lost})", values


# padding by copies: what is reached there belongs to the map


def copied(axis: Track, side: Size, before: Size, mode: str) -> int:
    """How many cells of a map are read, by themselves or by the copies of them that pad it."""
    rows = axis.cells()
    if not isinstance(side, int) or not isinstance(before, int):
        raise ShapeError(say("Additions are counted here where the sizes are numbers."))
    return len({original(cell - before, side, mode) for cells in rows for cell in cells})


def original(cell: int, side: int, mode: str) -> int:
    """The cell of the map, from 0, that one before, in or behind it is a copy of."""
    if mode == "circular":
        return cell % side
    if mode == "replicate":
        return min(max(cell, 0), side - 1)
    return side - 1 - abs(side - 1 - abs(cell))


# max pooling: gradients that meet in one cell


def meeting(axis: Track, side: Size, before: Size) -> tuple[str, dict[str, Size]]:
    """The fewest cells in which the gradients of all places can meet, as a text, and the values of its names.

    Where windows follow each other S apart, ceil(K/S) of them share a cell.
    """
    q, k, _, _ = axis.names
    if axis.apart():
        return q, {}
    (rows, _), (columns, text) = axis.steps()
    if rows == 1:
        return f"ceil({q}/{k})" if columns == 1 else f"ceil({q}/ceil({k}/{text}))", {}
    windows = axis.cells()
    if not isinstance(side, int) or not isinstance(before, int):
        raise ShapeError(say("Additions are counted here where the sizes are numbers."))
    inside = [[cell for cell in cells if 0 <= cell - before < side] for cells in windows]
    if not all(inside):
        raise ShapeError(say("A window lies in the padding alone: it has no maximum."))
    return f"{q}_fewest", {f"{q}_fewest": fewest(inside)}


def fewest(windows: Iterable[Iterable[int]]) -> int:
    """The fewest cells such that every window holds one: where all gradients may meet.

    A cell lies in windows that follow each other, every D/g-th one; so the first window that holds none yet is best
    served by the one of its cells that lies in the most further windows.
    """
    lists = [list(cells) for cells in windows]
    last: dict[int, int] = {}
    holders: dict[int, list[int]] = {}
    for p, cells in enumerate(lists):
        for cell in cells:
            last[cell] = p
            holders.setdefault(cell, []).append(p)
    served: set[int] = set()
    count = 0
    for p, cells in enumerate(lists):
        if p not in served:
            count += 1
            served.update(holders[max(cells, key=last.__getitem__)])
    return count
