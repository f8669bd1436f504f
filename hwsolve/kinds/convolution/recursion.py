"""How the error passes a layer of windows, for all sizes at once: derived from the one formula of its operation.

With y[p] the layer's output and g[p] = ∂L/∂y[p], the chain rule gives ∂L/∂x[i] = Σ over p of g[p]·∂y[p]/∂x[i].  The
derivative of y[p] holds a δ for each index of x; the sum over p leaves the places whose window covers i.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from typing import Any

import msgspec

from hwsolve.formula.backward import covers, inner_sums, plain_axes
from hwsolve.formula.differentiate import apart, bound_in, differentiate
from hwsolve.formula.domain import free_names
from hwsolve.formula.guards import guarded
from hwsolve.formula.indices import Bounds
from hwsolve.formula.instantiate import fold
from hwsolve.formula.simplify.simplify import simplify
from hwsolve.formula.simplify.terms import merge, term_of, written
from hwsolve.formula.tree import (
    ONE,
    ZERO,
    BigOperator,
    Call,
    Formula,
    Ref,
    call,
    children,
    formula,
    rebuild,
    substitute,
    transform,
    walk,
)
from hwsolve.graph.explain.schematic import in_order
from hwsolve.graph.operation import Operation, backward_schematic, forward_schematic, rename
from hwsolve.layers.base import Size
from hwsolve.layers.correlation import Correlation

PLACES, CELLS = ("i", "j", "k"), ("u", "v", "t")


class Quantities(msgspec.Struct, frozen=True):
    """How the quantities are called, and their sizes axis by axis."""

    x: str
    y: str
    g: str
    w: str = "w"
    b: str = "b"

    @property
    def names(self) -> dict[str, str]:
        """By the names that operations use."""
        return {"x": self.x, "y": self.y, "g": self.g, "w": self.w, "b": self.b}


class Recursion:
    """The index formulas of one operation.

    `outputs` are the sizes of y, `inputs` those of x, a batch in front of both; a size may be a name.
    """

    def __init__(self, operation: Operation, outputs: tuple[Size, ...], inputs: tuple[Size, ...], called: Quantities):
        self.operation, self.called = operation, called
        self.outputs = tuple(formula(n) for n in outputs)
        self.inputs = tuple(formula(n) for n in inputs)
        self.schematic = forward_schematic(operation, len(outputs))
        sizes = {k: formula(v) for k, v in operation.sizes().items()}
        self.sizes = sizes | {f"size_{i}": n for i, n in zip(self.schematic.indices, self.outputs, strict=True)}

    def finished(self, f: Formula, letters: dict[str, str]) -> Formula:
        """Sizes, letters and names put in, indices in order."""
        new: dict[str, Formula] = {old: Ref(letter) for old, letter in letters.items()}
        f = substitute(apart(f, Ref("", tuple(new.values()))), self.sizes | new)  # bound indices make way
        return rename(fold(transform(f, tidy)), self.called.names)

    def letters(self, slot: int) -> dict[str, str]:
        """The letters of an element of the data, of the weights or of the bias: sample and channels come first."""
        own = backward_schematic(self.operation, slot, len(self.outputs)).indices
        axes = len(self.axes())
        lead = len(own) - axes
        if slot == 0:
            chosen = ("n", "c")[2 - lead :] + PLACES[:axes]
        elif slot == 1 and own:  # one weight for all has no letters
            channels = ("o", "c") if isinstance(self.operation, Correlation) else ("c", "o")
            chosen = channels[2 - lead :] + CELLS[:axes]
        else:
            chosen = ("o",)[: len(own)]
        return dict(zip(own, chosen, strict=True))

    def axes(self) -> tuple[Any, ...]:
        """The axes of the window."""
        return self.operation.frame.axes  # type: ignore[attr-defined, no-any-return]

    # the formulas

    def output(self) -> tuple[Formula, Formula]:
        """y[p], and its formula."""
        y = Ref(self.called.y, tuple(Ref(i) for i in self.schematic.indices))
        return y, self.finished(self.schematic.formula, {})

    def element(self, slot: int = 0) -> Ref:
        """The element of an input that is differentiated by."""
        name = self.operation.inputs[slot]
        return Ref(self.called.names[name], tuple(Ref(i) for i in self.letters(slot).values()))

    def gradient(self, slot: int = 0) -> Formula:
        """∂L/∂ of that element; places that are not there are absent."""
        found = backward_schematic(self.operation, slot, len(self.outputs)).formula
        return self.finished(found, self.letters(slot))

    def bounded(self, f: Formula, within: bool = True) -> Formula:
        """The formula with the bounds of places, and where there is a stride its divisibility, written out."""
        shapes = {self.called.g: self.outputs, self.called.y: self.outputs}
        if getattr(self.operation, "border", False):  # a cell outside the map has no part in a maximum
            shapes[self.called.x] = self.inputs
        return guarded(f, shapes | self.weights(), self.bounds(), within)

    def weights(self) -> dict[str, tuple[Formula, ...]]:
        """The channels of w in groups: only those of its group count for an output."""
        if getattr(self.operation, "groups", 1) == 1:
            return {}
        plainly, channel = isinstance(self.operation, Correlation), -1 - len(self.axes())
        first = self.outputs[channel] if plainly else self.inputs[channel]
        return {self.called.w: (first, self.sizes["C" if plainly else "O"])}

    @cached_property
    def derived(self) -> Recursion:
        """The same by the chain rule alone, which has no convention for several largest cells."""
        if getattr(self.operation, "ties", "all") == "all":
            return self
        operation = msgspec.structs.replace(self.operation, ties="all")
        return Recursion(operation, self.outputs, self.inputs, self.called)

    @cached_property
    def recursion(self) -> Formula:
        """∂L/∂x[i] with all bounds."""
        return self.bounded(self.gradient())

    def bounds(self) -> Bounds:
        """The ranges of the free indices: from 1, to what is left open."""
        free = (*self.schematic.indices, *self.letters(0).values())
        return {name: (ONE, Ref(name)) for name in free}

    # the derivation

    @cached_property
    def local(self) -> tuple[Formula, Formula]:
        """diff(y[p], x[i]), and the same with δ's."""
        wrt = self.element()
        own = {i.name: f"{i.name}2" for i in wrt.indices if isinstance(i, Ref)}
        y = renamed(self.output()[1], own)  # what a sum binds is not the place that is differentiated by
        lhs = guarded(guarded(y, self.weights(), self.bounds()), {self.called.x: self.inputs}, self.bounds(), False)
        derivative = guarded(differentiate(y, wrt, eliminate=False), self.weights(), self.bounds())
        derivative = inner_sums(
            derivative,
            set(self.schematic.indices),
            covers(plain_axes(y, wrt), bound_in(y).union(self.schematic.indices)),
        )
        return Call("diff", (lhs, wrt)), self.of_channel(transform(derivative, in_order))

    @cached_property
    def gathered(self) -> tuple[Formula, Formula]:
        """Σ over all places of g times the local derivative, and what is left of it, with bounds."""
        g = Ref(self.called.g, tuple(Ref(i) for i in self.schematic.indices))
        _, local = self.local
        f = conditional(local) if has_choice(local) else local
        f = written(merge((term_of(g), term_of(f))))
        here = {i.name for i in self.element().indices if isinstance(i, Ref)}
        for index, high in reversed(list(zip(self.schematic.indices, self.outputs, strict=True))):
            f = (
                f if index in here else BigOperator("Sum", f, index, ONE, high)
            )  # a channel that is pooled by itself stays
        return f, self.of_channel(self.put_output(self.derived.recursion))

    def of_channel(self, f: Formula) -> Formula:
        """The formula where there are so many channels; a sum over their names alone needs no such condition."""
        channels = getattr(self.operation, "channels_in", 1)
        named = not isinstance(channels, int) and not getattr(self.operation, "shared", False)
        if named or channels == 1 or getattr(self.operation, "groups", 1) != 1:
            return f
        return Call("if", (call("<=", self.element().indices[-1 - len(self.axes())], channels), f, ZERO))

    def share(self) -> Formula:
        """∂y[p]/∂x[i] for a cell i that the place p covers once: the local derivative without its δ's."""

        def covered(node: Formula) -> Formula:
            return ONE if isinstance(node, BigOperator) and node.op == "Sum" and is_delta(node.body) else node

        return simplify(transform(self.local[1], covered))

    def put_output(self, f: Formula) -> Formula:
        """The formula of y in the place of its elements."""
        _, y = self.output()

        def with_formula(node: Formula) -> Formula:
            if not isinstance(node, Ref) or node.name != self.called.y:
                return node
            fresh = {n.index: Ref(f"{n.index}2") for n in walk(y) if isinstance(n, BigOperator)}
            body = renamed(y, {k: v.name for k, v in fresh.items()})
            return transform(substitute(body, dict(zip(self.schematic.indices, node.indices, strict=True))), in_order)

        return transform(f, with_formula)

    def stands_alone(self) -> bool:
        """Whether the formulas hold for indices outside the map too; a divisor that counts cells is 0 there."""
        return getattr(self.operation, "over", "") not in ("padded", "inside")

    def free(self, *formulas: Formula) -> dict[str, str]:
        """The domains of the names that stand free in some formulas."""
        index = set(self.schematic.indices) | set(self.letters(0).values())
        numbers = {self.called.w, self.called.b}  # one for all units
        names = {name for f in formulas for name in free_names(f)} - numbers
        return {name: "index" if name in index else "size" for name in sorted(names)}

    def any_numbers(self, free: dict[str, str], stated: Iterable[Ref]) -> dict[str, str]:
        """The domains, and stated elements of x as real: where elements are compared, all of them are drawn alike."""
        from hwsolve.formula.notation import plain

        return free | {plain(key): "real" for key in stated if key.name == self.called.x}


