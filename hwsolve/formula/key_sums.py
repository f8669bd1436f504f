"""A formula read as a sum of keys."""

from __future__ import annotations

from collections.abc import Iterator

from hwsolve.formula.tree import Call, Formula, Number, Ref

Term = tuple[int, str]  # how often a key stands in a sum, and the key


def terms_of(f: Formula, times: int = 1) -> Iterator[Term]:
    """The terms of a sum of keys with whole factors; nothing where something else is among them."""
    match f:
        case Ref(name, ()):
            yield times, name
        case Call("*", (Number() as n, g)) if n.denominator == 1:
            yield from terms_of(g, times * n.numerator)
        case Call("+", args):
            found = [list(terms_of(arg, times)) for arg in args]
            if all(found):
                yield from (term for terms in found for term in terms)
