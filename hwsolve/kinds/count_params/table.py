"""The summary of a count: a row for each layer, and the totals."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from hwsolve.kinds.count_params.partial import GAP, AtLeast, Count
from hwsolve.language import say
from hwsolve.layers.base import Shape, Size, factor_text, product, shape_text
from hwsolve.solution import Answer, Cell, Quantity, Table

if TYPE_CHECKING:
    from hwsolve.kinds.count_params.conventions import Asked


class Row(msgspec.Struct, frozen=True):
    """A layer, how often it stands, what comes out, and its counts."""

    path: str
    times: Size
    shape: Shape
    counts: dict[str, Count]


def count_table(rows: list[Row], asked: Asked, answers: dict[str, Answer], partial: dict[str, AtLeast]) -> Table:
    """Layer, output and the counts that were asked for; rows of a repeat stand for all its copies."""
    heads = {"params": say("Parameters")}
    if asked.trainable:
        heads["params.trainable"] = say("Trainable")
    if asked.activations:
        heads["activations"] = say("Activations")
    if asked.macs:
        heads["macs"] = say("Multiply-adds")
    if asked.flops:
        heads["flops"] = say("Floating-point operations")
    body: list[tuple[Cell, ...]] = [
        (label(row), shape_text(row.shape), *(cell(row, key) for key in heads))
        for row in rows
        if row.path != "input" or asked.activations
    ]
    last: tuple[Cell, ...] = (
        say("Total"),
        "",
        *(total_cell(answers[key]) if key in answers else partial[key].short() for key in heads),
    )
    return Table("", (say("Layer"), say("Output"), *heads.values()), (*body, last), total=True)


def label(row: Row) -> str:
    """The layer's name, and how many stand together."""
    return row.path if row.times == 1 else f"{factor_text(row.times)} × {row.path}"


def cell(row: Row, key: str) -> Cell:
    """A count of all copies; nothing where there is none."""
    if key not in row.counts:
        return ""
    count = row.counts[key]
    return GAP if isinstance(count, AtLeast) else product((row.times, count))


def total_cell(answer: Answer) -> Cell:
    """The total."""
    value: Cell = answer.value
    return value.value if isinstance(value, Quantity) else value
