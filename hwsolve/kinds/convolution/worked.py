"""One cell of a case, worked with numbers: the windows that cover it, and its error by the line that it has."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from typing import Any

from hwsolve.counting import At
from hwsolve.formula.evaluate import evaluate
from hwsolve.formula.tree import Formula, Number, Ref, call, references, substitute, transform
from hwsolve.graph.explain.lines import Writer
from hwsolve.kinds.convolution.marks import decided
from hwsolve.kinds.convolution.passing import Passing
from hwsolve.kinds.convolution.wording import listing
from hwsolve.language import say
from hwsolve.quantities import put_in, small_fractions
from hwsolve.solution import Form, Group, Item, Sentence, Stage, Text, Value

Indices = tuple[int, ...]


def telling_place(writer: Writer, names: list[str], upstream: str, lines: Mapping[Ref, Value],
                  places: Iterable[Indices]) -> Indices | None:  # fmt: skip
    """The cell whose errors, those of `names`, are not 0, and that the most places of `upstream` send something to.

    None where no cell has a line.
    """

    def rank(at: Indices) -> tuple[int, int]:
        reads = sum(ref.name == upstream for ref in references(writer.formula(names[0], at)))
        return sum(bool(writer.element(name, at) != 0) for name in names), reads

    known = [at for at in places if writer.key(names[0], at) in lines]
    return max(known, key=rank) if known else None


def windows_at(
    windows: Iterable[tuple[str, Formula]], numbers: Mapping[str, int], cell: Formula, from_one: bool
) -> Iterator[Item]:
    """The first and the last window that cover a cell, by their formulas; numbers put in count `from_one`."""
    put: dict[str, Formula] = {name: Number(n) for name, n in numbers.items()}
    lines = []
    for name, f in windows:
        found = evaluate(f, lambda name, _: numbers[name])
        between = [Stage("=", substitute(f, put))] if from_one else []
        lines.append(Form((Stage("", Ref(name)), Stage("=", f), *between, Stage("=", Number(int(found))))))
    yield Sentence(say("The formulas, worked out for {cell}:", cell=cell))
    if lines:
        yield Group(tuple(lines))


def outside(passing: Passing, numbers: Mapping[str, int], g: Formula) -> Iterator[Item]:
    """The windows of a cell that are not on the map."""
    sides = passing.r.outputs[-len(passing.axes) :]
    for a, side in zip(passing.axes, sides, strict=True):
        if not a.by_windows:
            continue
        first, last, count = (int(evaluate(f, lambda name, _: numbers[name])) for f in (a.first, a.last, side))
        gone = [say("{a}", a=At(Number(n))) for n in range(first, last + 1) if not 1 <= n <= count]
        if gone:
            text = say("Where {p} is {places} there is no output: {g} is {zero}.",
                       p=Ref(a.place), places=listing(gone), g=g, zero=0)  # fmt: skip
            yield Sentence(text)


def as_form(line: Value, reason: Text) -> Group:
    """The line of an element once more, beside its reason."""
    stages = [Stage("", line.key), *decided(line).stages]
    near = stages[-1].relation == "≈"  # rounded numbers were put in
    if line.quantity.relation == "≈" and (exactly := small_fractions([line.quantity])):
        stages.append(Stage("≈" if near else "=", exactly[0]))
    relation = "≈" if near else line.quantity.relation
    return Group((Form((*stages, Stage(relation, put_in(line.quantity)))),), reason)


def chosen_sum(writer: Writer, name: str, at: Indices, upstream: str, y: str, x: Formula) -> Group | None:
    """The error of a cell as the sum of what chose it; None where nothing did, or only for a part."""
    read: dict[Indices, Any] = {}
    f = writer.formula(name, at)
    for one in dict.fromkeys(ref for ref in references(f) if ref.name == upstream):
        place = tuple([i.numerator for i in one.indices if isinstance(i, Number)])
        read[place] = writer.evaluate(transform(f, partial(alone, upstream, one)), writer.element)
    passing = sorted(place for place, part in read.items() if part != 0)
    if not passing or any(read[place] != 1 for place in passing):
        return None
    nodes = [Ref(upstream, tuple(map(Number, place))) for place in passing]
    total = nodes[0] if len(nodes) == 1 else call("+", *nodes)
    writer.check(writer.key(name, at), writer.element(name, at), total, writer.element)
    keys = {node: writer.key(upstream, place) for node, place in zip(nodes, passing, strict=True)}
    numbers = {node: put_in(writer.shown(upstream, place)) for node, place in zip(nodes, passing, strict=True)}
    found = writer.shown(name, at)
    links = [Stage("", writer.key(name, at)), *[Stage("=", replaced(total, by)) for by in (keys, numbers)]]
    ys = tuple([writer.key(y, place) for place in passing])
    if len(ys) == 1:
        reason = say("{x} is the largest in the window of {y}", x=x, y=ys[0])
    else:
        reason = say("{x} is the largest in the windows of {y}", x=x, y=ys)
    return Group((Form((*links, Stage(found.relation, put_in(found)))),), reason)


def alone(name: str, one: Ref, node: Formula) -> Formula:
    """1 for an element of an array, 0 for all others."""
    return Number(int(node == one)) if isinstance(node, Ref) and node.name == name else node


def replaced(f: Formula, by: Mapping[Ref, Formula]) -> Formula:
    """A formula with others in the place of its elements."""
    return transform(f, lambda node: by.get(node, node) if isinstance(node, Ref) else node)
