"""Quantities of sequences: the line of all steps, hₜ = tanh(aₜ), found from two steps that follow each other.

A formula holds for every step where the next step's differs from it by one in each place of the time alone.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from hwsolve.formula.instantiate import fold
from hwsolve.formula.notation import plain
from hwsolve.formula.tree import (
    ONE,
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
from hwsolve.graph.explain.parts import Part, with_constants
from hwsolve.graph.explain.schematic import in_order, lettered, single
from hwsolve.graph.explain.special_cases import unguarded
from hwsolve.graph.operation import Schematic, rename
from hwsolve.graph.stack import Stack
from hwsolve.solution import Form, Stage

if TYPE_CHECKING:
    from hwsolve.graph.explain.lines import Writer
    from hwsolve.graph.graph import Node

TIMES = ("t", "s", "p", "tau")  # letters of the time, the first that no quantity has; τ is no subscript in text


def time_letter(writer: Writer) -> Ref:
    """The letter of the time."""
    return Ref(next((letter for letter in TIMES if letter not in writer.taken), "t_"))


def is_step(writer: Writer, node: Node) -> bool:
    """Whether a quantity is one step of a sequence."""
    return writer.graph.labels[node.name].time is not None


def reads_steps(writer: Writer, node: Node) -> bool:
    """Whether a quantity that stands for all steps gets its gradient from several of them."""
    own = node.role == "gradient" and not is_step(writer, node)
    return own and any(writer.graph.labels[term.output].time is not None for term in node.terms)


# one step


def form_of(writer: Writer, node: Node) -> Form:
    """The form of a step: that of all steps like it, where there are several, else its own."""
    own = sides(writer, node)
    time = writer.graph.labels[node.name].time or 0
    for other in beside(writer, node):
        pair = (
            (own, sides(writer, other))
            if writer.graph.labels[other.name].clock == Number(time + 1)
            else (sides(writer, other), own)
        )
        start = time if pair[0] is own else time - 1
        both = [moved(a, b, time_letter(writer), start) for a, b in zip(*pair, strict=True)]
        if all(f is not None for f in both):
            own = (both[0] or own[0], both[1] or own[1])
            break
    return Form((Stage("", own[0]), Stage("=", own[1])))


def beside(writer: Writer, node: Node) -> list[Node]:
    """The same quantity at the next step and at the one before, where these are."""
    graph, label = writer.graph, writer.graph.labels[node.name]
    if not writer.steps:
        for name, other in graph.labels.items():
            if other.time is not None:
                writer.steps[other.symbol, graph.nodes[name].role, other.time] = graph.nodes[name]
    near = (writer.steps.get((label.symbol, node.role, (label.time or 0) + more)) for more in (1, -1))
    return [other for other in near if other is not None]


def sides(writer: Writer, node: Node) -> tuple[Formula, Formula]:
    """An element of a step, and its formula, with the numbers of its times."""
    graph = writer.graph
    label = graph.labels[node.name]
    parts = writer.parts(node.name)
    alone = node.shape[label.lead :] == (1,)
    first = parts[0].indices
    made = []
    for p in parts:
        same: dict[str, Formula] = {a: Ref(b) for a, b in zip(p.indices, first, strict=True)}
        if alone:
            same[p.indices[-1]] = ONE
        made.append(over_keys(writer, p, same))
    whole = made[0] if len(made) == 1 else call("+", *made)
    indices = first[:-1] if alone else first
    samples = indices[: label.lead]
    schematic = lettered(Schematic(whole, indices), samples, writer.taken)
    at = label.at(tuple(Ref(i) for i in schematic.indices), label.clock)
    return Ref(writer.key(node.name, ()).name, at), schematic.formula


def over_keys(writer: Writer, p: Part, put: dict[str, Formula]) -> Formula:
    """The formula of a part over keys; what has one unit alone needs no index for it."""
    graph = writer.graph

    def key(f: Formula) -> Formula:
        if not isinstance(f, Ref) or f.name not in graph.nodes:
            return f
        label, shape = graph.labels[f.name], graph.nodes[f.name].shape
        if label.time is not None and shape[label.lead :] == (1,):
            f = Ref(f.name, f.indices[:-1])
            return Ref(writer.key(f.name, ()).name, label.at(f.indices, label.clock))
        return writer.whole(f)

    f = substitute(unguarded(p.own), put)
    f = single(fold(with_constants(graph, rename(f, p.names))))
    return transform(transform(fold(f), in_order), key)


def moved(a: Formula, b: Formula, time: Ref, start: int, index: bool = False) -> Formula | None:
    """The formula of every step, from that of the step `start` and of the next; None where they differ otherwise."""
    if a == b:
        return a
    if index and isinstance(a, Number) and isinstance(b, Number):
        later = a.numerator - start
        if b.numerator != a.numerator + 1 or a.denominator != 1:
            return None
        return time if not later else Call("+" if later > 0 else "-", (time, Number(abs(later))))
    if type(a) is not type(b) or len(children(a)) != len(children(b)):
        return None
    if getattr(a, "name", "") != getattr(b, "name", "") or getattr(a, "index", "") != getattr(b, "index", ""):
        return None
    inside = index or isinstance(a, Ref)
    parts = [moved(x, y, time, start, inside) for x, y in zip(children(a), children(b), strict=True)]
    known = tuple(part for part in parts if part is not None)
    return rebuild(a, known) if len(known) == len(parts) else None


# what stands for all steps


def summed(writer: Writer, node: Node) -> tuple[Form, ...]:
    """The forms of the gradient of what all steps read: a sum over them; of packed parameters one for each gate."""
    sequence = writer.graph.nodes[node.of].role != "parameter"
    found = of_sequence(writer, node) if sequence else of_parameter(writer, node)
    return tuple(Form((Stage("", lhs), Stage("=", rhs))) for lhs, rhs in found)


def timed(writer: Writer, node: Node) -> list[tuple[int, str, Part]] | None:
    """The parts of a gradient by time and symbol of what reads; None where something else reads too."""
    if any(isinstance(term.operation, Stack) for term in node.terms):
        return None
    found = []
    for term, p in zip(node.terms, writer.parts(node.name), strict=True):
        label = writer.graph.labels[term.output]
        if label.time is None:
            return None
        found.append((label.time, label.symbol, p))
    return found


def of_parameter(writer: Writer, node: Node) -> list[tuple[Formula, Formula]]:
    """∂L/∂W[i + A,j] = Σₜ ∂L/∂a[t,i]·x[t,j], for each row A at which a gate begins."""
    parts = timed(writer, node)
    if parts is None:
        return []
    gates: dict[tuple[int, str], list[tuple[int, Part]]] = {}
    for time, symbol, p in parts:
        gates.setdefault((before(writer, p), symbol), []).append((time, p))
    found: dict[int, list[tuple[Formula, Formula]]] = {}
    first = parts[0][2].indices
    for (rows, _), one in sorted(gates.items(), key=lambda item: item[0][0]):
        made = {}
        for time, p in sorted(one, key=lambda pair: pair[0]):
            same: dict[str, Formula] = {a: Ref(b) for a, b in zip(p.indices, first, strict=True)}
            own = units(writer, p)
            same |= {a: ONE for a, n in zip(p.indices, node.shape, strict=True) if n == 1}
            if first and own == 1:
                same[p.indices[0]] = Number(rows + 1)
            elif rows:
                same[p.indices[0]] = Call("+", (Ref(first[0]), Number(rows)))
            made[time] = over_keys(writer, p, same)
        row: Formula | None = Number(rows + 1) if own == 1 else Ref(first[0]) if first else None
        if rows and own != 1 and first:
            row = Call("+", (Ref(first[0]), Number(rows)))
        key = writer.key(node.name, ()).name
        rest = (ONE if n == 1 else Ref(i) for i, n in zip(first[1:], node.shape[1:], strict=True))
        lhs = Ref(key, (row, *rest)) if row is not None and first else Ref(key)
        found.setdefault(rows, []).append((lhs, over_steps(writer, made)))
    return [together(writer, first, sides) for sides in found.values()]


def together(writer: Writer, first: tuple[str, ...], sides: list[tuple[Formula, Formula]]) -> tuple[Formula, Formula]:
    """What several quantities of one row add up to, in single letters."""
    whole = call("+", *(rhs for _, rhs in sides)) if len(sides) > 1 else sides[0][1]
    schematic = lettered(Schematic(Call("==", (sides[0][0], whole)), first), (), writer.taken)
    f = schematic.formula
    assert isinstance(f, Call)
    return f.args[0], f.args[1]


def units(writer: Writer, p: Part) -> int:
    """How many units the quantity that reads has."""
    graph, upstream = writer.graph, p.names.get("g", "")
    if upstream not in graph.nodes:
        return 0
    shape = graph.nodes[upstream].shape[graph.labels[upstream].lead :]
    return shape[0] if shape else 0


def before(writer: Writer, p: Part) -> int:
    """How many rows stand before those of the gate that a part belongs to: g[m1 − A]."""
    for f in walk(unguarded(p.own)):
        if isinstance(f, Ref) and f.name == "g" and f.indices:
            match f.indices[-1]:
                case Call("-", (Ref(), Number(rows))) | Call("+", (Ref(), Call("neg", (Number(rows),)))):
                    return rows
                case Call("+", (Ref(), Number(rows))) if rows < 0:
                    return -rows
    return 0


def over_steps(writer: Writer, made: dict[int, Formula]) -> Formula:
    """A formula of each step as a sum over the steps, where it is the same for all."""
    times, letter = sorted(made), time_letter(writer)
    if len(times) > 1 and times == list(range(times[0], times[-1] + 1)):
        general = {moved(made[a], made[b], letter, a) for a, b in pairwise(times)}
        (one, *others) = general
        if one is not None and not others and letter in set(walk(one)):
            return BigOperator("Sum", one, letter.name, Number(times[0]), Number(times[-1]))
    return call("+", *(made[t] for t in times)) if len(times) > 1 else made[times[0]]


def of_sequence(writer: Writer, node: Node) -> list[tuple[Formula, Formula]]:
    """∂L/∂x[t,j], of what is read at each step: the terms of that step."""
    parts = timed(writer, node)
    lead = int(writer.graph.batched)
    if parts is None or len(node.shape) != lead + 2:
        return []
    first = parts[0][2].indices
    made: dict[int, list[Formula]] = {}
    for time, _, p in parts:
        same: dict[str, Formula] = {a: Ref(b) for a, b in zip(p.indices, first, strict=True)}
        same[p.indices[lead]] = Number(time)
        made.setdefault(time, []).append(over_keys(writer, p, same))
    whole = {t: call("+", *terms) if len(terms) > 1 else terms[0] for t, terms in made.items()}
    key, letter = writer.key(node.name, ()).name, time_letter(writer)
    general = {moved(whole[a], whole[b], letter, a) for a, b in pairwise(sorted(whole))}
    if len(general) != 1 or None in general:
        return []
    at = (*first[:lead], letter.name, *first[lead + 1 :])
    lhs = Ref(key, tuple(Ref(i) for i in at))
    rhs = next(iter(general))
    assert rhs is not None
    names = tuple(i for i in first if i != first[lead])
    schematic = lettered(Schematic(Call("==", (lhs, rhs)), names), first[:lead], writer.taken)
    f = schematic.formula
    assert isinstance(f, Call)
    return [(f.args[0], f.args[1])]


def text_of(form: Form) -> str:
    """A form as a text, to see whether it stood before."""
    return " = ".join(plain(stage.formula) for stage in form.links)
