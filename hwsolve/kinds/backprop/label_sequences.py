"""A target that is a sequence of labels, as of CTC: zeros and ones that say which label stands where."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from hwsolve.formula.tree import Number, Ref
from hwsolve.kinds.backprop.input_arrays import Given
from hwsolve.kinds.backprop.target import Classes
from hwsolve.language import Message, say
from hwsolve.layers.base import shape_text
from hwsolve.losses import LOSSES
from hwsolve.losses.loss import Target

FEW = 4  # labels that are all written out with the blanks between them


def enter_labels(setup: Any, loss: Any, target: Any, shape: tuple[int, ...]) -> Target | None:
    """The labels with blanks between and around them, under the `TargetSetup` of an output; None after a note."""
    batched = bool(setup.graph.batched)
    if len(shape) != 2 + batched:
        said = say("`{loss}` takes a row of classes for each step, got {shape}.",
                   loss=LOSSES.name_of(loss), shape=shape_text(shape))  # fmt: skip
        setup.wrong("loss", said)
        return None
    if not isinstance(target, Classes):
        setup.wrong(
            "target", say("The labels are written `{one}`, or `{zero}`.", one="{class: [3, 2]}", zero="{index: [2, 1]}")
        )
        return None
    steps, classes = shape[-2:]
    rows = [target.numbers]
    if batched:
        if len(target.shape) != 2 or target.shape[0] != shape[0]:
            setup.wrong("target", say("A batch of {n} has {n} rows of labels, all of one length.", n=shape[0]))
            return None
        size = target.shape[1]
        rows = [target.numbers[k : k + size] for k in range(0, len(target.numbers), size)]
    if (why := misfit(loss.blank, rows, steps, classes)) is not None:
        setup.wrong("target", why)
        return None
    blank = loss.blank + 1
    lead = shape[:1] if batched else ()
    every = [[blank, *(k for label in row for k in (label, blank))] for row in rows]
    places = len(every[0])
    stands = [int(k == v) for row in every for k in row for v in range(1, classes + 1)]
    skips = [int(s % 2 and s > 1 and row[s] != row[s - 2]) for row in every for s in range(places)]
    found = {
        "labels": ("c", (*lead, places, classes), stands),
        "begins": ("b", (*lead, places), [int(s < 2) for _ in every for s in range(places)]),
        "skips": ("k", (*lead, places), skips),
    }
    arrays = {}
    for key, (symbol, sizes, ones) in found.items():
        name = setup.builder.given(setup.builder.free_symbol(symbol, f"{symbol}_s"), sizes, "target")
        setup.construction.givens[name] = Given(sizes, tuple(map(Number, ones)))
        setup.graph.selectors.add(name)
        arrays[key] = name
    shown = "; ".join(", ".join(map(str, row)) for row in rows)
    setup.construction.stated.append(
        say("The labels are the classes {rows}, counted from 1; class {blank} is the blank.", rows=shown, blank=blank)
    )
    setup.construction.stated.append(places_told(setup.builder, rows, batched))
    return Target(arrays["labels"], False, arrays=arrays)


def places_told(builder: Any, rows: list[tuple[int, ...]], batched: bool) -> Message:
    """The row of labels with blanks around and between them, and the letters of its places, the steps and classes."""
    row = [say("blank"), *(part for label in rows[0] for part in (Number(label), say("blank")))]
    told = tuple(row if len(rows[0]) <= FEW else [*row[:4], "…", *row[-2:]])
    if batched:
        said = say("The first row is read with blanks around and between its labels: {row}", row=told)
    else:
        said = say("They are read with blanks around and between them: {row}", row=told)
    if any(builder.free_symbol(letter) != letter for letter in "stv"):
        return say("{first}.", first=said)
    s, t, v = map(Ref, "stv")
    return say("{first}; {s} numbers these places, {t} the steps, {v} the classes.", first=said, s=s, t=t, v=v)


def misfit(blank: int, rows: list[tuple[int, ...]], steps: int, classes: int) -> Message | None:
    """What is wrong with labels: one that there is not, the blank among them, or more than the steps can tell."""
    if blank >= classes:
        return say("The blank is index {k}, counted from 0; there are {n} classes.", k=blank, n=classes)
    for row in rows:
        for label in row:
            if not 1 <= label <= classes:
                return say("Class {k}, counted from 1, is not among the {classes} outputs.", k=label, classes=classes)
            if label == blank + 1:
                return say("Class {k}, counted from 1, is the blank: it is no label.", k=label)
        needed = len(row) + sum(a == b for a, b in pairwise(row))
        if needed > steps:
            return say("These labels need {n} steps at least, and there are {steps}.", n=needed, steps=steps)
    return None
