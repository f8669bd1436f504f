"""The mark of a maximum: which cells of a window pass the error on, by the convention for several largest ones."""

from __future__ import annotations

from hwsolve.formula.tree import Formula
from hwsolve.language import Message, say


def mark_of(ties: str, m: Formula) -> Message:
    """What the mark of a maximum is, by the convention for several largest cells."""
    if ties == "first":
        return say(
            "{m} is {one} for the first cell of the window, row by row, that has its largest value, and {zero} for "
            "every other, as in PyTorch.",
            m=m, one=1, zero=0,
        )  # fmt: skip
    if ties == "all":
        return say(
            "{m} is {one} for each cell of the window that has its largest value, and {zero} for every other.",
            m=m, one=1, zero=0,
        )  # fmt: skip
    return say(
        "For each cell that has the largest value of the window {m} is {one} divided by the number of these cells, "
        "and {zero} for every other.",
        m=m, one=1, zero=0,
    )  # fmt: skip
