"""Whether a stated order is that of what came out: the same growth, with other constant factors and lower terms."""

from __future__ import annotations

from hwsolve.answers import CONSTANTS, written
from hwsolve.compare import Verdict, stranger
from hwsolve.formula.equality.equality import equal_for_all
from hwsolve.formula.same_growth import NotKnown, bare, unbounded
from hwsolve.formula.tree import Formula
from hwsolve.language import say


def judged(stated: Formula, found: Formula, free: dict[str, str]) -> Verdict:
    """`2*L*M**2` and `O(L*M**2 + L*M)` are right where the order is L*M**2; what differs is named by a term."""
    stated, got = bare(stated), written(found)
    if (why := stranger(stated, found, free)) is not None:
        return Verdict(False, got, str(why), why=why)
    same = equal_for_all(found, stated, free)
    if same.equal and same.proven:
        return Verdict(True, got)
    constants = tuple(name for name in CONSTANTS if name not in free)
    try:
        more, less = unbounded(stated, found, constants), unbounded(found, stated, constants)
    except NotKnown:
        return Verdict(None, got)
    if more is None and less is None:
        how = say("the same growth: constant factors and terms that others outgrow do not matter")
        return Verdict(True, got, how=how)
    if more is not None:
        why = say("not the same growth: {term} outgrows {order}", term=more, order=found)
    else:
        why = say("not the same growth: it is outgrown by {term}", term=less)
    return Verdict(False, got, str(why), why=why)
