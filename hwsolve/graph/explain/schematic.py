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
    Ref,
    call,
    children,
    rebuild,
    substitute,
    transform,
    walk,
)
from hwsolve.graph.explain.parts import with_constants
from hwsolve.graph.explain.special_cases import unguarded
from hwsolve.graph.operation import INNER, LEADING, Schematic, rename, with_letters
from hwsolve.solution import Prose, Stage

if TYPE_CHECKING:
    from hwsolve.graph.explain.lines import Writer
    from hwsolve.graph.graph import Node

LETTERS = tuple("ijkmhlpqrscouvtaxbfgwyz")  # those that can be lowered first


def general(writer: Writer, node: Node) -> Prose:
    """The formula that all lines of a quantity are instances of."""
    lhs, rhs = both_sides(writer, node)
    return Prose(formulas=(Stage("=", lhs), Stage("=", rhs)))


def both_sides(writer: Writer, node: Node) -> tuple[Formula, Formula]:
    """An element of the quantity, and its formula."""
    of = writer.graph.nodes.get(node.of, node)
    samples = writer.graph.batched and of.role in ("given", "forward", "loss")
    stated = writer.letters.get(of.name, ())
    schematic = lettered(of_node(writer, node), LEADING[:1] if samples else (), writer.taken, stated)
    key = writer.key(node.name, ())
    return Ref(key.name, tuple(Ref(i) for i in schematic.indices)), schematic.formula


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
