"""Unicode with the bounds of every sum in line, Σ[u = 1…K]: for a page on which those of one cannot be raised."""

from __future__ import annotations

from functools import lru_cache

from hwsolve.formula.notation.decimals import RECENT
from hwsolve.formula.notation.unicode import Unicode
from hwsolve.formula.tree import BigOperator, Formula


class InLine(Unicode):
    """The characters of Unicode, no bound of a sum raised or lowered."""

    def scripts(self, f: BigOperator) -> str | None:
        return None


IN_LINE = InLine()


@lru_cache(maxsize=RECENT)
def in_line(f: Formula) -> str:
    """The formula as a person reads it."""
    return IN_LINE.write(f).text
