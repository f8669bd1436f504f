"""Sums over the columns of an array that meet its columns again, where its rows are meant: they fit if it is square."""

from __future__ import annotations

from collections.abc import Mapping

from hwsolve.formula.array_functions import Unfit
from hwsolve.formula.definition import defined
from hwsolve.formula.notation.plain import plain
from hwsolve.formula.tree import Call, Formula, Number, children, walk
from hwsolve.language import Message, say

REDUCING = ("sum", "mean", "norm")
BY_ELEMENT = "P[i,j]: A[i,j]/Sum(A[i,k], k)"


def misaligned(
    f: Formula, shapes: Mapping[str, tuple[int, ...]], any_length: bool = False
) -> tuple[Formula, Formula] | None:
    """Sums along the last axis of a square array that are met by its columns, where its rows are meant.

    They fit as well, as in NumPy; `any_length`: of any array, where they do not.
    """
    for node in walk(f):
        if not isinstance(node, Call) or node.name not in ("+", "-", "*", "/") or len(node.args) != 2:
            continue
        for whole, part in (node.args, node.args[::-1]):
            inner = next((n for n in walk(part) if sums_rows(n)), None)
            if inner is None or any(isinstance(n, Call) and n.name == "T" for n in walk(whole)):
                continue
            own, other, met = (shape_of(each, shapes) for each in (*children(inner)[:1], whole, part))
            if len(own) == 2 and own == other and met == own[:1] and (any_length or own[0] == own[1] > 1):
                return inner, whole
    return None


def sums_rows(f: Formula) -> bool:
    """Whether it is a sum, mean or norm along the second axis."""
    return isinstance(f, Call) and f.name in REDUCING and f.args[1:] == (Number(2),)


def shape_of(f: Formula, shapes: Mapping[str, tuple[int, ...]]) -> tuple[int, ...]:
    """The shape of a part of a definition; none of what does not fit."""
    try:
        return defined(f, shapes).shape
    except Unfit:
        return ()


def remark(part: Formula, whole: Formula) -> Message:
    """What to say of them."""
    return say(
        "`{part}` has a number for each row of `{whole}`, and meets its columns here: arrays are aligned at their last "
        "axis. For each row by itself the form is `{form}`.",
        part=plain(part),
        whole=plain(whole),
        form=BY_ELEMENT,
    )
