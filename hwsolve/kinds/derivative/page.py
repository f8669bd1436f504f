"""The worked derivative: each order, or gradient, Jacobian and Hessian, and what a reader should know beside them."""

from __future__ import annotations

from contextlib import suppress

import msgspec

from hwsolve.formula.indices import fresh, names_in, put
from hwsolve.formula.operators import NoValue
from hwsolve.formula.simplify.simplify import choice
from hwsolve.formula.simplify.textbook import textbook
from hwsolve.formula.tree import ONE, ZERO, BigOperator, Call, Formula, Ref, call, transform, walk
from hwsolve.kinds.derivative.asked import INDICES, Derived, Question, nested
from hwsolve.kinds.derivative.chains import Chains, has_choice
from hwsolve.kinds.derivative.exceptions import exceptions
from hwsolve.kinds.derivative.matrix_lines import matrix_of
from hwsolve.kinds.derivative.nondifferentiable import kink_remarks
from hwsolve.kinds.derivative.question import posed
from hwsolve.kinds.derivative.second_way import confirm
from hwsolve.kinds.derivative.symbols import Symbols
from hwsolve.language import Message, say
from hwsolve.numbers import NotFinite, Undecided
from hwsolve.solution import Answer, Note, Step

Entry = Derived | tuple["Entry", ...]  # a derivative, or nested ones


