"""A chain with choices as a row for each case, its condition beside it: f′(x) = 1 (x > 0), f′(x) = 0 (x ≤ 0)."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import msgspec

from hwsolve.formula.simplify.simplify import simplify
from hwsolve.formula.tree import Call, Formula, Number, transform, walk
from hwsolve.language import Message, say
from hwsolve.render.quantity_rows import Row
from hwsolve.solution import Text

MOST = 4  # cases that have a row each
OPPOSITE = {"<": ">=", ">=": "<", ">": "<=", "<=": ">", "==": "!="}
TURNED = {">": "<", ">=": "<="}
Case = tuple[Call, ...]  # conditions that hold together


def by_cases(row: Row) -> list[Row]:
    """The rows of a chain; as it is where it has no choices, or too many, all of it under its conditions."""
    start = tuple([turned(c) for c in row.where if isinstance(c, Call)])
    found = [case for case in cases(row.links[-1][1], start) if possible(case)] if row.links else []
    if not 1 < len(found) <= MOST and start:
        return [msgspec.structs.replace(row, reason=joined(row.reason, said(start)))]
    if not 1 < len(found) <= MOST:
        return [row]
    rows = []
    for n, case in enumerate(found):
        links = tuple([(relation, decided(f, case)) for relation, f in row.links])
        reason = joined(row.reason if n == 0 else "", said(case))
        kept = [links[0], *[b for a, b in pairwise(links) if a[1] != b[1]]]
        rows.append(msgspec.structs.replace(row, links=tuple(kept), reason=reason, case=True))
    return rows


def cases(f: Formula, so_far: Case) -> Iterator[Case]:
    """The conditions under each of which no choice is left in a formula."""
    condition = next((n.args[0] for n in walk(decided(f, so_far)) if isinstance(n, Call) and n.name == "if"), None)
    if not isinstance(condition, Call) or condition.name not in OPPOSITE:
        yield so_far
        return
    yield from cases(f, (*so_far, turned(condition)))
    yield from cases(f, (*so_far, opposite(turned(condition))))


def decided(f: Formula, case: Case) -> Formula:
    """A formula with the choices that a case decides, and what then is simple."""

    def change(node: Formula) -> Formula:
        if isinstance(node, Call) and node.name == "if" and isinstance(node.args[0], Call):
            known = holds(node.args[0], case)
            return node if known is None else node.args[1 if known else 2]
        return node

    found = transform(f, change) if case else f
    return found if found == f else simplify(found)


def holds(condition: Call, case: Case) -> bool | None:
    """Whether a condition is true in a case; None where the case leaves it open."""
    c = turned(condition)
    if any(c == k or follows(k, c) for k in case):
        return True
    return False if any(opposite(c) == k or follows(k, opposite(c)) for k in case) else None


def turned(condition: Call) -> Call:
    """x > a as a < x."""
    a, b = condition.args
    return Call(TURNED[condition.name], (b, a)) if condition.name in TURNED else condition


def opposite(condition: Call) -> Call:
    """What holds where a condition does not."""
    return turned(Call(OPPOSITE[condition.name], condition.args))


def follows(known: Call, other: Call) -> bool:
    """Whether a < b, which is known, says a <= b, or a != b."""
    return known.name == "<" and (other.name == "<=" or other.name == "!=") and known.args == other.args


def possible(case: Case) -> bool:
    """Whether conditions can hold together: not a <= b, b <= a and a != b."""
    return not any(c.name == "!=" and all(any(meets(k, a, b) for k in case) for a, b in both(c)) for c in case)


def both(c: Call) -> tuple[tuple[Formula, Formula], ...]:
    """The two sides in either order."""
    a, b = c.args
    return (a, b), (b, a)


def meets(c: Call, a: Formula, b: Formula) -> bool:
    """Whether a condition is a <= b."""
    return c.name == "<=" and c.args == (a, b)


def strict(case: Case) -> Case:
    """a <= b and a != b as a < b; what says no more than that is left out."""
    apart = [pair for c in case if c.name == "!=" for pair in both(c)]
    found = tuple(dict.fromkeys([Call("<", c.args) if c.name == "<=" and c.args in apart else c for c in case]))
    below = [pair for c in found if c.name == "<" for pair in both(c)]
    return tuple([c for c in found if c.name != "!=" or not (c.args in below or any(beyond(k, c) for k in found))])


def beyond(known: Call, other: Call) -> bool:
    """Whether a bound with a number says that a quantity is not another number: x < -3 that x != 3."""
    (low, high), (a, b) = known.args, sorted(other.args, key=lambda f: isinstance(f, Number))
    if known.name not in ("<", "<=") or not isinstance(b, Number) or a not in (low, high):
        return False
    bound = high if a == low else low
    if not isinstance(bound, Number):
        return False
    apart = bound.numerator * b.denominator - b.numerator * bound.denominator
    return apart < 0 if a == low else apart > 0


def said(case: Case) -> tuple[Formula, ...]:
    """Conditions as a reader says them: -3 < x and x < 3 as -3 < x < 3, a <= b and b <= a as a = b."""
    case = strict(case)
    found = [c for c in case if not any(weaker(c, other) for other in case)]
    match found:
        case [Call("<=", (a, b)), Call("<=", (c, d))] if (a, b) == (d, c):
            return (Call("==", (a, b)),)
        case [Call("<" | "<=", (a, b)), Call("<" | "<=" as name, (c, d))] if b == c and a != d:
            return (Call(name, (found[0], d)),)
        case [Call("<" | "<=" as name, (a, b)), Call("<" | "<=", (c, d))] if a == d and b != c:
            return (Call(name, (found[1], b)),)
    return tuple([as_typed(c) for c in found])


def weaker(c: Call, other: Call) -> bool:
    """Whether another condition with a number says more: 3 <= x than -3 < x."""
    if c == other or c.name not in ("<", "<=") or other.name not in ("<", "<="):
        return False
    if follows(other, c):
        return True
    (a, b), (low, high) = c.args, other.args
    if b == high and isinstance(a, Number) and isinstance(low, Number):
        return a.numerator * low.denominator < low.numerator * a.denominator
    if a == low and isinstance(b, Number) and isinstance(high, Number):
        return b.numerator * high.denominator > high.numerator * b.denominator
    return False


def as_typed(c: Call) -> Call:
    """0 < x as x > 0: what varies stands first."""
    a, b = c.args
    names = {"<": ">", "<=": ">="}
    return Call(names[c.name], (b, a)) if c.name in names and isinstance(a, Number) else c


def joined(reason: Text, case: tuple[Formula, ...]) -> Message:
    """A reason and the condition of a case."""
    return say("{reason}; {case}", reason=reason, case=case) if reason else Message("{case}", {"case": case})
