"""Other ways to count, under which a published count may be right: in all layers alike, or by other conventions."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from typing import NamedTuple

import msgspec

from hwsolve.derivation.size_lines import size_value
from hwsolve.formula.key_sums import terms_of
from hwsolve.formula.parse import FormulaError, parse
from hwsolve.formula.tree import Call, Formula, formula
from hwsolve.kinds.complexity.conventions import changed, others
from hwsolve.kinds.complexity.page import Operations
from hwsolve.kinds.complexity.problem import Count, Problem
from hwsolve.kinds.complexity.tables import KINDS, listed_formulas
from hwsolve.kinds.complexity.totals import CountOfLayer
from hwsolve.kinds.count_params.stated_keys import placed
from hwsolve.language import Message, listed, say
from hwsolve.layers.base import Size, product, simplified, total
from hwsolve.readings import Cause, Reading
from hwsolve.solution import Answer, Text

SINGLE = ("forward", "error", "gradient", "update")
WHOLES = {phase: (phase,) for phase in SINGLE} | {"backward": ("error", "gradient"), "total": SINGLE}
MOST = 2  # conventions that are changed together


class Fewer(NamedTuple):
    """What some of the layers work out, how many these are, and how many there are."""

    what: Text
    some: Size
    layers: Size


def readings(problem: Problem) -> Iterator[Reading]:
    """Other readings, the simplest first: one thing is counted otherwise, then two."""
    usual = Operations(problem)
    usual.solution()
    fewer = in_fewer_layers(usual)
    causes: dict[str, Cause] = {}
    for name, why in others(problem.count, on_the_page(usual, fewer)).items():
        causes[name] = Cause(why, counted_by(problem, changed(problem.count, [name])))
        yield Reading(right_when([why]), causes[name].answers, (causes[name],))
    for n in range(2, MOST + 1):
        for names in combinations(causes, n):
            found = tuple([causes[name] for name in names])
            why = right_when([cause.why for cause in found])
            yield Reading(why, counted_by(problem, changed(problem.count, names)), found)
    yield from stated_in_all_layers(usual, fewer)


def right_when(conventions: list[Message]) -> Message:
    """Conventions under which a count comes out."""
    return say("right when {conventions}", conventions=listed(conventions))


def on_the_page(usual: Operations, fewer: Fewer | None) -> dict[str, Message]:
    """What conventions are about, in the words of the page."""
    words: dict[str, Message] = {}
    if usual.count.slopes and (slopes := tuple([f for f, _ in usual.forms.kept_slopes.values()])):
        left = tuple([f.args[0] if isinstance(f, Call) else f for f in slopes])
        words["slopes"] = say("the working out of {slopes}", slopes=listed_formulas(left))
    if fewer is not None and not usual.count.input_gradient:
        count = msgspec.structs.replace(usual.count, input_gradient=True)
        there, everywhere = counted_by(usual.problem, count), in_all_layers(usual, {})
        if all(there[key].value == answer.value for key, answer in everywhere.items()):
            what, some, layers = fewer
            words["input_gradient"] = say(
                "{what} in {layers} layers, not in {some}", what=what, layers=formula(layers), some=formula(some)
            )
    return words


def counted_by(problem: Problem, count: Count) -> dict[str, Answer]:
    """The counts by other conventions."""
    return Operations(msgspec.structs.replace(problem, count=count)).solution().answers


def in_fewer_layers(usual: Operations) -> Fewer | None:
    """What not all copies of a layer work out, where that is one thing: the first layer passes no error on."""
    found: dict[str, Fewer] = {}
    for (phase, kind), terms in usual.terms.items():
        for term in terms:
            path = path_of(term)
            if (layers := usual.stood.get(path, term.times)) != term.times and term.times != 0:
                forms = usual.forms.worked_out(f"{phase}.{kind}", path)
                what = listed([say("{symbol}", symbol=f) for f in forms] or [placed(path)])
                found[repr(what)] = Fewer(what, term.times, layers)
    return next(iter(found.values())) if len(found) == 1 else None


def stated_in_all_layers(usual: Operations, fewer: Fewer | None) -> Iterator[Reading]:
    """Counts of one layer as a source states them, taken as often as there are layers."""
    more: dict[tuple[str, str], list[Size]] = {}
    said: dict[Formula, Size] = {}
    for key, statement in usual.problem.published.items():
        if (found := of_one_layer(usual, key)) is None or not isinstance(statement.value, Formula):
            continue
        phase, layers, value = found
        off = simplified(total((statement.value, product((-1, value)))))
        if off != 0:
            more.setdefault(phase, []).append(product((layers, off)))
            said[statement.value] = layers
    if len(set(said.values())) != 1:
        return
    stated, layers = listed([say("{symbol}", symbol=f) for f in said]), next(iter(said.values()))
    why = say("right with the stated {stated} taken {layers} times", stated=stated, layers=formula(layers))
    if fewer is not None:
        why = say("{why}; but {what} is counted in {some} layers", why=why, what=fewer.what, some=formula(fewer.some))
    yield Reading(why, in_all_layers(usual, more), last=True)


def of_one_layer(usual: Operations, key: str) -> tuple[tuple[str, str], Size, Size] | None:
    """The phase and kind, the number of layers and the count of one layer that a key, or a sum of keys, stands for."""
    try:
        parts = [name for times, name in terms_of(parse(key)) if times == 1]
    except FormulaError:
        return None
    known = {term.key.name: (phase, term) for phase, terms in usual.terms.items() for term in terms}
    found = [known[name] for name in parts if name in known]
    ways = {(phase, usual.stood.get(path_of(term))) for phase, term in found}
    if len(found) != len(parts) or len(ways) != 1:
        return None
    ((phase, layers),) = ways
    return None if layers is None or layers == 1 else (phase, layers, total(term.value for _, term in found))


def in_all_layers(usual: Operations, more: dict[tuple[str, str], list[Size]]) -> dict[str, Answer]:
    """The totals where whatever some layers work out is counted in all of them, and with what is added to a phase."""
    found = {}
    for phase, parts in WHOLES.items():
        for kind in KINDS:
            terms = [term for part in parts for term in usual.terms.get((part, kind), [])]
            counts = [product((often(usual, term), term.value)) for term in terms]
            added = [size for part in parts for size in more.get((part, kind), [])]
            if f"{phase}.{kind}" in usual.values:
                found[f"{phase}.{kind}"] = Answer(size_value(simplified(total((*counts, *added)))))
    return found


def often(usual: Operations, term: CountOfLayer) -> Size:
    """How often a layer stands that counts something anywhere."""
    return usual.stood.get(path_of(term), term.times) if term.times != 0 else 0


def path_of(term: CountOfLayer) -> str:
    """The layer that a count is of."""
    return term.key.name.split(".", 2)[2]
