"""Receptive fields: the lines of how many cells of the input a cell of a map reads, and where they lie.

A cell of a map reads r cells of the input along an axis, its neighbour the same j cells further; the first one's centre
lies at `start`, counted from 1.  A window of K cells D apart, moved by S over a map with P cells in front:
r ← r + D(K − 1)j, start ← start + (D(K − 1)/2 − P)j, j ← S·j.  A transposed convolution with D = 1:
r ← r + ⌊(K − 1)/S⌋·j at most, j ← j/S on average.  Branches together read the union of what each reads.
Where cells differ, the field is that of the cell that reads most, of those that read nothing beyond the map.
Source: A. Araujo, W. Norris, J. Sim, Computing Receptive Fields of Convolutional Neural Networks, Distill 2019.
"""

from __future__ import annotations

from hwsolve.derivation.size_lines import counted, size_value
from hwsolve.formula.tree import Number, Ref
from hwsolve.kinds.count_params.conventions import Asked
from hwsolve.kinds.count_params.counted.record import Counted
from hwsolve.kinds.count_params.counts import Counts
from hwsolve.kinds.count_params.reaches import (
    FIELD,
    SPREAD,
    START,
    STRIDE,
    TEXTS,
    Reach,
    Reaches,
    Stop,
    by_texts,
    ends_of_first,
    rational,
    readings_of_item,
    sizes_of,
    stream_of,
)
from hwsolve.language import Message, say
from hwsolve.layers.base import Layer, Size, product, total
from hwsolve.layers.items import Item
from hwsolve.layers.merging import MERGED
from hwsolve.layers.reach_of_layer import Reading, Window
from hwsolve.solution import Answer, Line, Note

MOST_FIELDS = 3  # that are named one by one
MOST_NAMED = 8  # layers in a sentence


def reaches(counts: Counts) -> Reaches:
    """Those of this network."""
    if FIELD not in counts.network:
        counts.network[FIELD] = Reaches(counts.problem.network)
    found: Reaches = counts.network[FIELD]
    return found


def of_window(counts: Counts, item: Item, layer: Layer, lines: list[Line]) -> None:
    """The reach of a layer by that of what it reads."""
    states = reaches(counts)
    before = [states.of(wire) for wire in item.inputs if wire.name not in states.free]
    readings = [r for wire, r in zip(item.inputs, readings_of_item(item), strict=False) if wire.name not in states.free]
    made = states.after(item)
    if isinstance(made, Stop):
        if before:
            refuse(counts, item, made)
        return
    for axis, reach in enumerate(made[: 1 if states.alike else None], 1):
        for quantity in (q for q in (FIELD, STRIDE, START) if q in counts.asked.counted):
            read = [one[axis - 1] for one in before if not isinstance(one, Stop)]
            key, aside = key_of(quantity, item.path, 0 if states.alike else axis), quantity not in counts.asked.shown
            if len(read) == 1 and (axes := readings[0]) is not None:
                line = layer_line(key, quantity, read[0], axes[axis - 1], reach, aside)
            else:
                line = joined_line(key, quantity, reach, read, aside)
            keep(counts, quantity, item.path, reach, lines, line)
    settle(counts, item, made)


def key_of(quantity: str, path: str, axis: int) -> Ref:
    """The key of a layer, along an axis where axes differ."""
    return Ref(f"{quantity}.{path}", (Number(axis),) if axis else ())


def layer_line(key: Ref, quantity: str, before: Reach, reading: Reading, reach: Reach, aside: bool) -> Line | None:
    """The line of a layer: by its window where it explains the number, else by the cells themselves."""
    value = reach[quantity]
    if value is None:
        return None
    aside = aside or reading == Window()
    if isinstance(reading, Window) and (before.even or quantity == STRIDE) and before.start is not None:
        adjacent = not reading.spread or reading.dilation == 1
        if (adjacent or quantity == STRIDE) and by_texts(before, reading)[quantity] == value:
            text = (SPREAD if reading.spread else TEXTS)[quantity]
            named = {name: size for name, size in sizes_of(before, reading).items() if name in text}
            return counted(key, text, named, value, aside=aside, rule=of_cells(quantity, reach))
    if quantity == STRIDE:
        outputs, inputs = reading.turn
        sizes: dict[str, Size] = {"j": before.stride, "n": inputs, "m": outputs}
        return counted(key, "j*n/m", sizes, value, aside=aside, rule=of_cells(quantity, reach))
    return cell_line(key, quantity, reach, aside)


