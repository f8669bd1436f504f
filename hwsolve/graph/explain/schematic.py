"""The general formula of a quantity, over index letters: z[i] = Σⱼ w[i,j] x[j] + b[i]."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hwsolve.formula.instantiate import fold
from hwsolve.formula.simplify.simplify import simplify
from hwsolve.formula.simplify.terms import addends, sum_of
from hwsolve.formula.tree import (
    BigOperator,
    Call,
    Formula,
    Number,
    Ref,
    call,
    children,
    rebuild,
    substitute,
    transform,
    walk,
)
from hwsolve.graph.explain.letters import ONE, wanted
from hwsolve.graph.explain.parts import with_constants
from hwsolve.graph.explain.special_cases import unguarded
from hwsolve.graph.operation import INNER, LEADING, Schematic, rename, with_letters
from hwsolve.solution import Form, Stage

if TYPE_CHECKING:
    from hwsolve.graph.explain.lines import Writer
    from hwsolve.graph.graph import Node

LETTERS = tuple("ijkmhlpqrscouvtaxbfgwyz")  # those that can be lowered first


def general(writer: Writer, node: Node, chain: Formula | None = None) -> Form:
    """The formula that all lines of a quantity are instances of; of a gradient with its chain of partials in front."""
    parted = None if chain is None else with_axes(writer, node, chain)
    lhs, rhs = both_sides(writer, node)
    if parted is None:
        return Form((Stage("", lhs), Stage("=", rhs)))
    return Form((Stage("", lhs), Stage("=", parted[1]), Stage("=", rhs)))


def both_sides(writer: Writer, node: Node) -> tuple[Formula, Formula]:
    """An element of the quantity, and its formula."""
    if node.name in writer.axes and node.name not in writer.letters:
        of_all = with_axes(writer, node, None)
        if of_all is not None:
            return of_all
    of = writer.graph.nodes.get(node.of, node)
    samples = writer.graph.batched and of.role in ("given", "forward", "loss")
    stated = writer.letters.get(of.name, ())
    schematic = lettered(of_node(writer, node), LEADING[:1] if samples else (), writer.taken, stated)
    key = writer.key(node.name, ())
    return Ref(key.name, tuple(Ref(i) for i in schematic.indices)), schematic.formula


def with_axes(writer: Writer, node: Node, f: Formula | None) -> tuple[Formula, Formula] | None:
    """An element and its formula, or another one, in the letters of the page; None where an index has none."""
    indices = writer.parts(node.name)[0].indices
    own = Ref(node.name, tuple(map(Ref, indices)))
    schematic = of_parts(writer, node) if f is None else f
    letters = wanted(call("==", own, schematic), writer.axes)
    if letters is None or {*letters.values()} & writer.taken:
        return None
    apart_from = {n.index for n in walk(schematic) if isinstance(n, BigOperator)} | {*indices}
    if any(i not in letters for i in apart_from):
        return None

    def change(part: Formula) -> Formula:
        match part:
            case BigOperator(op, body, index, low, high):
                return body if letters[index] == ONE else BigOperator(op, body, letters[index], low, high)
            case Ref(name, ()) if name in letters:
                return Number(1) if letters[name] == ONE else Ref(letters[name])
        return part

    def written(whole: Formula) -> Formula:
        return transform(transform(transform(whole, change), in_order), writer.whole)

    return written(own), written(schematic)


def of_parts(writer: Writer, node: Node) -> Formula:
    """The formula over nodes and the indices of its first part, in short."""
    parts = writer.parts(node.name)
    first = parts[0].indices
    made = [
        substitute(fold(unguarded(p.over_nodes)), {a: Ref(b) for a, b in zip(p.indices, first, strict=True)})
        for p in parts
    ]
    return made[0] if len(made) == 1 else call("+", *made)


def of_node(writer: Writer, node: Node) -> Schematic:
    """The formula over the keys of its quantities, in short: sums of one term without their sign."""
    made: list[Schematic] = []
    for p in writer.parts(node.name):
        f = fold(with_constants(writer.graph, rename(unguarded(p.own), p.names)))
        made.append(Schematic(transform(transform(single(f), in_order), writer.whole), p.indices))
    first = made[0]
    same = [substitute(m.formula, {a: Ref(b) for a, b in zip(m.indices, first.indices, strict=True)}) for m in made]
    return first if len(made) == 1 else Schematic(call("+", *same), first.indices)


def in_order(node: Formula) -> Formula:
    """An element with its index formulas put together, numbers last: x[p + u - 1]."""
    if not isinstance(node, Ref) or not any(isinstance(i, Call) for i in node.indices):
        return node
    simple = (simplify(i) for i in node.indices)
    return Ref(node.name, tuple(sum_of(sorted(addends(i), key=lambda term: not term.factors)) for i in simple))


def single(f: Formula) -> Formula:
    """A big operator over one value as its body."""
    if isinstance(f, BigOperator) and f.low == f.high:
        return single(fold(substitute(f.body, {f.index: f.low})))
    parts = children(f)
    return rebuild(f, tuple(single(p) for p in parts)) if parts else f


def making_way(f: Formula, element: Ref) -> Formula:
    """The formula with other letters for bound indices that are called as an index of an element is."""
    from hwsolve.formula.differentiate import apart as bound_apart

    return bound_apart(f, element)


def lettered(
    schematic: Schematic, keep: tuple[str, ...], taken: frozenset[str], stated: tuple[str, ...] = ()
) -> Schematic:
    """Single letters for the index variables, and for bound ones that had to make way; the sample's own is kept.

    Where letters are stated for the quantity, it has these.
    """
    bound = {n.index: None for n in walk(schematic.formula) if isinstance(n, BigOperator)}
    if len(stated) == len(schematic.indices) and not {*stated} & taken:
        named: dict[str, Formula] = {i: Ref(letter) for i, letter in zip(schematic.indices, stated, strict=True)}
        return Schematic(substitute(making_way(schematic.formula, Ref("", tuple(named.values()))), named), stated)
    used = {*bound, *schematic.indices} | taken
    free = (letter for letter in LETTERS if letter not in used)
    given = [old for old in schematic.indices if old not in keep and old.rstrip("_") in LEADING + INNER]
    given += [old for old in bound if old.endswith("_")]
    return with_letters(schematic, {old: next(free) for old in dict.fromkeys(given)})
