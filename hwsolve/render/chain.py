"""A line as a chain of equal things, in one notation: `symbol = formula = numbers = value`, said once each."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from hwsolve.formula.tree import Formula
from hwsolve.solution import Identity, Prose, Value

Link = tuple[str, str]  # a relation and what stands behind it; the first link's relation is ""


class Notation(msgspec.Struct, frozen=True):
    """How formulas and printed numbers are written."""

    formula: Callable[[Formula], str]
    number: Callable[[str], str]


def chain(line: Value | Identity | Prose, notation: Notation) -> list[Link]:
    """The links of a line; one that repeats its neighbour is left out."""
    write = notation.formula
    if isinstance(line, Value):
        links = [("", write(line.key)), *[(s.relation, write(s.formula)) for s in line.stages]]
        links.append((line.quantity.relation, notation.number(line.quantity.text)))
    elif isinstance(line, Identity):
        name = [] if line.key is None or line.key == line.lhs else [("", write(line.key))]
        forms = line.shown or (line.lhs, line.rhs)
        links = [*name, *[("=" if name or n else "", write(f)) for n, f in enumerate(forms)]]
    else:
        links = [(s.relation if n else "", write(s.formula)) for n, s in enumerate(line.formulas)]
    return without_repeats(links)


def without_repeats(links: list[Link]) -> list[Link]:
    """A link that says what the one before it said is left out, with the weaker of the two relations kept."""
    kept: list[Link] = []
    for relation, text in links:
        if kept and kept[-1][1] == text and len(kept) > 1:
            kept[-1] = ("≈" if "≈" in (relation, kept[-1][0]) else kept[-1][0], text)
        else:
            kept.append((relation, text))
    return kept


def joined(links: list[Link]) -> str:
    """The chain in one row."""
    return "".join([f" {relation} {text}" if n else text for n, (relation, text) in enumerate(links)])
