"""How the keys of a solution are written: each as the formula, or the words, that the solution gives it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from hwsolve.counting import Taken, from_one
from hwsolve.figures import Figure
from hwsolve.formula.notation import plain
from hwsolve.formula.parse import FormulaError, parse
from hwsolve.formula.tree import Call, Formula, Ref, children, rebuild, transform
from hwsolve.language import Message, listed, say, translate
from hwsolve.render.quantity_rows import Row
from hwsolve.solution import Cell, Table, Text


class Symbols:
    """Puts symbols in place of keys."""

    e_taken = False  # whether e is a quantity: exp(x) is not written eˣ then

    def __init__(self, of: Mapping[str, Formula | Text], language: str) -> None:
        self.of, self.language = of, language
        self.elements = any(["[" in key for key in of])  # whether some have symbols of their own

    def row(self, row: Row) -> Row:
        """A row in the symbols of the solution."""
        return msgspec.structs.replace(row, links=tuple([(r, self.formula(f)) for r, f in row.links]))

    def formula(self, f: Formula) -> Formula:
        """A formula as the page writes it."""
        return self.named(f)

    def named(self, f: Formula) -> Formula:
        """A formula with the symbols of its keys; words stand for a key alone, never for a part of a formula."""
        if self.e_taken:
            f = transform(f, spelled_out)
        if not self.of:
            return f
        word = self.of.get(f.name) if isinstance(f, Ref) else None
        if isinstance(word, Message):
            return Ref(translate(word, self.language))
        return transform(f, self.node)

    def node(self, node: Formula) -> Formula:
        """A key, an element or a function of its own as its symbol."""
        if not isinstance(node, Ref | Call):
            return node
        if self.elements and isinstance(node, Ref) and node.indices:
            own = self.of.get(plain(node))
            if isinstance(own, Formula):
                return own
        known, indices = self.of.get(node.name), children(node)
        if not isinstance(known, Formula):
            return node
        if isinstance(known, Ref) and indices:
            return Ref(known.name, indices)
        if isinstance(node, Ref) and indices:
            return Call("element", (known, *indices))
        return known if isinstance(node, Ref) else node

    def key(self, key: str) -> Cell:
        """A key as the page calls it: its symbol or its words, in sums too; one that has neither stays as it is."""
        known = self.of.get(key)
        if known is not None:
            return self.formula(known) if isinstance(known, Formula) else self.said(known)
        try:
            f = parse(key)
        except FormulaError:
            return key
        words = self.in_words(f)
        written = self.formula(f)
        if isinstance(f, Ref) and f"{f.name.partition('@')[0]}@1" in self.of:  # f⟨2⟩ beside f⟨1⟩
            return written
        return words if words is not None else key if written == f else written

    def in_words(self, f: Formula) -> Text | None:
        """A sum of keys that have words."""
        if isinstance(f, Ref):
            known = self.of.get(f.name)
            return self.said(known) if isinstance(known, Message) and not f.indices else None
        if not isinstance(f, Call) or f.name not in ("+", "-") or len(f.args) < 2:
            return None
        first, *rest = found = [self.in_words(part) for part in f.args]
        if f.name == "+" and (one := in_one(found)) is not None:
            return one
        for part in rest:
            if first is None or part is None:
                return None
            plus = f.name == "+"
            first = (
                say("{first} + {second}", first=first, second=part)
                if plus
                else say("{first} − {second}", first=first, second=part)
            )
        return first

    def said(self, text: Text) -> Text:
        """A sentence whose formulas are in the symbols of the solution, and arrays of one axis in a row."""
        if not isinstance(text, Message):
            return text
        return Message(text.template, {k: self.placed(v) for k, v in text.values.items()})

    def placed(self, value: object) -> object:
        """What stands at a place of a sentence."""
        if isinstance(value, Formula):
            return in_a_row(self.formula(value))
        if isinstance(value, tuple):
            return tuple(map(self.placed, value))
        if isinstance(value, Taken):
            return in_a_row(self.named(value.formula))
        return self.said(value) if isinstance(value, Message) else from_one(value)

    # tables and drawings, whose formulas are usually in the symbols of the solution

    def table(self, table: Table) -> Table:
        """A table."""
        return table

    def figure(self, figure: Figure) -> Figure:
        """A drawing."""
        return figure


def in_one(words: Sequence[Text | None]) -> Message | None:
    """`parameters of conv1 and conv2`: words that differ at one place alone, said once."""
    known = [text for text in words if isinstance(text, Message)]
    if len(known) < len(words) or len({(text.template, *text.values) for text in known}) > 1:
        return None
    values = [text.values for text in known]
    places = [name for name in values[0] if any(other[name] != values[0][name] for other in values)]
    if len(places) != 1:
        return None
    (place,) = places
    *front, last = [other[place] for other in values]
    several = say("{first} and {last}", first=listed(front), last=last)
    return Message(known[0].template, values[0] | {place: several})


def spelled_out(node: Formula) -> Formula:
    """exp(x), beside a quantity e."""
    return Call("exp'", node.args) if isinstance(node, Call) and node.name == "exp" else node


def in_a_row(f: Formula) -> Formula:
    """A formula in which arrays of one axis are `(1, 2, 3)`; a matrix stays as it is."""
    if isinstance(f, Call) and f.name == "[]":
        return f if any([isinstance(a, Call) and a.name == "[]" for a in f.args]) else Call("tuple", f.args)
    return rebuild(f, tuple(map(in_a_row, children(f))))
