"""How much a solution writes out: all of a short quantity, the first lines of a long one, and all of it on request."""

from __future__ import annotations

from collections.abc import Callable, Hashable

import msgspec

from hwsolve.formula.tree import BigOperator, Formula, Number, children
from hwsolve.language import Message, say

WRITTEN = 64  # elements of a quantity that have a line each; more only on request
GIVEN = 100_000  # elements of a stated quantity that are entered, whatever reads them
FIRST = 3  # lines of a longer quantity that a short page shows
UNROLL = 12  # terms of a sum that are written out; more only on request
ROOM = 40_000  # terms of all lines together that are written out on request
LINES = 100_000  # lines that are written on request
READ = 1_000_000  # terms that these lines may read in all
EVERY = 10**9  # more than there can be

Places = dict[tuple[int, str], dict[tuple[int, ...], None]]  # elements, by the step and the node


class Asked(msgspec.Struct, frozen=True):
    """The elements of which lines are asked for, whatever else is written; `alone`: nothing else is.

    `first`: those among them that the problem asks for itself, which a page works out before any other.
    """

    places: Places = {}
    alone: bool = False
    first: Places = {}

    def of(self, step: int, name: str) -> list[tuple[int, ...]]:
        """Those of a node, in order."""
        return sorted(self.places.get((step, name), ()))


class Room:
    """What is left for lines that are written out on request; decided once for each quantity and step."""

    def __init__(self, asked: bool):
        self.asked, self.lines, self.read, self.terms = asked, LINES, READ, ROOM
        self.wanted = 0  # lines of all quantities
        self.left_out = ""  # an example of what there was no room for
        self.decided: dict[Hashable, tuple[bool, bool]] = {}

    def holds(self, key: Hashable, size: int, first: Callable[[], Formula] | None, named: str) -> tuple[bool, bool]:
        """Whether all `size` elements are written, and all terms of their sums; `first` gives one element's formula.

        `named` is how more of the quantity is asked for.
        """
        if not self.asked:
            return False, False
        if key not in self.decided:
            cost = size * (terms(first()) if first is not None else 1)
            lines = size <= WRITTEN or (size <= self.lines and cost <= self.read)
            unrolled = lines and cost <= self.terms
            self.wanted += size
            self.lines -= size if lines else WRITTEN
            self.read -= cost if lines else 0
            self.terms -= cost if unrolled else 0
            self.left_out = self.left_out or ("" if lines else named)
            self.decided[key] = lines, unrolled
        return self.decided[key]

    def remarks(self) -> dict[str, Message]:
        """What a reader must know where there was not room for all."""
        if not self.left_out:
            return {}
        text = say(
            "There are {n} lines in all, more than are written at once: of long quantities the first {first} stand, "
            "and `--only '{key}'` gives any other.", n=f"{self.wanted:,}", first=WRITTEN, key=self.left_out,
        )  # fmt: skip
        return {"room": text}


def terms(f: Formula) -> int:
    """How many elements a formula reads when every sum in it is written out."""
    if isinstance(f, BigOperator) and isinstance(f.low, Number) and isinstance(f.high, Number):
        return max(f.high.numerator - f.low.numerator + 1, 1) * terms(f.body)
    return max(sum(map(terms, children(f))), 1)
