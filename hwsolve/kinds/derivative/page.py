"""The worked derivative: each order, or gradient, Jacobian and Hessian, and what a reader should know beside them."""

from __future__ import annotations

import msgspec

from hwsolve.derivation.lines import chain
from hwsolve.formula.indices import names_in
from hwsolve.formula.tree import ZERO, Call, Formula, Ref, call, walk
from hwsolve.kinds.derivative.asked import INDICES, Derived, Question, nested
from hwsolve.kinds.derivative.nondifferentiable import kink_remarks
from hwsolve.kinds.derivative.one_derivative import DerivativeLines
from hwsolve.kinds.derivative.question import posed
from hwsolve.kinds.derivative.second_way import confirm
from hwsolve.language import Message, say
from hwsolve.sections import section
from hwsolve.solution import Answer, Note, Prose

Entry = Derived | tuple["Entry", ...]  # a derivative, or nested ones


class AllDerivatives(DerivativeLines):
    """Works a question out, section by section; `values` holds the formulas of each order for the points."""

    def __init__(self, question: Question, order: int) -> None:
        super().__init__(question)
        self.order = order
        self.values: list[Entry] = []
        self.second: tuple[str, ...] = ()  # the further indices of a Hessian

    def run(self) -> AllDerivatives:
        """All sections."""
        question = self.question
        self.sections.append(posed(question, self.order))
        if question.typed != question.functions:
            lines = [Prose("", chain(a, b)) for a, b in zip(question.typed, question.functions, strict=True)]
            self.sections.append(section(say("Function"), lines=tuple(lines), asked=True))
        own = tuple(Derived(f, f) for f in question.functions)
        self.values.append(own[0] if len(own) == 1 else own)
        if len(question.functions) == 1:
            self.answers["d0"] = Answer(question.functions[0], shown=question.typed[0])
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
            head, by = (n,) if n > 1 else (), (target,) * n
            whole, shown = (call("diff", g, target, *head) for g in (f, self.question.typed[0]))
            current = self.one(current, f, by, f"d{n}", whole, shown)
            self.cases(current, target, f, head)
            self.section(ordinal(n))
            self.answer(f"d{n}", current, main=True)
            self.derived(current, by)

    # several variables

    def by_vector(self) -> None:
        """Gradient or Jacobian by the elements of a vector, and the Hessian."""
        f, target = self.question.functions[0], self.question.targets[0]
        name, rows, columns = self.question.form, self.question.rows, self.question.columns
        whole, shown = call("diff", f, target), call("diff", self.question.typed[0], target)
        first = self.one(f, f, (target,), name, whole, shown)
        self.cases(first, target, f)
        self.matrix(self.known.get(name, first), (*rows, *columns))
        self.section(say("Jacobian") if name == "jacobian" else say("Gradient"))
        self.answer(name, first, main=True)
        self.derived(first, (target,))
        if self.order > 1:
            self.hessian_of_vector(first, target)

    def hessian_of_vector(self, gradient: Formula, target: Ref) -> None:
        """The derivative of an element of the gradient by another element."""
        other, columns = self.other(target), self.question.columns
        whole = call("diff", gradient, other)
        second = self.one(gradient, self.question.functions[0], (target, other), "hessian", whole, whole)
        self.cases(second, other, gradient)
        if len(columns) == 1:
            own = (i.name for i in other.indices if isinstance(i, Ref))
            self.matrix(self.known.get("hessian", second), (*columns, *own))
        self.section(say("Hessian"))
        self.answer("hessian", second, main=True)
        self.derived(second, (target, other))

    def derived(self, found: Formula, by: tuple[Ref, ...]) -> None:
        """Keep a derivative of the function for the points."""
        self.values.append(Derived(self.question.written_out(found), self.question.functions[0], by))

    def other(self, target: Ref) -> Ref:
        """A variable's element under other indices."""
        used = names_in(*self.question.functions, target)
        free = [i for i in INDICES if i not in used]
        own = {i: Ref(free[n]) for n, i in enumerate(self.question.columns)}
        self.second = tuple(r.name for r in own.values())
        return Ref(target.name, tuple(own.get(i.name, i) if isinstance(i, Ref) else i for i in target.indices))

    def lists(self) -> None:
        """Gradient, Jacobian and Hessian for lists of functions and variables."""
        question, targets, form = self.question, self.question.targets, self.question.form
        table: list[tuple[Derived, ...]] = []
        for f, typed in zip(question.functions, question.typed, strict=True):
            row = []
            for target in targets:
                whole, shown = call("diff", f, target), call("diff", typed, target)
                row.append(Derived(self.one(f, f, (target,), form, whole, shown), f, (target,)))
            table.append(tuple(row))
        self.section(say("Jacobian") if form == "jacobian" else say("Gradient"))
        self.table(form, tuple(table) if form == "jacobian" else table[0])
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
                if any(isinstance(n, Ref) and n.name == target.name for n in walk(partial)):
                    whole = call("diff", partial, target)
                    found = self.one(partial, f, (by, target), "hessian", whole, whole)
                else:
                    confirm(self.question, f, (by, target), ZERO)
                row.append(Derived(found, f, (by, target)))
            table.append(tuple(row))
        self.section(say("Hessian"))
        self.table("hessian", tuple(table))

    def table(self, key: str, entry: Entry) -> None:
        """Nested derivatives as an answer, and for the points, with their vectors written out."""
        out = self.question.written_out
        entry = nested(entry, lambda d: msgspec.structs.replace(d, formula=out(d.formula)))
        self.values.append(entry)
        self.answers[key] = Answer(nested(entry, lambda d: d.formula), main=True, functions=self.functions())

    def remarks(self) -> None:
        """What was assumed, and what δ means."""
        question = self.question
        for name in question.assumed:
            size = question.shapes[name][0]
            n = size.name if isinstance(size, Ref) else "n"
            self.notes.append(Note("info", say("{name} is taken as a vector of {n} elements.", name=name, n=n)))
        self.notes += [Note("info", text) for text in kink_remarks(question.functions, question.targets)]
        if any(key in self.answers and key not in self.known for key in self.short):
            self.notes.append(Note("info", say("f is the function that is differentiated.")))
        if any(has_delta(a.shown or a.value) for a in self.answers.values() if isinstance(a.value, Formula)):
            self.notes.append(Note("info", say("δ is 1 where its two indices are equal, else 0.")))


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
