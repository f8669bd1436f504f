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
    references,
    substitute,
    transform,
    walk,
)
from hwsolve.graph.explain.letters import ALIKE, ONE, wanted
from hwsolve.graph.explain.special_cases import unguarded
from hwsolve.graph.operation import INNER, LEADING, Schematic, with_letters
from hwsolve.solution import Form, Stage

if TYPE_CHECKING:
    from hwsolve.graph.explain.lines import Writer
    from hwsolve.graph.graph import Node

LETTERS = tuple("ijkmhlpqrscouvtaxbfgwyz")  # those that can be lowered first

DUMMIES = "klmrsuvpqn"  # letters of sums that speak of no unit of their own


def general(writer: Writer, node: Node, chain: Formula | None = None) -> Form:
    """The formula that all lines of a quantity are instances of; of a gradient with its chain of partials in front."""
    parted = None if chain is None else with_axes(writer, node, chain)
    lhs, rhs = both_sides(writer, node)
    linked = None if parted is None else at_indices(*parted, lhs)
    return Form((Stage("", lhs), *(() if linked is None else (Stage("=", linked),)), Stage("=", rhs)))


def at_indices(own: Formula, chain: Formula, lhs: Formula) -> Formula | None:
    """A chain at one element's letters with those of the line it is to stand in; None where a sum has one of these."""
    assert isinstance(own, Ref) and isinstance(lhs, Ref)
    names = {a.name: b for a, b in zip(own.indices, lhs.indices, strict=True) if isinstance(a, Ref) and a != b}
    bound = {part.index for part in walk(chain) if isinstance(part, BigOperator)}
    return None if bound & {b.name for b in names.values() if isinstance(b, Ref)} else substitute(chain, names)


def has_braces(f: Formula) -> bool:
    """Whether cases would stand in braces: more than two comparisons, or one within a sum; fewer have a row each."""
    cases = [n for n in walk(f) if isinstance(n, Call) and n.name == "if"]
    inner = any(isinstance(n, BigOperator) and any(c in set(walk(n)) for c in cases) for n in walk(f))
    return inner or len({c.args[0] for c in cases}) > 2


def both_sides(writer: Writer, node: Node) -> tuple[Formula, Formula]:
    """An element of the quantity, and its formula."""
    if node.name in writer.axes:
        of_all = with_axes(writer, node, None)
        if of_all is not None:
            return of_all
    of = writer.graph.nodes.get(node.of, node)
    samples = writer.graph.batched and of.role in ("given", "forward", "loss")
    stated = writer.letters.get(of.name, ())
    schematic = lettered(of_node(writer, node), LEADING[:1] if samples else (), writer.taken, stated)
    schematic = Schematic(met(schematic.formula), schematic.indices)
    key = writer.key(node.name, ())
    return Ref(key.name, tuple(Ref(i) for i in schematic.indices)), schematic.formula


def with_dummies(writer: Writer, node: Node, lhs: Formula, rhs: Formula) -> Formula:
    """The formula of what reads a quantity; its sums have other letters than the element it is derived by."""
    own = both_sides(writer, node)[0]
    free = {ref.name for side in (lhs, own) for ref in references(side) if not ref.indices}
    bound = {part.index for part in walk(rhs) if isinstance(part, BigOperator)}
    used = {ref.name for ref in references(rhs)} | free | bound | writer.taken
    used |= {letter for letters in writer.axes.values() for letter in letters}
    new = dict(zip(sorted(bound & free), (x for x in DUMMIES if x not in used), strict=False))

    def change(part: Formula) -> Formula:
        match part:
            case BigOperator(op, body, index, low, high) if index in new:
                return BigOperator(op, body, new[index], low, high)
            case Ref(name, ()) if name in new:
                return Ref(new[name])
        return part

    return transform(rhs, change)