def cell_line(key: Ref, quantity: str, reach: Reach, aside: bool) -> Line | None:
    """The line by the cells that one cell reads: the one that reads most, or the first."""
    value = reach[quantity]
    if value is None or reach.cells is None or quantity == STRIDE:
        return None if value is None else counted(key, "n", {"n": value}, value, aside=True)
    if quantity == START:
        first, last = ends_of_first(reach.cells)
        return counted(key, "(last + first)/2", {"last": last, "first": first}, value, aside=aside)
    q, low, high = max(reach.cells.spans(), key=lambda span: span[2] - span[1])
    rule = say("what cell {q} reads", q=q + 1)
    if reach.fields:
        rule = say("{cell}; {fields}", cell=rule, fields=differing(reach.fields))
    return counted(key, "last - first + 1", {"last": high + 1, "first": low + 1}, value, aside=aside, rule=rule)


def of_cells(quantity: str, reach: Reach) -> Message | str:
    """What is said of a number that does not hold for all cells."""
    if quantity == FIELD and reach.fields:
        return differing(reach.fields)
    return say("on average") if quantity == STRIDE and not reach.even else ""


def differing(fields: tuple[int, ...]) -> Message:
    """How many cells are read where cells differ."""
    if len(fields) > MOST_FIELDS:
        return say("{low} to {high}, depending on the cell", low=fields[0], high=fields[-1])
    *others, last = fields
    return say("{some} or {last}, depending on the cell", some=", ".join(map(str, others)), last=last)


def keep(counts: Counts, quantity: str, path: str, reach: Reach, lines: list[Line], line: Line | None) -> None:
    """Keep a line, and what stands in the table where the axes are alike."""
    value = reach[quantity]
    if value is None or line is None:
        return
    if reaches(counts).alike:
        counts.values[quantity][path] = value
    lines.append(line)


def settle(counts: Counts, item: Item, made: tuple[Reach, ...]) -> None:
    """Keep the answers of what an item gives."""
    note_fields(counts, item, tuple(sorted({n for reach in made for n in reach.fields})))
    for quantity in (FIELD, STRIDE, START):
        if quantity not in counts.asked.counted:
            continue
        numbers = [value for reach in made if (value := reach[quantity]) is not None]
        if len(numbers) < len(made):
            why = say("{layer}: the first cell reads none of the input", layer=item.path)
            counts.unanswered[f"{quantity}.{item.path}"] = why
            continue
        values = tuple(map(size_value, numbers))
        counts.answers[f"{quantity}.{item.path}"] = Answer(values[0] if reaches(counts).alike else values)


def note_fields(counts: Counts, item: Item, fields: tuple[int, ...]) -> None:
    """Say of layers whose cells differ how much each reads; layers that are alike in one sentence."""
    if not fields or FIELD not in counts.asked.shown:
        return
    said: dict[tuple[int, ...], tuple[int, list[str]]] = counts.network.setdefault("fields that differ", {})
    if fields not in said:
        said[fields] = len(counts.notes), []
        counts.notes.append(Note("info", ""))
    place, paths = said[fields]
    paths.append(item.path)
    layers = ", ".join(paths[:MOST_NAMED]) + (", …" if len(paths) > MOST_NAMED else "")
    counts.notes[place] = Note("info", say("Receptive field of {layers}: {n}.", layers=layers, n=differing(fields)))


