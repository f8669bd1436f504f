"""Quantities that are defined one after the other, by their names.

A quantity is a number where all that its formula reads are numbers (a value line), and a formula where a size or a
parameter has only a name (an identity line).
"""

from __future__ import annotations

from typing import Any

from hwsolve import numbers
from hwsolve.derivation.lines import binary, chain, check, identity_line, speaking, value_line, value_of
from hwsolve.derivation.substitution import substituted
from hwsolve.figures import Figure
from hwsolve.formula.domain import free_names
from hwsolve.formula.evaluate import Absent
from hwsolve.formula.simplify.simplify import simplify
from hwsolve.formula.tree import Call, Formula, Number, Ref, substitute, walk
from hwsolve.language import Message
from hwsolve.numbers import Scalar
from hwsolve.numbers.measured import in_float64
from hwsolve.quantities import as_typed, put_in, quantity
from hwsolve.sections import section
from hwsolve.solution import Answer, Given, Line, Prose, Quantity, Stage, Step, Table

CONSTANTS = {"pi", "e", "inf"}
HALF = Number(1, 2)


class Derivation:
    """The lines so far, by sections, and what is known by its name.

    `domains` says what the names without a value range over; `of` names the whole in the origins of its values.
    """

    def __init__(self, digits: int, float64: bool, domains: dict[str, str], of: str = "derivation") -> None:
        self.digits, self.float64, self.domains, self.of = digits, float64, domains, of
        self.values: dict[str, Scalar] = {}
        self.formulas: dict[str, Formula] = {}
        self.stated: dict[str, Formula] = {}  # what the problem states as a formula, as √5
        self.given: list[Given] = []
        self.sections: list[Step] = []
        self.lines: list[Line] = []
        self.answers: dict[str, Answer] = {}

    # what is known

    def give(self, name: str, stated: Formula, rule: Message | str = "") -> None:
        """A number that the problem states, as a given; one that a formula states is a line."""
        value = self.value_of(stated)
        if isinstance(stated, Number):
            self.values[name] = value
            self.given.append(Given(Ref(name), self.quantity(value), as_typed(stated)))
        else:
            self.stated[name] = stated
            self.define(name, stated, rule)

    def value_of(self, f: Formula) -> Scalar:
        """The value of a formula over quantities that are numbers."""
        value = value_of(f, self.read)
        return numbers.exact(value) if isinstance(value, int) else value

    def read(self, name: str, indices: tuple[int, ...]) -> Scalar:
        """The value of a name."""
        if name not in self.values:
            raise Absent(name)
        return self.values[name]

    def quantity(self, value: Scalar) -> Quantity:
        """A value with its digits; a whole number stays one in float64 too."""
        if self.float64 and not (numbers.is_exact(value) and numbers.parts(value)[1] == 1):
            return quantity(float(in_float64(value)), self.digits)
        return quantity(value, self.digits)

    def numeric(self, f: Formula) -> bool:
        """Whether all that a formula reads has a value."""
        return all(name in self.values for name in free_names(f) - CONSTANTS)

    def inlined(self, f: Formula) -> Formula:
        """f with formulas and rational numbers in place of the names that stand for them."""
        known: dict[str, Formula] = {
            name: Number(*numbers.parts(value)) for name, value in self.values.items() if numbers.is_exact(value)
        }
        return substitute(f, known | self.formulas)

    # lines

    def define(
        self,
        name: str,
        f: Formula,
        rule: Message | str = "",
        *,
        lhs: Formula | None = None,
        value: Scalar = None,
        main: bool = False,
    ) -> None:
        """`name` is f.  `lhs` is what an identity has on its left; `value` is what was found in another way."""
        if self.numeric(f):
            integrated = any(isinstance(node, Call) and node.name == "integral" for node in walk(f))
            self.values[name] = found = value if integrated else self.checked(name, f, value)
            stages = chain(f) if integrated else substituted(speaking(f), self.number)
            origin = (self.of, name, "integral" if integrated else "formula")
            self.lines.append(value_line(Ref(name), f, self.quantity(found), stages, rule=rule, origin=origin))
            result: Any = self.quantity(found)
        else:
            whole = self.inlined(f)
            self.formulas[name] = result = simplify(whole)
            left = self.inlined(lhs) if lhs is not None else whole
            if left == result and isinstance(left, Call) and left.name == "sqrt":
                left = Call("**", (left.args[0], HALF))
            if binary(left) == binary(result):
                self.text("", Stage("=", Ref(name)), Stage("=", result))
            else:
                self.identity(left, result, rule, key=name)
        self.answers[name] = Answer(result, main)

    def checked(self, name: str, f: Formula, value: Scalar) -> Scalar:
        """The value of f, which must agree with one that was found in another way."""
        if value is None:
            return self.value_of(f)
        found = check(Ref(name), value, f, self.read, digits=self.digits)
        return value if numbers.is_exact(value) else found

    def number(self, node: Formula) -> Formula:
        """A name as its number."""
        if isinstance(node, Ref) and node.name in self.values:
            return put_in(self.quantity(self.values[node.name]), self.digits)
        return node

    def identity(
        self,
        lhs: Formula,
        rhs: Formula,
        rule: Message | str = "",
        *,
        free: tuple[str, ...] = (),
        key: str | None = None,
    ) -> None:
        """Two expressions that are equal for all values of the names without one, and of those in `free`."""
        names = sorted((free_names(lhs) | free_names(rhs)) - CONSTANTS)
        domains = {n: self.domains.get(n, "real") for n in names if n in free or n not in self.values}
        self.lines.append(identity_line(lhs, rhs, domains, rule, None if key is None else Ref(key)))

    def text(self, text: Message | str, *formulas: Stage) -> None:
        """A sentence."""
        self.lines.append(Prose(text, formulas))

    def section(
        self, title: Message, asked: bool = False, tables: tuple[Table, ...] = (), figures: tuple[Figure, ...] = ()
    ) -> None:
        """Close a section over the lines since the last one."""
        if self.lines or tables or figures:
            self.sections.append(section(title, 1, tuple(self.lines), tables, figures, asked))
        self.lines = []
