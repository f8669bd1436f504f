"""The table of operations: for each phase what is computed, and what that takes; and how counts grow."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import msgspec

from hwsolve.derivation.lines import binary
from hwsolve.formula.tree import Call, Formula, Number, formula
from hwsolve.kinds.count_params.partial import GAP
from hwsolve.kinds.count_params.table import listed
from hwsolve.kinds.count_params.tree import plain_type, without_ones
from hwsolve.language import Message, say
from hwsolve.layers.base import Size, total
from hwsolve.layers.items import Item
from hwsolve.layers.window import window_words
from hwsolve.solution import Cell, Table, Text

if TYPE_CHECKING:
    from hwsolve.kinds.complexity.problem import Count

KINDS = {
    "mul": say("Multiplications"),
    "add": say("Additions"),
    "div": say("Divisions"),
    "cmp": say("Comparisons"),
    "exp": say("Exponentials"),
    "log": say("Logarithms"),
    "sqrt": say("Square roots"),
    "tanh": say("tanh"),
    "erf": say("erf"),
}
SIGNS: dict[str, Text] = {
    "mul": "×",
    "add": "+",
    "div": "÷",
    "cmp": say("comparisons"),
    "exp": say("exponentials"),
    "log": say("logarithms"),
    "sqrt": say("square roots"),
}
PHASES = {
    "forward": say("forward"),
    "error": say("error"),
    "gradient": say("gradient"),
    "backward": say("backward"),
    "update": say("update"),
    "total": say("all"),
}
ALWAYS = ("mul", "add")  # totals that are answers even where they are 0
NOT_COUNTED = "–"  # what is computed and left out of the count


class Work(msgspec.Struct, frozen=True):
    """What a layer takes in a phase: by kind the formula as it arises, and its value; `times` of it are there."""

    phase: str
    name: Text
    forms: tuple[Formula, ...]
    counts: dict[str, tuple[Formula, Size]]
    times: Size
    gap: bool = False  # whether some of it is not known
    evaluated: bool = True


class Named(msgspec.Struct, frozen=True):
    """What the rows of a layer say of it: its name, the phases that are not known, and what is done there."""

    name: Text
    gaps: frozenset[str] = frozenset()
    evaluated: bool = True
    learned: bool = False


def words_of(item: Item) -> Text:
    """A layer without a form: its kind and its window."""
    assert item.layer is not None
    window = window_words(item.layer)
    name = plain_type(item.type)
    return listed([say("{layer} {window}", layer=name, window=window[0]), *window[1:]]) if window else name


def head(kind: str, count: Count) -> Text:
    """A kind at the head of a column, and in front of a phase."""
    return say("multiply-adds") if kind == "mul" and count.multiply_add == 1 else SIGNS.get(kind) or KINDS[kind]


def work_table(works: list[Work], count: Count) -> Table:
    """A row for what each layer computes in each phase; those of one kind and size stand together."""
    kinds = [kind for kind in KINDS if kind in ALWAYS or any(kind in work.counts for work in works)]
    numbers = all(isinstance(n, int) for work in works for _, n in work.counts.values())
    ordered = [work for phase in PHASES for work in together([w for w in works if w.phase == phase])]
    several = any(work.times != 1 for work in ordered)
    columns: list[Text] = [say("Phase"), say("computes")]
    for kind in kinds:
        columns += ["", head(kind, count)] if numbers else [head(kind, count)]
    rows: list[tuple[Cell, ...]] = []
    before = ""
    for work in ordered:
        cells: list[Cell] = [PHASES[work.phase] if work.phase != before else "", computed(work)]
        for kind in kinds:
            cells += cells_of(work, kind, numbers)
        rows.append((*cells, work.times) if several else tuple(cells))
        before = work.phase
    others = [head(kind, count) for kind in kinds if kind not in ALWAYS]
    terms = [n for n, text in enumerate(columns) if text == ""]
    drop = (*reversed(terms), *reversed([n for n, text in enumerate(columns) if text in others]))
    return Table("", (*columns, *([say("layers")] if several else [])), tuple(rows), drop=drop)


def together(works: list[Work]) -> Iterator[Work]:
    """Layers that are named alone, and take the same, as one."""
    found: dict[object, Work] = {}
    for n, work in enumerate(works):
        key: object = n if work.forms or work.gap else (str(work.name), tuple(work.counts.items()))
        known = found.get(key)
        found[key] = work if known is None else msgspec.structs.replace(known, times=total((known.times, work.times)))
    yield from found.values()


def computed(work: Work) -> Cell:
    """The formulas of a layer, else its name."""
    if not work.forms:
        return work.name
    return work.forms[0] if len(work.forms) == 1 else listed_formulas(work.forms)


def listed_formulas(forms: tuple[Formula, ...]) -> Message:
    """Formulas with commas between them."""
    first, *rest = forms
    return say("{first}, {rest}", first=first, rest=rest[0] if len(rest) == 1 else listed_formulas(tuple(rest)))


def cells_of(work: Work, kind: str, numbers: bool) -> list[Cell]:
    """A count as it arises, and its value: two cells of numbers, or one of formulas."""
    empty: list[Cell] = [""] if numbers else []
    if not work.evaluated:
        return [*empty, NOT_COUNTED]
    if work.gap:
        return [*empty, GAP]
    if kind not in work.counts:
        return [*empty, 0 if kind in ALWAYS else ""]
    written, value = work.counts[kind]
    written = without_ones(written)
    if numbers:
        return [written if isinstance(written, Call) else "", value]
    if work.phase == "update" or not adds(written) or binary(written) == binary(formula(value)):
        return [value]
    return [Call("==", (written, formula(value)))]


def adds(f: Formula) -> bool:
    """Whether a formula has a sum in it."""
    return isinstance(f, Call) and (f.name in ("+", "-") or any(map(adds, f.args)))


# conventions


def conventions(count: Count, loss: bool) -> tuple[Message, ...]:
    """What is counted, and what is not."""
    counted = (
        say("Counted: each multiplication and each addition by itself.")
        if count.multiply_add == 2
        else say("Counted: a multiplication along with its addition as one operation, a multiply-add.")
    )
    left_out: list[Text] = []
    if not count.bias:
        left_out.append(say("biases"))
    if not count.activations:
        left_out.append(say("the inside of activation functions"))
    if not loss:
        left_out.append(say("the loss"))
    if not count.input_gradient:
        left_out.append(say("the gradient of the input"))
    found = [counted]
    if left_out:
        found.append(say("Not counted: {parts}.", parts=listed(left_out)))
    if not count.activations:
        found.append(say("The slopes of activation functions count in the backward pass."))
    return tuple(found)


# growth


def leading(counts: list[Formula]) -> Formula:
    """The monomials, without numbers, that no other one of the counts outgrows for all sizes."""
    from hwsolve.formula.simplify.polynomial import powers

    found = {frozenset(m.items()): m for f in counts for m in powers(f)}
    kept = [m for m in found.values() if not any(n is not m and outgrows(n, m) for n in found.values())]
    parts = [monomial(m) for m in kept]
    return parts[0] if len(parts) == 1 else Call("+", tuple(parts))


def outgrows(a: dict[Formula, int], b: dict[Formula, int]) -> bool:
    """Whether a is a multiple of b."""
    return all(a.get(atom, 0) >= power for atom, power in b.items())


def monomial(powers: dict[Formula, int]) -> Formula:
    """A product of powers."""
    factors = [atom if n == 1 else Call("**", (atom, Number(n))) for atom, n in powers.items()]
    return Number(1) if not factors else factors[0] if len(factors) == 1 else Call("*", tuple(factors))
