"""A chain with choices as a row for each case, its condition beside it: f′(x) = 1 (x > 0), f′(x) = 0 (x ≤ 0)."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import msgspec

from hwsolve.formula.tree import Call, Formula, transform, walk
from hwsolve.language import Message, say
from hwsolve.render.quantity_rows import Row
from hwsolve.solution import Text

MOST = 4  # cases that have a row each
OPPOSITE = {"<": ">=", ">=": "<", ">": "<=", "<=": ">", "==": "!="}
TURNED = {">": "<", ">=": "<="}
Case = tuple[Formula, ...]  # conditions that hold together


def by_cases(row: Row) -> list[Row]:
    """The rows of a chain; as it is where it has no choices, or too many."""
    found = list(cases(row.links[-1][1], ())) if row.links else []
    if not 1 < len(found) <= MOST:
        return [row]
    rows = []
    for n, case in enumerate(found):
        links = tuple([(relation, decided(f, case)) for relation, f in row.links])
        reason = joined(row.reason if n == 0 else "", between(case))
        kept = [links[0], *[b for a, b in pairwise(links) if a[1] != b[1]]]
        rows.append(msgspec.structs.replace(row, links=tuple(kept), reason=reason, case=True))
    return rows


def cases(f: Formula, so_far: Case) -> Iterator[Case]:
    """The conditions under each of which no choice is left in a formula."""
    condition = next((n.args[0] for n in walk(decided(f, so_far)) if isinstance(n, Call) and n.name == "if"), None)
    if condition is None or not isinstance(condition, Call) or condition.name not in OPPOSITE:
        yield so_far
        return
    other = Call(OPPOSITE[condition.name], condition.args)
    yield from cases(f, (*so_far, condition))
    yield from cases(f, (*so_far, other))


def decided(f: Formula, case: Case) -> Formula:
    """A formula with the choices that a case decides."""

    def change(node: Formula) -> Formula:
        if isinstance(node, Call) and node.name == "if" and isinstance(node.args[0], Call):
            condition = node.args[0]
            if condition in case:
                return node.args[1]
            if Call(OPPOSITE.get(condition.name, ""), condition.args) in case:
                return node.args[2]
        return node

    return transform(f, change) if case else f


def between(case: Case) -> tuple[Formula, ...]:
    """Conditions as a reader says them: -3 < x and x < 3 as -3 < x < 3."""
    known = [turned(c) for c in case if not follows(c, case)]
    if len(known) == 2 and all(c.name in ("<", "<=") for c in known) and known[0].args[1] == known[1].args[0]:
        return (Call(known[1].name, (known[0], known[1].args[1])),)
    return case if len(known) == len(case) else tuple([c for c in case if not follows(c, case)])


def turned(condition: Formula) -> Call:
    """x > a as a < x."""
    assert isinstance(condition, Call)
    a, b = condition.args
    return Call(TURNED[condition.name], (b, a)) if condition.name in TURNED else condition


def follows(condition: Formula, case: Case) -> bool:
    """Whether a later condition of the same side says more: x > -3 where x >= 3 is known."""
    assert isinstance(condition, Call)
    after = case[case.index(condition) + 1 :]
    return any(
        isinstance(c, Call) and c.args[0] == condition.args[0] and c.name[0] == condition.name[0] != "=" for c in after
    )


def joined(reason: Text, case: tuple[Formula, ...]) -> Message:
    """A reason and the condition of a case."""
    return say("{reason}; {case}", reason=reason, case=case) if reason else Message("{case}", {"case": case})
