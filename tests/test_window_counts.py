"""What a window's mean divides by, what its drawing shows, and drawings with long titles on narrow pages."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

import hwsolve
from hwsolve.figures import Grid
from hwsolve.formula.notation import plain
from hwsolve.render.measure import width
from hwsolve.solution import Value


def pooled(layer: str, side: int, **settings: Any) -> dict[str, Any]:
    return {"kind": "pooling", "layer": {layer: settings}, "input": [list(range(1, side + 1))]}


def cells(place: int, side: int, kernel: int, stride: int, padding: int, padded: bool) -> list[int]:
    """The cells of a window that are counted, from 1 in the map: PyTorch's rule, one by one."""
    first, end = (1 - padding, side + padding) if padded else (1, side)
    start = stride * place + 1 - padding
    return [i for i in range(start, start + kernel) if first <= i <= end]


@pytest.mark.parametrize("padded", [True, False])
@pytest.mark.parametrize(
    ("side", "kernel", "stride", "padding"), [(4, 3, 2, 1), (5, 4, 3, 2), (7, 3, 3, 1), (6, 5, 4, 2)]
)
def test_a_mean_is_divided_by_the_number_of_cells_that_are_counted_and_drawn(
    side: int, kernel: int, stride: int, padding: int, padded: bool
) -> None:
    settings = {"kernel_size": kernel, "stride": stride, "padding": padding, "ceil_mode": True}
    solution = hwsolve.solve(pooled("avg_pool1d", side, **settings, count_include_pad=padded))
    lines = [line for line in solution.lines if isinstance(line, Value) and line.key.name == "y"]
    figures = [f for step in solution.sections for f in step.figures if isinstance(f, Grid)]
    assert lines and len(figures) == 2
    for place, line in enumerate(lines):
        counted = cells(place, side, kernel, stride, padding, padded)
        bracket, divisor = ")" if sum(1 <= i <= side for i in counted) > 1 else "]", len(counted)
        assert plain(line.formula).endswith(f"{bracket}/{divisor}" if divisor > 1 else bracket)
        assert Fraction(line.quantity.exact) == Fraction(sum(i for i in counted if 1 <= i <= side), len(counted))
    for figure, place in zip(figures, (0, len(lines) - 1), strict=True):
        drawn = [c for c in figure.marked if c not in figure.outside or padded]
        assert len(drawn) == len(cells(place, side, kernel, stride, padding, padded))


@pytest.mark.parametrize("form", ["plain", "terminal"])
def test_the_title_of_a_drawing_is_broken_where_the_page_ends(form: str) -> None:
    problem = pooled("max_pool1d", 4, kernel_size=1, stride=4) | {"ties": "split", "upstream": [[1]]}
    page = hwsolve.solve(problem).to(form, width=40)
    assert "every cell" in page and max(map(width, page.splitlines())) <= 40
