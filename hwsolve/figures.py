"""Drawings as data: what is drawn, and nothing of how."""

from __future__ import annotations

import msgspec

from hwsolve.language import Message

Text = Message | str


class Curve(msgspec.Struct, frozen=True):
    """A figure: y over x, one or more named series."""

    title: Text
    x_label: Text
    y_label: Text
    x: tuple[float, ...]
    series: tuple[tuple[Text, tuple[float, ...]], ...]
    log: bool = False


class Grid(msgspec.Struct, frozen=True):
    """A figure: a matrix of cells, with some of them marked (row, column from 1)."""

    title: Text
    cells: tuple[tuple[str, ...], ...]
    marked: tuple[tuple[int, int], ...] = ()


Figure = Curve | Grid
