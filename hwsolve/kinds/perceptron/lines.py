"""The lines of a perceptron: each number of a presentation by its formula, checked against the training."""

from __future__ import annotations

from functools import reduce
from typing import Any

import msgspec

from hwsolve import numbers
from hwsolve.derivation.lines import check, value_line
from hwsolve.derivation.substitution import substituted
from hwsolve.formula.evaluate import Absent
from hwsolve.formula.notation import plain
from hwsolve.formula.tree import ONE, Call, Formula, Number, Ref, call
from hwsolve.kinds.perceptron.build import Prepared
from hwsolve.kinds.perceptron.problem import Problem
from hwsolve.kinds.perceptron.training import Presentation, State
from hwsolve.language import Message, say
from hwsolve.quantities import as_typed, put_in, quantity
from hwsolve.solution import Answer, Carried, Given, Line, Quantity, Stage, Value

LONGEST_FRACTION = 7  # that stands in a table
MOST_TERMS = 40  # of a sum of counts that is written out


def at(name: str, step: int, *indices: int) -> Ref:
    """A quantity after so many presentations: w, w@1, w@1[2]."""
    return Ref(f"{name}@{step}" if step else name, tuple(map(Number, indices)))


class Lines:
    """Makes the lines, and remembers the numbers behind their keys."""

    def __init__(self, problem: Problem, prepared: Prepared) -> None:
        self.problem, self.data, self.training = problem, prepared.data, prepared.training
        self.digits = problem.digits or 6
        self.offset = problem.offset[0] if problem.offset is not None else ""
        self.learned = "" if problem.fixed else self.offset  # the key of what presentations change beside the weights
        self.values: dict[tuple[str, tuple[int, ...]], Any] = {}
        self.given: list[Given] = []
        self.answers: dict[str, Answer] = {}

    # what is known

    def read(self, name: str, indices: tuple[int, ...]) -> Any:
        """The number behind a key."""
        if (name, indices) not in self.values:
            raise Absent(name)
        return self.values[name, indices]

    def know(self, key: Ref, value: Any) -> None:
        """A number behind a key."""
        self.values[key.name, tuple(i.numerator for i in key.indices if isinstance(i, Number))] = value

    def number(self, node: Formula) -> Formula:
        """A reference as its number."""
        if not isinstance(node, Ref):
            return node
        found = self.values[node.name, tuple(i.numerator for i in node.indices if isinstance(i, Number))]
        return put_in(self.quantity(found), self.digits)

    def quantity(self, value: Any) -> Quantity:
        """A number as it is printed."""
        return quantity(numbers.exact(value) if isinstance(value, int) else value, self.digits)

    def cell(self, value: Any) -> Quantity | Formula:
        """A number in a table: a short fraction where its decimal does not end."""
        q = self.quantity(value)
        short = q.relation != "=" and q.exact is not None and len(q.exact) <= LONGEST_FRACTION
        return Number(*numbers.parts(value)) if short else q

    def give(self, key: Ref, f: Formula, value: Any, shape: tuple[int, ...] = (), role: str = "stated") -> None:
        """A number that the problem states."""
        self.know(key, value)
        self.given.append(Given(key, self.quantity(value), as_typed(f), shape, role))

    def enter_givens(self) -> None:
        """The samples, their targets, the weights at the start and the rate."""
        problem, start = self.problem, self.training.start
        samples, size = problem.input.shape
        for k, f in enumerate(problem.input.values):
            row, column = divmod(k, size)
            self.give(Ref("x", (Number(row + 1), Number(column + 1))), f, self.data.x[row][column], (samples, size))
        for k, f in enumerate(problem.target.values):
            self.give(Ref("t", (Number(k + 1),)), f, self.data.t[k], (samples,))
        weights = problem.weight.values if problem.weight is not None else (Number(0),) * size
        role = "stated" if problem.weight is not None else "implied"
        for k, f in enumerate(weights):
            self.give(at("w", 0, k + 1), f, start.w[k], (size,), role)
        if problem.offset is not None:
            implied = problem.bias is None and problem.threshold is None
            self.give(Ref(self.offset), problem.offset[1], start.b, (), "implied" if implied else "stated")
        self.give(Ref("lr"), problem.lr, self.data.lr, (), "implied" if problem.default_rate else "stated")
        self.keep_state(0, start)

    # answers

    def keep(self, key: Ref, value: Any) -> None:
        """A number, or an array, among the answers."""
        self.answers[plain(key)] = Answer(self.nested(value))

    def nested(self, value: Any) -> Any:
        """A number or an array as it is printed."""
        return tuple(map(self.nested, value)) if isinstance(value, tuple) else self.quantity(value)

    def parts(self, state: State) -> list[tuple[str, tuple[int, ...], Any]]:
        """The numbers of a state, with their names and indices."""
        weights: list[tuple[str, tuple[int, ...], Any]] = [("w", (i,), w) for i, w in enumerate(state.w, 1)]
        return [*weights, (self.learned, (), state.b)] if self.learned else weights

    def beside(self, step: int) -> Ref:
        """What stands beside the weighted sum after so many presentations."""
        return at(self.offset, step if self.learned else 0)

    def keep_state(self, step: int, state: State) -> None:
        """The weights after so many presentations."""
        self.keep(at("w", step), state.w)
        if self.learned or (self.offset and not step):
            self.keep(at(self.offset, step), state.b)

    # lines

    def line(self, key: Ref, f: Formula, value: Any, rule: Message | str = "", decided: bool = False) -> Value:
        """`key = formula = numbers = value`; a formula of cases that are `decided` stands in the reason alone."""
        check(key, value, f, self.read, digits=self.digits)
        stages = () if decided else substituted(f, self.number)
        self.know(key, value)
        return value_line(key, f, self.quantity(value), stages, rule=rule, origin=("perceptron", key.name, "formula"))

    def claim(self, f: Formula, value: Any) -> Formula:
        """A form with its number against 0, as net = 3 > 0; in a form that is true."""
        if value == 0:
            return Call("==", (f, Number(0)))
        number = put_in(self.quantity(value), self.digits)
        return call(">" if value > 0 else "<", call("≈" if number.rounded else "==", f, number), 0)

    def presentation(self, step: int, p: Presentation) -> list[Line]:
        """Net input, output, error and new weights of one sample, after `step` presentations."""
        net, out, e = at("net", step), at("o", step), at("e", step)
        t, lr = Ref("t", (Number(p.sample + 1),)), Ref("lr")
        rows = range(1, len(p.after.w) + 1)
        x = [Ref("x", (Number(p.sample + 1), Number(i))) for i in rows]
        w = [at("w", step, i) for i in rows]
        whole: Formula = call("+", *map(call, "*" * len(x), w, x)) if len(x) > 1 else w[0] * x[0]
        if self.offset:
            whole = call("+" if self.data.sign > 0 else "-", whole, self.beside(step))
        reason = say("{formula}", formula=self.claim(net, p.net))
        made: list[Line] = [self.line(net, whole, p.net)]
        made.append(self.line(out, self.data.activation.formula(net), p.output, reason, True))
        if self.data.mistakes:
            product = t * net
            f: Formula = call("if", call("<=", product, 0), t, 0)
            value = self.data.t[p.sample] * p.net
            made.append(self.line(e, f, p.error, say("{formula}", formula=self.claim(product, value)), True))
        else:
            made.append(self.line(e, t - out, p.error))
        made += [self.line(at("w", step + 1, i), w[i - 1] + call("*", lr, e, x[i - 1]), p.after.w[i - 1]) for i in rows]
        if self.learned:
            old, change = at(self.offset, step), call("*", lr, e)
            f = old + change if self.data.sign > 0 else old - change
            made.append(self.line(at(self.offset, step + 1), f, p.after.b))
        self.keep(net, p.net)
        self.keep(out, p.output)
        self.keep(e, p.error)
        self.keep_state(step + 1, p.after)
        return made

    def carried(self, step: int, state: State) -> list[Line]:
        """The weights in front of presentations, where those before them are not written out."""
        pairs = [(at(name, step, *indices), value) for name, indices, value in self.parts(state)]
        for key, value in pairs:
            self.know(key, value)
        return [Carried(key, self.quantity(value), numbers.full(value)) for key, value in pairs]

    def count(self, key: Ref, steps: list[int], total: int, written: set[int]) -> Line:
        """How many of some presentations are mistakes."""
        q = self.quantity(total)
        if not all(k in written for k in steps):
            return Carried(key, q, str(total))
        each = [call("if", call("==", at("e", k), 0), 0, 1) for k in steps]
        f: Formula = reduce(lambda a, b: call("+", a, b), each) if len(each) > 1 else call("*", ONE, each[0])
        check(key, numbers.exact(total), f, self.read)
        ones = [Number(int(self.read(at("e", k).name, ()) != 0)) for k in steps]
        shown = (Stage("=", Call("+", tuple(ones)), own=True),) if 1 < len(ones) <= MOST_TERMS else ()
        return value_line(key, f, q, shown, origin=("perceptron", key.name, "count"))

    def same(self, key: Ref, other: Ref, value: Any) -> Line:
        """A quantity that has a second key."""
        line = self.line(key, other, value)
        return msgspec.structs.replace(line, aside=True)