def with_axes(writer: Writer, node: Node, f: Formula | None) -> tuple[Formula, Formula] | None:
    """An element and its formula, or another one, in the letters of the page; None where an index has none."""
    indices = writer.parts(node.name)[0].indices
    own = Ref(node.name, tuple(map(Ref, indices)))
    schematic = of_parts(writer, node) if f is None else f
    letters = wanted(call("==", own, schematic), writer.axes, ALIKE if writer.letters else frozenset())
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
        return transform(met(transform(transform(whole, change), in_order)), writer.whole)

    return written(own), written(schematic)


def of_parts(writer: Writer, node: Node) -> Formula:
    """The formula over nodes and the indices of its first part, in short."""
    parts = writer.parts(node.name)
    first = parts[0].indices
    made = [
        substitute(p.short("short", in_short), {a: Ref(b) for a, b in zip(p.indices, first, strict=True)})
        for p in parts
    ]
    return made[0] if len(made) == 1 else call("+", *made)


def of_node(writer: Writer, node: Node) -> Schematic:
    """The formula over the keys of its quantities, in short: sums of one term without their sign."""
    made: list[Schematic] = []
    for p in writer.parts(node.name):
        f = p.short("short", in_short)
        made.append(Schematic(transform(transform(single(f), in_order), writer.whole), p.indices))
    first = made[0]
    same = [substitute(m.formula, {a: Ref(b) for a, b in zip(m.indices, first.indices, strict=True)}) for m in made]
    return first if len(made) == 1 else Schematic(call("+", *same), first.indices)


def in_short(f: Formula) -> Formula:
    """The formula without the cases of numbers where it has no value, folded."""
    return fold(unguarded(f))


def in_order(node: Formula) -> Formula:
    """An element with its index formulas put together, numbers last: x[p + u - 1]."""
    if not isinstance(node, Ref) or not any(isinstance(i, Call) for i in node.indices):
        return node
    simple = (folded(simplify(i)) for i in node.indices)
    return Ref(node.name, tuple(sum_of(sorted(addends(i), key=lambda term: not term.factors)) for i in simple))


def folded(f: Formula) -> Formula:
    """A formula of whole numbers without floor and ceil of what is whole anyway: c − 1 for floor((c − 1)/1)."""

    def change(node: Formula) -> Formula:
        if not (isinstance(node, Call) and node.name in ("floor", "ceil")):
            return node
        inner = simplify(node.args[0])
        broken = any(isinstance(n, Call) and n.name in ("/", "**") for n in walk(inner))
        parts = any(isinstance(n, Number) and n.denominator != 1 for n in walk(inner))
        return node if broken or parts else inner

    found = transform(f, change)
    return f if found == f else simplify(found)


def single(f: Formula) -> Formula:
    """A big operator over one value as its body."""
    if isinstance(f, BigOperator) and f.low == f.high:
        return single(fold(substitute(f.body, {f.index: f.low})))
    parts = children(f)
    return rebuild(f, tuple(single(p) for p in parts)) if parts else f


def met(f: Formula) -> Formula:
    """The formula without the δ of two indices that are the same, as those along an axis of length 1."""

    def one(node: Formula) -> Formula:
        match node:
            case Call("delta", (i, j)) if i == j:
                return Number(1)
            case Call("*", args) if Number(1) in args:
                left = [a for a in args if a != Number(1)]
                return Number(1) if not left else left[0] if len(left) == 1 else Call("*", tuple(left))
        return node

    return transform(f, one) if any(isinstance(n, Call) and n.name == "delta" for n in walk(f)) else f


def making_way(f: Formula, element: Ref) -> Formula:
    """The formula with other letters for bound indices that are called as an index of an element is."""
    from hwsolve.formula.differentiate import apart as bound_apart

    return bound_apart(f, element)


SAMPLES = "nmbdg"  # the letter of the sample, the first that no quantity has: n may be that of a gate


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
    given += [old for old in bound if old.endswith("_") or old in LEADING[1:] + INNER]
    new = {old: next((x for x in SAMPLES if x not in used), old) for old in keep if old not in LEADING[:1]}
    return with_letters(schematic, new | {old: next(free) for old in dict.fromkeys(given) if old not in new})