def tidy(node: Formula) -> Formula:
    """Indices, and the arguments of a minimum, put together."""
    if isinstance(node, Call) and node.name in ("min", "max"):
        return Call(node.name, tuple(simplify(a) for a in node.args))
    return in_order(node)


def has_choice(f: Formula) -> bool:
    """Whether a formula compares quantities."""
    return any(isinstance(n, BigOperator) and n.op == "Max" for n in walk(f))


def is_delta(f: Formula) -> bool:
    """Whether a formula is a δ, or its sum."""
    return (isinstance(f, Call) and f.name == "delta") or f == ONE


def conditional(f: Formula) -> Formula:
    """δ's of a product as conditions in front of it: δ(i,j)·f is `if(i == j, f, 0)`."""
    if isinstance(f, BigOperator):
        return BigOperator(f.op, conditional(f.body), f.index, f.low, f.high)
    term = term_of(f)
    deltas = [base for base, _ in term.factors if isinstance(base, Call) and base.name == "delta"]
    rest = written(term._replace(factors=tuple(x for x in term.factors if x[0] not in deltas)))
    for delta in reversed(deltas):
        rest = Call("if", (call("==", *delta.args), rest, ZERO))
    return rest


def renamed(f: Formula, names: dict[str, str]) -> Formula:
    """Other names for bound indices."""
    if isinstance(f, BigOperator) and f.index in names:
        body = substitute(renamed(f.body, names), {f.index: Ref(names[f.index])})
        return BigOperator(f.op, body, names[f.index], f.low, f.high)
    parts = children(f)
    return rebuild(f, tuple(renamed(p, names) for p in parts)) if parts else f
