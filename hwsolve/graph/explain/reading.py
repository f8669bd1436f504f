"""What a reader of the lines has in hand: rationals from decimals and arithmetic, real numbers behind other functions.

A reader who evaluates the text of each formula cannot compare a rational with a real number.  Where a maximum or a
comparison would mix them, 0 times a real number is added to the rational.  What is carried over from steps that are
not written out the reader has as decimals: they give digits, and no proof that √2/2 · √2 is 1.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hwsolve import numbers
from hwsolve.formula.evaluate import Lookup, evaluate
from hwsolve.formula.functions import function
from hwsolve.formula.indices import names_in
from hwsolve.formula.tree import ONE, ZERO, BigOperator, Call, Formula, Number, Ref, call, substitute, transform, walk
from hwsolve.graph.elements import Indices
from hwsolve.graph.graph import Graph
from hwsolve.numbers.formed import with_form

COMPARED = ("max", "min", "==", "<", ">", "<=", ">=")
SURE_BITS = 100  # of a carried decimal, and places of a small one


class Reader:
    """Remembers which keys a reader has as real numbers, and which of them as decimals or from such."""

    def __init__(self) -> None:
        self.real: set[Ref] = set()
        self.names: set[str] = set()
        self.rough: set[Ref] = set()

    def carry(self, key: Ref, value: Any) -> Any:
        """A value that the reader is given, as a decimal where it is no rational."""
        if not numbers.is_exact(value):
            self.rough.add(key)
        return value

    def finds(self, key: Ref, formula: Formula, value: Any, read: Lookup, seen: dict[Ref, tuple[str, Indices]]) -> bool:
        """Whether the reader finds a value, of which the formula has `seen` these keys, and not only its digits."""
        rough = {seen[k] for k in self.rough & seen.keys()}
        if not rough:
            return True
        exactly = numbers.is_exact(value) and is_given(value, formula, read, rough)
        if not exactly:
            self.rough.add(key)
        return exactly

    def take(self, key: Ref, formula: Formula, value: Any) -> Formula:
        """The formula as it is given to the reader, who then has its value under the key."""
        if self.real:
            formula = transform(formula, self.alike)
        chosen = isinstance(formula, Call) and is_choice(formula) and value == 0  # relu(x) is then the 0 of a rational
        if self.is_real(formula) and not chosen:
            self.real.add(key)
            self.names.add(key.name)
        return formula

    def is_real(self, f: Formula) -> bool:
        """Whether a reader finds a real number."""
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


def counted(f: Formula, graph: Graph, values: dict[str, Any]) -> Formula:
    """The number of the update in place of its letter."""
    counters = {name for name, node in graph.nodes.items() if node.role == "counter"} & names_in(f)
    return substitute(f, {name: Number(int(float(values[name]))) for name in counters}) if counters else f


def nothing(graph: Graph, name: str) -> Formula:
    """The formula of an element to which nothing contributes: 0 times something that is there."""
    node = graph.nodes[name]
    read = node.inputs[0] if node.operation else node.terms[0].upstream or node.terms[0].inputs[0]
    return Call("*", (ZERO, Ref(read, (ONE,) * len(graph.nodes[read].shape))))


def is_view(graph: Graph, name: str) -> bool:
    """Whether a quantity only shows others in another place."""
    node = graph.nodes[name]
    operations = [node.operation] if node.operation else [t.operation for t in node.terms]
    return all(o is not None and o.view for o in operations)


class Reads:
    """Looks up the elements that a formula reads, and remembers them under their keys."""

    def __init__(self, key: Callable[[str, Indices], Ref], element: Callable[[str, Indices], Any]):
        self.key, self.element = key, element
        self.seen: dict[Ref, tuple[str, Indices]] = {}

    def __call__(self, name: str, indices: Indices) -> Any:
        self.seen[self.key(name, indices)] = (name, indices)
        return with_form(self.element(name, indices))
