"""Nothing on a page of text is wider than the page, torn or lost: random problems of every kind, at random widths."""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

import hwsolve
from hwsolve.render import Options, blocks, render
from hwsolve.render.layout import has_array
from hwsolve.render.measure import width
from hwsolve.render.page import Page
from hwsolve.solution import Solution
from hwsolve.spec.report import SpecFailure
from tests.conftest import PROBLEMS
from tests.often import often
from tests.random_pages import problem

SPECS = often(32)
VIEWS = 4  # pages of each problem
WIDTHS = (40, 57, 60, 72, 80, 80, 100, 140, 200)
SETTINGS: tuple[dict[str, Any], ...] = (
    {}, {}, {"full": True}, {"checks": True}, {"language": "zh"}, {"full": True, "language": "zh"}, {"ascii": True},
)  # fmt: skip
PIECE = re.compile(r"\d+(?:,\d{3})*(?:\.\d+)?|[^\s\d()\[\]{},/⎡⎢⎣⎤⎥⎦|]+")  # of a formula: what no row may be broken in
PAIRS = {"⎡": "⎤", "⎢": "⎥", "⎣": "⎦"}
ABOVE = {"⎢": "⎡⎢", "⎣": "⎢⎡", "⎥": "⎤⎥", "⎦": "⎥⎤"}
BELOW = {"⎡": "⎢⎣", "⎢": "⎢⎣", "⎤": "⎥⎦", "⎥": "⎥⎦"}


@pytest.mark.parametrize("seed", range(SPECS))
def test_nothing_is_wider_than_the_page(seed: int) -> None:
    try:
        found = hwsolve.solve(problem(seed))
    except SpecFailure:
        return
    dice = random.Random(seed)
    for _ in range(VIEWS):
        format, options = dice.choice(("plain", "plain", "terminal")), dice.choice(SETTINGS)
        seen = Options(width=dice.choice(WIDTHS), color=False, **options)
        text = render([found], format, seen)
        at = (seed, format, seen.width, options)
        assert list(faults(text, seen.width)) == [], at
        assert missing(found, text, seen) == {}, at


def faults(text: str, columns: int) -> Iterator[tuple[str, str]]:
    """The rows that are too wide, and what is torn: the box of the answers, brackets, parentheses."""
    rows = text.splitlines()
    yield from (("too wide", row) for row in rows if width(row) > columns)
    yield from torn_boxes(rows)
    grid = ["".join([c + " " * (width(c) - 1) for c in row if width(c)]) for row in rows]
    for n, row in enumerate(grid):
        yield from (("torn", row) for at, c in enumerate(row) if c in BELOW and cell(grid, n + 1, at) not in BELOW[c])
        yield from (("torn", row) for at, c in enumerate(row) if c in ABOVE and cell(grid, n - 1, at) not in ABOVE[c])
        if not paired([c for c in row if c in PAIRS or c in PAIRS.values()], PAIRS):
            yield "a bracket without its other", row
    for part in re.split(r"\n[ │]*\n", text):
        if not paired([c for c in part if c in "()[]{}"], {"(": ")", "[": "]", "{": "}"}, nested=False):
            yield "open", part


def torn_boxes(rows: list[str]) -> Iterator[tuple[str, str]]:
    """The rows of a box that do not begin and end at its sides."""
    ends = None
    for row in rows:
        if row.startswith("╭"):
            ends = width(row)
        if ends is not None and (row[0] + row[-1] not in ("╭╮", "││", "╰╯") or width(row) != ends):
            yield "the box", row
        if row.startswith("╰"):
            ends = None


def cell(grid: list[str], row: int, at: int) -> str:
    """The sign at a place, a blank outside."""
    return grid[row][at : at + 1] or " " if 0 <= row < len(grid) else " "


def paired(signs: list[str], pairs: dict[str, str], nested: bool = True) -> bool:
    """Whether each sign that opens is closed; `nested`: the last of them first."""
    if not nested:
        return all(signs.count(a) == signs.count(b) for a, b in pairs.items())
    open_ones: list[str] = []
    for sign in signs:
        if sign in pairs:
            open_ones.append(pairs[sign])
        elif not open_ones or open_ones.pop() != sign:
            return False
    return not open_ones


def missing(solution: Solution, text: str, options: Options) -> dict[str, int]:
    """The numbers and symbols of the equations that are not on the page whole, as often as they should be.

    A link with arrays between the formula and the value may be left out, where there is no room for it.
    """
    page, wanted = Page(options), Counter[str]()
    list(page.parts(solution))  # which decides how sums are written
    for block in blocks.Page(solution, options, asking=True).blocks():
        for row in block.rows if isinstance(block, blocks.Quantities | blocks.Equations) else ():
            last = len(row.links) - 1
            for n, (_, f) in enumerate(row.links):
                if n in (0, last) or not has_array(f):
                    wanted.update(PIECE.findall(page.notation.formula(f)))
    return dict(wanted - Counter(PIECE.findall(text)))


def test_what_is_torn_is_found() -> None:
    """The test itself refuses pages that are as they must not be."""
    whole = "╭───╮\n│ x │\n╰───╯\n  y = ⎡1⎤\n      ⎣2⎦  f(x)\n"
    assert list(faults(whole, 15)) == []
    changes = (
        ("⎣2⎦", "⎣2"),
        ("⎡1⎤", "⎡1 ⎤"),
        ("│ x │", "│ xy │"),
        ("│ x │", "│ x"),
        ("f(x)", "f(x"),
        ("y =", "abc y ="),
    )
    for old, new in changes:
        assert list(faults(whole.replace(old, new), 15)), new


@pytest.mark.parametrize("columns", [60, 72, 80, 100])
@pytest.mark.parametrize("name", ["huber-outlier", "triplet-loss", "class-weights", "svm-hinge-gradient"])
def test_no_row_is_broken_at_a_relation_of_a_condition(name: str, columns: int) -> None:
    for solution in hwsolve.solve_all(PROBLEMS / "textbook" / f"{name}.yaml"):
        for row in str(render((solution,), "plain", Options(columns=columns))).split("\n"):
            assert not re.search(r"[=≈<>≤≥]$", row) and not re.match(r"\s+[<>≤≥] ", row), row
            assert row.count("|") % 2 == 0 or "⎡" in row, row  # |y − t| stays together
