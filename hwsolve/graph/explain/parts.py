"""The formulas of a quantity, before an index has a number: one, or one for each term of a gradient."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import msgspec

from hwsolve.formula.tree import ONE, Formula, Number, Ref, formula, substitute, transform
from hwsolve.graph.graph import Contribution, Graph, Node
from hwsolve.graph.operation import Operation, Schematic, apart, backward_schematic, forward_schematic, rename
from hwsolve.graph.stack import Stack
from hwsolve.language import Message


class Part(msgspec.Struct, frozen=True):
    """The schematic formula of a quantity, or what one consumer adds to it, whatever the element and the step are.

    `own` is over the names of the operation, which `names` maps to those of nodes; `over_nodes` is over these, and has
    the numbers of constants.  `tie` says what becomes of equal maxima.
    """

    own: Formula
    indices: tuple[str, ...]
    names: dict[str, str]
    over_nodes: Formula
    tie: Message | None = None


def parts_of(graph: Graph, node: Node, taken: frozenset[str], known: Callable[[str], list[Part]]) -> list[Part]:
    """The formula of a computed quantity, or those of all terms of a gradient; no index has a name that is `taken`.

    What comes back through a stack of steps is what comes back to it, as `known`: its gradient has no name.
    """
    if node.operation is not None:
        schematic = forward_schematic(node.operation, len(node.shape))
        return [part(graph, node.operation, node.inputs, schematic, {}, taken)]
    found: list[Part] = []
    for term in node.terms:
        if isinstance(term.operation, Stack) and term.upstream and graph.nodes[term.upstream].role == "gradient":
            found += [through(p, term.operation, term.slot, len(node.shape)) for p in known(term.upstream)]
        else:
            found.append(part_of_term(graph, term, taken))
    return found


def through(p: Part, stack: Stack, slot: int, rank: int) -> Part:
    """What one consumer of a stack adds to the gradient of one of its parts."""
    place, kept = stack.place(slot, tuple(Ref(i) for i in p.indices), rank)
    put = {i: new for i, new in zip(p.indices, place, strict=True) if new != Ref(i)}
    return Part(substitute(p.own, put), kept, p.names, substitute(p.over_nodes, put), p.tie)


def part_of_term(graph: Graph, term: Contribution, taken: frozenset[str]) -> Part:
    """What one consumer adds to a gradient."""
    shape, operation = graph.nodes[term.output].shape, term.operation
    others = {"y": term.output} | ({} if term.upstream is None else {"g": term.upstream})
    schematic = backward_schematic(operation, term.slot, len(shape))
    return part(graph, operation, term.inputs, schematic, others, taken, operation.tie_remark())


def part(
    graph: Graph, operation: Operation, inputs: tuple[str, ...], schematic: Schematic, others: dict[str, str],
    taken: frozenset[str], tie: Message | None = None,
) -> Part:  # fmt: skip
    """A schematic formula with the numbers of its sizes, and without an upstream gradient of 1."""
    names = dict(zip(operation.inputs, inputs, strict=False)) | others
    sizes = {k: formula(v) for k, v in operation.sizes(*(graph.nodes[i].shape for i in inputs)).items()}
    if "y" in others:
        shape = graph.nodes[others["y"]].shape
        sizes |= {
            f"size_{i}": Number(n) for i, n in zip(forward_schematic(operation, len(shape)).indices, shape, strict=True)
        }
    own = with_sizes(schematic, tuple(sizes.items()), taken)
    f = own.formula
    if "g" not in names:
        f = transform(f, lambda node: ONE if isinstance(node, Ref) and node.name == "g" else node)
    return Part(f, own.indices, names, with_constants(graph, rename(f, names)), tie)


@lru_cache(maxsize=1024)
def with_sizes(schematic: Schematic, sizes: tuple[tuple[str, Formula], ...], taken: frozenset[str]) -> Schematic:
    """A schematic formula with numbers for its sizes and letters that nothing has: once for all steps of a sequence."""
    return apart(Schematic(substitute(schematic.formula, dict(sizes)), schematic.indices), taken)


def with_constants(graph: Graph, f: Formula) -> Formula:
    """The formula with the constants of the graph as their numbers."""
    known = {name: f for name, f in graph.numbers.items() if graph.nodes[name].role == "constant"}
    return transform(f, lambda node: known.get(node.name, node) if isinstance(node, Ref) else node) if known else f


def at_update(graph: Graph, f: Formula, values: dict[str, Any]) -> Formula:
    """The formula with the number of the update in place of its letter."""
    if not graph.counters:
        return f
    return substitute(f, {name: Number(int(float(values[name]))) for name in graph.counters})
