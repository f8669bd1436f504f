"""A line as a chain of equal things, `symbol = formula = numbers = value`, said once each."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import msgspec

from hwsolve.counting import from_one
from hwsolve.formula.evaluate import evaluate, no_names
from hwsolve.formula.tree import Call, Formula, Number, Ref, cancelled
from hwsolve.language import say, translate
from hwsolve.numbers import is_exact
from hwsolve.quantities import put_in, rational
from hwsolve.render.arrays import literal
from hwsolve.solution import Assume, Carried, Form, Identity, Let, Line, Quantity, Value

Link = tuple[str, Formula]  # a relation and what stands behind it; the first link's relation is ""
LONGEST = (9_999, 999)  # numerator and denominator of a fraction that is shown


class Notation(msgspec.Struct, frozen=True):
    """How formulas are written."""

    formula: Callable[[Formula], str]

    def inline(self, value: Any) -> Any:
        """What stands in a sentence: a formula as text, anything else as it is."""
        value = from_one(value)
        if isinstance(value, Quantity):
            return self.formula(put_in(value))
        return self.formula(value) if isinstance(value, Formula) else value


CONDITIONAL = re.compile(r"(?:, else|(?<=[ {])(?:if|and|else))(?=[ }])")
WORDS = {"if": say("if"), "and": say("and"), "else": say("else")}


def spoken(notation: Notation, language: str) -> Notation:
    """The notation with the words between cases, `{x if x > 0, else 0}`, in a language."""
    if language == "en":
        return notation
    words = {english: translate(message, language) for english, message in WORDS.items()}
    words[", else"] = translate(say(", {otherwise}", otherwise=WORDS["else"]), language)
    return Notation(lambda f: CONDITIONAL.sub(lambda found: words[found[0]], notation.formula(f)))


def links_of(line: Line) -> list[Link]:
    """The links of a line; one that repeats its neighbour is left out."""
    if isinstance(line, Value) and isinstance(line.quantity, tuple):
        value, relation, _ = literal(line.quantity, True)
        links = [("", whole(line.key)), *[(s.relation, s.formula) for s in line.stages]]
        near = len(links) > 2 and links[-1][0] == "≈"
        links.append(("≈" if near else relation, value))
    elif isinstance(line, Value):
        fraction = ratio(line.quantity)
        links = [("", line.key), *[(s.relation, s.formula) for s in line.stages]]
        if fraction:
            links.append((reached(line, fraction), fraction))
        links.append((line.quantity.relation if fraction else closing(line), put_in(line.quantity)))
    elif isinstance(line, Identity):
        name = [] if line.key is None or line.key == line.lhs else [("", line.key)]
        forms = line.shown or (line.lhs, line.rhs)
        if line.links and line.links[0].relation == "⟺":
            forms = (Call("==", forms),)
        links = [*name, *[(line.relation if n else "=" if name else "", f) for n, f in enumerate(forms)]]
        links += [(s.relation, s.formula) for s in line.links]
    elif isinstance(line, Let):
        links = [("", line.key), ("=", line.formula)]
    elif isinstance(line, Assume):
        links = [("", line.formula)]
    elif isinstance(line, Carried):
        links = [("", line.key), (line.quantity.relation, put_in(line.quantity))]
    else:
        stages = line.links
        links = [(s.relation if n else "", s.formula) for n, s in enumerate(stages)]
    return without_repeats(links)


def whole(key: Ref) -> Formula:
    """A key as that of a whole array, whose number is its layer's."""
    return key if key.indices else Call("whole", (key,))


def ratio(value: Any) -> Formula | None:
    """What a rounded decimal is exactly: a root, or a short fraction."""
    if not isinstance(value, Quantity) or value.relation == "=" or value.exact is None:
        return value.root if isinstance(value, Quantity) else None
    numerator, denominator = rational(value.exact)
    if denominator == 1 or abs(numerator) > LONGEST[0] or denominator > LONGEST[1]:
        return None
    return Number(numerator, denominator, value.exact)


def closing(line: Value) -> str:
    """The relation of a value to the link before it: ≈ too where rounded numbers give another than the exact value."""
    q: Quantity = line.quantity
    return q.relation if q.relation == "≈" else reached(line, put_in(q))


def reached(line: Value, exact: Formula) -> str:
    """The relation of an exact number to the link before it: ≈ where rounded numbers give another."""
    if not line.stages or line.stages[-1].relation == "=":
        return "="
    try:
        found = evaluate(cancelled(line.stages[-1].formula), no_names)
        return "=" if is_exact(found) and found == evaluate(exact, no_names) else "≈"
    except (ArithmeticError, LookupError, ValueError):
        return "≈"


def row(line: Value | Identity | Form, write: Callable[[Formula], str]) -> str:
    """The chain in one row."""
    return joined([(relation, write(f)) for relation, f in links_of(line)])


def same(a: Formula, b: Formula) -> bool:
    """Whether two links say the same: numbers by their value."""
    if type(a) is Number and type(b) is Number:
        return (a.numerator, a.denominator, a.rounded) == (b.numerator, b.denominator, b.rounded)
    return a == b or quotient(a) == quotient(b) is not None


def quotient(f: Formula) -> tuple[int, int] | None:
    """A fraction of two whole numbers."""
    if type(f) is Number and not f.rounded:
        return f.numerator, f.denominator
    if type(f) is Call and f.name == "/":
        top, bottom = f.args
        if type(top) is Number and type(bottom) is Number and top.denominator == bottom.denominator == 1:
            return top.numerator, bottom.numerator
    return None


def without_repeats(links: list[Link]) -> list[Link]:
    """A link that says what the one before it said is left out, with the weaker of the two relations kept."""
    kept = links[:2]
    for link in links[2:]:
        if not same(link[1], kept[-1][1]):
            kept.append(link)
        elif link[0] == "≈" or (type(link[1]) is Number and link[1].denominator == 1):  # 1, not 1/1
            kept[-1] = link
    return kept


def joined(links: list[tuple[str, str]]) -> str:
    """The written chain in one row."""
    text = links[0][1] if links else ""
    for relation, more in links[1:]:
        text += f" {relation} {more}"
    return text
