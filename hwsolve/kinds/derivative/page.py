"""The worked derivative: each order, or gradient, Jacobian and Hessian, and what a reader should know beside them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hwsolve.formula.indices import names_in
from hwsolve.formula.tree import ZERO, Call, Formula, Ref, call, walk
from hwsolve.kinds.derivative.nondifferentiable import kink_remarks
from hwsolve.kinds.derivative.one_derivative import Worker
from hwsolve.kinds.derivative.question import question
from hwsolve.kinds.derivative.sympy_check import confirm
from hwsolve.kinds.derivative.task import INDICES, Derived, Task
from hwsolve.language import Message, say
from hwsolve.solution import Answer, Line, Note, Prose, Section, Stage

if TYPE_CHECKING:
    pass

Table = Formula | tuple["Table", ...]  # a derivative, or nested ones
Entry = Derived | tuple["Entry", ...]  # the same, with what they are derived from


class Derivation(Worker):
    """Works a task out, section by section; `values` holds the formulas of each order for the points."""

    def __init__(self, task: Task, order: int) -> None:
        super().__init__(task)
        self.order = order
        self.values: list[Entry] = []
        self.second: tuple[str, ...] = ()  # the further indices of a Hessian

    def run(self) -> Derivation:
        """All sections."""
        task = self.task
        self.sections.append(question(task, self.order))
        if task.typed != task.functions:
            lines = [Prose("", (Stage("=", a), Stage("=", b))) for a, b in zip(task.typed, task.functions, strict=True)]
            self.sections.append(Section(say("Function"), lines=tuple(lines), asked=True))
        own = tuple(Derived(f, f) for f in task.functions)
        self.values.append(own[0] if len(own) == 1 else own)
        self.function_answer()
        if task.form == "derivative" and not task.many:
            self.orders()
        elif task.many:
            self.lists()
        else:
            self.by_vector()
        self.remarks()
        return self

    def function_answer(self) -> None:
        """d0 is the function."""
        if len(self.task.functions) == 1:
            self.answers["d0"] = Answer(self.task.functions[0], shown=self.task.typed[0])

    # one variable

    def orders(self) -> None:
        """The first, second, … derivative by one variable."""
        f, target = self.task.functions[0], self.task.targets[0]
        current = f
        for n in range(1, self.order + 1):
            lines: list[Line] = []
            head = [n] if n > 1 else []
            whole = call("diff", f, target, *head)
            shown = call("diff", self.task.typed[0], target, *head)
            current = self.one(current, target, lines, whole, shown, f"d{n}")
            confirm(self.task, f, [target] * n, current)
            self.cases(current, target, f, head, lines)
            self.section(ordinal(n), lines)
            self.answer(f"d{n}", current, main=True)
            self.derived(current, (target,) * n)

    # several variables

    def by_vector(self) -> None:
        """Gradient or Jacobian by the elements of a vector, and the Hessian."""
        f, target = self.task.functions[0], self.task.targets[0]
        name = self.task.form
        lines: list[Line] = []
        whole, shown = call("diff", f, target), call("diff", self.task.typed[0], target)
        first = self.one(f, target, lines, whole, shown, name)
        confirm(self.task, f, [target], first)
        self.cases(first, target, f, [], lines)
        self.matrix(lines, self.known.get(name, first), (*self.task.rows, *self.task.columns))
        self.section(say("Jacobian") if name == "jacobian" else say("Gradient"), lines)
        self.answer(name, first, main=True)
        self.derived(first, (target,))
        if self.order > 1:
            self.hessian_of_vector(first, target)

    def hessian_of_vector(self, gradient: Formula, target: Ref) -> None:
        """The derivative of an element of the gradient by another element."""
        other = self.other(target)
        lines: list[Line] = []
        whole = call("diff", gradient, other)
        second = self.one(gradient, other, lines, whole, whole, "hessian")
        confirm(self.task, self.task.functions[0], [target, other], second)
        self.cases(second, other, gradient, [], lines)
        if len(self.task.columns) == 1:
            self.matrix(
                lines,
                self.known.get("hessian", second),
                (*self.task.columns, *(i.name for i in other.indices if isinstance(i, Ref))),
            )
        self.section(say("Hessian"), lines)
        self.answer("hessian", second, main=True)
        self.derived(second, (target, other))

    def derived(self, found: Formula, by: tuple[Ref, ...]) -> None:
        """Keep a derivative of the function for the points."""
        self.values.append(Derived(self.task.written_out(found), self.task.functions[0], by))

    def other(self, target: Ref) -> Ref:
        """A variable's element under other indices."""
        used = names_in(*self.task.functions, target)
        free = [i for i in INDICES if i not in used]
        own = {i: Ref(free[n]) for n, i in enumerate(self.task.columns)}
        self.second = tuple(r.name for r in own.values())
        return Ref(target.name, tuple(own.get(i.name, i) if isinstance(i, Ref) else i for i in target.indices))

    def lists(self) -> None:
        """Gradient, Jacobian and Hessian for lists of functions and variables."""
        task = self.task
        table: list[tuple[Formula, ...]] = []
        lines: list[Line] = []
        for f, typed in zip(task.functions, task.typed, strict=True):
            row = []
            for target in task.targets:
                whole, shown = call("diff", f, target), call("diff", typed, target)
                row.append(self.one(f, target, lines, whole, shown, task.form))
                confirm(task, f, [target], row[-1])
            table.append(tuple(row))
        self.section(say("Jacobian") if task.form == "jacobian" else say("Gradient"), lines)
        found: Table = tuple(table) if task.form == "jacobian" else table[0]
        self.answers[task.form] = Answer(nested_out(found, task), main=True, functions=self.functions())
        rows = tuple(
            tuple(Derived(task.written_out(d), f, (t,)) for d, t in zip(row, task.targets, strict=True))
            for f, row in zip(task.functions, table, strict=True)
        )
        self.values.append(rows if task.form == "jacobian" else rows[0])
        if self.order > 1:
            self.hessian_of_list(table[0])

    def hessian_of_list(self, gradient: tuple[Formula, ...]) -> None:
        """The derivatives of each partial derivative."""
        lines: list[Line] = []
        table: list[tuple[Formula, ...]] = []
        for partial, by in zip(gradient, self.task.targets, strict=True):
            row: list[Formula] = []
            for target in self.task.targets:
                if any(isinstance(n, Ref) and n.name == target.name for n in walk(partial)):
                    whole = call("diff", partial, target)
                    row.append(self.one(partial, target, lines, whole, whole, "hessian"))
                else:
                    row.append(ZERO)
                confirm(self.task, self.task.functions[0], [by, target], row[-1])
            table.append(tuple(row))
        self.section(say("Hessian"), lines)
        self.answers["hessian"] = Answer(nested_out(tuple(table), self.task), main=True, functions=self.functions())
        f, targets = self.task.functions[0], self.task.targets
        self.values.append(
            tuple(
                tuple(Derived(self.task.written_out(d), f, (by, t)) for d, t in zip(row, targets, strict=True))
                for by, row in zip(targets, table, strict=True)
            )
        )

    def remarks(self) -> None:
        """What was assumed, and what δ means."""
        task = self.task
        for name in task.assumed:
            size = task.shapes[name][0]
            n = size.name if isinstance(size, Ref) else "n"
            self.notes.append(Note("info", say("{name} is taken as a vector of {n} elements.", name=name, n=n)))
        self.notes += [Note("info", text) for text in kink_remarks(task.functions, task.targets)]
        if any(key in self.answers and key not in self.known for key in self.short):
            self.notes.append(Note("info", say("f is the function that is differentiated.")))
        if any(has_delta(a.shown or a.value) for a in self.answers.values() if isinstance(a.value, Formula)):
            self.notes.append(Note("info", say("δ is 1 where its two indices are equal, else 0.")))


def nested_out(entry: Table, task: Task) -> Table:
    """Nested formulas with their vectors written out."""
    return tuple(nested_out(e, task) for e in entry) if isinstance(entry, tuple) else task.written_out(entry)


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
