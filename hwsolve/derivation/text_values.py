"""Which values are rational and which only real, to a program that evaluates the text of the lines.

Decimals and arithmetic give it rationals, other functions real numbers of many digits, and it cannot compare the two:
where a maximum or a comparison would mix them, 0 times a real number is added to the rational.  Values carried over
from steps that are not written out are decimals to it: they give digits, and no proof that √2/2 · √2 is 1.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hwsolve import numbers
from hwsolve.formula.evaluate import Lookup, evaluate
from hwsolve.formula.functions import function
from hwsolve.formula.tree import ZERO, BigOperator, Call, Formula, Number, Ref, call, transform, walk
from hwsolve.numbers.formed import with_form

Indices = tuple[int, ...]
COMPARED = ("max", "min", "==", "<", ">", "<=", ">=")
SURE_BITS = 100  # of a carried decimal, and places of a small one


class TextValues:
    """Remembers which keys are real numbers in the text, and which of them are decimals or come from such."""

    def __init__(self) -> None:
        self.real: set[Ref] = set()
        self.names: set[str] = set()
        self.rough: set[Ref] = set()
        self.near: set[tuple[str, Indices]] = set()  # zeros that no digits prove

    def carry(self, key: Ref, value: Any) -> None:
        """A value is carried over: as a decimal where it is no rational."""
        if not numbers.is_exact(value):
            self.rough.add(key)

    def finds(self, key: Ref, formula: Formula, value: Any, read: Lookup, seen: dict[Ref, tuple[str, Indices]]) -> bool:
        """Whether the text gives the value, of which the formula has `seen` these keys, and not only its digits."""
        rough = {seen[k] for k in self.rough & seen.keys()}
        if not rough:
            return True
        exactly = numbers.is_exact(value) and is_given(value, formula, read, rough)
        if not exactly:
            self.rough.add(key)
        return exactly

    def only_near(
        self,
        key: Ref,
        formula: Formula,
        value: Any,
        read: Lookup,
        seen: dict[Ref, tuple[str, Indices]],
        place: tuple[str, Indices],
    ) -> bool:
        """Whether a 0 is one that no digits prove: what the text gives is as near to it as its digits go."""
        if key not in self.real or value != 0:
            return False
        near = bool(getattr(evaluate(formula, read), "rad", int)() != 0) or not self.near.isdisjoint(seen.values())
        real = {seen[k] for k in self.real & seen.keys()}
        near = near or not is_given(value, formula, read, {at for at in real if read(*at) != 0})
        if near:
            self.near.add(place)
        return near

    def take(self, key: Ref, formula: Formula, value: Any) -> Formula:
        """The formula as it stands in the text, which gives the key its value."""
        if self.real:
            formula = transform(formula, self.alike)
        chosen = isinstance(formula, Call) and is_choice(formula) and value == 0  # relu(x) is then the 0 of a rational
        if self.is_real(formula) and not chosen:
            self.real.add(key)
            self.names.add(key.name)
        return formula

    def is_real(self, f: Formula) -> bool:
        """Whether the text of a formula gives a real number."""
        return any(self.known(n) if isinstance(n, Ref) else is_smooth(n) for n in walk(f))

    def known(self, f: Ref) -> bool:
        """Whether an element is a real number, or may be one where its index is not known."""
        if all(isinstance(i, Number) for i in f.indices):
            return f in self.real
        return f.name in self.names

    def alike(self, node: Formula) -> Formula:
        """A comparison whose rationals are made real, where one of its sides is."""
        if isinstance(node, BigOperator) and node.op in ("Max", "Min") and self.is_real(node.body):
            return BigOperator(node.op, self.made_real(node.body, node.body), node.index, node.low, node.high)
        if not isinstance(node, Call) or node.name not in COMPARED:
            return node
        real = [self.is_real(a) for a in node.args]
        if all(real) or not any(real):
            return node
        one = node.args[real.index(True)]
        pairs = zip(node.args, real, strict=True)
        return Call(node.name, tuple(a if r or isinstance(a, Number) else self.made_real(a, one) for a, r in pairs))

    def made_real(self, f: Formula, by: Formula) -> Formula:
        """f + 0·k for a real number k that stands in another formula."""
        k = next((r for r in walk(by) if isinstance(r, Ref) and r in self.real), None)
        if k is None:
            k = min((r for r in self.real if any(r.name == n.name for n in walk(by) if isinstance(n, Ref))), key=str)
        return call("+", f, call("*", ZERO, k))


def is_given(value: Any, formula: Formula, read: Lookup, rough: set[tuple[str, Indices]]) -> bool:
    """Whether a formula gives a rational, whatever the last digits of its rough numbers are."""
    from flint import arb

    blur = arb(0, arb(2) ** -SURE_BITS)

    def blurred(name: str, indices: Indices) -> Any:
        found = read(name, indices)
        return found + blur * (1 + abs(found)) if (name, indices) in rough else found

    try:
        return bool(evaluate(formula, blurred) == value)
    except (numbers.Undecided, numbers.NotFinite):
        return False


def is_smooth(f: Formula) -> bool:
    """Whether a node is a function whose values are real numbers."""
    if not isinstance(f, Call):
        return False
    if f.name == "**":
        return not (isinstance(f.args[1], Number) and f.args[1].denominator == 1)
    known = function(f.name)
    return known is not None and not known.piecewise


def is_choice(f: Call) -> bool:
    """Whether a call gives one of several values as it is."""
    known = function(f.name)
    return f.name == "if" or (known is not None and known.piecewise)


class Reads:
    """Looks up the elements that a formula reads, and remembers them under their keys."""

    def __init__(self, key: Callable[[str, Indices], Ref], element: Callable[[str, Indices], Any]):
        self.key, self.element = key, element
        self.seen: dict[Ref, tuple[str, Indices]] = {}

    def __call__(self, name: str, indices: Indices) -> Any:
        self.seen[self.key(name, indices)] = (name, indices)
        return with_form(self.element(name, indices))
