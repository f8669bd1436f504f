"""The table of operations: for each phase what is computed, and what that takes; and how counts grow."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import msgspec

from hwsolve.derivation.lines import binary
from hwsolve.formula.tree import Call, Formula, formula
from hwsolve.kinds.count_params.partial import GAP
from hwsolve.kinds.count_params.tree import plain_type, without_ones
from hwsolve.language import Message, listed, say
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
WORDS: dict[str, Text] = {"mul": say("multiplications"), "add": say("additions"), "div": say("divisions")}
PHASES = {
    "forward": say("forward"),
    "error": say("error"),
    "gradient": say("gradient"),
    "backward": say("backward"),
    "update": say("update"),
    "total": say("all"),
}
ASKED = ("forward", "backward", "update", "total")  # phases whose totals a reader asks for
BACK = ("error", "gradient")  # phases that go from the output to the input
ALWAYS = ("mul", "add")  # totals that are answers even where they are 0
NOT_COUNTED = "–"  # what is computed and left out of the count


class Work(msgspec.Struct, frozen=True):
    """What a layer takes in a phase: by kind the formula as it arises, and its value; `times` of it are there."""

    phase: str
    name: Text
    forms: tuple[Formula, ...]
    counts: dict[str, tuple[Formula, Size]]
    times: Size
    which: Text = ""  # of a repeat which layers these are, where it is not all of them
    gap: bool = False  # whether some of it is not known
    evaluated: bool = True
    part: bool = False  # whether it is one of several quantities that a layer works out
    symbol: Text = ""  # of such a quantity that has an equation


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


def in_words(kind: str, count: Count) -> Text:
    """A kind in front of a phase, where a sign alone would be read as that of a sum."""
    shown = head(kind, count)
    return WORDS[kind] if shown == SIGNS.get(kind) and kind in WORDS else shown


def work_table(works: list[Work], every: list[Work], count: Count) -> Table:
    """A row for what each layer computes in some phases, of `every` one; alike layers stand together."""
    kinds = [kind for kind in KINDS if kind in ALWAYS or any(kind in work.counts for work in works)]
    numbers = all(isinstance(n, int) for work in every for _, n in work.counts.values())
    ordered = [work for phase in PHASES for work in together(in_order(works, phase))]
    several = any(work.times != 1 for work in ordered)
    columns: list[Text] = [say("Phase"), say("Computes")]
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
    often = say("Times") if any(work.part and work.times != 1 for work in every) else say("Layers")
    return Table("", (*columns, *([often] if several else [])), tuple(rows), drop=drop)


def copies_said(works: list[Work]) -> Iterator[Message]:
    """Which copies of a layer work something out, where it is not all of them."""
    for work in works:
        if work.which and work.part:
            yield say("The row of {what} holds for each of the gates {which}.", what=work.symbol, which=work.which)
        elif work.which:
            named = [f.args[0] if isinstance(f, Call) and f.name == "==" else f for f in work.forms]
            yield say("{what} is worked out for {which}.", what=listed_formulas(tuple(named)) if named else work.name,
                      which=work.which)  # fmt: skip


def in_order(works: list[Work], phase: str) -> list[Work]:
    """The work of a phase as it is done: what goes back begins with the last layer."""
    found = [work for work in works if work.phase == phase]
    return found[::-1] if phase in BACK else found


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
    if work.phase == "update":
        return assigned(work.forms)
    return listed_formulas(work.forms)


def assigned(forms: tuple[Formula, ...]) -> Message:
    """`W ← W − η ∂W, b ← b − η ∂b`."""
    first, *rest = forms
    text = say("{quantity} ← {value}", quantity=first.args[0] if isinstance(first, Call) else first, value=first)
    return say("{first}, {rest}", first=text, rest=assigned(tuple(rest))) if rest else text


def listed_formulas(forms: tuple[Formula, ...]) -> Message | Formula:
    """Formulas with commas between them."""
    first, *rest = forms
    if not rest:
        return first
    return say("{first}, {rest}", first=first, rest=listed_formulas(tuple(rest)))


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
