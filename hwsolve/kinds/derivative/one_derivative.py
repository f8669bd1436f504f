"""One derivative as lines: rewritten, differentiated step by step, brought into textbook form, split by cases."""

from __future__ import annotations

from hwsolve.derivation.identities import Identities
from hwsolve.derivation.lines import chain
from hwsolve.formula.differentiate import Rewrite, differentiate
from hwsolve.formula.domain import effort
from hwsolve.formula.functions import function
from hwsolve.formula.indices import put
from hwsolve.formula.matrix_form import matrix_form
from hwsolve.formula.rules import NoRule
from hwsolve.formula.simplify.logarithms import taken_apart
from hwsolve.formula.simplify.recognise import defined, recognised
from hwsolve.formula.simplify.simplify import size
from hwsolve.formula.simplify.textbook import cost, textbook
from hwsolve.formula.tree import ONE, ZERO, BigOperator, Call, Formula, Ref, call, transform, walk
from hwsolve.formula.whole_arrays import total_of
from hwsolve.kinds.derivative.asked import Question
from hwsolve.kinds.derivative.own_terms import itself
from hwsolve.kinds.derivative.second_way import confirm
from hwsolve.language import Message, say
from hwsolve.sections import section
from hwsolve.solution import Answer, Line, Note, Prose, Step

MOST_PARTS = 2500  # names, numbers and operators of a derivative
MOST_WORK = 500_000  # of them when its sums are written out


