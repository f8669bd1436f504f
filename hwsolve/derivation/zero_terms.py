"""Sums of numbers without the terms that are 0; a short sum keeps them, as they show what was put in."""

from __future__ import annotations

from hwsolve.formula.tree import ZERO, Call, Formula, Number, Ref, children, parted, rebuild

MOST = 4  # terms of a sum that shows all of them
DOTS = Ref("…")  # terms that are not written: which of them are 0 is not seen


def without_zeros(f: Formula) -> Formula:
    """The formula without terms that are 0 in sums of more than 4; itself where there are none."""
    if isinstance(f, Call) and f.name == "+":
        terms = list(parted(f, "+"))
        if len(terms) > MOST and DOTS not in terms:
            return nonzero(f) if any(map(is_zero, terms)) else f
    parts = children(f)
    new = tuple([without_zeros(p) for p in parts])
    if all([a is b for a, b in zip(new, parts, strict=True)]):
        return f
    made = rebuild(f, new)
    return ZERO if isinstance(made, Call) and made.name == "neg" and is_zero(made) else made


def nonzero(f: Formula) -> Formula:
    """A sum without what is 0 in it, and in the sums that it adds."""
    if not (isinstance(f, Call) and f.name == "+"):
        return f
    kept = tuple([nonzero(a) for a in f.args if not is_zero(a)])
    return ZERO if not kept else kept[0] if len(kept) == 1 else Call("+", kept)


def is_zero(f: Formula) -> bool:
    """Whether a term is 0 by a number in it, whatever its other factors are; a rounded 0 is none."""
    match f:
        case Number():
            return not (f.numerator or f.rounded)
        case Call("*", args):
            return any(map(is_zero, args))
        case Call("+", args):
            return all(map(is_zero, args))
        case Call("neg" | "/", (first, *_)):
            return is_zero(first)
    return False
