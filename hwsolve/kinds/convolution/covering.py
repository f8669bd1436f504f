"""Which windows cover a cell: the first and the last, each by the inequality it comes from, and cells without any."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import reduce
from itertools import product
from typing import Any

from hwsolve.counting import At, Either, Taken, taken
from hwsolve.formula.evaluate import evaluate
from hwsolve.formula.tree import Call, Formula, Number, Ref, call, formula, substitute
from hwsolve.kinds.convolution.gathering import first_of, last_of
from hwsolve.kinds.convolution.readers import Axis
from hwsolve.kinds.convolution.statement import Statement
from hwsolve.kinds.convolution.wording import listing
from hwsolve.language import Message, say
from hwsolve.layers.correlation import Correlation, Kernels
from hwsolve.solution import Free, Group, Item, Line, Sentence, Text

MOST = 8  # cells that a sentence names


class Covering(Statement):
    """Says which windows cover a cell."""

    @property
    def alike(self) -> bool:
        """Whether all axes have the same settings."""
        return len({(a.kernel, a.stride, a.before, a.dilation) for a in self.slides}) == 1

    def covering(self, line: Callable[[str, Formula], Line], solved: bool = True) -> Iterator[Item]:
        """The windows that cover a cell, by `line` of a name and its formula; those of like axes on the full page.

        `solved`: with the inequality that each comes from, where the page has what it is made of.
        """
        for n, a in enumerate(self.p.axes):
            if a.over not in ("windows", "shared", "one"):
                continue
            detail: Any = "full" if n and self.alike else "page"
            for end, f in ((first_of(a), a.first), (last_of(a), a.last))[: 1 + a.by_windows]:
                claims = self.inequalities(a, end)
                free: Free = self.p.free(*[arg for claim in claims for arg in claim.args])
                why = self.where(a, end, claims) if solved else self.in_words(a, end)
                yield Group((line(end.name, f),), why, detail=detail, close=end == last_of(a), free=free)
            if n == 0 and self.alike and (others := self.p.axes[1:]):
                ends = [end for b in others for end in (first_of(b), last_of(b))[: 1 + b.by_windows]]
                yield Sentence(
                    say("{ends} likewise, from {j}.", ends=tuple(ends), j=tuple([Ref(b.index) for b in others]))
                )

    def leaves_the_map(self) -> bool:
        """Whether the sum over the readers of a cell runs over places that the map has not."""
        return any(self.leaves(a, slide) for a, slide in zip(self.p.axes, self.slides, strict=False))

    def leaves(self, a: Axis, slide: Any) -> bool:
        """Whether the first or the last place of a cell may lie outside the map: cells at its borders."""
        if a.over == "shared" or self.p.scatters:
            return False
        if a.over in ("cells", "whole") or not self.known:
            return True
        ends = (a.first, a.last) if a.by_windows else (a.first,)
        for i in range(1, slide.side + 1):
            at: list[Any] = [evaluate(f, number(i)) for f in ends]
            if at[0] <= at[-1] and not 1 <= at[0] <= at[-1] <= slide.places:
                return True
        return False

    def inequalities(self, a: Axis, end: Ref) -> list[Any]:
        """What the first or the last window meets; it is true of it, whatever the sizes are."""
        at: dict[str, Formula] = {a.place: end}
        cell, low, high = (substitute(f, at) for f in (a.solved, a.low, a.high))
        first = end == first_of(a)
        if a.over == "shared":
            found = [call(">=", high, Ref(a.index)) if first else call("<=", low, Ref(a.index))]
        elif a.over == "one":
            found = [call(">=", cell, low), call("<=", cell, high)]
        else:
            found = [call("<=", cell, high) if first == a.rises else call(">=", cell, low)]
            found.append(call(">=", end, a.start) if first else call("<=", end, a.end))
        return [self.p.argument.claim(f, **self.p.free(*f.args)) for f in found]

    def in_words(self, a: Axis, end: Ref) -> Message:
        """What a window is, were there windows beyond the map too: true of it whether it covers the cell or not."""
        if a.over == "one":
            return say("the only window that may cover {i}", i=Ref(a.index))
        if end == first_of(a):
            return say("the smallest {p} whose window would end at {i} or behind it", p=Ref(a.place), i=Ref(a.index))
        return say("the largest {p} whose window would begin at {i} or before it", p=Ref(a.place), i=Ref(a.index))

    def where(self, a: Axis, end: Ref, claims: list[Any]) -> Message:
        """The inequality that a place comes from: it may lie outside the map, where no window is."""
        if a.over == "one":
            return say("the only whole number with {low} and {high}", low=claims[0], high=claims[1])
        if a.over == "shared":
            if end == first_of(a):
                return say("the first window with {inside}", inside=claims[0])
            return say("the last window with {inside}", inside=claims[0])
        if end == first_of(a):
            return say("the smallest whole number with {inside}, that is {solved}", inside=claims[0], solved=claims[1])
        return say("the largest whole number with {inside}, that is {solved}", inside=claims[0], solved=claims[1])

    def several(self) -> Iterator[Message]:
        """How many windows cover a cell."""
        if self.slides and all(a.over == "one" for a in self.p.axes):
            yield say("Windows do not overlap: at most one covers {x}.", x=self.x)
        yield from self.unread()
        for a, slide in zip(self.p.axes, self.slides, strict=False):
            k, s = slide.kernel, slide.stride
            if a.over not in ("windows", "whole") or (a is not self.p.axes[0] and self.alike):
                continue
            empty: dict[str, Any] = {"empty": self.empty(a), "along": self.along(a), "zero": 0}
            if a.over == "windows" and not (isinstance(k, int) and isinstance(s, int)):
                named, other = (k, s) if isinstance(s, int) else (s, k)
                apart = Call("<" if named is k else ">", (formula(named), formula(other)))
                yield say(
                    "If {same} there is at most one window{along}; if {apart}, cells between the windows have none: "
                    "there {empty}, the sum is empty, and an empty sum is {zero}.",
                    same=taken(formula(named), formula(other)), apart=Taken(apart), **empty,
                )  # fmt: skip
            elif isinstance(reach := slide.dilation * (k - 1) + 1, int) and isinstance(s, int) and s > reach:
                if not self.known and a.over == "windows":
                    yield say(
                        "Cells between the windows{along} have none: there {empty}, the sum is empty, and an empty sum "
                        "is {zero}.",
                        **empty,
                    )
                elif not self.known:
                    yield say("Cells between the windows have none, and their error is {zero}.", zero=0)
            elif a.over == "windows" and isinstance(k, int) and isinstance(s, int):
                yield self.inside(a, slide, k, s)

    def empty(self, a: Axis) -> Message:
        """Where no window covers a cell: along this axis, or along any where all are alike."""
        axes = [b for b in self.p.axes if b.over == a.over] if self.alike else [a]
        found = [say("{less}", less=Taken(Call("<", (last_of(b), first_of(b))))) for b in axes]
        return reduce(lambda one, other: say("{a} or {b}", a=one, b=other), found)

    def along(self, a: Axis) -> Text:
        """Of which axis a sentence speaks, where each has settings of its own."""
        return "" if self.alike else say(" along {i}", i=Ref(a.index))

    def inside(self, a: Axis, slide: Any, k: int, s: int) -> Message:
        """How many windows cover a cell away from the border."""
        fewest, most = k // s, -(-k // s)
        what = say("windows") if self.pools else say("outputs")
        each: Text = self.along(a) if not self.alike else say(" along each axis") if len(self.p.axes) > 1 else ""
        if fewest == most:
            return say("Away from the border the number of {what}{along} is {n}.", n=most, along=each, what=what)
        if s == 2 and isinstance(slide.before, int):
            odd = sum((1 + slide.before - u) % 2 == 0 for u in range(1, k + 1))
            return say(
                "Away from the border the number of {what}{along} is {odd} where the index is odd, and {even} where "
                "it is even.",
                along=each, what=what, odd=Either(odd, k - odd), even=Either(k - odd, odd),
            )  # fmt: skip
        return say(
            "Away from the border the number of {what}{along} is {fewest} or {most}.",
            fewest=fewest, most=most, along=each, what=what,
        )  # fmt: skip

    # cells that no window covers

    @property
    def known(self) -> bool:
        """Whether all sizes are numbers."""
        return all(axis.is_known() for axis in self.operation.frame.axes)

    def unread(self) -> Iterator[Message]:
        """The cells that no place reads, axis by axis, where all sizes are numbers."""
        for a, axis in zip(self.p.axes, self.slides, strict=False):
            found, count = self.left_over(axis) if self.known else ([], 0)
            if not found:
                continue
            cells = listing([say("{a}", a=At(Number(cell))) for cell in found[:MOST]])
            if len(found) > MOST:
                cells = say("one of {n} of its {count} values", n=len(found), count=count)
            values: dict[str, Any] = {"i": Ref(a.index), "cells": cells, "x": self.x, "zero": 0}
            if self.pools:
                yield say("Where {i} is {cells}, no window covers {x}: its error is {zero}.", **values)
            else:
                yield say("Where {i} is {cells}, no output depends on {x}: its error is {zero}.", **values)

    def left_over(self, axis: Any) -> tuple[list[int], int]:
        """The cells of an axis that no place reads, and how many there are."""
        places, window = range(axis.places), range(axis.kernel)
        reach = [(p, axis.stride * p + axis.dilation * u + 1 - axis.before) for p, u in product(places, window)]
        if isinstance(self.operation, Kernels) and not isinstance(self.operation, Correlation):
            read, count = {p + 1 for p, at in reach if 1 <= at <= axis.side}, axis.places
        else:
            read, count = {at for _, at in reach}, axis.side
        return [cell for cell in range(1, count + 1) if cell not in read], count

    def none_covers(self) -> Iterator[Item]:
        """The same as sentences."""
        return map(Sentence, self.unread())


def number(i: int) -> Callable[[str, tuple[int, ...]], int]:
    """The lookup of a formula whose only letter is an index."""
    return lambda name, indices: i
