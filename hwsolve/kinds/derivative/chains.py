"""One derivative as a chain: the rule, the derivatives of the parts put in, the textbook form.

Every link is the whole expression once more.  The derivative of a part that needs one rule stands in the reason; one
that needs more is a chain of its own, set in before it is used.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

import msgspec

from hwsolve.derivation.identities import Identities
from hwsolve.formula.comparisons import by_steps
from hwsolve.formula.differentiate import Rewrite, differentiate
from hwsolve.formula.domain import Names, effort
from hwsolve.formula.equality.quotients import Field, TooLong, Undefined
from hwsolve.formula.functions import function
from hwsolve.formula.meaning import by_definition
from hwsolve.formula.rules import NoRule
from hwsolve.formula.simplify.logarithms import taken_apart
from hwsolve.formula.simplify.recognise import defined, recognised
from hwsolve.formula.simplify.simplify import size
from hwsolve.formula.simplify.terms import mentions, term_of
from hwsolve.formula.simplify.textbook import cost, textbook
from hwsolve.formula.tree import Call, Formula, Ref, transform, walk
from hwsolve.kinds.derivative.asked import Question
from hwsolve.kinds.derivative.last_step import last_step, numerator_alone
from hwsolve.kinds.derivative.own_terms import as_product, itself
from hwsolve.kinds.derivative.second_way import confirm
from hwsolve.kinds.derivative.steps import Steps, rewritings_of
from hwsolve.kinds.derivative.symbols import Symbols
from hwsolve.language import say
from hwsolve.solution import Free, Group, Identity, Item, Text

MOST_PARTS = 2500  # names, numbers and operators of a derivative
MOST_WORK = 500_000  # of them when its sums are written out
MOST_SAID = 3  # formulas in a reason


Link = tuple[Formula, Text, Free]  # a form of a derivative, its reason, and what the names of the reason range over


class Chains:
    """Writes derivatives as groups of checked lines; `items` are those of the step that is being written."""

    def __init__(self, question: Question, symbols: Symbols) -> None:
        self.question, self.symbols = question, symbols
        self.identities = Identities(question)
        self.steps = Steps([])
        self.items: list[Item] = []
        self.own: Formula | None = None  # the last derivative in terms of the function itself
        self.said: set[Formula] = set()  # derivatives of parts that stand above

    def start(self, f: Formula) -> Formula:
        """The form of a function that is differentiated: by its definition, its logarithms taken apart."""
        stated = self.question.scalars | self.question.elements
        positive = frozenset(n for n, d in stated.items() if d in ("positive", "unit"))
        return taken_apart(defined(f) if f in self.question.functions else f, positive)

    def one(self, f: Formula, function: Formula, by: tuple[Ref, ...], whole: Formula, symbol: Formula) -> Formula:
        """The derivative of f by the last of `by`, as a chain behind its symbol; f is that of `function` by the others.

        `whole` is the left side that a machine evaluates.
        """
        target, base = by[-1], self.start(f)
        self.own = None
        steps: list[Rewrite] = []
        raw = differentiate(base, target, steps, self.ranges(target))
        if (parts := size(raw)) > MOST_PARTS:
            raise NoRule(say("This derivative has {n} parts: it is too long to be written out.", n=f"{parts:,}"))
        if (work := effort(raw)) > MOST_WORK:
            raise NoRule(say("This derivative has {n} parts when its sums are written out: too many.", n=f"{work:,}"))
        best = self.best(f, base, raw, target)
        confirm(self.question, function, by, best)
        asked = Call("diff", (base, target))
        self.steps = Steps(steps)
        before, said = len(self.items), set(self.said)
        links = [link for step in steps[-1:] for link in self.links(step)] or [(raw, "", {})]
        if any(has_choice(form) for form, _, _ in links):  # the cases of the result say it all
            self.items, self.said = self.items[:before], said
            links = [(best, steps[-1].rule if steps else "", {})]
        if alike(links[-1][0], best):
            links[-1] = (best, *links[-1][1:])
        else:
            links.append((best, *self.ending(links[-1][0], best)))
        links = self.distinct(links)
        for n, (form, reason, free) in enumerate(links):
            self.add(whole if n == len(links) - 1 else asked, form, reason, symbol, free=free)
        own = None if new_functions(best, function) else itself(self.question, function, best, target)
        if own is not None:
            self.own = by_name(own, self.symbols)
            self.add(whole, best, say("in terms of the function itself"), symbol, self.own)
        return best

    # links

    def links(self, step: Rewrite) -> Iterator[Link]:
        """The forms of a derivative behind each other, each with its reason; chains of parts stand before them."""
        parts = self.steps.parts(step)
        told, free = self.told(parts)
        reason: Text = self.steps.rule(step)
        facts = self.slopes_of_elements(step)
        if parts:
            yield self.steps.known(step), beside(reason, tuple(facts)), ranges_of(facts)
            reason = say("{parts}", parts=told) if told else ""
        elif facts:
            reason, free = beside(reason, tuple(facts)), ranges_of(facts)
        for inner in rewritings_of(step):
            yield inner.lhs, reason, free
            reason, free = inner.rule, {}
        yield step.rhs, reason, free

    def slopes_of_elements(self, step: Rewrite) -> dict[Formula, Free]:
        """∂xᵢ/∂xₖ = δᵢₖ where that is put in for the first time, with what its names range over."""
        found: dict[Formula, Free] = {}
        for part in self.steps.deltas(step):
            if part.lhs not in self.said and (free := self.everywhere(part.lhs, part.rhs)) is not None:
                self.said.add(part.lhs)
                found[Call("==", (part.lhs, part.rhs))] = free
        return found

    def distinct(self, links: list[Link]) -> list[Link]:
        """Links without those that look like the one behind them, which takes over their reason."""
        kept: list[Link] = []
        for form, reason, free in links:
            if kept and self.symbols.shown(kept[-1][0]) == self.symbols.shown(form):
                _, reason, free = kept.pop()
            kept.append((form, reason, free))
        return kept

    def told(self, parts: list[Rewrite]) -> tuple[tuple[Formula, ...], Free]:
        """The derivatives of parts that a reason says, and what their names range over; the others are set in."""
        told: dict[Formula, None] = {}
        free: Free = {}
        for part in parts:
            own = self.in_reason(part) if len(told) < MOST_SAID else None
            if own is None:
                self.part(part)
                continue
            if self.symbols.shown(part.lhs) == part.rhs:  # a slope that has no other form
                continue
            told[Call("==", (self.symbols.shown(part.lhs), part.rhs))] = None
            free |= {n: d for n, d in own.items() if d != "real" or n not in free}
        return tuple(told), free

    def in_reason(self, part: Rewrite) -> Free | None:
        """What the names of a derivative range over that a reason may say: one rule gives it, for all their values."""
        if self.steps.parts(part) or rewritings_of(part) or has_choice(part.rhs):
            return None
        return self.everywhere(part.lhs, part.rhs)

    def everywhere(self, lhs: Formula, rhs: Formula) -> Free | None:
        """What the names range over where two forms are equal, if nothing else must be said of them."""
        line = self.identities.line(lhs, rhs)
        out = self.question.written_out
        if not isinstance(line, Identity) or (line.lhs, line.rhs) != (by_steps(out(lhs)), by_steps(out(rhs))):
            return None
        return dict(line.free)

    def part(self, part: Rewrite) -> None:
        """The chain of a part, set in; once in a solution."""
        if part.lhs not in self.said:
            self.said.add(part.lhs)
            for form, reason, free in self.distinct(list(self.links(part))):
                self.add(part.lhs, form, reason, part.lhs, depth=1, free=free)

    def ending(self, before: Formula, best: Formula) -> tuple[Text, Free]:
        """What leads to the textbook form: what a function new in it stands for, or what was done to the terms."""
        for g in new_factors(best, before):
            meaning = self.question.written_out(g)
            if meaning != g:
                sizes = {
                    n: [size_name(i) for i in shape] for n, shape in self.question.shapes.items() if mentions(g, n)
                }
                names = Names((meaning,))
                whole = {n: self.question.scalars.get(n, "real") for n in names.scalars}
                whole |= dict.fromkeys(names.indices, "index") | dict.fromkeys(names.sizes, "size")
                if all(isinstance(i, str) for shape in sizes.values() for i in shape):
                    return say("{parts}", parts=(Call("==", (g, meaning)),)), {**whole, **sizes}
                continue
            meaning = one_fraction(
                transform(g, lambda n: (by_definition(n, cases=False) or n) if is_new(n, before) else n)
            )
            if meaning != g and (free := self.everywhere(g, meaning)) is not None:
                return say("{parts}", parts=(Call("==", (g, meaning)),)), free
        said = last_step(before, best, self.symbols)
        fact = numerator_alone(before, best) if not said else None
        if fact is not None and (free := self.everywhere(*fact.args)) is not None:
            return say("{parts}", parts=(fact,)), free
        return said, {}

    def under(self, where: tuple[Formula, ...], since: int = 0) -> None:
        """What was written since it was last taken, behind so many items of it, holds under conditions."""
        for n, item in enumerate(self.items[since:], since):
            if isinstance(item, Group):
                lines = [msgspec.structs.replace(x, where=where) if isinstance(x, Identity) else x for x in item.lines]
                self.items[n] = msgspec.structs.replace(item, lines=tuple(lines))

    def taken(self) -> tuple[Item, ...]:
        """What was written since it was last taken."""
        items, self.items = tuple(self.items), []
        return items

    def best(self, f: Formula, base: Formula, raw: Formula, target: Ref) -> Formula:
        """The shorter form: of the derivative itself, or of that of the function by its name."""
        found = [textbook(raw)]
        known = function(f.name) if isinstance(f, Call) else None
        by_cases = known is not None and known.cases is not None
        others = [g for g in dict.fromkeys((recognised(base), f)) if g != base and not (g == f and by_cases)]
        found += [textbook(differentiate(g, target, ranges=self.ranges(target))) for g in others]
        return min(found, key=cost)

    def ranges(self, target: Ref) -> dict[str, tuple[Formula, Formula]] | None:
        """The values of the indices of a variable, as far as they are known."""
        known = {i.name: self.question.ranges(i.name, target) for i in target.indices if isinstance(i, Ref)}
        found = {name: r for name, r in known.items() if r is not None}
        return found or None

    def add(
        self, lhs: Formula, rhs: Formula, reason: Text, symbol: Formula, *more: Formula, depth: int = 0,
        free: Free | None = None,
    ) -> None:  # fmt: skip
        """A checked line behind its symbol; what says nothing is left out."""
        forms = tuple([self.symbols.shown(f) for f in (symbol, *(more or (rhs,)))])
        line = self.identities.line(lhs, rhs, forms)
        if line is not None:
            self.items.append(Group((line,), reason, depth=depth, free=free or {}))


def beside(reason: Text, facts: tuple[Formula, ...]) -> Text:
    """A reason with what else was put in."""
    if not facts:
        return reason
    return say("{reason}; {facts}", reason=reason, facts=facts) if reason else say("{facts}", facts=facts)


def ranges_of(facts: dict[Formula, Free]) -> Free:
    """What the names of several facts range over."""
    return {name: domain for free in facts.values() for name, domain in free.items()}


def by_name(own: Formula, symbols: Symbols) -> Formula:
    """A form in terms of the function, which is a call of a function that nobody knows, by the name it has here."""

    def change(node: Formula) -> Formula:
        unknown = isinstance(node, Call) and node.name.isalpha() and function(node.name) is None
        return symbols.function() if unknown else node

    return transform(own, change)


def one_fraction(f: Formula) -> Formula:
    """A form over one denominator, where its parts allow it."""
    with suppress(TooLong, Undefined, KeyError):
        field = Field(f)
        return as_product(field, field.value(f), f)
    return textbook(f)


def alike(a: Formula, b: Formula) -> bool:
    """Whether two forms are the same product, its factors in some order."""
    one, other = term_of(a), term_of(b)
    return a == b or (
        one.coefficient == other.coefficient and sorted(map(repr, one.factors)) == sorted(map(repr, other.factors))
    )


def has_choice(f: Formula) -> bool:
    """Whether a formula has cases."""
    return any(isinstance(n, Call) and n.name == "if" for n in walk(f))


def is_new(f: Formula, before: Formula) -> bool:
    """Whether a function is called that stands nowhere in another formula."""
    return isinstance(f, Call) and f.name in new_functions(f, before)


def size_name(size: Formula) -> str | None:
    """The name of a size that has no number."""
    return size.name if isinstance(size, Ref) else None


def new_functions(f: Formula, before: Formula) -> set[str]:
    """The functions of the table that a formula has and another has not."""
    old = {n.name for n in walk(before) if isinstance(n, Call)}
    return {n.name for n in walk(f) if isinstance(n, Call) and n.name.isidentifier()} - old - {"element", "if", "delta"}


def new_factors(best: Formula, before: Formula) -> Iterator[Formula]:
    """The factors and elements of a form that are made of functions which the form before has not, sums first."""
    new = new_functions(best, before)
    if not new:
        return
    elements = [n for n in walk(best) if isinstance(n, Call) and n.name == "element" and new_functions(n, before)]
    factors = [base for base, _ in term_of(best).factors if new_functions(base, before)]
    yield from sorted(dict.fromkeys(elements or factors), key=lambda g: isinstance(g, Call) and g.name in new)
