"""The formulas of a quantity, before an index has a number: one, or one for each term of a gradient."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from functools import cached_property, lru_cache
from typing import Any

import msgspec

from hwsolve.formula.instantiate import fold, instantiate
from hwsolve.formula.tree import ONE, ZERO, Call, Formula, Number, Ref, formula, substitute, transform, walk
from hwsolve.graph.by_formula import ByFormula, at_places
from hwsolve.graph.explain.patterns import NoPattern, Pattern
from hwsolve.graph.explain.room import EVERY
from hwsolve.graph.graph import Contribution, Graph, Node
from hwsolve.graph.operation import Operation, Schematic, Sizes, apart, backward_schematic, forward_schematic, rename
from hwsolve.graph.stack import Stack
from hwsolve.language import Message

Constants = tuple[tuple[str, Formula], ...]
Letters = tuple[tuple[str, int], ...]  # that only say which row of a quantity is read
MOST = 4096  # patterns that a kind keeps
FEW = 8  # parts of which each is looked at


class Kind:
    """What the parts of all steps share: the formula over the names of an operation, and its patterns.

    Its letters in `Part.late` have no numbers yet.
    """

    def __init__(
        self, own: Formula, indices: tuple[str, ...], shapes: dict[str, Sizes], late: tuple[str, ...] = ()
    ) -> None:
        self.own, self.indices, self.shapes, self.late = own, indices, shapes, late
        self.cases = any(type(node) is Call and node.name == "if" for node in walk(own))
        deltas = [f for f in walk(own) if type(f) is Call and f.name == "delta"] if late else []
        self.guards = {f: place for f in deltas if (place := self.guard(*f.args)) is not None}
        self.patterns: dict[Hashable, Pattern | Formula | None] = {}
        self.kept: dict[Hashable, Any] = {}

    def guard(self, one: Formula, other: Formula) -> tuple[str, int] | None:
        """Which letter must be which index, where that is what a δ says."""
        for a, b in ((one, other), (other, one)):
            if type(a) is Ref and a.name in self.late and type(b) is Ref and b.name in self.indices:
                return a.name, self.indices.index(b.name)
        return None

    def pattern(
        self, at: tuple[int, ...], unroll: int, constants: Constants, late: dict[str, int]
    ) -> Pattern | Formula | None:
        """The pattern of an element; 0 where nothing is there, and None where there is none."""
        held: tuple[bool, ...] = ()
        if self.guards:
            held = tuple([late[letter] == at[k] for letter, k in self.guards.values()])
        key = (at, unroll, constants, held)
        if key not in self.patterns:
            if len(self.patterns) >= MOST:
                self.patterns.clear()
            self.patterns[key] = self.made(at, unroll, dict(constants), held)
        return self.patterns[key]

    def made(
        self, at: tuple[int, ...], unroll: int, constants: dict[str, Formula], held: tuple[bool, ...]
    ) -> Pattern | Formula | None:
        """The same, made."""
        if self.cases:
            return None
        f = with_numbers(self.own, constants) if constants else self.own
        if held:
            known: dict[Formula, Formula] = {
                f: ONE if holds else ZERO for f, holds in zip(self.guards, held, strict=True)
            }
            f = transform(f, lambda node: known.get(node, node) if type(node) is Call else node)
        found = instantiate(f, dict(zip(self.indices, at, strict=True)), self.shapes, unroll)
        folded = fold(found)
        if type(folded) is Number or type(found) is Number:
            return ZERO if folded == ZERO == found else None
        try:
            return Pattern(folded)
        except NoPattern:
            return None


class Part:
    """The schematic formula of a quantity, or what one consumer adds to it, whatever the element and the step are.

    `own` is over the names of the operation, which `names` maps to those of nodes; `over_nodes` is over these, and has
    the numbers of constants.  `tie` says what becomes of equal maxima.
    """

    def __init__(
        self, graph: Graph, kind: Kind, names: dict[str, str], late: Letters = (), tie: Message | None = None
    ) -> None:
        self.graph, self.kind, self.names, self.late, self.tie = graph, kind, names, late, tie
        self.indices, self.numbers = kind.indices, dict(late)

    def pattern(self, at: tuple[int, ...], unroll: int) -> Pattern | Formula | None:
        """The pattern of an element; 0 where nothing is there, and None where there is none."""
        most = EVERY if self.named else unroll
        return self.kind.pattern(at, most, self.constants, self.numbers) if self.is_plain else None

    def of_kind(self, what: Hashable, make: Callable[[Formula], Any]) -> Any:
        """What is made of the formula over own names, with the numbers of constants: once for a kind."""
        key = (what, self.constants)
        if key not in self.kind.kept:
            own = self.kind.own
            self.kind.kept[key] = make(with_numbers(own, dict(self.constants)) if self.constants else own)
        return self.kind.kept[key]

    def short(self, what: Hashable, make: Callable[[Formula], Formula]) -> Formula:
        """The same of a formula, over nodes."""
        made = self.of_kind(what, make)
        return rename(substitute(made, {name: Number(n) for name, n in self.numbers.items()}), self.names)

    @cached_property
    def own(self) -> Formula:
        """The formula over the names of the operation."""
        return substitute(self.kind.own, {name: Number(n) for name, n in self.numbers.items()})

    @cached_property
    def over_nodes(self) -> Formula:
        """The formula over nodes."""
        return with_constants(self.graph, rename(self.own, self.names))

    @cached_property
    def constants(self) -> Constants:
        """The numbers of those names that are constants."""
        graph = self.graph
        found = ((own, name) for own, name in self.names.items() if name in graph.numbers)
        return tuple([(own, graph.numbers[name]) for own, name in found if graph.nodes[name].role == "constant"])

    @cached_property
    def named(self) -> bool:
        """Whether elements of a quantity have names of their own."""
        return any(self.graph.labels[name].elements for name in self.names.values())

    @cached_property
    def is_plain(self) -> bool:
        """Whether no number decides what its formula is."""
        graph = self.graph
        decides = (*graph.counters, *graph.selectors, *graph.weights)
        return self.tie is None and not any(name in decides for name in self.names.values())


class Rows:
    """The parts of a quantity, of which many may be alike but for the row that each one reads."""

    def __init__(self, parts: list[Part]) -> None:
        self.parts = parts
        self.by: dict[int, dict[int, list[int]]] = {}  # the numbers of parts, by kind and row
        self.place: dict[int, int] = {}  # of the index that says which row it is
        for k, part in enumerate(parts if len(parts) > FEW else ()):
            if len(part.kind.guards) == 1 and part.is_plain and not part.constants and not part.named:
                ((letter, self.place[id(part.kind)]),) = part.kind.guards.values()
                self.by.setdefault(id(part.kind), {}).setdefault(part.numbers[letter], []).append(k)

    def at(self, indices: tuple[int, ...], unroll: int) -> list[Part]:
        """The parts of an element without those of other rows, where these are 0."""
        absent: set[int] = set()
        for kind, rows in self.by.items():
            others = [k for row, numbers in rows.items() if row != indices[self.place[kind]] for k in numbers]
            if others and self.parts[others[0]].pattern(indices, unroll) is ZERO:
                absent.update(others)
        return [p for k, p in enumerate(self.parts) if k not in absent] if absent else self.parts


def parts_of(
    graph: Graph, node: Node, taken: frozenset[str], known: Callable[[str], list[Part]], kinds: dict[Hashable, Kind]
) -> list[Part]:
    """The formula of a computed quantity, or those of all terms of a gradient; no index has a name that is `taken`.

    What comes back through a stack of steps is what comes back to it, as `known`: its gradient has no name.  `kinds`
    keeps what steps share.
    """
    if node.operation is not None:
        return [part(graph, node.operation, node.inputs, node, None, taken, kinds)]
    found: list[Part] = []
    for term in node.terms:
        if isinstance(term.operation, Stack) and term.upstream and graph.nodes[term.upstream].role == "gradient":
            found += [through(p, term.operation, term.slot, len(node.shape), kinds) for p in known(term.upstream)]
        else:
            found.append(part(graph, term.operation, term.inputs, graph.nodes[term.output], term, taken, kinds))
    return found


def through(p: Part, stack: Stack, slot: int, rank: int, kinds: dict[Hashable, Kind]) -> Part:
    """What one consumer of a stack adds to the gradient of one of its parts."""
    place, kept = stack.place(slot, tuple(Ref(i) for i in p.indices), rank)
    put = {i: new for i, new in zip(p.indices, place, strict=True) if new != Ref(i)}
    key = (id(p.kind), kept, tuple(put.items()))
    if key not in kinds:
        kinds[key] = Kind(substitute(p.kind.own, put), kept, p.kind.shapes, p.kind.late)
    return Part(p.graph, kinds[key], p.names, p.late, p.tie)


def part(
    graph: Graph, operation: Operation, inputs: tuple[str, ...], output: Node, term: Contribution | None,
    taken: frozenset[str], kinds: dict[Hashable, Kind],
) -> Part:  # fmt: skip
    """The part of an operation, or that of its gradient by one term."""
    names = dict(zip(operation.inputs, inputs, strict=False))
    if term is not None:
        names |= {"y": term.output} | ({} if term.upstream is None else {"g": term.upstream})
    general, late = without_rows(operation)
    shapes = {own: graph.nodes[name].shape for own, name in names.items()}
    given = tuple([graph.nodes[name].shape for name in inputs])
    slot = None if term is None else term.slot
    key = (general, slot, given, output.shape, "g" in names)
    if key not in kinds:
        own = with_sizes(*schematic_of(general, slot, given, output.shape), taken)
        f = own.formula
        if slot is not None and "g" not in names:
            f = transform(f, lambda node: ONE if isinstance(node, Ref) and node.name == "g" else node)
        kinds[key] = Kind(f, own.indices, shapes, tuple([name for name, _ in late]))
    return Part(
        graph, kinds[key], names, late, None if term is None and not operation.decides else operation.tie_remark()
    )


def schematic_of(
    operation: Operation, slot: int | None, given: tuple[Sizes, ...], shape: Sizes
) -> tuple[Schematic, Constants]:
    """The schematic formula of an operation, or of the gradient of an input, and the numbers of its sizes."""
    own = forward_schematic(operation, len(shape))
    sizes = {k: formula(v) for k, v in operation.sizes(*given).items()}
    if slot is None:
        return own, tuple(sizes.items())
    sizes |= {f"size_{i}": Number(n) for i, n in zip(own.indices, shape, strict=True)}
    return backward_schematic(operation, slot, len(shape)), tuple(sizes.items())


def without_rows(operation: Operation) -> tuple[Operation, Letters]:
    """The operation without the numbers of letters that only say which row of an input it reads; and these."""
    if type(operation) is not ByFormula or not operation.numbers:
        return operation, ()
    left = dict(at_places(operation)[0].numbers)
    kept = tuple([(name, n) for name, n in operation.numbers if name in left])
    late = tuple([(name, n) for name, n in operation.numbers if name not in left])
    return msgspec.structs.replace(operation, numbers=kept), late


@lru_cache(maxsize=1024)
def with_sizes(schematic: Schematic, sizes: tuple[tuple[str, Formula], ...], taken: frozenset[str]) -> Schematic:
    """A schematic formula with numbers for its sizes and letters that nothing has: once for all steps of a sequence."""
    return apart(Schematic(substitute(schematic.formula, dict(sizes)), schematic.indices), taken)


def with_constants(graph: Graph, f: Formula) -> Formula:
    """The formula with the constants of the graph as their numbers."""
    known = {name: f for name, f in graph.numbers.items() if graph.nodes[name].role == "constant"}
    return with_numbers(f, known) if known else f


def with_numbers(f: Formula, known: dict[str, Formula]) -> Formula:
    """The formula with numbers in place of references of some names."""
    return transform(f, lambda node: known.get(node.name, node) if isinstance(node, Ref) else node)


def at_update(graph: Graph, f: Formula, values: dict[str, Any]) -> Formula:
    """The formula with the number of the update in place of its letter."""
    if not graph.counters:
        return f
    return substitute(f, {name: Number(int(float(values[name]))) for name in graph.counters})
