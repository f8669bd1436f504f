"""A line as a chain of equal things, in one notation: `symbol = formula = numbers = value`, said once each."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import msgspec

from hwsolve.formula.evaluate import evaluate, no_names
from hwsolve.formula.tree import Formula
from hwsolve.language import say, translate
from hwsolve.numbers import is_exact
from hwsolve.solution import Identity, Prose, Value

Link = tuple[str, str]  # a relation and what stands behind it; the first link's relation is ""


class Notation(msgspec.Struct, frozen=True):
    """How formulas and printed numbers are written."""

    formula: Callable[[Formula], str]
    number: Callable[[str], str]

    def inline(self, value: Any) -> Any:
        """What stands in a sentence: a formula or several of them as text, anything else as it is."""
        if isinstance(value, tuple):
            return ", ".join(map(self.inline, value))
        return self.formula(value) if isinstance(value, Formula) else value


CONDITIONAL = re.compile(r"(?<=[ {])(?:if|and|else)(?=[ }])")
WORDS = {"if": say("if"), "and": say("and"), "else": say("else")}


def spoken(notation: Notation, language: str) -> Notation:
    """The notation with the words between cases, `{x if x > 0, else 0}`, in a language."""
    if language == "en":
        return notation
    words = {english: translate(message, language) for english, message in WORDS.items()}
    return Notation(lambda f: CONDITIONAL.sub(lambda found: words[found[0]], notation.formula(f)), notation.number)


def chain(line: Value | Identity | Prose, notation: Notation) -> list[Link]:
    """The links of a line; one that repeats its neighbour is left out."""
    write = notation.formula
    if isinstance(line, Value):
        links = [("", write(line.key)), *[(s.relation, write(s.formula)) for s in line.stages]]
        links.append((closing(line), notation.number(line.quantity.text)))
    elif isinstance(line, Identity):
        name = [] if line.key is None or line.key == line.lhs else [("", write(line.key))]
        forms = line.shown or (line.lhs, line.rhs)
        links = [*name, *[("=" if name or n else "", write(f)) for n, f in enumerate(forms)]]
    else:
        links = [(s.relation if n else "", write(s.formula)) for n, s in enumerate(line.formulas)]
    return without_repeats(links)


def closing(line: Value) -> str:
    """The relation of a value to the link before it: ≈ too where rounded numbers give another than the exact value."""
    q = line.quantity
    if q.relation == "≈" or not line.stages or line.stages[-1].relation == "=":
        return q.relation
    try:
        found = evaluate(line.stages[-1].formula, no_names)
        return "=" if is_exact(found) and found == q.value else "≈"
    except (ArithmeticError, LookupError, ValueError):
        return "≈"


def row(line: Value | Identity | Prose, notation: Notation, symbol: str | None = None) -> str:
    """The chain in one row; that of an exact value, as most lines are, without a list between.

    `symbol` is the written key where it is at hand.
    """
    if type(line) is not Value or line.quantity.relation == "≈" or (line.stages and line.stages[-1].relation == "≈"):
        return joined(chain(line, notation))
    write = notation.formula
    text, last = symbol or write(line.key), ""
    for stage in line.stages:
        if (link := write(stage.formula)) != last:
            text += f" {stage.relation} {link}"
            last = link
    number = notation.number(line.quantity.text)
    return text if number == last else f"{text} = {number}"


def without_repeats(links: list[Link]) -> list[Link]:
    """A link that says what the one before it said is left out, with the weaker of the two relations kept."""
    kept = links[:2]
    for link in links[2:]:
        if link[1] != kept[-1][1]:
            kept.append(link)
        elif link[0] == "≈":
            kept[-1] = link
    return kept


def joined(links: list[Link]) -> str:
    """The chain in one row."""
    text = links[0][1] if links else ""
    for relation, more in links[1:]:
        text += f" {relation} {more}"
    return text
