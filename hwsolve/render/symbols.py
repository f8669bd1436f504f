"""Formulas in the symbols of a solution: how keys, elements and functions of an argument are written."""

from __future__ import annotations

import msgspec

from hwsolve.formula.tree import Call, Formula, Ref, children, transform
from hwsolve.language import Message
from hwsolve.render.quantity_rows import Row, as_key
from hwsolve.solution import Text


class Symbols:
    """Puts symbols in the place of keys; a function whose symbol is a reference has its arguments as indices."""

    def __init__(self, symbols: dict[str, Formula]) -> None:
        self.symbols = symbols
        self.elements = {as_key(key): symbol for key, symbol in symbols.items() if key.endswith("]")}

    def row(self, row: Row) -> Row:
        """A row in the symbols of the solution."""
        return msgspec.structs.replace(row, links=tuple([(r, self.formula(f)) for r, f in row.links]))

    def formula(self, f: Formula) -> Formula:
        """A formula with the symbols of its keys."""
        return transform(f, self.put) if self.symbols else f

    def put(self, node: Formula) -> Formula:
        """A key, an element or a function as its symbol."""
        if isinstance(node, Ref) and node in self.elements:
            return self.elements[node]
        if not isinstance(node, Ref | Call) or node.name not in self.symbols:
            return node
        known, indices = self.symbols[node.name], children(node)
        return Ref(known.name, indices) if isinstance(known, Ref) and indices else known

    def said(self, text: Text) -> Text:
        """A sentence whose formulas are in the symbols of the solution."""
        if not self.symbols or not isinstance(text, Message):
            return text
        return Message(text.template, {k: self.placed(v) for k, v in text.values.items()})

    def placed(self, value: object) -> object:
        """What stands at a place of a sentence."""
        if isinstance(value, Formula):
            return self.formula(value)
        if isinstance(value, tuple):
            return tuple(map(self.placed, value))
        return self.said(value) if isinstance(value, Message) else value
