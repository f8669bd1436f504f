"""The formula of one element by the patterns of its kind: names, keys or numbers are put in, nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from operator import itemgetter
from typing import Any

from hwsolve.derivation.lines import disagreement, is_value
from hwsolve.derivation.text_values import Indices
from hwsolve.derivation.zero_terms import without_zeros
from hwsolve.formula.evaluate import agrees
from hwsolve.formula.operators import EXACT
from hwsolve.formula.tree import Call, Formula, Number, Ref, walk
from hwsolve.graph.explain.parts import Part
from hwsolve.graph.explain.patterns import Pattern, may_cancel
from hwsolve.numbers.formed import with_form
from hwsolve.numbers.identity import settled
from hwsolve.solution import Stage

Element = tuple[str, Indices]


def reading_of(parts: Sequence[Part], indices: Indices, unroll: int) -> Reading | None:
    """The formula of an element, whose parts that are 0 are left out; None where a part has no pattern."""
    patterns: list[Pattern] = []
    elements: list[Element] = []
    for part in parts:
        pattern = part.pattern(indices, unroll)
        if isinstance(pattern, Formula):
            continue
        read = None if pattern is None else places(part, pattern)
        if pattern is None or read is None:
            return None
        patterns.append(pattern)
        elements += read
    return Reading(patterns, elements) if elements else None


def places(part: Part, pattern: Pattern) -> list[Element] | None:
    """The elements at the places of a pattern; None where one is no element of a quantity."""
    late, names, nodes = part.numbers, part.names, part.graph.nodes
    found = []
    for own, at in pattern.places:
        name = names.get(own)
        if name not in nodes or len(at) != len(nodes[name].shape):
            return None
        where = tuple([late.get(i, 0) if type(i) is str else i for i in at])
        if late and not all(1 <= i <= n for i, n in zip(where, nodes[name].shape, strict=True)):  # type: ignore[operator]
            return None
        if not late and any(type(i) is str for i in at):
            return None
        found.append((name, where))
    return found  # type: ignore[return-value]


class Reading:
    """A formula, or a sum of formulas, over the elements that it reads."""

    def __init__(self, patterns: list[Pattern], elements: list[Element]) -> None:
        self.patterns, self.elements = patterns, elements
        self.formula = self.put([Ref(name, tuple([Number(i) for i in at])) for name, at in elements])

    def put(self, at: list[Any]) -> Formula:
        """The formula with these in the place of the elements."""
        if len(self.patterns) == 1:
            return self.patterns[0].put(at)  # type: ignore[no-any-return]
        return Call("+", tuple([pattern.put(own) for pattern, own in self.each(at)]))

    def value(self, at: list[Any]) -> Any:
        """The value over these numbers."""
        if len(self.patterns) == 1:
            return self.patterns[0].value(at)
        return EXACT["+"](*[pattern.value(own) for pattern, own in self.each(at)])

    def each(self, at: list[Any]) -> list[tuple[Pattern, list[Any]]]:
        """Every pattern with what stands at its places."""
        made, start = [], 0
        for pattern in self.patterns:
            made.append((pattern, at[start : start + len(pattern.places)]))
            start += len(pattern.places)
        return made

    # a line

    def checked(self, writer: Any, key: Ref, value: Any) -> dict[Ref, Element]:
        """The keys that are read; a Disagreement where the formula does not give the value."""
        numbers = [writer.element(*element) for element in self.elements]
        found = settled(lambda: self.value([with_form(x) for x in numbers]), writer.forms)
        if not agrees(value, found):
            raise disagreement(key, self.formula, value)
        return {writer.key(*element): element for element in self.elements}

    def over_keys(self, writer: Any) -> Formula:
        """The formula over the keys that a reader knows."""
        return self.put([writer.key(*element) for element in self.elements])

    def with_numbers(self, writer: Any, shown: Formula, value: Any) -> tuple[Stage, ...] | None:
        """The formula, and the numbers put in; None where something divides, or where digits may cancel."""
        if any(pattern.quotients for pattern in self.patterns):
            return None
        numbers = [writer.put(*element) for element in self.elements]
        rounded = any([n.rounded for n in numbers])
        if rounded and writer.exact and self.may_cancel(numbers, value):
            return None
        put = self.put(numbers)
        made = without_zeros(put)
        near = rounded and (made is put or any(isinstance(n, Number) and n.rounded for n in walk(made)))
        first = Stage("=", shown)
        return (first,) if is_value(made) else (first, Stage("≈" if near else "=", made, sparse=made is not put))

    def may_cancel(self, numbers: list[Number], value: Any) -> bool:
        """Whether almost nothing may be left of a sum of these numbers, but for the whole where that is 0."""
        try:
            at = [n.numerator / n.denominator for n in numbers]
        except OverflowError:
            return True
        if len(self.patterns) == 1:
            pattern = self.patterns[0]
            return may_cancel(pattern.sums, at) or (value != 0 and may_cancel(pattern.top, at))
        if any(may_cancel([*p.sums, *p.top], own) for p, own in self.each(at)):
            return True
        codes = [p.near for p in self.patterns]
        if value == 0 or None in codes:
            return False
        try:
            terms = [code(own) for code, (_, own) in zip(codes, self.each(at), strict=True)]  # type: ignore[misc]
        except (OverflowError, ZeroDivisionError):
            return True
        return may_cancel([list(map(itemgetter, range(len(terms))))], terms)

    def taken(self, writer: Any, key: Ref, shown: Formula) -> Formula:
        """The formula as it stands in the text, which gives the key its value."""
        text = writer.text
        smooth = any(pattern.smooth for pattern in self.patterns)
        if smooth or (text.real and any(writer.key(*element) in text.real for element in self.elements)):
            text.real.add(key)
            text.names.add(key.name)
        return shown