class AllDerivatives:
    """Works a question out, step by step; `values` holds the formulas of each order for the points."""

    def __init__(self, question: Question, order: int, taken: set[str]) -> None:
        self.question, self.order = question, order
        self.symbols = Symbols(question, taken)
        self.chains = Chains(question, self.symbols)
        self.steps: list[Step] = []
        self.answers: dict[str, Answer] = {}
        self.written: dict[str, Formula] = {}  # how keys are written
        self.notes: list[Note] = []
        self.values: list[Entry] = []
        self.conditions: dict[Formula, None] = {}  # under which the entries of the next answer hold
        self.made = False  # whether a stated sum of a vector was used
        self.second: tuple[str, ...] = ()  # the further indices of a Hessian

    def run(self) -> AllDerivatives:
        """All steps."""
        question = self.question
        self.steps.append(posed(question, self.symbols, self.chains, self.order))
        own = tuple(Derived(f, f) for f in question.functions)
        self.values.append(own[0] if len(own) == 1 else own)
        if len(question.functions) == 1:
            self.answers["d0"] = Answer(question.functions[0], shown=question.typed[0])
            self.written["d0"] = self.symbols.function()
        if question.form == "derivative" and not question.many:
            self.orders()
        elif question.many:
            self.lists()
        else:
            self.by_vector()
        self.remarks()
        return self

    # one variable

    def orders(self) -> None:
        """The first, second, … derivative by one variable."""
        f, target = self.question.functions[0], self.question.targets[0]
        current = f
        for n in range(1, self.order + 1):
            by = (target,) * n
            current = self.one(current, by, f"d{n}", call("diff", f, target, *((n,) if n > 1 else ())))
            if n == 1:
                self.as_vector(f"d{n}", call("diff", f, target))
            self.under(f"d{n}", exceptions(f, by, tuple(d.formula for d in self.values[1:] if isinstance(d, Derived))))
            self.step(ordinal(n))

    def under(self, key: str, where: tuple[Formula, ...]) -> None:
        """The last derivative and its lines hold under conditions."""
        if where:
            self.answers[key] = msgspec.structs.replace(self.answers[key], where=where)
            self.chains.under(where)

    def one(self, f: Formula, by: tuple[Ref, ...], key: str, whole: Formula) -> Formula:
        """A derivative of the function as an answer, with its cases and with the sums that are stated."""
        function, symbol = self.question.functions[0], self.symbols.derivative(by)
        found = self.chains.one(f, function, by, whole, symbol)
        self.cases(found, by, whole, symbol)
        known = self.with_sums(found, whole, symbol)
        value = self.question.written_out(known)
        shown = self.chains.own or known
        self.answers[key] = Answer(value, True, shown if shown != value else None, self.functions())
        self.written[key] = symbol
        self.values.append(Derived(self.question.written_out(found), function, by))
        return found

    # several variables

    def by_vector(self) -> None:
        """Gradient or Jacobian by the elements of a vector, and the Hessian."""
        f, target = self.question.functions[0], self.question.targets[0]
        name, rows, columns = self.question.form, self.question.rows, self.question.columns
        first = self.one(f, (target,), name, call("diff", f, target))
        symbol = self.symbols.jacobian if name == "jacobian" else self.symbols.gradient()
        self.matrix(name, (*rows, *columns), symbol, call("diff", f, target))
        self.step(say("Jacobian") if name == "jacobian" else say("Gradient"))
        if self.order > 1:
            other = self.other(target)
            whole = call("diff", first, other)
            self.one(first, (target, other), "hessian", whole)
            indices = (*columns, *(i.name for i in other.indices if isinstance(i, Ref)))
            self.matrix("hessian", indices, self.symbols.hessian, whole)
            self.step(say("Hessian"))

    def other(self, target: Ref) -> Ref:
        """A variable's element under other indices."""
        used = names_in(*self.question.functions, target)
        free = [i for i in INDICES if i not in used]
        own = {i: Ref(free[n]) for n, i in enumerate(self.question.columns)}
        self.second = tuple(r.name for r in own.values())
        return Ref(target.name, tuple(own.get(i.name, i) if isinstance(i, Ref) else i for i in target.indices))

    def lists(self) -> None:
        """Gradient, Jacobian and Hessian for lists of functions and variables."""
        question, form = self.question, self.question.form
        table: list[tuple[Derived, ...]] = []
        for n, f in enumerate(question.functions):
            row = []
            for t in question.targets:
                before = len(self.chains.items)
                found = self.chains.one(f, f, (t,), call("diff", f, t), self.symbols.derivative((t,), n))
                self.bent(f, (t,), (found,), before)
                row.append(Derived(found, f, (t,)))
            table.append(tuple(row))
        self.step(say("Jacobian") if form == "jacobian" else say("Gradient"))
        if form == "jacobian":
            self.table(form, tuple(table), self.symbols.jacobian)
        else:
            self.table(form, table[0], self.symbols.gradient())
        if self.order > 1:
            self.hessian_of_list(table[0])

    def hessian_of_list(self, gradient: tuple[Derived, ...]) -> None:
        """The derivatives of each partial derivative."""
        f, targets = self.question.functions[0], self.question.targets
        table: list[tuple[Derived, ...]] = []
        for partial, by in zip((d.formula for d in gradient), targets, strict=True):
            row = []
            for target in targets:
                found: Formula = ZERO
                before = len(self.chains.items)
                if any(isinstance(n, Ref) and n.name == target.name for n in walk(partial)):
                    symbol = self.symbols.derivative((by, target))
                    found = self.chains.one(partial, f, (by, target), call("diff", partial, target), symbol)
                else:
                    confirm(self.question, f, (by, target), ZERO)
                self.bent(f, (by, target), (partial, found), before)
                row.append(Derived(found, f, (by, target)))
            table.append(tuple(row))
        self.step(say("Hessian"))
        self.table("hessian", tuple(table), self.symbols.hessian)

    def bent(self, f: Formula, by: tuple[Ref, ...], found: tuple[Formula, ...], since: int) -> None:
        """An entry, whose lines stand behind so many items, and the whole answer hold where nothing bends."""
        where = exceptions(f, by, found)
        self.chains.under(where, since)
        self.conditions |= dict.fromkeys(where)

    def table(self, key: str, entry: Entry, symbol: Formula) -> None:
        """Nested derivatives as an answer, and for the points, with their vectors written out."""
        out = self.question.written_out
        entry = nested(entry, lambda d: msgspec.structs.replace(d, formula=out(d.formula)))
        self.values.append(entry)
        value = nested(entry, lambda d: d.formula)
        self.answers[key] = Answer(value, main=True, functions=self.functions(), where=tuple(self.conditions))
        self.conditions = {}
        self.written[key] = symbol

    # lines behind a derivative

    def cases(self, d: Formula, by: tuple[Ref, ...], whole: Formula, symbol: Formula) -> None:
        """Where δ(i,k) stands in the result: what it is for k = i, and for k ≠ i."""
        deltas = {n for n in walk(d) if isinstance(n, Call) and n.name == "delta"}
        match list(deltas):
            case [Call("delta", (Ref(_, ()) as one, Ref(_, ()) as other))]:
                own = by[-1].indices
                one, other = (other, one) if one in own else (one, other)
                if other in own:
                    equal = textbook(put(d, one.name, other))
                    apart = textbook(transform(d, lambda n: ZERO if n in deltas else n))
                    self.chains.add(whole, choice(Call("==", (other, one)), equal, apart), "", symbol)

    def with_sums(self, found: Formula, whole: Formula, symbol: Formula) -> Formula:
        """The result with the sums that are stated for vectors; evaluated for vectors that are made to have them."""
        sums = self.question.sums

        def change(node: Formula) -> Formula:
            match node:
                case BigOperator("Sum", Ref(name, (Ref(index, ()),)), bound, low, high):
                    of_all = index == bound and low == ONE and self.question.shapes.get(name) == (high,)
                    return sums.get(name, node) if of_all else node
            return node

        known = textbook(transform(found, change))
        if transform(found, change) == found:
            return found
        self.made = True
        for name, total in sums.items():
            reason = say("the elements of {name} add up to {sum}", name=call("array", Ref(name)), sum=total)
            self.chains.add(self.normal(whole), self.normal(known), reason, symbol, known)
        return known

    def normal(self, f: Formula) -> Formula:
        """A formula over vectors that are made to have their stated sums: t[j] as s·t[j]/Σ t."""
        f, question = self.question.written_out(f), self.question

        def made(node: Formula) -> Formula:
            if isinstance(node, Ref) and node.name in question.sums and node.indices:
                j = fresh("j", names_in(f))
                every = BigOperator("Sum", Ref(node.name, (Ref(j),)), j, ONE, question.shapes[node.name][0])
                return question.sums[node.name] * node / every
            return node

        return transform(f, made) if self.made else f

    def matrix(self, key: str, indices: tuple[str, ...], symbol: Formula, whole: Formula) -> None:
        """The form without indices, where there is one; a machine reads the line of an element."""
        answer, unit = self.answers[key], self.symbols.new("e", "u")
        form = matrix_of(self.question, answer.shown or answer.value, indices, unit)
        if form is not None:
            self.vector(key, whole, symbol, form, unit)

    def as_vector(self, key: str, whole: Formula) -> None:
        """The derivatives by all elements of a vector at once, where that by any of them has such a form."""
        (target,), answer = self.question.targets, self.answers[key]
        match target.indices:
            case (Ref(k, ()),) if target.name in self.question.shapes and k not in names_in(*self.question.functions):
                unit = self.symbols.new("e", "u")
                with suppress(NotFinite, Undecided, NoValue):
                    form = matrix_of(self.question, answer.shown or answer.value, (k,), unit)
                    if form is not None and not has_choice(form):
                        self.vector(key, whole, self.symbols.gradient(), form, unit)

    def vector(self, key: str, whole: Formula, symbol: Formula, form: Formula, unit: str) -> None:
        """The line of a gradient as a vector or a matrix; the box of answers says it where it has vectors of one 1."""
        d, value = self.normal(whole), self.normal(self.answers[key].value)
        self.chains.add(d, value, say("for all elements at once"), symbol, form)
        said: list[Message] = []
        if symbol == self.symbols.gradient():
            said.append(say("As a vector: {gradient}.", gradient=Call("form", (Call("==", (symbol, form)),))))
        ones = dict.fromkeys(n for n in walk(form) if isinstance(n, Ref) and n.name == unit and n.indices)
        said += [say("{e} is the vector with 1 in place {i} and 0 elsewhere.", e=e, i=e.indices[0]) for e in ones]
        self.answers[key] = msgspec.structs.replace(self.answers[key], legend=tuple(said))

    def step(self, title: Message) -> None:
        """Close a step over what was written since the last one."""
        self.steps.append(Step(title, self.chains.taken()))

    def functions(self) -> tuple[Formula, ...]:
        """The functions with their vectors written out."""
        return tuple(self.question.written_out(f) for f in self.question.functions)

    def remarks(self) -> None:
        """What was assumed, and what δ means."""
        question = self.question
        for name in question.assumed:
            size = question.shapes[name][0]
            n = size.name if isinstance(size, Ref) else "n"
            self.notes.append(Note("info", say("{name} is taken as a vector of {n} elements.", name=name, n=n)))
        self.notes += [Note("info", text) for text in kink_remarks(question.functions, question.targets)]
        delta = say("δ is 1 where its two indices are equal, else 0.")
        having = [k for k, a in self.answers.items() if isinstance(a.value, Formula) and has_delta(a.shown or a.value)]
        for key in having:
            answer = self.answers[key]
            self.answers[key] = msgspec.structs.replace(answer, legend=(delta, *answer.legend))
        if having and not any(self.answers[key].main for key in having):
            self.notes.append(Note("info", delta))


def has_delta(f: Formula) -> bool:
    """Whether δ stands in a formula."""
    return any(isinstance(n, Call) and n.name == "delta" for n in walk(f))


def ordinal(n: int) -> Message:
    """The heading of the n-th derivative."""
    if n == 1:
        return say("First derivative")
    if n == 2:
        return say("Second derivative")
    if n == 3:
        return say("Third derivative")
    return say("Derivative of order {n}", n=n)
