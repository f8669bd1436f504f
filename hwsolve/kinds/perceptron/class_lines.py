"""The lines of a perceptron of several classes: a net input for each, the largest one, and the rows that change."""

from __future__ import annotations

from typing import Any

import msgspec

from hwsolve.formula.tree import Formula, Number, Ref, call
from hwsolve.kinds.backprop.target import Classes
from hwsolve.kinds.perceptron.lines import Lines, at
from hwsolve.kinds.perceptron.training import Presentation, State
from hwsolve.language import Message, say
from hwsolve.quantities import as_typed
from hwsolve.solution import Given, Line
from hwsolve.spec.fields import Array


class ClassLines(Lines):
    """Makes the lines of several classes."""

    def enter_givens(self) -> None:
        """The samples, their classes, the weights at the start and the rate."""
        problem, start = self.problem, self.training.start
        self.offset = "b" if start.b else ""
        samples, size = problem.input.shape
        for k, f in enumerate(problem.input.values):
            row, column = divmod(k, size)
            self.give(Ref("x", (Number(row + 1), Number(column + 1))), f, self.data.x[row][column], (samples, size))
        assert isinstance(problem.target, Classes)
        for k, number in enumerate(self.data.t, 1):
            self.give(Ref("t", (Number(k),)), Number(number), number, (samples,))
        typed = {"w": problem.weight, "b": problem.bias if isinstance(problem.bias, Array) else None}
        shapes = {"w": (len(start.w), size), "b": (len(start.w),)}
        for name, indices, value in self.parts(start):
            stated, shape = typed[name], shapes[name]
            place = indices[-1] - 1 + (size * (indices[0] - 1) if name == "w" else 0)
            f = stated.values[place] if stated is not None else self.whole_bias(name)
            key = Ref(name, tuple(map(Number, indices)))
            self.know(key, value)
            role = "stated" if stated is not None else "implied"
            self.given.append(Given(key, self.quantity(value), as_typed(f), shape, role))
        self.give(Ref("lr"), problem.lr, self.data.lr, (), "implied" if problem.default_rate else "stated")
        self.keep_state(0, start)

    def whole_bias(self, name: str) -> Formula:
        """One number that stands for all biases, or 0."""
        bias = self.problem.bias
        return Number(0) if name == "w" or bias is None else bias

    def parts(self, state: State) -> list[tuple[str, tuple[int, ...], Any]]:
        """The numbers of a state, with their names and indices."""
        weights = [("w", (c, i), w) for c, row in enumerate(state.w, 1) for i, w in enumerate(row, 1)]
        return [*weights, *(("b", (c,), b) for c, b in enumerate(state.b, 1))]

    def presentation(self, step: int, p: Presentation) -> list[Line]:
        """Net inputs, the class with the largest, whether it is a mistake, and the new weights."""
        made: list[Line] = []
        s, rows = Number(p.sample + 1), range(1, len(self.data.x[0]) + 1)
        x = [Ref("x", (s, Number(i))) for i in rows]
        for c in range(1, self.data.classes + 1):
            terms = [at("w", step, c, i) * x[i - 1] for i in rows]
            terms += [at("b", step, c)] if self.offset else []
            made.append(self.line(at("net", step, c), terms[0] if len(terms) == 1 else call("+", *terms), p.net[c - 1]))
        out, e, t = at("o", step), at("e", step), Ref("t", (s,))
        made.append(self.line(out, self.largest(step), p.output, self.reason(step, p), True))
        missed = call("if", call("==", out, t), 0, 1)
        made.append(self.line(e, missed, p.error, self.compared(p), True))
        made += self.changes(step, p, x)
        self.keep(at("net", step), p.net)
        self.keep(out, p.output)
        self.keep(e, p.error)
        self.keep_state(step + 1, p.after)
        return made

    def largest(self, step: int) -> Formula:
        """The first class whose net input no other one exceeds."""
        names = [at("net", step, c) for c in range(1, self.data.classes + 1)]
        top = call("max", *names)
        found: Formula = Number(len(names))
        for c in range(len(names) - 1, 0, -1):
            found = call("if", call("==", names[c - 1], top), c, found)
        return found

    def reason(self, step: int, p: Presentation) -> Message:
        """Why it is this class."""
        net = at("net", step, p.output)
        if p.net.count(p.net[p.output - 1]) > 1:
            return say("{net} is the first of the largest", net=net)
        return say("{net} is the largest", net=net)

    def compared(self, p: Presentation) -> Message:
        """Whether it is the class of the sample."""
        t = Ref("t", (Number(p.sample + 1),))
        if p.error:
            return say("a mistake: {t} is {class_}", t=t, class_=Number(self.data.t[p.sample]))
        return say("the class of the sample")

    def changes(self, step: int, p: Presentation, x: list[Ref]) -> list[Line]:
        """The new weights: the right row raised, the wrong one lowered; what stays as it is stands aside."""
        made: list[Line] = []
        right, lr = self.data.t[p.sample], Ref("lr")
        for name, indices, value in self.parts(p.after):
            c, old = indices[0], at(name, step, *indices)
            change: Formula = lr if name == "b" else lr * x[indices[1] - 1]
            moved = p.error and c in (right, p.output)
            f = old if not moved else old + change if c == right else old - change
            rule = say("the row of the right class") if c == right else say("the row of the mistaken class")
            line = self.line(at(name, step + 1, *indices), f, value, rule if moved else "")
            made.append(line if moved else msgspec.structs.replace(line, aside=True))
        return made
