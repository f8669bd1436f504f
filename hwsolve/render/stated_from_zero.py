"""A published formula whose sums run from 0, beside a page that counts from 1: the page's formula, counted from 0."""

from __future__ import annotations

from collections.abc import Iterator

from hwsolve.formula.tree import BigOperator, Call, Formula, Number, walk
from hwsolve.language import Message, say
from hwsolve.render.from_zero import FromZero
from hwsolve.render.judged import set_out
from hwsolve.solution import Solution


def counted_from_zero(s: Solution, language: str) -> Iterator[Message]:
    """What published formulas that agree look like on a page that counts as they do."""
    symbols = None
    for key in dict.fromkeys(p.key.strip("()") for p in s.published if begins(p.stated, 0) and p.agrees):
        answer, name = s.answers.get(key), s.symbols.get(key)
        f = (answer.shown or answer.value) if answer is not None else None
        if not s.notation.count_from or not isinstance(name, Formula) or not isinstance(f, Formula) or not begins(f, 1):
            continue
        symbols = symbols or FromZero(s, language)
        formula = Call("==", (symbols.formula(name), symbols.formula(f)))
        yield say(
            "With indices that count from {zero}, the formula of this page is {formula}.", zero=0, formula=formula
        )


def begins(f: Formula | str, at: int) -> bool:
    """Whether a formula has sums, or other big operators, and all begin there."""
    f = set_out(f) if isinstance(f, str) else f
    found = [node.low for node in walk(f) if isinstance(node, BigOperator)] if isinstance(f, Formula) else []
    return bool(found) and all(low == Number(at) for low in found)
