"""The rows of a layer that is counted by its formulas: with the problem's sizes, and for any number of steps.

The steps of a sequence are written out for three numbers of them.  A count grows by the same amount for each step more,
which is tried on the last of them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import pairwise
from typing import Any

import msgspec

from hwsolve.formula.tree import Formula, Ref, formula, references, substitute, transform
from hwsolve.kinds.complexity.instances import value_of
from hwsolve.kinds.complexity.ranges import NotKnown
from hwsolve.kinds.complexity.row_forms import STEPS, RowForms
from hwsolve.kinds.complexity.written import Needs, Row, Written
from hwsolve.language import say
from hwsolve.layers.base import Layer, NotComputed, Shape
from hwsolve.layers.sizes import Size, product, simplified, total

TRIED = (3, 4, 5)
MOST_STEPS = 100  # that are written out one by one
UNLIKE = say("its steps are not alike")


def rows_of(layer: Layer, shapes: tuple[Shape, ...], needs: Needs, activations: bool) -> list[Row]:
    """All rows of a layer; `NotKnown` says why it cannot be counted."""
    names = {ref.name for size in sizes_in((layer, shapes)) for ref in references(size)}
    behind = "_"
    while any(name.endswith(behind) for name in names):
        behind += "_"
    there: dict[str, Formula] = {name: Ref(name + behind) for name in names}
    back: dict[str, Formula] = {name + behind: Ref(name) for name in names}
    own, within = renamed(layer, there), tuple(shape_of(shape, there) for shape in shapes)
    try:
        rows = [*stepped(own, within, needs, activations)]
    except NotComputed as error:
        raise NotKnown(error.message) from None
    steps = steps_of(layer, shapes)
    ends = back if steps is None else back | {STEPS: formula(steps)}
    return [
        msgspec.structs.replace(
            put(row, lambda size: replaced(size, back)), form=None if row.form is None else substitute(row.form, ends)
        )
        for row in rows
    ]


def stepped(layer: Layer, shapes: tuple[Shape, ...], needs: Needs, activations: bool) -> Iterable[Row]:
    """The rows, with as many steps as there are; without steps as they are."""
    steps = steps_of(layer, shapes)
    cut = getattr(layer, "truncate", None) is not None
    if steps is None or (isinstance(steps, int) and steps <= (MOST_STEPS if cut else TRIED[-1])):
        return rows_with_forms(layer, shapes, needs, activations)
    if cut:
        raise NotKnown(say("with `truncate` its steps are counted where there are at most {n} of them", n=MOST_STEPS))
    tried = [rows_with_forms(layer, ((n, *shapes[0][1:]),), needs, activations) for n in TRIED]
    if len({len(rows) for rows in tried}) != 1:
        raise NotKnown(UNLIKE)
    return [fitted(rows, steps) for rows in zip(*tried, strict=True)]


def rows_with_forms(layer: Layer, shapes: tuple[Shape, ...], needs: Needs, activations: bool) -> list[Row]:
    """The rows of a layer whose steps are numbers, with their equations."""
    written = Written(layer, shapes, activations)
    forms = RowForms(written)
    return alike([forms.with_form(row) for row in written.rows(needs)], written.gates)


def alike(rows: list[Row], gates: frozenset[str]) -> list[Row]:
    """Rows whose equations differ in the gate alone as one, that of the first."""
    found: dict[object, Row] = {}
    for n, row in enumerate(rows):
        gate = row.gates[0] if row.gates else row.part.removeprefix("a_")
        if gate not in gates or (row.form is None and not row.gates):
            found[n] = row
            continue
        bare = row.part if row.form is None else transform(row.form, partial(without_gate, gate))
        key = (row.phase, str(bare), str(row.counts), row.times)
        known, own = found.get(key), row.gates or (gate,)
        if known is not None:
            row, own = msgspec.structs.replace(known, times=total((known.times, row.times))), known.gates + own
        found[key] = msgspec.structs.replace(row, gates=own)
    return list(found.values())


def without_gate(gate: str, f: Formula) -> Formula:
    """A quantity of a gate by the name that it shares with those of other gates."""
    if not isinstance(f, Ref):
        return f
    _, stack, number = gate.partition("_")
    own = f"gate{stack}{number}"
    name = own if f.name == gate else f.name.removesuffix(gate) + own if f.name.endswith(f"_{gate}") else f.name
    return Ref(name, f.indices)


def steps_of(layer: Layer, shapes: tuple[Shape, ...]) -> Size | None:
    """How many steps a layer has; None where it has no steps, or one alone."""
    if not hasattr(layer, "CELL") or layer.CELL:
        return None
    steps: Size = shapes[0][0]
    return steps


def fitted(rows: tuple[Row, ...], steps: Size) -> Row:
    """A row for as many steps as there are: its times and its counts grow in proportion, or not at all."""
    first = rows[0]
    if len({(row.phase, row.part) for row in rows}) != 1:
        raise NotKnown(UNLIKE)
    times = on_line([row.times for row in rows], steps)
    if all(row.counts == first.counts for row in rows):
        return msgspec.structs.replace(first, times=times)
    counts = {}
    for kind in first.counts:
        values = [value_of(row.counts.get(kind, Counter())) for row in rows]
        counts[kind] = Counter({(on_line(values, steps),): 1})
    return msgspec.structs.replace(first, times=times, counts=counts)


def on_line(values: list[Size], steps: Size) -> Size:
    """The value at so many steps of what grows by the same amount from step to step."""
    grown = [total((b, product((-1, a)))) for a, b in pairwise(values)]
    if any(one != grown[0] for one in grown):
        raise NotKnown(UNLIKE)
    return total((values[0], product((grown[0], total((steps, -TRIED[0]))))))


# names of sizes


def sizes_in(part: Any) -> Iterator[Formula]:
    """The sizes with names among the settings of a layer or in shapes; a formula that it applies holds none."""
    if isinstance(part, Formula):
        yield part
    elif isinstance(part, Layer):
        yield from (size for field in part.__struct_fields__ for size in sizes_in(getattr(part, field)))
    elif isinstance(part, (tuple, dict)):
        yield from (size for one in (part.values() if isinstance(part, dict) else part) for size in sizes_in(one))


def renamed(part: Any, names: dict[str, Formula]) -> Any:
    """A layer, or a part of its settings, with other names for its sizes: its formulas have letters for indices."""
    if isinstance(part, Formula):
        return substitute(part, names)
    if isinstance(part, Layer):
        own = {field: getattr(part, field) for field in part.__struct_fields__}
        return msgspec.structs.replace(part, **{field: renamed(value, names) for field, value in own.items()})
    if isinstance(part, dict):
        return {key: renamed(value, names) for key, value in part.items()}
    return tuple(renamed(one, names) for one in part) if type(part) is tuple else part


def shape_of(shape: Shape, names: dict[str, Formula]) -> Shape:
    """A shape with other names."""
    return tuple(replaced(size, names) for size in shape)


def replaced(size: Size, names: dict[str, Formula]) -> Size:
    """A size with other names."""
    return simplified(substitute(size, names)) if isinstance(size, Formula) else size


def put(row: Row, change: Callable[[Size], Size]) -> Row:
    """A row with every size changed."""
    counts = {}
    for kind, terms in row.counts.items():
        counts[kind] = Counter[tuple[Size, ...]]()
        for sizes, often in terms.items():
            counts[kind][tuple([change(size) for size in sizes])] += often
    return msgspec.structs.replace(row, counts=counts, times=change(row.times))
