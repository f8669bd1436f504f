"""Whether every quantity of a graph has a name, and a spelling on paper, of its own.

Two quantities of one name would have one key; `x1` beside an array `x` has another key than `x[1]`, but is written x₁
as well.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from hwsolve.formula.notation import plain, symbol, unicode
from hwsolve.formula.notation.raised import SUBSCRIPTS
from hwsolve.formula.tree import Formula, Number, Ref, references
from hwsolve.graph.elements import Indices
from hwsolve.graph.graph import Graph
from hwsolve.graph.stack import is_stack, stands_alone
from hwsolve.language import Message, say

LETTERS = frozenset("ijkmhlpqrsconuvt")  # of indices in the formulas of operations
RAISED = {chr(lowered): chr(raised) for raised, lowered in SUBSCRIPTS.items()}


class Named(msgspec.Struct, frozen=True):
    """A quantity, or an element (`at`) that has a name, by the node behind it; `keyed`: whether keys begin with it."""

    node: str
    name: str
    shape: tuple[int, ...] = ()
    at: Indices | None = None
    keyed: bool = True

    def written(self) -> str:
        """The name on paper, without the indices of an element."""
        return symbol(self.name) if self.shape else unicode(Ref(self.name))


MANY = 10**9  # elements along an axis of any size
KRONECKER = Named("kronecker", "delta", (MANY, MANY), keyed=False)  # on a page that has it, before all quantities


class Clash(msgspec.Struct, frozen=True):
    """Two things that a reader cannot tell apart; `element` is that of the first which is written as the second is.

    `written` is empty where the names themselves are the same.
    """

    first: Named
    second: Named
    written: str = ""
    element: str = ""

    def sentence(self) -> Message:
        """What is wrong."""
        a, b = self.element, self.second.name
        if self.first is KRONECKER:
            return say("`{name}` is written as Kronecker's δ is, which this solution needs.", name=b)
        if not self.written:
            return say("Two quantities are called `{name}`.", name=b)
        return say("`{a}` and `{b}` are both written {written}.", a=a, b=b, written=self.written)


def quantities(graph: Graph) -> Iterator[Named]:
    """Everything that has a name; an update is the next value of what it follows.

    The steps of a sequence are one quantity.
    """
    seen: set[tuple[str, str]] = set()
    for node in graph.nodes.values():
        if node.role in ("constant", "update"):
            continue
        label = graph.labels[node.name]
        unnamed = is_stack(graph, node.name) and not stands_alone(graph, node.name)
        if unnamed or is_later(graph, node.name, seen):
            continue
        for at, name in label.elements.items():
            yield Named(node.name, name, (), at)
        # where elements have names, the array as a whole has a symbol, but no key
        yield Named(node.name, label.symbol, label.at(node.shape, MANY), None, not label.elements)


def is_later(graph: Graph, name: str, seen: set[tuple[str, str]]) -> bool:
    """Whether a quantity is a further step of one that was seen."""
    label, node = graph.labels[name], graph.nodes[name]
    if label.time is None:
        return False
    of = graph.nodes.get(node.of, node)
    known = (label.symbol, of.layer)
    later = known in seen
    seen.add(known)
    return later


def clash(things: Iterable[Named]) -> Clash | None:
    """The first two things of one name or spelling, if there are any."""
    every = list(things)
    names: dict[str, Named] = {}
    spellings: dict[str, Named] = {}
    for one in every:
        if one.keyed and (other := names.setdefault(one.name, one)) is not one:
            return Clash(other, one)
    for one in every:
        if (other := spellings.setdefault(one.written(), one)) is not one and other.node != one.node:
            return Clash(other, one, one.written(), other.name)
    arrays = {text: one for text, one in spellings.items() if one.shape}
    return next((found for one in every if (found := as_element(one, arrays))), None)


def as_element(one: Named, arrays: dict[str, Named]) -> Clash | None:
    """A name that is written as an element of an array is: x₁, or xᵢ in a formula for all elements."""
    text = one.written()
    cut = len(text)
    while cut > 1 and (text[cut - 1] in RAISED or text[cut - 1] == ","):
        cut -= 1
        array = arrays.get(text[:cut])
        if array is None or array.node == one.node or len(array.shape) <= len(one.shape):
            continue
        shape = array.shape[: len(array.shape) - len(one.shape)]
        for indices in readings("".join(RAISED.get(c, c) for c in text[cut:]), shape):
            element = Ref(array.name, indices)
            if unicode(element) == text:
                return Clash(array, one, text, plain(element))
    return None


def readings(text: str, shape: tuple[int, ...]) -> Iterator[tuple[Formula, ...]]:
    """The indices that a text of subscripts can stand for."""
    for parts in [text.split(",")] if "," in text else [[text], list(text)]:
        if len(parts) == len(shape) and all(p in LETTERS or within(p, n) for p, n in zip(parts, shape, strict=True)):
            yield tuple(Ref(p) if p in LETTERS else Number(int(p)) for p in parts)


def within(text: str, size: int) -> bool:
    """Whether a text is an index of an axis."""
    return text.isdecimal() and 1 <= int(text) <= size


def constants(graph: Graph) -> set[str]:
    """The names such as `pi` in numbers that stand in formulas as they are."""
    numbers = (graph.numbers[n.name] for n in graph.nodes.values() if n.role == "constant")
    return {ref.name for f in numbers for ref in references(f)}


def every_name(graph: Graph) -> frozenset[str]:
    """The names of all quantities: no index of a formula is called as one of them is."""
    return frozenset(n.name for n in quantities(graph))
