"""Polynomials in one name or function, by their powers."""

from __future__ import annotations

from hwsolve.formula.simplify.terms import Term, addends, integer, written
from hwsolve.formula.tree import Call, Formula


def ordered(f: Formula) -> Formula:
    """A polynomial in one name or function by its powers: falling, or rising where that begins with a plus."""
    terms = addends(f)
    bases = {base for t in terms for base, _ in t.factors}
    if len(bases) != 1 or any(t.decimal for t in terms):
        return f
    powers = [integer(t.factors[0][1]) if t.factors else 0 for t in terms]
    if None in powers:
        return f
    falling = [t for _, t in sorted(zip(powers, terms, strict=True), key=lambda x: -(x[0] or 0))]
    if falling[0].coefficient < 0 < falling[-1].coefficient:
        falling.reverse()
    out = written(falling[0])
    for term in falling[1:]:
        sign = "-" if term.coefficient < 0 else "+"
        value = written(Term(abs(term.coefficient), term.factors))
        joined = isinstance(out, Call) and out.name == sign == "+"
        out = Call("+", (*out.args, value)) if joined and isinstance(out, Call) else Call(sign, (out, value))
    return out
