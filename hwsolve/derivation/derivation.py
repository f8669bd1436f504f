"""Quantities that are defined one after the other, by their names.

A quantity is a number where all that its formula reads are numbers (a value line), and a formula where a size or a
parameter has only a name (an identity line).
"""

from __future__ import annotations

from typing import Any

import msgspec

from hwsolve import numbers
from hwsolve.derivation.argument import Argument
from hwsolve.derivation.lines import binary, chain, check, speaking, value_line, value_of
from hwsolve.derivation.substitution import substituted
from hwsolve.formula.domain import free_names
from hwsolve.formula.evaluate import Absent
from hwsolve.formula.notation import plain
from hwsolve.formula.simplify.roots import root_of
from hwsolve.formula.simplify.simplify import simplify
from hwsolve.formula.tree import ONE, Call, Formula, Number, Ref, substitute, walk
from hwsolve.numbers import Scalar
from hwsolve.numbers.measured import in_float64
from hwsolve.quantities import as_typed, put_in, quantity
from hwsolve.solution import Answer, Given, Identity, Line, Quantity, Stage, Value

CONSTANTS = {"pi", "e", "inf"}


class Derivation:
    """What is known by its name, and the argument in which it arises.

    `domains` says what the names without a value range over; `of` names the whole in the origins of its values.
    """

    def __init__(self, digits: int, float64: bool, domains: dict[str, str], of: str = "derivation") -> None:
        self.digits, self.float64, self.domains, self.of = digits, float64, domains, of
        self.values: dict[str, Scalar] = {}
        self.formulas: dict[str, Formula] = {}
        self.stated: dict[str, Formula] = {}  # what the problem states as a formula, as √5
        self.given: list[Given] = []
        self.lines: list[Line] = []  # of what the problem states as a formula
        self.answers: dict[str, Answer] = {}
        self.argument = Argument(self.read)

    # what is known

    def give(self, name: str, stated: Formula) -> None:
        """A number that the problem states, as a given; one that a formula states is a line."""
        value = self.value_of(stated)
        if isinstance(stated, Number):
            self.values[name] = value
            self.given.append(Given(Ref(name), self.quantity(value), as_typed(stated)))
        else:
            self.stated[name] = stated
            self.lines.append(self.define(name, stated))

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

    def define(self, name: str, f: Formula, *, lhs: Formula | None = None, value: Scalar = None) -> Value | Identity:
        """`name` is f.  `lhs` is what an identity has on its left; `value` is what was found in another way."""
        if self.numeric(f):
            integrated = any(isinstance(node, Call) and node.name == "integral" for node in walk(f))
            self.values[name] = found = value if integrated else self.checked(name, f, value)
            stages = chain(f) if integrated else substituted(speaking(f), self.number)
            origin = (self.of, name, "integral" if integrated else "formula")
            shown, root = self.quantity(found), self.root(name, f, found)
            if root is not None:
                shown = msgspec.structs.replace(shown, root=root)
                stages = (*[s for s in stages if leads_to(s, root)], Stage("=", root, own=True))
            self.answers[name] = Answer(shown)
            return value_line(Ref(name), f, shown, stages, origin=origin)
        whole = self.inlined(f)
        self.formulas[name] = result = simplify(whole)
        self.answers[name] = Answer(result)
        left = self.inlined(lhs) if lhs is not None else whole
        if binary(left) != binary(result):
            return self.identity(left, result, key=Ref(name))
        line = self.identity(Call("*", (ONE, result)), result, key=Ref(name))
        return msgspec.structs.replace(line, shown=(result,))

    def root(self, name: str, f: Formula, value: Scalar) -> Formula | None:
        """The value of a root of a rational number, where it is irrational: √(32/17), 2√2."""
        if self.float64 or numbers.is_exact(value) or not (isinstance(f, Call) and f.name == "sqrt"):
            return None
        radicand = self.value_of(f.args[0])
        found = root_of(*numbers.parts(radicand)) if numbers.is_exact(radicand) else None
        if found is not None:
            check(Ref(name), value, found, self.read, digits=self.digits)
        return found

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

    def identity(self, *forms: Any, free: dict[str, Any] | None = None, key: Ref | None = None) -> Identity:
        """A chain that holds for all values of the names without one, and of those in `free`."""
        formulas = [form[1] if isinstance(form, tuple) else form for form in forms]
        names = sorted({name for f in formulas for name in free_names(f)} - CONSTANTS - self.values.keys())
        domains: dict[str, Any] = {n: self.domains.get(n, "real") for n in names}
        return self.argument.identity(*forms, free=domains | (free or {}), key=key)


def leads_to(stage: Stage, root: Formula) -> bool:
    """Whether a link says something in front of a root: neither a rounded one, nor the same once more."""
    return stage.relation == "=" and plain(stage.formula) != plain(root)