def refuse(counts: Counts, item: Item, stop: Stop) -> None:
    """No answer, and why; said of the first map behind a layer that stops them."""
    why = say("{layer}: {why}", layer=stop.origin or item.path, why=stop.why)
    if stop.origin not in ("", item.path):
        why = say("{why}; {layer} stands behind it", why=why, layer=item.path)
    for quantity in (FIELD, STRIDE, START):
        counts.unanswered[f"{quantity}.{item.path}"] = why
    said: set[str] = counts.network.setdefault("receptive fields that stop", set())
    if stop.origin not in said and len(item.output) > 1 and FIELD in counts.asked.shown:
        said.add(stop.origin)
        counts.notes.append(Note("info", say("There is no receptive field. {why}.", why=why)))


def of_joined(counts: Counts, item: Item, lines: list[Line]) -> None:
    """The reach of branches together, of a block, or of copies."""
    states = reaches(counts)
    joins, copies = item.type in MERGED, item.type == "repeat" and item.times[-1] != 1
    ends = [states.of(branch.end) for branch in item.branches if branch.end.name not in states.free] if joins else []
    before, once = states.of(stream_of(item)) if copies else (), states.of(item.outputs[0])
    made = states.after(item)
    if isinstance(made, Stop):
        refuse(counts, item, made)
        return
    for axis, reach in enumerate(made[: 1 if states.alike else None], 1):
        for quantity in (q for q in (FIELD, STRIDE, START) if q in counts.asked.counted):
            key, aside = key_of(quantity, item.path, 0 if states.alike else axis), quantity not in counts.asked.shown
            branches = [end[axis - 1] for end in ends if not isinstance(end, Stop)]
            line = joined_line(key, quantity, reach, branches, aside)
            if copies and not isinstance(before, Stop) and not isinstance(once, Stop) and quantity != STRIDE:
                grown = before[axis - 1], once[axis - 1]
                line = repeated_line(key, quantity, grown, item.times[-1], reach, aside)
            keep(counts, quantity, item.path, reach, lines, line)
    settle(counts, item, made)


def joined_line(key: Ref, quantity: str, reach: Reach, branches: list[Reach], aside: bool) -> Line | None:
    """The line of a union: from the first to the last cell that a branch reads."""
    value = reach[quantity]
    if value is None or quantity == STRIDE or len(set(branches)) < 2:
        return None if value is None else counted(key, "n", {"n": value}, value, aside=True)
    if not reach.even or not all(branch.even for branch in branches):
        return cell_line(key, quantity, reach, aside)
    every = [end for branch in branches for end in branch.ends]
    sizes = {"last": max(every, key=rational), "first": min(every, key=rational)}
    text = "last - first + 1" if quantity == FIELD else "(last + first)/2"
    return counted(key, text, sizes, value, aside=aside, rule=say("all that a branch reads"))


def repeated_line(
    key: Ref, quantity: str, grown: tuple[Reach, Reach], often: Size, reach: Reach, aside: bool
) -> Line | None:
    """The line of copies: so many times what one adds, where that is so."""
    (before, after), value = (one[quantity] for one in grown), reach[quantity]
    if value is None or before is None or after is None or not all(one.even for one in (*grown, reach)):
        return cell_line(key, quantity, reach, aside)
    sizes = {"before": before, "after": after, "times": often}
    if total((before, product((often, total((after, product((-1, before)))))))) != value:
        return cell_line(key, quantity, reach, aside)
    return counted(key, "before + times*(after - before)", sizes, value, aside=aside)


def said_reach(asked: Asked) -> Message:
    """What the numbers mean."""
    return say(
        "Receptive field: the cells of the input that a cell of a map reads along an axis; stride: how many cells of "
        "the input lie between those of two neighbours; start: the centre of the first one's, counted from 1, with the "
        "cells of the padding before it. Where cells differ, the field is that of the cell that reads most (of those "
        "that read nothing beyond the map, if there are any), and the stride is a mean. Normalisations count as "
        "functions of single values."
    )


QUANTITIES: tuple[Counted, ...] = (
    Counted(
        FIELD, say("receptive field"), say("Receptive field"), of_window, said=said_reach, total=False, joined=of_joined
    ),
    Counted(STRIDE, say("stride"), say("Stride"), reads=(FIELD,), said=said_reach, total=False),
    Counted(
        START, say("centre of the first receptive field"), say("Start"), reads=(FIELD,), said=said_reach, total=False
    ),
)  # fmt: skip