class DerivativeLines:
    """Writes derivatives down and keeps what comes out."""

    def __init__(self, question: Question) -> None:
        self.question = question
        self.identities = Identities(question)
        self.lines: list[Line] = []  # of the section that is being written
        self.sections: list[Step] = []
        self.answers: dict[str, Answer] = {}
        self.notes: list[Note] = []
        self.short: dict[str, Formula] = {}  # answers in terms of the function itself
        self.known: dict[str, Formula] = {}  # answers with the stated sums of vectors

    def one(
        self, f: Formula, function: Formula, by: tuple[Ref, ...], key: str, whole: Formula, shown: Formula
    ) -> Formula:
        """The derivative of f by the last of `by`: rewritten, differentiated step by step, in textbook form, confirmed.

        f is the derivative of `function` by the others.  `whole` is the left side of the last line, `shown` what a
        reader sees of it.
        """
        target = by[-1]
        start = defined(f) if f in self.question.functions else f
        self.add(f, start, say("definition"))
        base = taken_apart(start, self.positive_names())
        self.add(start, base, say("rules of the logarithm"))
        steps: list[Rewrite] = []
        raw = differentiate(base, target, steps, self.ranges(target))
        if (parts := size(raw)) > MOST_PARTS:
            raise NoRule(say("This derivative has {n} parts: it is too long to be written out.", n=f"{parts:,}"))
        if (work := effort(raw)) > MOST_WORK:
            raise NoRule(say("This derivative has {n} parts when its sums are written out: too many.", n=f"{work:,}"))
        best = self.best(f, base, raw, target)
        first = steps[0] if steps else None
        same = first is not None and best == raw and first.lhs == whole and base == f
        for step in steps:
            self.steps(step)
        named = recognised(base)
        if start == f and named != base and mentions_function_of(best, named, base):
            self.add(base, named, say("by its name"))
        unnamed = not mentions_function_of(best, recognised(self.question.functions[0]), self.question.functions[0])
        own = itself(self.question, self.question.functions[0], best, target) if unnamed else None
        if own is not None:
            self.short[key] = own
            self.add(whole, best, say("in terms of the function itself"), (shown, raw, best, own))
        elif not same:
            self.add(whole, best, say("textbook form"), (shown, raw, best))
        self.use_sums(best, shown, key)
        confirm(self.question, function, by, best)
        return best

    def use_sums(self, best: Formula, shown: Formula, key: str) -> None:
        """The result with the sums that are stated for its vectors."""

        def change(node: Formula) -> Formula:
            match node:
                case BigOperator("Sum", Ref(name, (Ref(index, ()),)), bound, low, high):
                    of_all = index == bound and low == ONE and self.question.shapes.get(name) == (high,)
                    return self.question.sums.get(name, node) if of_all else node
            return node

        known = transform(best, change)
        if known != best:
            self.short[key] = self.known[key] = textbook(known)
            sums = tuple(call("==", total_of(name), total) for name, total in self.question.sums.items())
            self.lines.append(Prose(say("With {sums}:", sums=sums), chain(shown, self.known[key])))

    def steps(self, step: Rewrite, depth: int = 0) -> None:
        """A step and, set in, what its form asks for."""
        self.add(step.lhs, step.rhs, step.rule, (step.lhs, step.form, step.rhs), depth)
        for inner in step.substeps:
            self.steps(inner, depth + 1)

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

    def positive_names(self) -> frozenset[str]:
        """Names that are stated to be positive."""
        stated = self.question.scalars | self.question.elements
        return frozenset(n for n, d in stated.items() if d in ("positive", "unit"))

    def cases(self, d: Formula, target: Ref, f: Formula, head: tuple[int, ...] = ()) -> None:
        """Where δ(i,k) stands in the result: what it is for k = i, and for k ≠ i."""
        deltas = [n for n in walk(d) if isinstance(n, Call) and n.name == "delta"]
        if len(set(deltas)) != 1 or not all(isinstance(i, Ref) for i in deltas[0].args):
            return
        one, other = deltas[0].args
        if one in target.indices:
            one, other = other, one
        if other not in target.indices or not (isinstance(one, Ref) and isinstance(other, Ref)):
            return
        equal = textbook(put(d, one.name, other))
        typed = self.question.typed[0] if f == self.question.functions[0] else f
        lhs = call("diff", put(f, one.name, other), target, *head)
        seen = call("diff", put(typed, one.name, other), target, *head)
        rule = say("where {k} = {i}", k=other, i=one)
        self.add(lhs, equal, rule, (seen, equal))
        apart = textbook(transform(d, lambda n: ZERO if n == deltas[0] else n))
        condition = Call("==", (one, other))
        left = Call("if", (condition, ZERO, call("diff", f, target, *head)))
        right = Call("if", (condition, ZERO, apart))
        rule = say("where {k} ≠ {i}", k=other, i=one)
        self.add(left, right, rule, (call("diff", typed, target, *head), apart))

    def matrix(self, d: Formula, indices: tuple[str, ...]) -> None:
        """The form without indices, where there is one."""
        if len(indices) not in (1, 2):
            return
        form = matrix_form(d, indices)
        if form is not None:
            self.lines.append(Prose(say("In vectors and matrices: {form}", form=form)))

    def add(
        self, lhs: Formula, rhs: Formula, rule: Message | str, shown: tuple[Formula, ...] = (), depth: int = 0
    ) -> None:
        """Append a line that says something that no line of the section has said."""
        line = self.identities.line(lhs, rhs, rule, shown, depth)
        if line is not None and line not in self.lines:
            self.lines.append(line)

    def section(self, title: Message) -> None:
        """Close a section over the lines since the last one."""
        self.sections.append(section(title, lines=tuple(self.lines)))
        self.lines = []

    def answer(self, key: str, shown: Formula, main: bool = False) -> None:
        """A formula among the answers, its vectors written out for whoever evaluates it."""
        value = self.question.written_out(self.known.get(key, shown))
        shown = self.short.get(key, shown)
        self.answers[key] = Answer(value, main, shown if shown != value else None, self.functions())

    def functions(self) -> tuple[Formula, ...]:
        """The functions with their vectors written out."""
        return tuple(self.question.written_out(f) for f in self.question.functions)


def mentions_function_of(best: Formula, named: Formula, base: Formula) -> bool:
    """Whether the result has a function that was recognised and does not stand in what was given."""
    given = {n.name for n in walk(base) if isinstance(n, Call)}
    new = {n.name for n in walk(named) if isinstance(n, Call)} - given
    return any(isinstance(n, Call) and n.name in new for n in walk(best))
