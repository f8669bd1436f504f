"""What leads from a derivative to its textbook form: a factor that all terms share, terms that cancel or are collected.

It is read off the two forms: what is said to be shared divides every term, what cancels adds up to 0.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from hwsolve.formula.simplify.simplify import expanded, size
from hwsolve.formula.simplify.terms import Term, addends, integer, merge, product, term_of, written
from hwsolve.formula.simplify.textbook import textbook
from hwsolve.formula.tree import Call, Formula, Number
from hwsolve.kinds.derivative.symbols import Symbols
from hwsolve.language import Message, say
from hwsolve.solution import Text

MOST_CANCELLED = 2  # terms that are named
MOST_SAID = 30  # names, numbers and operators of an equation in a reason
Monomials = dict[frozenset[tuple[Formula, Formula]], list[Term]]
ZERO = Fraction(0)


def last_step(before: Formula, best: Formula, symbols: Symbols) -> Text:
    """The reason of the last link, where it is one of these; nothing for another, as one of order and signs."""
    said: Text = ""
    for text in reasons(before, best):
        one = Message(text.template, {k: symbols.shown(f) for k, f in text.values.items()})
        said = say("{first}; {rest}", first=said, rest=one) if said else one
    return said


def reasons(before: Formula, best: Formula) -> Iterator[Message]:
    """What was done to the terms of a sum."""
    whole, rest = top(before), top(best)
    if whole is None:
        return
    every = addends(whole)
    ends = term_of(best)
    shared, terms = taken_out(every, ends)
    left = [key for key, found in monomials(terms).items() if sum(t.coefficient for t in found)]
    if shared.factors and len(left) > 1 and {b for b, _ in shared.factors} <= {b for b, _ in ends.factors}:
        yield say("{factor} factored out", factor=written(shared))
    else:
        terms = every
    if rest is None or all(len(found) == 1 for found in monomials(addends(rest)).values()):
        yield from collected(monomials(terms))


def collected(found: Monomials) -> Iterator[Message]:
    """Whether terms cancel, or are added up."""
    several = [terms for terms in found.values() if len(terms) > 1]
    gone = [terms for terms in several if sum(t.coefficient for t in terms) == 0]
    if 0 < len(gone) <= MOST_CANCELLED:
        sizes = [sum((max(t.coefficient, ZERO) for t in terms), ZERO) for terms in gone]
        names = [written(Term(n, terms[0].factors)) for n, terms in zip(sizes, gone, strict=True)]
        if len(names) == 1:
            yield say("{term} cancels", term=names[0])
        else:
            yield say("{first} and {second} cancel", first=names[0], second=names[1])
    if len(several) > len(gone) or len(gone) > MOST_CANCELLED:
        yield say("like terms collected")


def numerator_alone(before: Formula, best: Formula) -> Call | None:
    """What the numerator of a derivative is, as an equation; None where it has none, or that is long."""
    whole = top(before)
    below = [(b, e) for b, e in term_of(before).factors if (n := integer(e)) is not None and n < 0]
    if whole is None or not below or size(whole) > MOST_SAID:
        return None
    outside = merge((term_of(before), Term(Fraction(1), ((whole, Number(-1)),))))
    opposite = Term(1 / outside.coefficient, tuple((b, Number(-(integer(e) or 0))) for b, e in outside.factors))
    left = textbook(product(best, written(opposite)))
    return Call("==", (whole, left)) if 4 * size(left) <= 3 * size(whole) else None


def top(f: Formula) -> Formula | None:
    """The sum that a formula is, or that stands in it above the line; None where there is none, or several."""
    if isinstance(f, Call) and f.name in ("+", "-"):
        return f
    sums = [b for b, e in term_of(f).factors if isinstance(b, Call) and b.name in ("+", "-") and e == Number(1)]
    return sums[0] if len(sums) == 1 else None


def taken_out(terms: list[Term], ends: Term) -> tuple[Term, list[Term]]:
    """The factors that all terms share, with their number where the result has it in front; the terms without them."""
    powers = [{b: n for b, e in t.factors if (n := integer(e)) is not None} for t in terms]
    least = {base: min(p.get(base, 0) for p in powers) for base in powers[0]}
    sizes = {abs(t.coefficient) for t in terms} | {abs(ends.coefficient)}
    number = sizes.pop() if len(sizes) == 1 else Fraction(1)
    shared = Term(number, tuple((base, Number(n)) for base, n in least.items() if n > 0))
    opposite = Term(1 / number, tuple((base, Number(-n)) for base, n in least.items() if n > 0))
    return shared, [merge((term, opposite)) for term in terms]


def monomials(terms: list[Term]) -> Monomials:
    """The terms multiplied out, those of the same factors together."""
    found: Monomials = {}
    for term in terms:
        for one in expanded(written(term)):
            found.setdefault(frozenset(one.factors), []).append(one)
    return found
