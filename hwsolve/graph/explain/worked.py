"""Which elements of a long quantity a page works out, and what a maximum passes on at one of them.

One element stands for all: of those that have a line the first that is not 0 and reads the most, so that a window that
lies half beyond the map, or a cell that no maximum was taken from, is not what a reader sees of a layer.
"""

from __future__ import annotations

from collections.abc import Iterable
from math import prod
from typing import Any

from hwsolve.derivation.text_values import Reads
from hwsolve.formula.tree import ZERO, Call, Formula, Number, Ref, call, references, transform
from hwsolve.graph.elements import Indices
from hwsolve.graph.explain.special_cases import decided_cases
from hwsolve.graph.graph import Node
from hwsolve.language import Message, say
from hwsolve.solution import Value

ROWS = 4  # of a long quantity that a page works out
MOST = 8  # elements of it that a problem asks for


def on_page(writer: Any, node: Node, places: Iterable[Indices], page: int) -> set[Indices]:
    """The elements among `places` that a page works out: those that are asked for, then those that tell the most.

    Where each row is a computation of its own, the first ones of every row.
    """
    found, key = list(places), (writer.step, node.name)
    if page and goes_by_rows(node):
        return {at for at in found if at[-1] <= page and prod(at[:-1]) <= ROWS}
    if not page or page >= len(found):
        return set(found if page else ())
    wanted = list(writer.asked.first.get(key, ()))[:MOST]
    asked = list(dict.fromkeys([*wanted, *writer.asked.of(*key)]))
    rest = [] if len(asked) >= page else sorted(found, key=lambda at: rank(writer, node, at))  # equal ones in order
    return set([*asked, *rest][: max(page, len(wanted))])


def goes_by_rows(node: Node) -> bool:
    """Whether each row of a quantity is a computation of its own."""
    if node.operation is not None:
        return node.operation.by_rows
    return any(term.operation.by_rows and not term.slot for term in node.terms)


def rank(writer: Any, node: Node, at: Indices) -> tuple[bool, int]:
    """The less, the more an element tells: not 0, and read or reading much."""
    if not (node.operation or node.terms):
        return False, 0
    f = passed_on(writer, node, writer.formula(node.name, at))
    return not bool(writer.element(node.name, at) != 0), -sum(bool(ref.indices) for ref in references(f))


def passed_on(writer: Any, node: Node, f: Formula) -> Formula:
    """A formula without the marks of a maximum, which are decided: what comes from the windows that chose the cell."""
    if all(part.tie is None for part in writer.parts(node.name)):
        return f
    found = decided_cases(f, writer.holds, {})
    return f if found is f else transform(found, shared)


def shared(node: Formula) -> Formula:
    """What several equal cells get a part of, divided by their number."""
    match node:
        case Call("+", args) if all(isinstance(a, Number) for a in args):
            return Number(sum(a.numerator for a in args if isinstance(a, Number)))
        case Call("*", (a, Call("/", (Number(1, 1), Number() as n)))):
            return call("/", a, n)
    return node


def checked(writer: Any, node: Node, at: Indices, f: Formula) -> Formula:
    """The same, which must give the value of the element."""
    found = passed_on(writer, node, f)
    if found is not f:
        writer.check(writer.key(node.name, at), writer.element(node.name, at), found, Reads(writer.key, writer.element))
    return found


def chosen(writer: Any, node: Node, line: Value) -> Message | str:
    """Of which windows an element is the largest, where its gradient comes back through a maximum alone."""
    terms = [term for term in node.terms if term.operation.tie_remark() is not None]
    if len(terms) != 1 or len(node.terms) != 1 or terms[0].upstream is None:
        return ""
    _, at = writer.known[line.key]
    f = passed_on(writer, node, writer.formula(node.name, at))
    x = writer.key(node.of, at)
    bags = not terms[0].operation.of_windows
    if f == ZERO:
        if bags:
            return say("{x} is taken as the maximum of no bag", x=x)
        return say("{x} is taken as the maximum of no window", x=x)
    places = dict.fromkeys(whole_numbers(ref) for ref in references(f) if ref.name == terms[0].upstream)
    ys = tuple([writer.key(terms[0].output, place) for place in places])
    if bags:
        return say("{x} has the largest value in the bag of {y}", x=x, y=ys[0])
    if len(ys) == 1:
        return say("{x} has the largest value in the window of {y}", x=x, y=ys[0])
    return say("{x} has the largest value in the windows of {y}", x=x, y=ys)


def whole_numbers(ref: Ref) -> Indices:
    """The indices of an element."""
    return tuple([i.numerator for i in ref.indices if isinstance(i, Number)])
