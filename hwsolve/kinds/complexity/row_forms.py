"""What a row works out, as a formula: aₜ = W xₜ + U hₜ₋₁ + b, ∂hₜ = Uᵀ ∂aₜ₊₁, ∂W = Σₜ ∂aₜ xₜᵀ.

An operation's own form over whole arrays stands where it has one.  At the steps of a sequence everything is a column,
so that it is read off the formula of an element: a sum over a letter is a product with weights.  Else the formula of an
element stands, with its letters.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import msgspec

from hwsolve.formula.parse import parse
from hwsolve.formula.tree import (
    ONE,
    BigOperator,
    Call,
    Formula,
    Number,
    Ref,
    formula,
    parted,
    references,
    substitute,
    transform,
    walk,
)
from hwsolve.graph.operation import Operation, backward_schematic, forward_schematic
from hwsolve.kinds.complexity.forms import nested
from hwsolve.kinds.complexity.written import Row, Written
from hwsolve.layers.recurrent import Recurrent

if TYPE_CHECKING:
    from hwsolve.graph.graph import Node
WEIGHTS = {"Wx": "W", "Wh": "U", "Whr": "V", "b_ih": "b", "b_hh": "d"}
STEPS = "number of steps"
LETTERS = ("i", "j", "k", "r", "m", "p")


class RowForms:
    """Writes the rows of one layer; a row without a form has None."""

    def __init__(self, written: Written) -> None:
        self.written, self.graph = written, written.graph
        self.columns = isinstance(written.layer, Recurrent)
        self.time = Ref(next(letter for letter in ("t", "s", "tau", "step") if letter not in written.sizes))
        self.now: int | None = None  # the step that is called t
        self.gate = ""

    def with_form(self, row: Row) -> Row:
        """A row with its equation, if it has one: with the numbers behind capital letters, the ends of its sums."""
        if (form := self.of(row)) is None:
            return row
        numbers: dict[str, Formula] = {}
        for node in (row.node, *(reader for reader, _ in row.readers)):
            if node.operation is not None and not node.operation.view:
                shapes: Any = tuple(self.graph.nodes[name].shape for name in node.inputs)
                own = forward_schematic(node.operation, len(node.shape)).indices
                numbers |= {letter: formula(size) for letter, size in node.operation.sizes(*shapes).items()}
                numbers |= {f"size_{i}": formula(size) for i, size in zip(own, node.shape, strict=True)}
        return msgspec.structs.replace(row, form=substitute(form, numbers))

    def of(self, row: Row) -> Formula | None:
        """The equation of a row."""
        label = self.graph.labels[row.node.name]
        self.now = label.time if row.phase != "gradient" else None
        try:
            return self.forward(row.node) if row.phase == "forward" else self.back(row)
        except LookupError:
            return None

    def shown(self, name: str) -> Formula:
        """A quantity as it is written."""
        label = self.graph.labels[name]
        if name in self.written.ports:
            port = self.written.ports[name]
            several = len(self.written.ports) > 1 and self.written.is_projected
            return self.at(Ref(f"x_{port}" if several else port), 0 if self.columns else None)
        symbol = label.symbol
        if self.written.is_parameter(name):
            symbol = WEIGHTS.get(symbol, symbol) if self.columns else symbol
            return Ref(f"{symbol}_{self.gate}" if self.gate else symbol)
        return self.at(Ref(symbol), None if label.time is None or self.now is None else label.time - self.now)

    def at(self, f: Ref, shift: int | None) -> Formula:
        """A quantity at step t, or some steps behind it."""
        if shift is None:
            return f
        when = self.time if not shift else Call("+" if shift > 0 else "-", (self.time, Number(abs(shift))))
        return Ref(f.name, (when,))

    def names(self, node: Node) -> dict[str, Formula]:
        """What stands for the names of an operation's formula."""
        assert node.operation is not None
        symbol = self.graph.symbol(node.name)
        self.gate = symbol[2:] if self.columns and symbol.startswith("a_") else ""
        own = {name: self.shown(of) for name, of in zip(node.operation.inputs, node.inputs, strict=True)}
        y = self.shown(node.name)
        return own | {"y": y, "g": Call("grad", (y,))}

    def forward(self, node: Node) -> Formula:
        """A quantity by its formula."""
        operation, names = node.operation, self.names(node)
        assert operation is not None
        if self.columns:
            return Call("==", (names["y"], self.column(parse(operation.text()), names)))
        matrix = operation.matrix()
        if "y" in matrix:
            return Call("==", (names["y"], substitute(parse(matrix["y"]), names)))
        schematic = forward_schematic(operation, len(node.shape))
        return self.element(operation, names["y"], schematic.formula, schematic.indices, names)

    def back(self, row: Row) -> Formula:
        """An error or a gradient: what comes back from all readers."""
        terms: list[Formula] = []
        readers = row.readers
        if row.phase == "gradient" and self.columns:
            readers, self.now = readers[:1], self.graph.labels[readers[0][0].name].time
        elif row.node.name in self.written.ports and self.columns:
            self.now = self.graph.labels[readers[0][0].name].time
        for reader, slot in readers:
            assert reader.operation is not None
            if reader.operation.view:
                terms.append(Call("grad", (self.at(Ref("y"), 0),)))
                continue
            operation, names = reader.operation, self.names(reader)
            form = operation.matrix().get(operation.inputs[slot])
            if form is None and not self.columns and len(readers) == 1:
                schematic = backward_schematic(operation, slot, len(reader.shape))
                target = Call("grad", (self.shown(row.node.name),))
                return self.element(operation, target, schematic.formula, schematic.indices, names)
            f = backward_schematic(operation, slot, len(reader.shape)).formula
            terms.append(self.column(f, names) if self.columns else substitute(parse(form or ""), names))
        total = terms[0] if len(terms) == 1 else Call("+", tuple(terms))
        if row.phase == "gradient" and self.columns and not getattr(self.written.layer, "CELL", False):
            total = BigOperator("Sum", total, self.time.name, ONE, Ref(STEPS))
        return Call("==", (Call("grad", (self.shown(row.node.name),)), total))

    def column(self, f: Formula, names: dict[str, Formula]) -> Formula:
        """A formula of elements over columns."""
        change: Callable[[Formula], Formula] = lambda part: self.column(part, names)  # noqa: E731
        match f:
            case Ref(name) if name in names:
                return names[name]
            case BigOperator("Sum", Call("*", (Ref("g"), Ref(w)))):
                return Call("@", (Call("T", (names[w],)), names["g"]))
            case BigOperator("Sum", Call("*", (Ref(w), x))):
                return Call("@", (names[w], change(x)))
            case Call("*", (Call("delta"), x)):
                return change(x)
            case Call("*"):
                sides: dict[tuple[str, ...], list[Formula]] = {}  # the factors by the letters of their axes
                for factor in parted(f, "*"):
                    axes = {ref.name for ref in self.axes_of(factor)}
                    sides.setdefault(tuple(sorted(axes)), []).append(change(factor))
                if any(len(letters) > 1 for letters in sides) or len(sides) > 2:
                    raise LookupError
                column, *rows = [nested(factors) for factors in sides.values()]
                return Call("@", (column, Call("T", (rows[0],)))) if rows else column
            case Call("**", (base, Number(2))):
                return Call("odot", (change(base), change(base)))
            case Call(name, args):
                return Call(name, tuple(map(change, args)))
            case Number():
                return f
        raise LookupError

    def axes_of(self, f: Formula) -> list[Ref]:
        """The letters of the axes of a gradient."""
        return [ref for ref in references(f) if ref.name.startswith("m") and not ref.indices]

    def element(
        self, operation: Operation, y: Formula, f: Formula, indices: tuple[str, ...], names: dict[str, Formula]
    ) -> Formula:
        """The formula of an element, with the letters of its indices."""
        bound = {part.index for part in walk_big(f)}
        free = [c for c in LETTERS if c not in bound]
        letters: dict[str, Formula] = {
            i: Ref(free[k]) for k, i in enumerate(indices) if len(i) > 1 or (i.startswith("m") and i != "m")
        }
        at = tuple(letters.get(i, Ref(i)) for i in indices)
        if len(bound | {r.name for r in at if isinstance(r, Ref)}) < len(bound) + len(at):
            raise LookupError
        if self.written.sizes & (bound | {r.name for r in at if isinstance(r, Ref)}):
            raise LookupError

        def put(part: Formula) -> Formula:
            if isinstance(part, Ref) and part.name in names:
                return indexed(names[part.name], part.indices)
            return part

        return Call("==", (indexed(y, at), transform(substitute(f, letters), put)))


def indexed(f: Formula, indices: tuple[Formula, ...]) -> Formula:
    """A quantity, or its gradient, at indices."""
    if isinstance(f, Call):
        return Call(f.name, (indexed(f.args[0], indices),))
    assert isinstance(f, Ref)
    return Ref(f.name, f.indices + indices)


def walk_big(f: Formula) -> list[BigOperator]:
    """The big operators in a formula."""
    return [part for part in walk(f) if isinstance(part, BigOperator)]
