"""How much a solution writes out: all of a short quantity, and on request of a long one, where there is room."""

from __future__ import annotations

from collections.abc import Callable, Hashable

from hwsolve.formula.tree import BigOperator, Formula, Number, children
from hwsolve.language import Message, say

WRITTEN = 64  # elements of a quantity that are written out; more only on request
GIVEN = 100_000  # elements of a stated quantity that are entered, whatever reads them
FIRST = 3  # lines that stand for a longer quantity
UNROLL = 12  # terms of a sum that are written out; more only on request
ROOM = 40_000  # terms of all lines together that are written out on request
EVERY = 10**9  # more than there can be


class Room:
    """What is left for lines that are written out on request; decided once for each quantity and step."""

    def __init__(self, asked: bool):
        self.asked, self.left = asked, ROOM if asked else 0
        self.exceeded = False
        self.decided: dict[Hashable, bool] = {}

    def holds(self, key: Hashable, size: int, first: Callable[[], Formula] | None) -> bool:
        """Whether all `size` elements and all their terms are written out; `first` gives one element's formula."""
        if key not in self.decided:
            cost = size * terms(first()) if first is not None and size <= self.left else size
            fits = self.decided[key] = cost <= self.left
            self.left -= cost if fits else 0
            self.exceeded = self.exceeded or (self.asked and not fits)
        return self.decided[key]

    def remarks(self) -> dict[str, Message]:
        """What a reader must know where there was not room for all."""
        text = say("All lines would hold more than {n} terms: of long quantities the first lines stand.", n=f"{ROOM:,}")
        return {"room": text} if self.exceeded else {}


def terms(f: Formula) -> int:
    """How many elements a formula reads when every sum in it is written out."""
    if isinstance(f, BigOperator) and isinstance(f.low, Number) and isinstance(f.high, Number):
        return max(f.high.numerator - f.low.numerator + 1, 1) * terms(f.body)
    return max(sum(map(terms, children(f))), 1)
