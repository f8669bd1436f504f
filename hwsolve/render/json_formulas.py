"""Formulas of a solution as text that a machine evaluates: lines, links, and what sentences claim."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from hwsolve.counting import Notation
from hwsolve.formula.comparisons import by_steps
from hwsolve.formula.notation import plain
from hwsolve.formula.notation.plain import COMPARISONS
from hwsolve.formula.tree import Call, Formula, Number, Ref, transform
from hwsolve.language import Message
from hwsolve.solution import Free, Stage, Text

Object = dict[str, Any]
CHAINED = COMPARISONS | {"≈"}


def claims(text: Text, free: Free) -> Object:
    """The comparisons that a sentence states, each of which is true."""
    found = [one for f in places(text) if isinstance(f, Call) and f.name in CHAINED for one in compared(spelt_out(f))]
    said = [{"formula": f, "free": open_domains(free)} if free else f for f in found]
    return {"claims": said} if said else {}


def spelt_out(f: Call) -> Call:
    """A claim in which the second derivative of a function is that of its first, which a reader has a name for."""

    def change(node: Formula) -> Formula:
        if isinstance(node, Call) and node.name.startswith("d_d_") and isinstance(node.args[0], Ref):
            return Call("diff", (Call(node.name.removeprefix("d_"), node.args), node.args[0]))
        return node

    return Call(f.name, tuple([transform(part, change) for part in f.args]))


def places(text: Any) -> Iterator[Any]:
    """What stands at the places of a sentence."""
    if isinstance(text, Message):
        for value in text.values.values():
            yield from places(value)
    elif isinstance(text, tuple):
        for value in text:
            yield from places(value)
    else:
        yield text


def link(s: Stage, free: Free | None = None) -> list[str]:
    """A link: its relation, its formula, and the factor of a ⟺."""
    return [s.relation, marked(bounded(s.formula, free or {})), *([plain(s.factor)] if s.factor is not None else [])]


def open_domains(free: Free) -> Free:
    """The domains of a reader to whom an index has no last value."""
    return {name: "index" if isinstance(domain, int) else domain for name, domain in free.items()}


def bounded(f: Formula, free: Free) -> Formula:
    """A formula that is 0 where an index lies behind its last value; of an equation both sides."""
    if isinstance(f, Call) and f.name == "==":
        return Call("==", tuple([bounded(side, free) for side in f.args]))
    for name, last in free.items():
        if isinstance(last, int):
            f = Call("if", (Call("<=", (Ref(name), Number(last))), f, Number(0)))
    return f


def compared(f: Call) -> Iterator[str]:
    """The comparisons of a chain `z = 0.274 > 0`, neighbour by neighbour."""
    left, right = f.args
    if isinstance(left, Call) and left.name in CHAINED:
        yield from compared(left)
        left = key_in(left)
    yield f"{marked(left)} {f.name} {marked(right)}"


def key_in(f: Formula) -> Formula:
    """What a chain says of which number: z of z = 0.274, and of 0 < z."""
    while isinstance(f, Call) and f.name in CHAINED:
        f = f.args[0] if type(f.args[1]) is Number else f.args[1]
    return f


def marked(f: Formula) -> str:
    """A formula whose rounded numbers are marked: `~0.321245` stands for what it may have been rounded from."""
    return plain(transform(f, mark))


def mark(node: Formula) -> Formula:
    """A rounded number with its mark."""
    if type(node) is not Number or not node.rounded:
        return node
    text = node.text or plain(node)
    return Call("neg", (Ref(f"~{text[1:]}"),)) if text.startswith("-") else Ref(f"~{text}")


def computable(f: Formula) -> str:
    """A formula for a reader that works in fractions and in real numbers, and cannot order the two."""
    text = plain(f)
    if type(f) is Ref:
        return text
    ordered = "<" in text or ">" in text or "max(" in text or "min(" in text
    return plain(by_steps(f)) if ordered else text


def json_escape(char: str) -> str:
    """A character by its number."""
    units = char.encode("utf-16-be")
    return "".join(f"\\u{units[n]:02x}{units[n + 1]:02x}" for n in range(0, len(units), 2))


def noted(notation: Notation) -> Object:
    """What the page counts from, and its letters, where these are not the usual ones; here keys count from 1."""
    usual, stated = msgspec.to_builtins(Notation()), msgspec.to_builtins(notation)
    changed = {name: value for name, value in stated.items() if value != usual[name]}
    return {"notation": changed} if changed else {}
